#include "jetline/graph/deferred.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "jetline/base/memory.h"
#include "jetline/graph/evaluate/strides.h"
#include "jetline/graph/tensor.h"

namespace jetline {
namespace {

// Rows of the result that are made together, so that what is fetched of the source for one serves the others:
// a few cache lines of it, but no more than the second cache holds.
constexpr int64_t kPermutedRows = 64, kPermutedRowsLeast = 16;
constexpr int64_t kPermutedBytes = int64_t{1280} << 10;
constexpr int kDeferredDepth = 8;

class PermutedBytes : public DeferredBytes {
 public:
  PermutedBytes(Tensor source, int64_t width, std::vector<int64_t> dims, std::vector<int64_t> strides)
      : DeferredBytes(source.byte_count(), 1),
        source_(std::move(source)),
        width_(width),
        dims_(std::move(dims)),
        strides_(std::move(strides)),
        rows_(calc::row_strides(dims_)) {}

  int64_t grain() const override {
    // Axes of one element in front do not make rows.
    for (size_t a = 0; a < dims_.size(); ++a) {
      if (dims_[a] == 1) continue;
      int64_t rows = kPermutedRows;
      while (rows > kPermutedRowsLeast && rows * rows_[a] * width_ > kPermutedBytes) rows /= 2;
      return std::min(rows, dims_[a]) * rows_[a] * width_;
    }
    return width_;
  }

  void read(int64_t from, uint8_t* out, int64_t n) const override {
    const int64_t first = from / width_, last = (from + n + width_ - 1) / width_;
    if (first * width_ == from && last * width_ == from + n) {
      fill(0, first, last, source_.bytes().data(), out);
      return;
    }
    // A piece that cuts elements: they are made whole beside it.
    for (int64_t i = first; i < last; ++i) {
      uint8_t one[16];
      fill(0, i, i + 1, source_.bytes().data(), one);
      const int64_t begin = std::max(from, i * width_), end = std::min(from + n, (i + 1) * width_);
      std::memcpy(out + (begin - from), one + (begin - i * width_), static_cast<size_t>(end - begin));
    }
  }

 private:
  // Elements [first, last) of the part of the result that the axes from `axis` on span; `source` is the
  // source's element for its element 0.
  void fill(size_t axis, int64_t first, int64_t last, const uint8_t* source, uint8_t* out) const {
    if (first == last) return;
    if (axis == dims_.size()) {
      std::memcpy(out, source, static_cast<size_t>(width_));
      return;
    }
    const int64_t row = rows_[axis], step = strides_[axis] * width_;
    const int64_t whole_from = (first + row - 1) / row, whole_to = last / row;
    if (whole_from > whole_to) {  // inside one row
      const int64_t k = first / row;
      return fill(axis + 1, first - k * row, last - k * row, source + k * step, out);
    }
    if (first < whole_from * row) {
      const int64_t k = whole_from - 1;
      fill(axis + 1, first - k * row, row, source + k * step, out);
      out += (whole_from * row - first) * width_;
    }
    if (whole_to > whole_from) {
      std::vector<int64_t> dims(dims_.begin() + static_cast<std::ptrdiff_t>(axis), dims_.end());
      std::vector<int64_t> strides(strides_.begin() + static_cast<std::ptrdiff_t>(axis), strides_.end());
      dims[0] = whole_to - whole_from;
      calc::copy_strided(width_, dims, out, calc::row_strides(dims), source + whole_from * step, strides);
      out += (whole_to - whole_from) * row * width_;
    }
    if (last > whole_to * row) fill(axis + 1, 0, last - whole_to * row, source + whole_to * step, out);
  }

  Tensor source_;
  int64_t width_;
  std::vector<int64_t> dims_, strides_, rows_;  // of the result; strides in the source, in elements
};

class ScaledBytes : public DeferredBytes {
 public:
  ScaledBytes(Tensor source, const FactorWalk& walk, std::vector<double> factors)
      : DeferredBytes(source.byte_count(), source.deferred() ? source.deferred()->depth() + 1 : 1),
        source_(std::move(source)),
        walk_(walk),
        factors_(std::move(factors)) {}

  int64_t grain() const override { return source_.deferred() ? source_.deferred()->grain() : 64; }

