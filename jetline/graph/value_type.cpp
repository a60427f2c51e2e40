#include "jetline/graph/value_type.h"

#include "jetline/graph/tensor.h"

namespace jetline {

bool ValueType::is_static() const {
  if (kind != Kind::kTensor || !has_shape) return false;
  for (const Dim& d : shape) {
    if (!d.known()) return false;
  }
  return true;
}

int64_t ValueType::count() const {
  return is_static() ? element_count(dims()) : -1;
}

std::vector<int64_t> ValueType::dims() const {
  std::vector<int64_t> out;
  out.reserve(shape.size());
  for (const Dim& d : shape) out.push_back(d.known() ? d.value : -1);
  return out;
}

std::string to_string(const Dim& dim) {
  switch (dim.kind) {
    case Dim::Kind::kValue:
      return std::to_string(dim.value);
    case Dim::Kind::kParam:
      return dim.param.empty() ? "?" : dim.param;
    case Dim::Kind::kUnknown:
      break;
  }
  return "?";
}

namespace {
std::string value_type_shape(const ValueType& t) {
  if (!t.has_shape) return "[...]";
  std::string s = "[";
  for (size_t i = 0; i < t.shape.size(); ++i) s += (i ? "," : "") + to_string(t.shape[i]);
  return s + "]";
}
}  // namespace

std::string to_string(const ValueType& t) {
  const std::string element = t.element ? to_string(*t.element) : "?";
  switch (t.kind) {
    case ValueType::Kind::kUnknown:
      return "?";
    case ValueType::Kind::kTensor:
      return std::string(dtype_name(t.dtype)) + value_type_shape(t);
    case ValueType::Kind::kSparseTensor:
      return "sparse(" + std::string(dtype_name(t.dtype)) + value_type_shape(t) + ")";
    case ValueType::Kind::kSequence:
      return "seq(" + element + ")";
    case ValueType::Kind::kOptional:
      return "optional(" + element + ")";
    case ValueType::Kind::kMap:
      return "map(" + std::string(dtype_name(t.dtype)) + "," + element + ")";
    case ValueType::Kind::kOpaque:
      return "opaque(" + t.opaque_domain + "." + t.opaque_name + ")";
  }
  return "?";
}

}  // namespace jetline
