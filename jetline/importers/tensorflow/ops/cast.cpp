// Cast and Bitcast.
#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// Floats go towards zero; what does not fit the integer type is undefined in TensorFlow as in ONNX.
Status convert_cast(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const DType to = c.dtype_attr("DstT");
  if (is_complex(to)) return c.unsupported("complex numbers");
  if (!is_float(to) && !is_integer(to) && to != DType::kBool)
    return c.unsupported("the type it casts to has no form in ONNX");
  const DType from = c.dtype(x);
  if (from == to) return c.set(0, x);
  if (c.bool_attr("Truncate") && (to == DType::kF16 || to == DType::kBF16))
    c.warn("tf.rounded", "'" + c.name() + "' cuts digits off in TensorFlow; ONNX rounds");
  // TensorFlow casts a float to a narrow integer by way of int32, so that the high bits fall off; runtimes
  // differ in what a direct cast gives.
  if (is_float(from) && is_integer(to) && dtype_bits(to) < 32) x = c.cast(x, DType::kI32);
  return c.set(0, c.cast(x, to));
}

// The same bytes read as another type: of constants. To a type of half the size a dimension joins, to one of
// twice the size the last one goes.
Status convert_bitcast(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const DType from = c.dtype(x), to = c.dtype_attr("type");
  if (from == to) return c.set(0, x);
  const int from_bits = dtype_bits(from), to_bits = dtype_bits(to);
  if (from_bits < 8 || to_bits < 8 || is_complex(to)) return c.unsupported("these types");
  // Integers of one width differ in their sign alone, and a cast wraps.
  if (is_integer(from) && is_integer(to) && from_bits == to_bits) return c.set(0, c.cast(x, to));
  const Tensor* t = c.constant(x);
  if (!t) return c.unsupported("the bits of a number that is computed while the model runs");
  std::vector<int64_t> dims = t->dims();
  if (from_bits > to_bits) {
    dims.push_back(from_bits / to_bits);
  } else if (from_bits < to_bits) {
    if (dims.empty() || dims.back() != to_bits / from_bits)
      return c.unsupported("the last dimension does not fit");
    dims.pop_back();
  }
  auto y = Tensor::own(to, dims, std::vector<uint8_t>(t->bytes().begin(), t->bytes().end()));
  return y.ok() ? c.set(0, c.constant(std::move(y.value()))) : y.status();
}

const OpRule kCastRules[] = {
    {"Bitcast", convert_bitcast, "", "constants, and integers of one width"},
    {"Cast", convert_cast, "", "numbers outside of an integer type's range are undefined, as in TensorFlow"},
};
}  // namespace

Span<const OpRule> cast_rules() {
  return {kCastRules, sizeof(kCastRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
