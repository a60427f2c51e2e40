// Random numbers, identity matrices: element types by attribute, shapes by attribute or input.
#include "jetline/graph/ops/types.h"

namespace jetline::ops {
namespace {

void random_infer(Context& c) {
  const std::vector<int64_t> dims = c.node().ints_or("shape", {});
  std::vector<Dim> shape;
  for (int64_t d : dims) shape.push_back(d >= 0 ? Dim(d) : Dim());
  c.set(0, dtype_attribute(c, "dtype", DType::kF32), std::move(shape));
}

void like_infer(Context& c) {
  shape_of_input(c, 0, 0, dtype_attribute(c, "dtype", c.dtype(0)));
}

void multinomial_infer(Context& c) {
  const auto* x = c.shape(0);
  const int64_t samples = c.node().int_or("sample_size", 1);
  c.set(0, dtype_attribute(c, "dtype", DType::kI32),
        {x && !x->empty() ? (*x)[0] : Dim(), samples >= 0 ? Dim(samples) : Dim()});
}

const Rule kRandomRules[] = {
    {"", "RandomNormal", random_infer},     {"", "RandomUniform", random_infer},
    {"", "RandomNormalLike", like_infer},   {"", "RandomUniformLike", like_infer},
    {"", "Bernoulli", like_infer},          {"", "EyeLike", like_infer},
    {"", "Multinomial", multinomial_infer},
};
}  // namespace

Span<const Rule> random_rules() {
  return {kRandomRules, sizeof(kRandomRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