  void read(int64_t from, uint8_t* out, int64_t n) const override {
    const int64_t first = from / 4, last = (from + n + 3) / 4;
    if (first * 4 == from && last * 4 == from + n) {
      source_.read(from, out, n);
      scale(first, last, out);
      return;
    }
    for (int64_t i = first; i < last; ++i) {
      uint8_t one[4];
      source_.read(i * 4, one, 4);
      scale(i, i + 1, one);
      const int64_t begin = std::max(from, i * 4), end = std::min(from + n, (i + 1) * 4);
      std::memcpy(out + (begin - from), one + (begin - i * 4), static_cast<size_t>(end - begin));
    }
  }

 private:
  void scale(int64_t first, int64_t last, uint8_t* data) const {
    int64_t channel = first / walk_.inner % walk_.period, base = 0;
    for (int64_t i = first; i < last;) {
      const int64_t end = std::min(last, (i / walk_.inner + 1) * walk_.inner);
      if (walk_.group > 0) base = i / walk_.group * walk_.period;
      const double factor = factors_[static_cast<size_t>(base + channel)];
      if (++channel == walk_.period) channel = 0;
      for (; i < end; ++i, data += 4) {
        float x;
        std::memcpy(&x, data, 4);
        x = static_cast<float>(x * factor);
        std::memcpy(data, &x, 4);
      }
    }
  }

  Tensor source_;
  FactorWalk walk_;
  std::vector<double> factors_;
};

std::shared_ptr<uint8_t> deferred_computed(const DeferredBytes& bytes) {
  const int64_t size = bytes.size();
  const std::shared_ptr<uint8_t> memory(
      static_cast<uint8_t*>(allocate_large(static_cast<size_t>(std::max<int64_t>(size, 1)))), std::free);
  if (!memory) throw std::bad_alloc();
  // In pieces, so that what one deferral reads is in the cache when the next works on it.
  const int64_t grain = bytes.grain(), piece = std::max(grain, kDeferFrom / grain * grain);
  for (int64_t at = 0; at < size; at += piece) bytes.read(at, memory.get() + at, std::min(piece, size - at));
  return memory;
}

// The tensor in memory of its own where more than `depth` deferrals lie in it: reading goes through all of
// them.
Result<Tensor> deferred_at_most(const Tensor& t, int depth) {
  if (!t.deferred() || t.deferred()->depth() <= depth) return t;
  const std::shared_ptr<uint8_t> memory = deferred_computed(*t.deferred());
  return Tensor::view(t.dtype(), t.dims(), {memory.get(), static_cast<size_t>(t.byte_count())}, memory);
}

}  // namespace

ByteView DeferredBytes::all() const {
  std::call_once(once_, [&] { memory_ = deferred_computed(*this); });
  return {memory_.get(), static_cast<size_t>(size_)};
}

Result<Tensor> permuted_later(const Tensor& tensor, const std::vector<int64_t>& perm) {
  JETLINE_ASSIGN_OR_RETURN(const Tensor t, deferred_at_most(tensor, 0));
  const int bits = dtype_bits(t.dtype());
  if (bits < 8 || bits > 128) {
    return Status::bad_input("tensor.type",
                             "a tensor of " + std::string(dtype_name(t.dtype())) + " cannot be transposed");
  }
  const std::vector<int64_t> own = calc::row_strides(t.dims());
  std::vector<int64_t> dims, strides;
  for (const int64_t p : perm) {
    dims.push_back(t.dims()[static_cast<size_t>(p)]);
    strides.push_back(own[static_cast<size_t>(p)]);
  }
  return Tensor::later(t.dtype(), dims, std::make_shared<PermutedBytes>(t, bits / 8, dims, strides));
}

Result<Tensor> scaled_later(const Tensor& tensor, const FactorWalk& walk, std::vector<double> factors) {
  JETLINE_ASSIGN_OR_RETURN(const Tensor t, deferred_at_most(tensor, kDeferredDepth));
  if (t.dtype() != DType::kF32) {
    return Status::bad_input(
        "tensor.type", "a tensor of " + std::string(dtype_name(t.dtype())) + " cannot be scaled by channel");
  }
  return Tensor::later(t.dtype(), t.dims(), std::make_shared<ScaledBytes>(t, walk, std::move(factors)));
}

}  // namespace jetline
