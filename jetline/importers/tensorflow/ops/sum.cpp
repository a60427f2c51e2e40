// Sums of a list of tensors.
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// AddN and AccumulateNV2: all of one shape, added from the left, as TensorFlow's kernel does.
Status convert_add_n(OpContext& c) {
  Value* sum = nullptr;
  for (size_t i = 0; i < c.inputs(); ++i) {
    Value* x = c.tensor(i);
    if (!x) return c.wrong_input(i);
    sum = sum ? typed2(c, "Add", sum, x) : x;
  }
  return sum ? c.set(0, sum) : c.wrong_input(0);
}

const OpRule kSumRules[] = {
    {"AccumulateNV2", convert_add_n},
    {"AddN", convert_add_n},
};
}  // namespace

Span<const OpRule> sum_rules() {
  return {kSumRules, sizeof(kSumRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
