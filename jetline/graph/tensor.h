// Constant tensors: weights and other data stored in a model. The elements are a view (into the mapped model
// file, a mapped external data file, or memory of its own) kept alive by a shared owner, so that copying a
// Tensor copies a pointer and loading a model copies no weights. They may also be computed when they are read
// (deferred.h).
//
// Elements are little-endian, row-major, packed (types under 8 bits low bits first), as in ONNX raw_data.
// Views into a file have no alignment: read through at<T>() or the conversions, or memcpy. Threads: an
// immutable value once built; safe to share for reading. Ids: tensor.size (bytes do not fit type and shape),
// tensor.type (conversion of a type that has no such values).
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "jetline/base/dtype.h"
#include "jetline/base/span.h"
#include "jetline/base/status.h"
#include "jetline/graph/deferred.h"

namespace jetline {

// Key-value text in file order; ONNX allows any keys.
using Metadata = std::vector<std::pair<std::string, std::string>>;

// Product of dims; -1 when a dimension is negative or the product does not fit 63 bits. A scalar ([]) has 1.
int64_t element_count(const std::vector<int64_t>& dims);

class Tensor {
 public:
  Tensor() = default;  // undefined type, no elements

  // Elements viewed in memory kept alive by `owner` (null: memory that outlives every model, e.g. static).
  // tensor.size unless bytes.size() is exactly what dtype and dims need.
  static Result<Tensor> view(DType dtype, std::vector<int64_t> dims, ByteView bytes,
                             std::shared_ptr<const void> owner);
  // Elements computed when they are read. tensor.size as for view().
  static Result<Tensor> later(DType dtype, std::vector<int64_t> dims,
                              std::shared_ptr<const DeferredBytes> bytes);
  // Elements moved in.
  static Result<Tensor> own(DType dtype, std::vector<int64_t> dims, std::vector<uint8_t> bytes);
  static Result<Tensor> of_strings(std::vector<int64_t> dims, std::vector<std::string> strings);
  // For literals: the number of values must be the product of dims (a wrong count is the caller's bug:
  // tensor.size).
  static Result<Tensor> floats(std::vector<int64_t> dims, const std::vector<float>& values);
  static Result<Tensor> ints(std::vector<int64_t> dims, const std::vector<int64_t>& values);

  DType dtype() const { return dtype_; }
  const std::vector<int64_t>& dims() const { return dims_; }
  int64_t count() const { return element_count(dims_); }
  // Empty for strings. Computes deferred elements, all of them, and keeps them: what only needs to know how
  // many there are, or a few of them, asks byte_count() or read().
  ByteView bytes() const { return deferred_ ? deferred_->all() : bytes_; }
  int64_t byte_count() const { return deferred_ ? deferred_->size() : static_cast<int64_t>(bytes_.size()); }
  // Copies bytes [from, from + n), a piece inside of [0, byte_count()].
  void read(int64_t from, uint8_t* out, int64_t n) const {
    if (deferred_) return deferred_->read(from, out, n);
    if (n > 0) std::memcpy(out, bytes_.data() + from, static_cast<size_t>(n));
  }
  const std::shared_ptr<const DeferredBytes>& deferred() const { return deferred_; }  // null: they are there
  const std::shared_ptr<const void>& owner() const { return owner_; }                 // of bytes()
  // The same elements, deferred ones too, under other dims of the same count. tensor.size.
  Result<Tensor> reshaped(std::vector<int64_t> dims) const;
  const std::vector<std::string>& strings() const { return strings_; }  // only for DType::kString
  // Element i read as the C++ type of the same width. Precondition: sizeof(T)*8 == dtype_bits(dtype()), i <
  // count().
  template <typename T>
  T at(int64_t i) const {
    T v;
    std::memcpy(&v, bytes().data() + static_cast<size_t>(i) * sizeof(T), sizeof(T));
    return v;
  }

  // All elements converted; tensor.type for strings, complex, and types under 16 bits that are not integers.
  // to_ints also refuses floating types; uint64 above 2^63-1 wraps.
  Result<std::vector<double>> to_doubles() const;
  Result<std::vector<int64_t>> to_ints() const;

  std::string name;  // used for tensors in attributes; an initialiser is named by its Value
  std::string doc;
  Metadata metadata;
  std::string unknown;  // protobuf fields that jetline does not model, as they stood in the file

 private:
  DType dtype_ = DType::kUndefined;
  std::vector<int64_t> dims_;
  ByteView bytes_;
  std::shared_ptr<const void> owner_;
  std::shared_ptr<const DeferredBytes> deferred_;
  std::vector<std::string> strings_;
};

// COO sparse tensor (onnx.proto SparseTensorProto): values [nnz], indices [nnz] (linear) or [nnz, rank].
struct SparseTensor {
  Tensor values, indices;
  std::vector<int64_t> dims;
  std::string unknown;
};

}  // namespace jetline
