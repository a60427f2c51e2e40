// Comparisons and logic. Two constant string tensors compare while converting.
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Status comparison_of(OpContext& c, const char* onnx) {
  Value *x = c.tensor(0), *y = c.tensor(1);
  if (!x || !y) return c.wrong_input(x ? 1 : 0);
  if (is_complex(c.dtype(x))) return c.unsupported("complex numbers");
  x = ordered(c, x);
  y = ordered(c, y);
  return c.set(0, typed(c, onnx, {x, y}, {}, TypedResult::kOwn));
}
Status convert_less(OpContext& c) {
  return comparison_of(c, "Less");
}
Status convert_less_equal(OpContext& c) {
  return comparison_of(c, "LessOrEqual");
}
Status convert_greater(OpContext& c) {
  return comparison_of(c, "Greater");
}
Status convert_greater_equal(OpContext& c) {
  return comparison_of(c, "GreaterOrEqual");
}

// Equal shapes, or one of them a single string.
Status comparison_of_strings(OpContext& c, bool equal) {
  const Tensor *a = c.in(0).strings(), *b = c.in(1).strings();
  if (!a || !b) return c.unsupported("strings that are not constant");
  const size_t na = a->strings().size(), nb = b->strings().size();
  const bool a_single = na == 1 && a->dims().size() <= b->dims().size();
  const bool b_single = nb == 1 && b->dims().size() <= a->dims().size();
  if (a->dims() != b->dims() && !a_single && !b_single)
    return c.unsupported("broadcasting of string tensors");
  const std::vector<int64_t>& dims = a_single ? b->dims() : a->dims();
  std::vector<uint8_t> bytes(a_single ? nb : na);
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = (a->strings()[a_single ? 0 : i] == b->strings()[b_single ? 0 : i]) == equal ? 1 : 0;
  auto t = Tensor::own(DType::kBool, dims, std::move(bytes));
  if (!t.ok()) return t.status();
  return c.set(0, c.constant(std::move(t.value())));
}

Status comparison_equality(OpContext& c, bool equal) {
  if (c.in(0).strings() || c.in(1).strings()) return comparison_of_strings(c, equal);
  Value *x = c.tensor(0), *y = c.tensor(1);
  if (!x || !y) return c.wrong_input(x ? 1 : 0);
  if (is_complex(c.dtype(x))) return c.unsupported("complex numbers");
  // incompatible_shape_error = false: tensors of shapes that do not broadcast are simply not equal.
  if (!c.bool_attr("incompatible_shape_error", true) && c.rank(x) >= 0 && c.rank(y) >= 0) {
    for (int i = 1; i <= c.rank(x) && i <= c.rank(y); ++i) {
      const int64_t a = c.dim(x, -i), b = c.dim(y, -i);
      if (a > 1 && b > 1 && a != b) return c.set(0, c.cast(c.int_scalar(equal ? 0 : 1), DType::kBool));
    }
  }
  Value* same = typed(c, "Equal", {x, y}, {}, TypedResult::kOwn);
  return c.set(0, equal ? same : c.emit("Not", {same}));
}
Status convert_equal(OpContext& c) {
  return comparison_equality(c, true);
}
Status convert_not_equal(OpContext& c) {
  return comparison_equality(c, false);
}

Status convert_logical_and(OpContext& c) {
  Value *x = c.tensor(0), *y = c.tensor(1);
  if (!x || !y) return c.wrong_input(x ? 1 : 0);
  return c.set(0, c.emit("And", {x, y}));
}
Status convert_logical_or(OpContext& c) {
  Value *x = c.tensor(0), *y = c.tensor(1);
  if (!x || !y) return c.wrong_input(x ? 1 : 0);
  return c.set(0, c.emit("Or", {x, y}));
}

const OpRule kComparisonRules[] = {
    {"Equal", convert_equal, "", "strings only when both are constant"},
    {"Greater", convert_greater},
    {"GreaterEqual", convert_greater_equal},
    {"Less", convert_less},
    {"LessEqual", convert_less_equal},
    {"LogicalAnd", convert_logical_and},
    {"LogicalOr", convert_logical_or},
    {"NotEqual", convert_not_equal, "", "strings only when both are constant"},
};
}  // namespace

Span<const OpRule> comparison_rules() {
  return {kComparisonRules, sizeof(kComparisonRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
