// What a value in a graph is: its kind, element type and shape as far as known. Plain values; no thread
// rules.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "jetline/base/dtype.h"

namespace jetline {

// One dimension: a number, a name shared by equal dimensions ("batch"), or nothing known.
struct Dim {
  enum class Kind : uint8_t { kUnknown, kValue, kParam };
  Kind kind = Kind::kUnknown;
  int64_t value = 0;       // when kValue; >= 0
  std::string param;       // when kParam
  std::string denotation;  // ONNX's optional meaning ("DATA_CHANNEL")

  Dim() = default;
  Dim(int64_t v) : kind(Kind::kValue), value(v) {}  // NOLINT(google-explicit-constructor): a number is a Dim
  static Dim named(std::string name) {
    Dim d;
    d.kind = Kind::kParam;
    d.param = std::move(name);
    return d;
  }
  bool known() const { return kind == Kind::kValue; }
  // The same number or the same name; unknown equals nothing.
  bool same(const Dim& o) const {
    return (known() && o.known() && value == o.value) ||
           (kind == Kind::kParam && o.kind == kind && param == o.param);
  }
};

struct ValueType {
  enum class Kind : uint8_t { kUnknown, kTensor, kSparseTensor, kSequence, kOptional, kMap, kOpaque };
  Kind kind = Kind::kUnknown;
  DType dtype = DType::kUndefined;  // element type of (sparse) tensors; key type of maps
  bool has_shape = false;           // false: rank unknown
  std::vector<Dim> shape;
  std::shared_ptr<const ValueType> element;  // of sequence and optional; value type of a map
  std::string opaque_domain, opaque_name;
  std::string denotation;
  std::string unknown;  // unmodelled protobuf fields

  static ValueType tensor(DType dtype) {
    ValueType t;
    t.kind = Kind::kTensor;
    t.dtype = dtype;
    return t;
  }
  static ValueType tensor(DType dtype, std::vector<Dim> shape) {
    ValueType t = tensor(dtype);
    t.has_shape = true;
    t.shape = std::move(shape);
    return t;
  }
  bool is_tensor() const { return kind == Kind::kTensor; }
  bool is_static() const;             // a tensor whose every dimension is a number
  int64_t count() const;              // elements when is_static(), else -1 (also on overflow)
  std::vector<int64_t> dims() const;  // -1 for what is not a number; empty when there is no shape
};

// "float[1,3,H,W]", "int64[]", "float[?]" (rank unknown: "float[...]"), "seq(float[...])", "?".
std::string to_string(const ValueType& type);
// "3", "H" or "?".
std::string to_string(const Dim& dim);

}  // namespace jetline
