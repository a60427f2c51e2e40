// Range and LinSpace.
#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// A number as a scalar, whatever its rank was.
Value* range_scalar(OpContext& c, Value* v) {
  return c.rank(v) == 0 ? v : c.reshape(v, {});
}

Status convert_range(OpContext& c) {
  Value *start = c.tensor(0), *limit = c.tensor(1), *delta = c.tensor(2);
  if (!start) return c.wrong_input(0);
  if (!limit || !delta) return c.wrong_input(limit ? 2 : 1);
  const DType own = c.dtype(start), kernel = kernel_type("Range", own);
  std::vector<double> step;
  if (c.known_floats(delta, step) && step.size() == 1 && step[0] == 0)
    return c.unsupported("a range with a step of 0");
  const auto lift = [&](Value* v) { return c.cast(range_scalar(c, v), kernel); };
  Value* y = c.emit("Range", {lift(start), lift(limit), lift(delta)});
  int64_t from = 0, by = 0;
  std::vector<Dim> to;
  // range(dimension): as long as that dimension, by whatever name.
  if (c.known_int(start, from) && c.known_int(delta, by) && from == 0 && by == 1 &&
      partly_known(c, limit, to) && to.size() == 1 && !y->is_constant())
    refine_shape(y, {to[0]});
  return c.set(0, c.cast(y, own));
}

// start + i (stop - start) / (num - 1), and the last one stop exactly.
Status convert_lin_space(OpContext& c) {
  Value *start = c.tensor(0), *stop = c.tensor(1), *num = c.tensor(2);
  if (!start) return c.wrong_input(0);
  if (!stop || !num) return c.wrong_input(stop ? 2 : 1);
  int64_t n = 0;
  if (!c.known_int(num, n)) return c.unsupported("a number of values that is computed while the model runs");
  if (n < 1 || n > (int64_t{1} << 24)) return c.unsupported(std::to_string(n) + " values");
  const DType own = c.dtype(start), kernel = kernel_type("Range", own);
  start = c.cast(range_scalar(c, start), kernel);
  stop = c.cast(range_scalar(c, stop), kernel);
  if (n == 1) return c.set(0, c.cast(c.unsqueeze(start, {0}), own));
  Value* step = c.emit("Div", {c.emit("Sub", {stop, start}), c.scalar(static_cast<double>(n - 1), kernel)});
  Value* numbers = c.emit(
      "Range", {c.scalar(0, kernel), c.scalar(static_cast<double>(n - 1), kernel), c.scalar(1, kernel)});
  Value* most = c.emit("Add", {start, c.emit("Mul", {numbers, step})});
  return c.set(0, c.cast(concatenated(c, {most, c.unsqueeze(stop, {0})}, 0), own));
}

const OpRule kRangeRules[] = {
    {"LinSpace", convert_lin_space, "", "constant number of values"},
    {"Range", convert_range},
};
}  // namespace

Span<const OpRule> range_rules() {
  return {kRangeRules, sizeof(kRangeRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
