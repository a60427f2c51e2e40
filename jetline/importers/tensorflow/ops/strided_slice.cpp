// StridedSlice with every mask (tensorflow/core/util/strided_slice_op.cc): the sparse specification is laid
// out over the input's axes, ranges become one ONNX Slice, indices (shrink_axis_mask) a Gather or a Squeeze,
// and new axes an Unsqueeze at the end.
#include <algorithm>
#include <cstdint>

#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

constexpr int64_t kPastTheEnd = int64_t{1} << 30;

struct StridedAxis {
  int64_t axis = 0;   // of the input
  int64_t place = 0;  // in begin, end and strides
  bool open_begin = false, open_end = false, shrink = false;
};

struct StridedPlan {
  std::vector<StridedAxis> axes;
  std::vector<int64_t> new_axes;  // of the result
};

struct StridedMasks {
  int64_t begin, end, ellipsis, new_axis, shrink;
};

// Walks the specification of `n` places. False when an ellipsis needs a rank that is not known, or there are
// more places than axes.
bool strided_plan(const StridedMasks& m, int64_t n, int rank, StridedPlan& plan) {
  int64_t taken = 0;  // axes of the input that places name
  bool ellipsis_inside = false;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t bit = int64_t{1} << i;
    if (m.ellipsis & bit)
      ellipsis_inside = i + 1 < n;
    else if (!(m.new_axis & bit))
      ++taken;
  }
  if (rank < 0 && ellipsis_inside) return false;
  if (rank >= 0 && taken > rank) return false;
  int64_t axis = 0, out = 0;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t bit = int64_t{1} << i;
    if (m.ellipsis & bit) {
      const int64_t skipped = rank >= 0 ? rank - taken : 0;
      axis += skipped;
      out += skipped;
    } else if (m.new_axis & bit) {
      plan.new_axes.push_back(out++);
    } else {
      StridedAxis a;
      a.axis = axis++;
      a.place = i;
      a.shrink = (m.shrink & bit) != 0;  // an index: the other two masks do not apply
      a.open_begin = !a.shrink && (m.begin & bit) != 0;
      a.open_end = !a.shrink && (m.end & bit) != 0;
      if (!a.shrink) ++out;
      plan.axes.push_back(a);
    }
  }
  return true;
}

// Bounds of one range as ONNX Slice wants them. With a negative step, ONNX holds the start inside of the axis
// while TensorFlow lets it fall off the front, so that known bounds are settled here.
void strided_settle(int64_t size, int64_t step, int64_t& begin, int64_t& end) {
  if (step > 0 || size < 0) return;
  const auto settle = [size](int64_t v) {
    if (v == INT64_MAX || v == INT64_MIN) return v;
    return std::clamp<int64_t>(v < 0 ? v + size : v, -1, size - 1);
  };
  const int64_t from = begin == INT64_MAX ? size - 1 : settle(begin);
  const int64_t to = end == INT64_MIN ? -1 : settle(end);
  if (from <= to) {  // nothing: a form that every runtime reads as empty
    begin = 0;
    end = 0;
    return;
  }
  begin = from;
  end = to < 0 ? INT64_MIN : to;
}

// begin, end and strides of a place as far as known, and as values.
struct StridedBounds {
  Value *begin, *end;
  std::vector<Dim> begins, ends;
  std::vector<int64_t> steps;
};

// One index of an axis: Gather with a scalar. An index of -1 or more is in the form that ONNX has too.
Value* strided_index(OpContext& c, Value* x, const StridedAxis& a, int64_t axis, const StridedBounds& b) {
  const Dim at = b.begins[static_cast<size_t>(a.place)];
  Value* index =
      at.known() ? c.int_scalar(at.value) : c.emit("Gather", {b.begin, c.int_scalar(a.place)}, {{"axis", 0}});
  return c.emit("Gather", {x, index}, {{"axis", axis}});
}

struct StridedBatch {
  std::vector<int64_t> axes, steps, known_starts, known_ends, squeezed;
  std::vector<Value*> starts, ends;
  bool known = true;
};

// The same for a start that may lie before the first element and is only known when the model runs: then
// nothing is taken, which an end past the last element says. (Not INT64_MAX: some runtimes read that as "to
// the end" in whichever direction.)
void strided_before_first(OpContext& c, Value* x, int64_t axis, Value*& start, Value*& end) {
  Value* zero = c.ints({0});
  Value* from_front = c.emit("Add", {start, dim_vector(c, x, axis)});
  Value* place = where(c, c.emit("Less", {start, zero}), from_front, start);
  Value* before = c.emit("Less", {place, zero});
  start = c.emit("Max", {place, zero});
  end = where(c, before, c.ints({kPastTheEnd}), end);
}

void strided_range(OpContext& c, Value* x, const StridedAxis& a, const StridedBounds& b,
                   StridedBatch& batch) {
  const auto place = static_cast<size_t>(a.place);
  const int64_t step = a.shrink ? 1 : b.steps[place];
  const Dim from = b.begins[place], to = b.ends[place];
  int64_t start = a.open_begin ? (step > 0 ? 0 : INT64_MAX) : from.value;
  int64_t end = a.open_end ? (step > 0 ? INT64_MAX : INT64_MIN) : to.value;
  const bool start_known = a.open_begin || from.known(), end_known = a.open_end || to.known() || a.shrink;
  if (a.shrink) end = start == -1 || start == INT64_MAX ? INT64_MAX : start + 1;
  if (start_known && end_known) {
    if (!a.shrink && step == 1 && start == 0 && end == INT64_MAX) return;
    const int64_t size = c.dim(x, static_cast<int>(a.axis));
    if (!a.shrink && step == 1 && start == 0 && size >= 0 && end >= size) return;
    strided_settle(size, step, start, end);
  } else {
    batch.known = false;
  }
  batch.axes.push_back(a.axis);
  batch.steps.push_back(step);
  batch.known_starts.push_back(start);
  batch.known_ends.push_back(end);
  Value* start_value = start_known ? c.ints({start}) : sliced(c, b.begin, 0, a.place, a.place + 1);
  Value* end_value = end_known ? c.ints({end}) : sliced(c, b.end, 0, a.place, a.place + 1);
  const bool size_unknown = c.dim(x, static_cast<int>(a.axis)) < 0;
  const bool unsettled = !start_known || (start < 0 && (size_unknown || !end_known));
  if (step < 0 && !a.open_begin && unsettled) {
    strided_before_first(c, x, a.axis, start_value, end_value);
    batch.known = false;
  }
  batch.starts.push_back(start_value);
  batch.ends.push_back(end_value);
  if (a.shrink) batch.squeezed.push_back(a.axis);
}

