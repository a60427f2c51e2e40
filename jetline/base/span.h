// A view of contiguous memory that somebody else owns (C++17 has no std::span, and the oldest compiler we
// support is GCC 8). Copying copies the pointer; the owner must outlive the view.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace jetline {

template <typename T>
class Span {
 public:
  constexpr Span() = default;
  constexpr Span(T* data, size_t size) : data_(data), size_(size) {}
  template <typename U, typename = std::enable_if_t<std::is_convertible_v<U (*)[], T (*)[]>>>
  constexpr Span(Span<U> o) : data_(o.data()), size_(o.size()) {}  // NOLINT: T* to const T*
  template <typename U, typename = std::enable_if_t<std::is_convertible_v<const U (*)[], T (*)[]>>>
  Span(const std::vector<U>& v) : data_(v.data()), size_(v.size()) {}  // NOLINT: a vector is a span
  template <typename U, typename = std::enable_if_t<std::is_convertible_v<U (*)[], T (*)[]>>>
  Span(std::vector<U>& v) : data_(v.data()), size_(v.size()) {}  // NOLINT: a vector is a span

  constexpr T* data() const { return data_; }
  constexpr size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr T& operator[](size_t i) const { return data_[i]; }
  constexpr T* begin() const { return data_; }
  constexpr T* end() const { return data_ + size_; }
  // Precondition: offset <= size().
  constexpr Span subspan(size_t offset, size_t count = static_cast<size_t>(-1)) const {
    const size_t rest = size_ - offset;
    return Span(data_ + offset, count < rest ? count : rest);
  }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

using ByteView = Span<const uint8_t>;

}  // namespace jetline
