#include "jetline/graph/tensor.h"

namespace jetline {
namespace {

Status tensor_size_error(DType dtype, const std::vector<int64_t>& dims, size_t got) {
  std::string shape;
  for (int64_t d : dims) shape += (shape.empty() ? "" : ",") + std::to_string(d);
  return Status::bad_input("tensor.size", "a " + std::string(dtype_name(dtype)) + "[" + shape +
                                              "] tensor does not fit its data of " + std::to_string(got) +
                                              (dtype == DType::kString ? " strings" : " bytes"));
}

// IEEE 754 binary16 to double: sign, 5 exponent bits (bias 15), 10 fraction bits.
double tensor_half_to_double(uint16_t h) {
  const int exponent = (h >> 10) & 31, fraction = h & 1023;
  double v;
  if (exponent == 31) {
    v = fraction ? __builtin_nan("") : __builtin_inf();
  } else if (exponent == 0) {
    v = fraction * 0x1p-24;
  } else {
    v = (1024 + fraction) * 0x1p-25;
    for (int e = 0; e < exponent; ++e) v *= 2;
  }
  return h & 0x8000 ? -v : v;
}

double tensor_bfloat_to_double(uint16_t b) {
  const uint32_t bits = uint32_t{b} << 16;
  float f;
  std::memcpy(&f, &bits, 4);
  return f;
}

// Element i of a packed type of 2 or 4 bits.
int64_t tensor_packed(ByteView bytes, int64_t i, int bits, bool is_signed) {
  const int per_byte = 8 / bits;
  const int raw = (bytes[static_cast<size_t>(i / per_byte)] >> (bits * (i % per_byte))) & ((1 << bits) - 1);
  return is_signed && raw >= (1 << (bits - 1)) ? raw - (1 << bits) : raw;
}

template <typename Out>
bool tensor_integer_at(const Tensor& t, int64_t i, Out& out) {
  switch (t.dtype()) {
    case DType::kU8:
      out = static_cast<Out>(t.at<uint8_t>(i));
      return true;
    case DType::kBool:
      out = static_cast<Out>(t.at<uint8_t>(i) != 0);
      return true;
    case DType::kI8:
      out = static_cast<Out>(t.at<int8_t>(i));
      return true;
    case DType::kU16:
      out = static_cast<Out>(t.at<uint16_t>(i));
      return true;
    case DType::kI16:
      out = static_cast<Out>(t.at<int16_t>(i));
      return true;
    case DType::kU32:
      out = static_cast<Out>(t.at<uint32_t>(i));
      return true;
    case DType::kI32:
      out = static_cast<Out>(t.at<int32_t>(i));
      return true;
    case DType::kU64:
      out = static_cast<Out>(t.at<uint64_t>(i));
      return true;
    case DType::kI64:
      out = static_cast<Out>(t.at<int64_t>(i));
      return true;
    case DType::kU4:
      out = static_cast<Out>(tensor_packed(t.bytes(), i, 4, false));
      return true;
    case DType::kI4:
      out = static_cast<Out>(tensor_packed(t.bytes(), i, 4, true));
      return true;
    case DType::kU2:
      out = static_cast<Out>(tensor_packed(t.bytes(), i, 2, false));
      return true;
    case DType::kI2:
      out = static_cast<Out>(tensor_packed(t.bytes(), i, 2, true));
      return true;
    default:
      return false;
  }
}

Status tensor_type_error(DType t, const char* wanted) {
  return Status::bad_input("tensor.type",
                           "a tensor of type " + std::string(dtype_name(t)) + " cannot be read as " + wanted);
}

}  // namespace

int64_t element_count(const std::vector<int64_t>& dims) {
  int64_t n = 1;
  bool zero = false;
  for (int64_t d : dims) {
    if (d < 0) return -1;
    if (d == 0) zero = true;
    if (!zero && __builtin_mul_overflow(n, d, &n)) return -1;
  }
  return zero ? 0 : n;
}

Result<Tensor> Tensor::view(DType dtype, std::vector<int64_t> dims, ByteView bytes,
                            std::shared_ptr<const void> owner) {
  const int64_t n = element_count(dims);
  const int bits = dtype_bits(dtype);
  // The division keeps n * bits inside 64 bits before it is computed.
  if (n < 0 || bits == 0 || n > (INT64_MAX - 7) / bits ||
      static_cast<uint64_t>(dtype_bytes(dtype, n)) != bytes.size()) {
    return tensor_size_error(dtype, dims, bytes.size());
  }
  Tensor t;
  t.dtype_ = dtype;
  t.dims_ = std::move(dims);
  t.bytes_ = bytes;
  t.owner_ = std::move(owner);
  return t;
}

Result<Tensor> Tensor::later(DType dtype, std::vector<int64_t> dims,
                             std::shared_ptr<const DeferredBytes> bytes) {
  const int64_t n = element_count(dims);
  const int bits = dtype_bits(dtype);
  if (n < 0 || bits == 0 || n > (INT64_MAX - 7) / bits || dtype_bytes(dtype, n) != bytes->size()) {
    return tensor_size_error(dtype, dims, static_cast<size_t>(bytes->size()));
  }
  Tensor t;
  t.dtype_ = dtype;
  t.dims_ = std::move(dims);
  t.owner_ = bytes;
  t.deferred_ = std::move(bytes);
  return t;
}

Result<Tensor> Tensor::reshaped(std::vector<int64_t> dims) const {
  if (dtype_ == DType::kString) return of_strings(std::move(dims), strings_);
  if (deferred_) return later(dtype_, std::move(dims), deferred_);
  return view(dtype_, std::move(dims), bytes_, owner_);
}

Result<Tensor> Tensor::own(DType dtype, std::vector<int64_t> dims, std::vector<uint8_t> bytes) {
  auto memory = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  const ByteView all(memory->data(), memory->size());
  return view(dtype, std::move(dims), all, std::move(memory));
}

Result<Tensor> Tensor::of_strings(std::vector<int64_t> dims, std::vector<std::string> strings) {
  const int64_t n = element_count(dims);
  if (n < 0 || static_cast<uint64_t>(n) != strings.size()) {
    return tensor_size_error(DType::kString, dims, strings.size());
  }
  Tensor t;
  t.dtype_ = DType::kString;
  t.dims_ = std::move(dims);
  t.strings_ = std::move(strings);
  return t;
}

Result<Tensor> Tensor::floats(std::vector<int64_t> dims, const std::vector<float>& values) {
  const auto* p = reinterpret_cast<const uint8_t*>(values.data());
  return own(DType::kF32, std::move(dims), std::vector<uint8_t>(p, p + values.size() * sizeof(float)));
}

Result<Tensor> Tensor::ints(std::vector<int64_t> dims, const std::vector<int64_t>& values) {
  const auto* p = reinterpret_cast<const uint8_t*>(values.data());
  return own(DType::kI64, std::move(dims), std::vector<uint8_t>(p, p + values.size() * sizeof(int64_t)));
}

Result<std::vector<double>> Tensor::to_doubles() const {
  std::vector<double> out(static_cast<size_t>(count()));
  for (int64_t i = 0; i < static_cast<int64_t>(out.size()); ++i) {
    double& v = out[static_cast<size_t>(i)];
    switch (dtype_) {
      case DType::kF32:
        v = at<float>(i);
        break;
      case DType::kF64:
        v = at<double>(i);
        break;
      case DType::kF16:
        v = tensor_half_to_double(at<uint16_t>(i));
        break;
      case DType::kBF16:
        v = tensor_bfloat_to_double(at<uint16_t>(i));
        break;
      default:
        if (!tensor_integer_at(*this, i, v)) return tensor_type_error(dtype_, "numbers");
    }
  }
  return out;
}

Result<std::vector<int64_t>> Tensor::to_ints() const {
  std::vector<int64_t> out(static_cast<size_t>(count()));
  for (int64_t i = 0; i < static_cast<int64_t>(out.size()); ++i) {
    if (!tensor_integer_at(*this, i, out[static_cast<size_t>(i)]))
      return tensor_type_error(dtype_, "integers");
  }
  return out;
}

}  // namespace jetline
