// Numbers of any type to the four lanes and back.
#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <type_traits>

#include "jetline/base/memory.h"
#include "jetline/graph/evaluate/floats.h"
#include "jetline/graph/evaluate/memory.h"

namespace jetline::calc {
namespace {

template <typename To, typename From>
To lane_convert(From v) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if constexpr (sizeof(To) < 4) {
      return static_cast<To>(lane_convert<int64_t>(v));
    } else {
      constexpr auto kLow = static_cast<From>(std::numeric_limits<To>::min());
      constexpr auto kHigh =
          static_cast<From>(std::numeric_limits<To>::max());  // may round up to a power of 2
      if (v != v) return 0;
      if (v >= kHigh) return std::numeric_limits<To>::max();
      if (v <= kLow) return std::numeric_limits<To>::min();
      return static_cast<To>(v);
    }
  } else {
    return static_cast<To>(v);
  }
}

template <typename From, typename T>
void lane_load(const uint8_t* data, int64_t first, int64_t n, T* out) {
  data += static_cast<size_t>(first) * sizeof(From);
  if constexpr (std::is_same_v<From, T>) {
    if (n > 0) std::memcpy(out, data, static_cast<size_t>(n) * sizeof(T));
  } else {
    for (int64_t i = 0; i < n; ++i) {
      From v;
      std::memcpy(&v, data + static_cast<size_t>(i) * sizeof(From), sizeof(From));
      out[i] = lane_convert<T>(v);
    }
  }
}

template <typename To, typename T>
void lane_store(uint8_t* data, int64_t first, int64_t n, const T* in) {
  data += static_cast<size_t>(first) * sizeof(To);
  if constexpr (std::is_same_v<To, T>) {
    if (n > 0) std::memcpy(data, in, static_cast<size_t>(n) * sizeof(T));
  } else {
    for (int64_t i = 0; i < n; ++i) {
      const To v = lane_convert<To>(in[i]);
      std::memcpy(data + static_cast<size_t>(i) * sizeof(To), &v, sizeof(To));
    }
  }
}

template <typename T, typename Fn>
void lane_load_bits(const uint8_t* data, int64_t first, int64_t n, T* out, const Fn& decode) {
  for (int64_t i = 0; i < n; ++i) {
    uint16_t h;
    std::memcpy(&h, data + static_cast<size_t>(first + i) * 2, 2);
    out[i] = lane_convert<T>(decode(h));
  }
}

template <typename T, typename Fn>
void lane_store_bits(uint8_t* data, int64_t first, int64_t n, const T* in, const Fn& encode) {
  for (int64_t i = 0; i < n; ++i) {
    const uint16_t h = encode(static_cast<float>(in[i]));
    std::memcpy(data + static_cast<size_t>(first + i) * 2, &h, 2);
  }
}

int lane_packed(const uint8_t* data, int64_t i, int bits, bool is_signed) {
  const int per_byte = 8 / bits;
  const int raw = (data[i / per_byte] >> (bits * static_cast<int>(i % per_byte))) & ((1 << bits) - 1);
  return is_signed && raw >= 1 << (bits - 1) ? raw - (1 << bits) : raw;
}

void lane_pack(uint8_t* data, int64_t i, int bits, int value) {
  const int per_byte = 8 / bits, shift = bits * static_cast<int>(i % per_byte), mask = (1 << bits) - 1;
  uint8_t& byte = data[i / per_byte];
  byte = static_cast<uint8_t>((shift == 0 ? 0 : byte) | ((value & mask) << shift));
}

}  // namespace

Lane lane_of(DType t) {
  switch (t) {
    case DType::kUndefined:
    case DType::kString:
    case DType::kC64:
    case DType::kC128:
      return Lane::kNone;
    case DType::kF64:
      return Lane::kDouble;
    case DType::kU64:
      return Lane::kUint;
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
      return Lane::kFloat;
    default:
      return is_small_float(t) ? Lane::kFloat : dtype_bits(t) > 0 ? Lane::kInt : Lane::kNone;
  }
}

