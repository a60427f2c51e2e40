// Elements of a tensor that are computed when somebody reads them: weights that a pass transposed or scaled
// go straight from the file they came from into the file that is written, through buffers of a few hundred
// kilobytes, and never need memory of their own.
//
// Threads: immutable; read() and all() may be called from several threads at once. No errors: what read()
// needs was checked when the object was made, and it takes no memory to speak of. all() throws std::bad_alloc
// as a vector would.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/base/status.h"

namespace jetline {

class Tensor;

class DeferredBytes {
 public:
  virtual ~DeferredBytes() = default;
  int64_t size() const { return size_; }  // in bytes
  // Pieces that begin at multiples of this many bytes and end at one are read without doing work twice.
  virtual int64_t grain() const = 0;
  // Computes bytes [from, from + n); a piece inside of [0, size()].
  virtual void read(int64_t from, uint8_t* out, int64_t n) const = 0;
  // All of them, computed by the first call and kept as long as this object.
  ByteView all() const;
  int depth() const { return depth_; }  // how many deferrals lie behind one another

 protected:
  DeferredBytes(int64_t size, int depth) : size_(size), depth_(depth) {}

 private:
  int64_t size_;
  int depth_;
  mutable std::once_flag once_;
  mutable std::shared_ptr<uint8_t> memory_;
};

// Smaller tensors are not worth it.
constexpr int64_t kDeferFrom = int64_t{64} << 10;  // bytes

// The tensor with its axes in the order `perm` (a permutation of them), as Transpose would give it.
// tensor.type for types of less than 8 bits and strings.
Result<Tensor> permuted_later(const Tensor& tensor, const std::vector<int64_t>& perm);

// Which factor an element gets: number (i / group * period if group > 0, else 0) + i / inner % period, for
// element i.
struct FactorWalk {
  int64_t inner = 1, period = 1, group = 0;
  int64_t at(int64_t i) const { return (group > 0 ? i / group * period : 0) + i / inner % period; }
};
// A float tensor, each element multiplied with its factor in double and rounded once. Every number that
// `walk` gives for an element must be one of `factors`; inner, period >= 1. tensor.type for other types.
Result<Tensor> scaled_later(const Tensor& tensor, const FactorWalk& walk, std::vector<double> factors);

}  // namespace jetline
