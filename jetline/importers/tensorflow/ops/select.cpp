// Choosing: Select, SelectV2, Where, ClipByValue.
#include <algorithm>

#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Status select_strings(OpContext& c) {
  std::vector<int64_t> test;
  if (!c.tensor(0) || !c.known_ints(c.tensor(0), test) || test.size() != 1) return c.wrong_input(1);
  return c.set(0, c.in(test[0] ? 1 : 2));
}

// Select: a condition of rank 1 chooses whole rows of tensors of a higher rank.
Status convert_select(OpContext& c) {
  if (c.in(1).strings() && c.in(2).strings()) return select_strings(c);
  Value *test = c.tensor(0), *a = c.tensor(1), *b = c.tensor(2);
  if (!test) return c.wrong_input(0);
  if (!a || !b) return c.wrong_input(a ? 2 : 1);
  const int rank = std::max(c.rank(a), c.rank(b));
  if (c.rank(test) == 1 && rank < 0) return c.unsupported("a condition of rank 1 on inputs of unknown rank");
  if (c.rank(test) == 1 && rank > 1) {
    std::vector<int64_t> behind;
    for (int64_t i = 1; i < rank; ++i) behind.push_back(i);
    test = c.unsqueeze(test, behind);
  }
  return c.set(0, where(c, test, a, b));
}

Status convert_select_v2(OpContext& c) {
  if (c.in(1).strings() && c.in(2).strings()) return select_strings(c);
  Value *test = c.tensor(0), *a = c.tensor(1), *b = c.tensor(2);
  if (!test) return c.wrong_input(0);
  if (!a || !b) return c.wrong_input(a ? 2 : 1);
  // A condition that is known chooses now, when both sides have the result's shape.
  std::vector<int64_t> known;
  if (c.known_ints(test, known) && known.size() == 1 && c.rank(test) == 0) {
    Value* chosen = known[0] ? a : b;
    Value* other = known[0] ? b : a;
    const bool same = c.is_static(chosen) && c.is_static(other) && c.dims(chosen) == c.dims(other);
    if (same || c.rank(other) == 0) return c.set(0, chosen);
  }
  return c.set(0, where(c, test, a, b));
}

// Coordinates [n, rank] of what is not zero.
Status convert_where(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  if (c.rank(x) == 0) return c.unsupported("a scalar input");
  const DType own = c.dtype(x);
  // Comparing finds NaN and -0 as TensorFlow does, and bool has a kernel everywhere.
  if (own != DType::kBool)
    x = c.emit("Not", {typed(c, "Equal", {x, c.scalar(0, own)}, {}, TypedResult::kOwn)});
  return c.set(0, c.transpose(c.emit("NonZero", {x}), {1, 0}));
}

// max(min(x, high), low): where the ends are crossed, low. ONNX's Clip says high there, and is for ends that
// are known not to be.
Status convert_clip_by_value(OpContext& c) {
  Value *x = c.tensor(0), *low = c.tensor(1), *high = c.tensor(2);
  if (!x) return c.wrong_input(0);
  if (!low || !high) return c.wrong_input(low ? 2 : 1);
  const DType own = c.dtype(x);
  if (own == DType::kU64) {
    Value* y = where(c, c.emit("Greater", {ordered(c, x), ordered(c, high)}), high, x);
    return c.set(0, where(c, c.emit("Less", {ordered(c, y), ordered(c, low)}), low, y));
  }
  std::vector<double> least, most;
  const bool in_order = c.known_floats(low, least) && c.known_floats(high, most) && least.size() == 1 &&
                        most.size() == 1 && least[0] <= most[0];
  if (in_order && c.rank(low) == 0 && c.rank(high) == 0 && (own == DType::kF32 || own == DType::kF16))
    return c.set(0, c.emit("Clip", {x, low, high}));
  return c.set(0, typed2(c, "Max", typed2(c, "Min", x, high), low));
}

const OpRule kSelectRules[] = {
    {"ClipByValue", convert_clip_by_value},
    {"Select", convert_select},
    {"SelectV2", convert_select_v2},
    {"Where", convert_where, "index", "the number of results depends on the data; not a scalar"},
};
}  // namespace

Span<const OpRule> select_rules() {
  return {kSelectRules, sizeof(kSelectRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