template <typename T>
void load(DType dtype, const uint8_t* data, int64_t first, int64_t n, T* out) {
  switch (dtype) {
    case DType::kF32:
      return lane_load<float>(data, first, n, out);
    case DType::kF64:
      return lane_load<double>(data, first, n, out);
    case DType::kU8:
      return lane_load<uint8_t>(data, first, n, out);
    case DType::kI8:
      return lane_load<int8_t>(data, first, n, out);
    case DType::kU16:
      return lane_load<uint16_t>(data, first, n, out);
    case DType::kI16:
      return lane_load<int16_t>(data, first, n, out);
    case DType::kI32:
      return lane_load<int32_t>(data, first, n, out);
    case DType::kI64:
      return lane_load<int64_t>(data, first, n, out);
    case DType::kU32:
      return lane_load<uint32_t>(data, first, n, out);
    case DType::kU64:
      return lane_load<uint64_t>(data, first, n, out);
    case DType::kBool:
      for (int64_t i = 0; i < n; ++i) out[i] = data[first + i] != 0;
      return;
    case DType::kF16:
      return lane_load_bits(data, first, n, out, f16_to_float);
    case DType::kBF16:
      return lane_load_bits(data, first, n, out, bf16_to_float);
    case DType::kU4:
    case DType::kI4:
    case DType::kU2:
    case DType::kI2:
      for (int64_t i = 0; i < n; ++i) {
        out[i] = static_cast<T>(
            lane_packed(data, first + i, dtype_bits(dtype), dtype == DType::kI4 || dtype == DType::kI2));
      }
      return;
    case DType::kF4E2M1:
      for (int64_t i = 0; i < n; ++i) {
        out[i] =
            lane_convert<T>(small_float(dtype, static_cast<uint8_t>(lane_packed(data, first + i, 4, false))));
      }
      return;
    default:
      for (int64_t i = 0; i < n; ++i) out[i] = lane_convert<T>(small_float(dtype, data[first + i]));
  }
}

template <typename T>
void store(DType dtype, uint8_t* data, int64_t first, int64_t n, const T* in) {
  switch (dtype) {
    case DType::kF32:
      return lane_store<float>(data, first, n, in);
    case DType::kF64:
      return lane_store<double>(data, first, n, in);
    case DType::kU8:
      return lane_store<uint8_t>(data, first, n, in);
    case DType::kI8:
      return lane_store<int8_t>(data, first, n, in);
    case DType::kU16:
      return lane_store<uint16_t>(data, first, n, in);
    case DType::kI16:
      return lane_store<int16_t>(data, first, n, in);
    case DType::kI32:
      return lane_store<int32_t>(data, first, n, in);
    case DType::kI64:
      return lane_store<int64_t>(data, first, n, in);
    case DType::kU32:
      return lane_store<uint32_t>(data, first, n, in);
    case DType::kU64:
      return lane_store<uint64_t>(data, first, n, in);
    case DType::kBool:
      for (int64_t i = 0; i < n; ++i) data[first + i] = in[i] != 0;
      return;
    case DType::kF16:
      return lane_store_bits(data, first, n, in, float_to_f16);
    case DType::kBF16:
      return lane_store_bits(data, first, n, in, float_to_bf16);
    case DType::kU4:
    case DType::kI4:
    case DType::kU2:
    case DType::kI2:
      for (int64_t i = 0; i < n; ++i) {
        lane_pack(data, first + i, dtype_bits(dtype), static_cast<int>(lane_convert<int64_t>(in[i]) & 15));
      }
      return;
    case DType::kF4E2M1:
      for (int64_t i = 0; i < n; ++i) {
        lane_pack(data, first + i, 4, to_small_float(dtype, static_cast<float>(in[i]), true));
      }
      return;
    default:
      for (int64_t i = 0; i < n; ++i) {
        data[first + i] = to_small_float(dtype, static_cast<float>(in[i]), true);
      }
  }
}

template <typename T>
Numbers<T>::Numbers(const Tensor& t) : size_(t.count()) {
  const uint8_t* bytes = t.bytes().data();
  const bool same = (std::is_same_v<T, float> && t.dtype() == DType::kF32) ||
                    (std::is_same_v<T, double> && t.dtype() == DType::kF64) ||
                    (std::is_same_v<T, int64_t> && t.dtype() == DType::kI64) ||
                    (std::is_same_v<T, uint64_t> && t.dtype() == DType::kU64);
  if (same && reinterpret_cast<uintptr_t>(bytes) % alignof(T) == 0) {
    data_ = reinterpret_cast<const T*>(bytes);
    return;
  }
  copy_.reset(static_cast<T*>(allocate_large((static_cast<size_t>(size_) + 1) * sizeof(T))));
  if (!copy_) throw std::bad_alloc();
  if (lane_of(t.dtype()) == Lane::kNone) {
    std::fill_n(copy_.get(), size_, T{0});  // callers refuse such types
  } else {
    load(t.dtype(), bytes, 0, size_, copy_.get());
  }
  data_ = copy_.get();
}

template void load<float>(DType, const uint8_t*, int64_t, int64_t, float*);
template void load<double>(DType, const uint8_t*, int64_t, int64_t, double*);
template void load<int64_t>(DType, const uint8_t*, int64_t, int64_t, int64_t*);
template void load<uint64_t>(DType, const uint8_t*, int64_t, int64_t, uint64_t*);
template void store<float>(DType, uint8_t*, int64_t, int64_t, const float*);
template void store<double>(DType, uint8_t*, int64_t, int64_t, const double*);
template void store<int64_t>(DType, uint8_t*, int64_t, int64_t, const int64_t*);
template void store<uint64_t>(DType, uint8_t*, int64_t, int64_t, const uint64_t*);
template class Numbers<float>;
template class Numbers<double>;
template class Numbers<int64_t>;
template class Numbers<uint64_t>;

}  // namespace jetline::calc