Value* strided_slices(OpContext& c, Value* x, const StridedBatch& batch) {
  if (batch.axes.empty()) return x;
  Value* starts = batch.known ? c.ints(batch.known_starts) : concatenated(c, batch.starts, 0);
  Value* ends = batch.known ? c.ints(batch.known_ends) : concatenated(c, batch.ends, 0);
  const bool steps = std::any_of(batch.steps.begin(), batch.steps.end(), [](int64_t s) { return s != 1; });
  return c.emit("Slice", {x, starts, ends, c.ints(batch.axes), steps ? c.ints(batch.steps) : nullptr});
}

// x by the specification of inputs 1 to 3.
Status strided_take(OpContext& c, Value* x, Value*& result) {
  Value* strides = c.tensor(3);
  StridedBounds b{c.tensor(1), c.tensor(2), {}, {}, {}};
  if (!b.begin || !b.end || !strides) return c.wrong_input(!b.begin ? 1 : !b.end ? 2 : 3);
  if (!partly_known(c, b.begin, b.begins) || !partly_known(c, b.end, b.ends) ||
      b.begins.size() != b.ends.size())
    return c.unsupported("begin and end of unknown length");
  if (!c.known_ints(strides, b.steps) || b.steps.size() != b.begins.size())
    return c.unsupported("strides that are computed while the model runs");
  const auto n = static_cast<int64_t>(b.begins.size());
  if (n > 62) return c.unsupported("more than 62 axes");
  b.begin = c.to_i64(b.begin);
  b.end = c.to_i64(b.end);
  StridedMasks m{c.int_attr("begin_mask"), c.int_attr("end_mask"), c.int_attr("ellipsis_mask"),
                 c.int_attr("new_axis_mask"), c.int_attr("shrink_axis_mask")};
  StridedPlan plan;
  if (!strided_plan(m, n, c.rank(x), plan))
    return c.unsupported(c.rank(x) < 0 ? "an ellipsis on an input of unknown rank"
                                       : "more indices than the input has axes");
  for (int64_t s : b.steps)
    if (s == 0 || s == INT64_MIN) return c.unsupported("a stride of 0");

  // A single index, and indices that are computed, by Gather; those before the slicing of other axes from the
  // back, so that axis numbers stay right.
  const auto shrinks = std::count_if(plan.axes.begin(), plan.axes.end(), [](auto& a) { return a.shrink; });
  StridedBatch batch;
  std::vector<StridedAxis> gathered;
  for (const StridedAxis& a : plan.axes) {
    const Dim from = b.begins[static_cast<size_t>(a.place)];
    const bool by_gather = a.shrink && (shrinks == 1 || !from.known());
    if (by_gather)
      gathered.push_back(a);
    else
      strided_range(c, x, a, b, batch);
  }
  Value* y = strided_slices(c, x, batch);
  std::vector<int64_t> squeezed = batch.squeezed;
  std::reverse(gathered.begin(), gathered.end());
  for (const StridedAxis& a : gathered) {
    y = strided_index(c, y, a, a.axis, b);
    for (int64_t& s : squeezed)
      if (s > a.axis) --s;
  }
  y = c.squeeze(y, squeezed);
  result = c.unsqueeze(y, plan.new_axes);
  return Status();
}

Status convert_strided_slice(OpContext& c) {
  Value *x = c.tensor(0), *y = nullptr;
  if (!x) return c.wrong_input(0);
  Status s = strided_take(c, x, y);
  return s.ok() ? c.set(0, y) : s;
}

// The slice replaced by a value: every element's number is sliced the same way, and tells where the value's
// elements go.
Status convert_strided_slice_update(OpContext& c) {
  Value *x = c.tensor(0), *value = c.tensor(4), *places = nullptr;
  if (!x || !value) return c.wrong_input(x ? 4 : 0);
  if (c.rank(x) < 0) return c.unsupported("an input of unknown rank");
  Value* shape = c.shape_of(x);
  Value* count = c.emit("Size", {x});
  Status s = strided_take(c, c.reshape_to(iota(c, count, DType::kI64), shape), places);
  if (!s.ok()) return s;
  Value* laid = c.reshape(expand_to(c, value, c.shape_of(places)), {-1});
  Value* flat = c.emit("ScatterElements", {c.reshape(x, {-1}), c.reshape(places, {-1}), laid}, {{"axis", 0}});
  Value* y = c.reshape_to(flat, shape);
  refine_shape(y, x->type.shape);
  return c.set(0, y);
}

const OpRule kStridedSliceRules[] = {
    {"StridedSlice", convert_strided_slice, "", "every mask; constant strides"},
    {"TensorStridedSliceUpdate", convert_strided_slice_update, "", "every mask; constant strides"},
};
}  // namespace

Span<const OpRule> strided_slice_rules() {
  return {kStridedSliceRules, sizeof(kStridedSliceRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
