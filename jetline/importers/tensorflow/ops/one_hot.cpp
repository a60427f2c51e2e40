// OneHot by comparison with 0 … depth-1: an index outside of the range gives no hot place (ONNX's OneHot
// would count negative ones from the end), and every type of values works.
#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

bool one_hot_is(OpContext& c, const Value* v, double number) {
  std::vector<double> known;
  return c.known_floats(v, known) && known.size() == 1 && known[0] == number;
}

Status convert_one_hot(OpContext& c) {
  Value *indices = c.tensor(0), *depth = c.tensor(1), *on = c.tensor(2), *off = c.tensor(3);
  if (!indices) return c.wrong_input(0);
  if (!depth || !on || !off) return c.wrong_input(!depth ? 1 : !on ? 2 : 3);
  const int rank = c.rank(indices);
  if (rank < 0) return c.unsupported("indices of unknown rank");
  int64_t axis = c.int_attr("axis", -1);
  if (!normalize_axis(axis, rank + 1)) return c.unsupported("the axis is outside of the result's rank");
  const DType kernel = kernel_type("Equal", c.dtype(indices));
  // [depth, 1, …]: the numbers lie on `axis` and broadcast over the axes behind it.
  std::vector<int64_t> behind;
  for (int64_t i = axis + 1; i <= rank; ++i) behind.push_back(i - axis);
  Value* numbers = c.unsqueeze(iota(c, depth, kernel), behind);
  Value* hot = c.emit("Equal", {c.unsqueeze(c.cast(indices, kernel), {axis}), numbers});
  const DType own = c.dtype(on);
  if (one_hot_is(c, on, 1) && one_hot_is(c, off, 0)) return c.set(0, c.cast(hot, own));
  return c.set(0, where(c, hot, on, off));
}

const OpRule kOneHotRules[] = {{"OneHot", convert_one_hot}};
}  // namespace

Span<const OpRule> one_hot_rules() {
  return {kOneHotRules, 1};
}
}  // namespace jetline::tf
