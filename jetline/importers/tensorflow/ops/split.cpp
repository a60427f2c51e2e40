// Taking tensors apart: Split, SplitV, Unpack.
#include <numeric>

#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

constexpr int64_t kMostPieces = 65536;

Status split_outputs(OpContext& c, const std::vector<Value*>& pieces) {
  for (size_t i = 0; i < pieces.size(); ++i) {
    Status set = c.set(i, pieces[i]);
    if (!set.ok()) return set;
  }
  return Status();
}

Status split_axis(OpContext& c, size_t input, const Value* x, int64_t& axis) {
  Value* a = c.tensor(input);
  if (!a) return c.wrong_input(input);
  if (!c.known_int(a, axis)) return c.unsupported("an axis that is computed while the model runs");
  if (c.rank(x) >= 0 && !normalize_axis(axis, c.rank(x)))
    return c.unsupported("the axis is outside of the input's rank");
  return Status();
}

Status convert_split(OpContext& c) {
  Value* x = c.tensor(1);
  if (!x) return c.wrong_input(1);
  int64_t axis = 0;
  Status s = split_axis(c, 0, x, axis);
  if (!s.ok()) return s;
  const int64_t n = c.int_attr("num_split");
  if (n < 1 || n > kMostPieces) return c.unsupported("num_split is " + std::to_string(n));
  if (n == 1) return c.set(0, x);
  const int64_t size = c.dim(x, static_cast<int>(axis));
  if (size >= 0 && size % n != 0) return c.unsupported("the axis does not divide into equal pieces");
  Value* sizes = size >= 0 ? c.ints(std::vector<int64_t>(static_cast<size_t>(n), size / n)) : nullptr;
  return split_outputs(c, c.emit_many("Split", {x, sizes}, static_cast<size_t>(n), {{"axis", axis}}));
}

// One of the sizes may be -1: what is left.
Status convert_split_v(OpContext& c) {
  Value *x = c.tensor(0), *sizes = c.tensor(1);
  if (!x || !sizes) return c.wrong_input(x ? 1 : 0);
  int64_t axis = 0;
  Status s = split_axis(c, 2, x, axis);
  if (!s.ok()) return s;
  const int64_t n = c.int_attr("num_split");
  if (n < 1 || n > kMostPieces) return c.unsupported("num_split is " + std::to_string(n));
  if (n == 1) return c.set(0, x);
  const auto pieces = static_cast<size_t>(n);
  std::vector<int64_t> known;
  const int64_t size = c.dim(x, static_cast<int>(axis));
  if (!c.known_ints(sizes, known)) {
    Value* wide = c.to_i64(sizes);
    Value* rest = c.emit("Sub", {dim_vector(c, x, axis), c.emit("ReduceSum", {wide, c.ints({0})})});
    Value* open = c.emit("Less", {wide, c.int_scalar(0)});
    // The sum counts the -1 itself.
    wide = where(c, open, c.emit("Sub", {rest, c.int_scalar(1)}), wide);
    return split_outputs(c, c.emit_many("Split", {x, wide}, pieces, {{"axis", axis}}));
  }
  if (known.size() != pieces) return c.unsupported("size_splits has another length than num_split");
  int64_t sum = 0, open = -1;
  for (size_t i = 0; i < pieces; ++i) {
    if (known[i] > (int64_t{1} << 40)) return c.unsupported("a piece of " + std::to_string(known[i]));
    if (known[i] < 0)
      open = static_cast<int64_t>(i);
    else
      sum += known[i];
  }
  if (open >= 0 && size >= 0) known[static_cast<size_t>(open)] = size - sum;
  if (open < 0 || size >= 0) {
    for (int64_t k : known)
      if (k < 0) return c.unsupported("the pieces are larger than the axis");
    return split_outputs(c, c.emit_many("Split", {x, c.ints(known)}, pieces, {{"axis", axis}}));
  }
  // The axis is not known, and one piece is what is left: slices, from the front and from the back.
  std::vector<Value*> out;
  int64_t at = 0, after = sum;
  for (size_t i = 0; i < pieces; ++i) {
    if (static_cast<int64_t>(i) == open) {
      out.push_back(sliced(c, x, axis, at, after == 0 ? INT64_MAX : -after));
      at = INT64_MIN;  // from here on counted from the end
    } else if (at != INT64_MIN) {
      out.push_back(sliced(c, x, axis, at, at + known[i]));
      at += known[i];
      after -= known[i];
    } else {
      // Counted from the end; behind the last element there is no negative number to say so.
      const int64_t from = after == 0 ? INT64_MAX : -after;
      after -= known[i];
      out.push_back(sliced(c, x, axis, from, after == 0 ? INT64_MAX : -after));
    }
  }
  return split_outputs(c, out);
}

Status convert_unpack(OpContext& c) {
  if (const Tensor* s = c.in(0).strings()) {
    if (s->dims().size() != 1) return c.wrong_input(0);
    for (size_t i = 0; i < s->strings().size(); ++i) {
      auto t = Tensor::of_strings({}, {s->strings()[i]});
      Status set = t.ok() ? c.set(i, Symbol::strings(std::move(t.value()))) : t.status();
      if (!set.ok()) return set;
    }
    return Status();
  }
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  int64_t axis = c.int_attr("axis");
  const int64_t n = c.int_attr("num");
  if (c.rank(x) >= 0 && !normalize_axis(axis, c.rank(x)))
    return c.unsupported("the axis is outside of the input's rank");
  if (n < 0 || n > kMostPieces) return c.unsupported("num is " + std::to_string(n));
  if (n == 0) return Status();
  if (n == 1) return c.set(0, c.squeeze(x, {axis}));
  std::vector<Value*> out;
  if (c.rank(x) == 1) {
    // Single numbers, of a shape perhaps: by index, so that each is followed for itself.
    for (int64_t i = 0; i < n; ++i) out.push_back(c.emit("Gather", {x, c.int_scalar(i)}, {{"axis", 0}}));
    return split_outputs(c, out);
  }
  Value* sizes = c.ints(std::vector<int64_t>(static_cast<size_t>(n), 1));
  for (Value* v : c.emit_many("Split", {x, sizes}, static_cast<size_t>(n), {{"axis", axis}}))
    out.push_back(c.squeeze(v, {axis}));
  return split_outputs(c, out);
}

const OpRule kSplitRules[] = {
    {"Split", convert_split, "output*num_split", "constant axis"},
    {"SplitV", convert_split_v, "output*num_split", "constant axis"},
    {"Unpack", convert_unpack, "output*num"},
};
}  // namespace

Span<const OpRule> split_rules() {
  return {kSplitRules, sizeof(kSplitRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
