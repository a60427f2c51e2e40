// QuantizeLinear and DequantizeLinear pairs. Internal to the operator rules.
#pragma once

#include <cstdint>
#include <vector>

#include "jetline/importers/tensorflow/op_context.h"

namespace jetline::tf {

struct QuantizeSteps {
  std::vector<float> scale;               // one, or one a channel
  std::vector<int64_t> zero;              // zero point in the 8-bit type
  bool is_signed = true;                  // int8, else uint8
  int64_t axis = INT64_MIN;               // of the channels; INT64_MIN: one scale for all
  bool clamp = false;                     // to low … high first (fewer than 256 steps)
  Value *low = nullptr, *high = nullptr;  // float32, broadcast against x
};
// x quantised to 8 bits and back, in x's type.
Value* emit_quantize_dequantize(OpContext& c, Value* x, const QuantizeSteps& q);

}  // namespace jetline::tf
