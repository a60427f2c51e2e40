#include "jetline/importers/tensorflow/op_context.h"

#include <numeric>

#include "jetline/importers/tensorflow/converter.h"

namespace jetline::tf {
namespace {

template <typename T>
std::vector<uint8_t> context_bytes(T v) {
  const auto* p = reinterpret_cast<const uint8_t*>(&v);
  return std::vector<uint8_t>(p, p + sizeof v);
}

// Element types that rules compute with; the others (complex numbers, 8-bit floats, 4-bit integers) only pass
// through operators that hand their input on.
bool context_computable(DType t) {
  return t <= DType::kBF16 && t != DType::kString && t != DType::kC64 && t != DType::kC128;
}

}  // namespace

OpContext::OpContext(Converter& converter, const NodeDef& node, const std::vector<Symbol>& inputs,
                     std::string name)
    : converter_(converter), node_(node), inputs_(inputs), name_(std::move(name)) {}

int64_t OpContext::int_attr(std::string_view key, int64_t other) const {
  const Attr* a = attr(key);
  return a ? a->as_int(other) : other;
}
float OpContext::float_attr(std::string_view key, float other) const {
  const Attr* a = attr(key);
  return a ? a->as_float(other) : other;
}
bool OpContext::bool_attr(std::string_view key, bool other) const {
  const Attr* a = attr(key);
  return a ? a->as_bool(other) : other;
}
std::string OpContext::string_attr(std::string_view key, std::string_view other) const {
  const Attr* a = attr(key);
  return std::string(a ? a->as_string(other) : other);
}
std::vector<int64_t> OpContext::ints_attr(std::string_view key) const {
  const Attr* a = attr(key);
  return a ? a->ints() : std::vector<int64_t>();
}
DType OpContext::dtype_attr(std::string_view key, DType other) const {
  const Attr* a = attr(key);
  const DataType t = a ? a->as_type() : DataType::kInvalid;
  return t == DataType::kInvalid ? other : to_dtype(t);
}

const Symbol& OpContext::in(size_t i) const {
  static const Symbol kNothing;
  return i < inputs_.size() ? inputs_[i] : kNothing;
}

Value* OpContext::tensor(size_t i) const {
  Value* v = in(i).is_tensor() ? in(i).value() : nullptr;
  return v && context_computable(v->type.dtype) ? v : nullptr;
}

bool OpContext::known_ints(const Value* v, std::vector<int64_t>& out) const {
  out.clear();
  if (!v) return false;
  if (const ops::KnownInts* k = converter_.inference().ints(v)) {
    for (const Dim& d : k->elements) {
      if (!d.known()) return false;
      out.push_back(d.value);
    }
    return true;
  }
  const Tensor* t = constant(v);
  Result<std::vector<int64_t>> ints = t ? t->to_ints() : Result<std::vector<int64_t>>(std::vector<int64_t>());
  if (!t || !ints.ok()) return false;
  out = std::move(ints).value();
  return true;
}

bool OpContext::known_int(const Value* v, int64_t& out) const {
  std::vector<int64_t> all;
  if (!known_ints(v, all) || all.size() != 1) return false;
  out = all[0];
  return true;
}

bool OpContext::known_floats(const Value* v, std::vector<double>& out) const {
  const Tensor* t = constant(v);
  if (!t) return false;
  Result<std::vector<double>> values = t->to_doubles();
  if (!values.ok()) return false;
  out = std::move(values).value();
  return true;
}

int64_t OpContext::dim(const Value* v, int i) {
  const int r = rank(v);
  if (i < 0) i += r;
  if (i < 0 || i >= r) return -1;
  const Dim& d = v->type.shape[static_cast<size_t>(i)];
  return d.known() ? d.value : -1;
}

std::vector<int64_t> OpContext::all_axes(const Value* v) {
  std::vector<int64_t> axes(static_cast<size_t>(std::max(0, rank(v))));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

Value* OpContext::emit(const char* op, std::vector<Value*> inputs, const std::vector<AttrArg>& attributes,
                       std::string_view suffix) {
  return emit_many(op, std::move(inputs), 1, attributes, suffix)[0];
}

std::vector<Value*> OpContext::emit_many(const char* op, std::vector<Value*> inputs, size_t outputs,
                                         const std::vector<AttrArg>& attributes, std::string_view suffix) {
  while (!inputs.empty() && !inputs.back()) inputs.pop_back();
  return converter_.emit(suffix.empty() ? name_ : name_ + "/" + std::string(suffix), op, std::move(inputs),
                         outputs, attributes);
}

bool OpContext::needs_opset(int n) {
  if (converter_.options().opset < n) return false;
  converter_.needs_opset(n);
  return true;
}

Value* OpContext::constant(Tensor t) {
  return converter_.constant(std::move(t), name_ + "/const");
}

Value* OpContext::ints(const std::vector<int64_t>& values) {
  return constant(Tensor::ints({static_cast<int64_t>(values.size())}, values).value());
}

Value* OpContext::floats(std::vector<int64_t> dims, const std::vector<float>& values) {
  Result<Tensor> t = Tensor::floats(std::move(dims), values);
  if (!t.ok()) {
    converter_.fail(
        Status::internal("tf.malformed", "a constant of '" + name_ + "' has the wrong number of elements"));
    t = Tensor::floats({static_cast<int64_t>(values.size())}, values);
  }
  return constant(std::move(t).value());
}

Value* OpContext::int_scalar(int64_t value, DType dtype) {
  return dtype == DType::kI64 ? constant(Tensor::ints({}, {value}).value())
                              : cast(constant(Tensor::ints({}, {value}).value()), dtype);
}

Value* OpContext::scalar(double value, DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return constant(Tensor::floats({}, {static_cast<float>(value)}).value());
    case DType::kF64:
      return constant(Tensor::own(DType::kF64, {}, context_bytes(value)).value());
    case DType::kF16:
    case DType::kBF16:
      return cast(constant(Tensor::floats({}, {static_cast<float>(value)}).value()), dtype);
    default:
      return int_scalar(static_cast<int64_t>(value), dtype);
  }
}

Value* OpContext::scalar(double value, const Value* like) {
  return scalar(value, dtype(like));
}

Value* OpContext::cast(Value* v, DType to) {
  if (!v || dtype(v) == to || to == DType::kUndefined) return v;
  return emit("Cast", {v}, {{"to", static_cast<int64_t>(to)}}, "cast");
}

Value* OpContext::transpose(Value* v, const std::vector<int64_t>& perm) {
  bool identity = true;
  for (size_t i = 0; i < perm.size(); ++i) identity = identity && perm[i] == static_cast<int64_t>(i);
  return identity ? v : emit("Transpose", {v}, {{"perm", perm}}, "transpose");
}

Value* OpContext::reshape(Value* v, const std::vector<int64_t>& dims) {
  if (is_static(v) && OpContext::dims(v) == dims) return v;
  return reshape_to(v, ints(dims));
}

Value* OpContext::reshape_to(Value* v, Value* dims) {
  return emit("Reshape", {v, to_i64(dims)}, {}, "reshape");
}

Value* OpContext::squeeze(Value* v, const std::vector<int64_t>& axes) {
  return axes.empty() ? v : emit("Squeeze", {v, ints(axes)}, {}, "squeeze");
}

Value* OpContext::unsqueeze(Value* v, const std::vector<int64_t>& axes) {
  return axes.empty() ? v : emit("Unsqueeze", {v, ints(axes)}, {}, "unsqueeze");
}

Value* OpContext::shape_of(Value* v, DType dtype) {
  return cast(emit("Shape", {v}, {}, "shape"), dtype);
}

Status OpContext::set(size_t i, Value* v) {
  return v ? set(i, Symbol(v)) : unsupported("output " + std::to_string(i) + " has no form in ONNX");
}

Status OpContext::set(size_t i, Symbol s) {
  if (i >= outputs_.size()) outputs_.resize(i + 1);
  outputs_[i] = std::move(s);
  return Status();
}

Status OpContext::unsupported(const std::string& why, const std::string& hint) const {
  return Status::bad_input("tf.unsupported-form", why, hint);
}

Status OpContext::wrong_input(size_t i) const {
  if (in(i).kind() == Symbol::Kind::kStrings)
    return unsupported("input " + std::to_string(i) +
                       " is a string; ONNX models for boards compute no strings");
  if (i >= inputs_.size())
    return Status::bad_input("tf.malformed", std::string(op()) + " lacks its input " + std::to_string(i));
  if (in(i).is_tensor())
    return unsupported("input " + std::to_string(i) + " holds numbers of type " +
                       std::string(dtype_name(dtype(in(i).value()))));
  return unsupported("input " + std::to_string(i) + " is a handle or list where a tensor was expected");
}

Status OpContext::poisoned() const {
  return Status::bad_input("tf.poisoned", "depends on what could not be converted");
}

void OpContext::warn(std::string_view id, const std::string& text) {
  converter_.report().warnings.push_back({std::string(id), text});
}

}  // namespace jetline::tf
