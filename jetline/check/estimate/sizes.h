// Bytes of tensors as an engine holds them: floats at the target's precision, everything else as it is. A
// leading dimension without a number counts as one, the batch; any other makes a size unknown.
#pragma once

#include <cstdint>
#include <optional>

#include "jetline/graph/value_type.h"
#include "jetline/targets/board.h"

namespace jetline::check {

// How many elements, and of which width: `floats` follow the precision, `fixed_bits` do not.
struct TensorSize {
  int64_t elements = 0;
  bool is_float = false;
  int fixed_bits = 0;  // of one element when it is no float
  bool batch_as_one = false;

  double bytes(double float_bytes) const {
    return static_cast<double>(elements) * (is_float ? float_bytes : fixed_bits / 8.0);
  }
};

// Nothing when the size is not known (no tensor, unknown rank or dimension).
std::optional<TensorSize> size_of(const ValueType& type);
double float_bytes(targets::Precision precision);  // 4, 2, 1, 0.5

}  // namespace jetline::check
