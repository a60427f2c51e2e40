// Joining tensors: Concat, ConcatV2, ConcatOffset, Pack, ParallelConcat.
#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// Inputs [first, last) along an axis; those that are known to be empty there are left out.
Status concat_inputs(OpContext& c, size_t first, size_t last, int64_t axis) {
  std::vector<Value*> parts;
  Value* empty = nullptr;
  for (size_t i = first; i < last; ++i) {
    Value* x = c.tensor(i);
    if (!x) return c.wrong_input(i);
    if (c.rank(x) >= 0) {
      int64_t normal = axis;
      if (!normalize_axis(normal, c.rank(x))) return c.unsupported("the axis is outside of the input's rank");
      axis = normal;
      if (c.dim(x, static_cast<int>(axis)) == 0) {
        empty = x;
        continue;
      }
    }
    parts.push_back(x);
  }
  if (parts.empty() && empty) return c.set(0, empty);
  if (parts.empty()) return c.unsupported("nothing to join");
  return c.set(0, concatenated(c, parts, axis));
}

Status concat_strings(OpContext& c, size_t first, size_t last) {
  std::vector<std::string> all;
  for (size_t i = first; i < last; ++i) {
    const Tensor* s = c.in(i).strings();
    if (!s || s->dims().size() > 1) return c.wrong_input(i);
    all.insert(all.end(), s->strings().begin(), s->strings().end());
  }
  const auto n = static_cast<int64_t>(all.size());
  auto t = Tensor::of_strings({n}, std::move(all));
  return t.ok() ? c.set(0, Symbol::strings(std::move(t.value()))) : t.status();
}

Status concat_with_axis(OpContext& c, size_t axis_input, size_t first, size_t last) {
  if (last > c.inputs() || first >= last) return c.wrong_input(0);
  if (c.in(first).strings()) return concat_strings(c, first, last);
  int64_t axis = 0;
  Value* a = c.tensor(axis_input);
  if (!a) return c.wrong_input(axis_input);
  if (!c.known_int(a, axis)) return c.unsupported("an axis that is computed while the model runs");
  return concat_inputs(c, first, last, axis);
}
Status convert_concat(OpContext& c) {
  return concat_with_axis(c, 0, 1, c.inputs());
}
Status convert_concat_v2(OpContext& c) {
  if (c.inputs() < 2) return c.wrong_input(1);
  return concat_with_axis(c, c.inputs() - 1, 0, c.inputs() - 1);
}

// Where each piece of a concatenation starts: for piece i the sizes of those before it on the axis, 0
// elsewhere.
Status convert_concat_offset(OpContext& c) {
  Value* dim = c.tensor(0);
  int64_t axis = 0;
  if (!dim || !c.known_int(dim, axis)) return c.wrong_input(0);
  Value* before = nullptr;
  for (size_t i = 1; i < c.inputs(); ++i) {
    Value* shape = c.tensor(i);
    if (!shape) return c.wrong_input(i);
    const int64_t rank = c.dim(shape, 0);
    if (rank < 0 || rank > kMostAxes || !normalize_axis(axis, static_cast<int>(rank)))
      return c.unsupported("shapes of unknown rank");
    const DType type = c.dtype(shape);
    Value* size = c.emit("Gather", {shape, c.ints({axis})}, {{"axis", 0}});
    if (!before) before = c.cast(c.ints({0}), type);
    std::vector<int64_t> zeros(static_cast<size_t>(rank), 0);
    std::vector<Value*> parts;
    if (axis > 0) parts.push_back(c.cast(c.ints(std::vector<int64_t>(static_cast<size_t>(axis), 0)), type));
    parts.push_back(before);
    if (rank - axis > 1)
      parts.push_back(c.cast(c.ints(std::vector<int64_t>(static_cast<size_t>(rank - axis - 1), 0)), type));
    Status set = c.set(i - 1, concatenated(c, parts, 0));
    if (!set.ok()) return set;
    before = c.emit("Add", {before, size});
  }
  return Status();
}

Status convert_pack(OpContext& c) {
  if (c.inputs() == 0) return c.wrong_input(0);
  if (c.in(0).strings()) {
    std::vector<std::string> all;
    for (size_t i = 0; i < c.inputs(); ++i) {
      const Tensor* s = c.in(i).strings();
      if (!s || !s->dims().empty()) return c.wrong_input(i);
      all.push_back(s->strings()[0]);
    }
    const auto n = static_cast<int64_t>(all.size());
    auto t = Tensor::of_strings({n}, std::move(all));
    return t.ok() ? c.set(0, Symbol::strings(std::move(t.value()))) : t.status();
  }
  int64_t axis = c.int_attr("axis");
  std::vector<Value*> parts;
  for (size_t i = 0; i < c.inputs(); ++i) {
    Value* x = c.tensor(i);
    if (!x) return c.wrong_input(i);
    if (c.rank(x) < 0 && axis < 0) return c.unsupported("inputs of unknown rank");
    if (c.rank(x) >= 0 && !normalize_axis(axis, c.rank(x) + 1))
      return c.unsupported("the axis is outside of the input's rank");
    parts.push_back(c.unsqueeze(x, {axis}));
  }
  return c.set(0, concatenated(c, parts, axis));
}

// Pieces [1, …] side by side; the order is that of the inputs.
Status convert_parallel_concat(OpContext& c) {
  return concat_inputs(c, 0, c.inputs(), 0);
}

const OpRule kConcatRules[] = {
    {"Concat", convert_concat, "", "constant axis"},      {"ConcatOffset", convert_concat_offset, "offset*N"},
    {"ConcatV2", convert_concat_v2, "", "constant axis"}, {"Pack", convert_pack},
    {"ParallelConcat", convert_parallel_concat},
};
}  // namespace

Span<const OpRule> concat_rules() {
  return {kConcatRules, sizeof(kConcatRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
