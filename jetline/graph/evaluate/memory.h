// Elements of tensors as the evaluator works on them: memory for results, elements to be moved whatever they
// are (Cells), and elements as numbers of one of four kinds (lanes).
//
// A lane is the type that arithmetic is done in: float (float, float16, bfloat16 and the 8- and 4-bit
// floats), double, int64_t (bool and all integers but uint64), uint64_t. Threads: plain values.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <type_traits>
#include <vector>

#include "jetline/graph/tensor.h"

namespace jetline::calc {

// Memory that becomes a tensor. Uninitialised unless zeroed.
class Buffer {
 public:
  Buffer() = default;
  // Null data() when memory is short. `live` counts the bytes of all buffers made with it.
  static Buffer make(size_t bytes, bool zeroed, std::shared_ptr<std::atomic<int64_t>> live);
  uint8_t* data() const { return data_.get(); }
  size_t size() const { return size_; }
  template <typename T>
  T* as() const {
    return reinterpret_cast<T*>(data_.get());
  }
  // The tensor over this memory, whose size must be what dtype and dims need.
  Tensor tensor(DType dtype, std::vector<int64_t> dims) const;

 private:
  std::shared_ptr<uint8_t> data_;
  size_t size_ = 0;
};

// A tensor's elements as cells of 1, 2, 4, 8 or 16 bytes that can be moved about: packed types are unpacked
// to a byte each, strings are pointers to the tensor's own strings (a null pointer is an empty string). Valid
// as long as the tensor is.
struct Cells {
  explicit Cells(const Tensor& tensor);
  int64_t width = 0;
  const uint8_t* data = nullptr;
  std::vector<uint8_t> unpacked;
  std::vector<const std::string*> pointers;
};
int64_t cell_width(DType dtype);
// The tensor whose cells are in `buffer` (packed types are packed again, strings copied).
Tensor from_cells(const Buffer& buffer, DType dtype, std::vector<int64_t> dims);

enum class Lane : uint8_t { kNone, kFloat, kDouble, kInt, kUint };
Lane lane_of(DType dtype);
template <typename T>
constexpr Lane lane_for() {
  return std::is_same_v<T, float>     ? Lane::kFloat
         : std::is_same_v<T, double>  ? Lane::kDouble
         : std::is_same_v<T, int64_t> ? Lane::kInt
                                      : Lane::kUint;
}

// Elements [first, first + n) of an array of `dtype` as numbers, and back. T is a lane. Numbers that the type
// has no room for wrap (integers) or round to nearest even (floats, overflow to infinity or the largest
// number where there is none); floating point to 32 and 64 bit integers saturates, to narrower ones wraps.
// `first` must be even for types of 4 bits and a multiple of 4 for types of 2, when storing.
template <typename T>
void load(DType dtype, const uint8_t* data, int64_t first, int64_t n, T* out);
template <typename T>
void store(DType dtype, uint8_t* data, int64_t first, int64_t n, const T* in);

// All elements of a tensor as numbers: its own memory where that has the type, else a copy.
template <typename T>
class Numbers {
 public:
  explicit Numbers(const Tensor& tensor);
  const T* data() const { return data_; }
  int64_t size() const { return size_; }
  const T& operator[](int64_t i) const { return data_[i]; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  const T* data_ = nullptr;
  int64_t size_ = 0;
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  std::unique_ptr<T, Free> copy_;  // of many
};

extern template void load<float>(DType, const uint8_t*, int64_t, int64_t, float*);
extern template void load<double>(DType, const uint8_t*, int64_t, int64_t, double*);
extern template void load<int64_t>(DType, const uint8_t*, int64_t, int64_t, int64_t*);
extern template void load<uint64_t>(DType, const uint8_t*, int64_t, int64_t, uint64_t*);
extern template void store<float>(DType, uint8_t*, int64_t, int64_t, const float*);
extern template void store<double>(DType, uint8_t*, int64_t, int64_t, const double*);
extern template void store<int64_t>(DType, uint8_t*, int64_t, int64_t, const int64_t*);
extern template void store<uint64_t>(DType, uint8_t*, int64_t, int64_t, const uint64_t*);
extern template class Numbers<float>;
extern template class Numbers<double>;
extern template class Numbers<int64_t>;
extern template class Numbers<uint64_t>;

// fn(T{}) with T the lane of `dtype`; false when it has none (strings, complex).
template <typename Fn>
bool with_lane(DType dtype, const Fn& fn) {
  switch (lane_of(dtype)) {
    case Lane::kFloat:
      fn(float{});
      return true;
    case Lane::kDouble:
      fn(double{});
      return true;
    case Lane::kInt:
      fn(int64_t{});
      return true;
    case Lane::kUint:
      fn(uint64_t{});
      return true;
    default:
      return false;
  }
}

}  // namespace jetline::calc
