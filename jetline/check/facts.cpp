#include "jetline/check/facts.h"

#include <algorithm>

namespace jetline::check {
namespace {

using targets::Operand;
using targets::OperandList;

constexpr size_t kMaxContent = 4096;  // numbers that value() gives

Operand facts_dims(const Value* v) {
  if (!v) return {};
  const ValueType t = type_of(*v);
  if (!t.has_shape) return {};
  OperandList list;
  for (const Dim& d : t.shape) list.push_back(d.known() ? Operand{d.value} : Operand{});
  return {std::move(list)};
}

Operand facts_rank(const Value* v) {
  if (!v) return {};
  if (const Tensor* t = weights_of(v)) return {static_cast<int64_t>(t->dims().size())};
  if (!v->type.has_shape) return {};
  return {static_cast<int64_t>(v->type.shape.size())};
}

Operand facts_dim(const Value* v, int64_t axis) {
  if (!v) return {};
  const ValueType t = type_of(*v);
  if (!t.has_shape) return {};
  const auto rank = static_cast<int64_t>(t.shape.size());
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) return {};
  const Dim& d = t.shape[static_cast<size_t>(axis)];
  return d.known() ? Operand{d.value} : Operand{};
}

Operand facts_elements(const Value* v) {
  if (!v) return {};
  const int64_t n = type_of(*v).count();
  return n < 0 ? Operand{} : Operand{n};
}

Operand facts_type(const Value* v) {
  if (!v) return {};
  std::string word = type_word(*v);
  return word.empty() ? Operand{} : Operand{std::move(word)};
}

Operand facts_tensor(const Tensor& t) {
  if (t.dtype() == DType::kString) {
    if (t.strings().size() > kMaxContent) return {};
    OperandList list;
    for (const std::string& s : t.strings()) list.push_back({s});
    return {std::move(list)};
  }
  if (t.count() < 0 || t.count() > static_cast<int64_t>(kMaxContent)) return {};
  OperandList list;
  if (const auto ints = t.to_ints(); ints.ok()) {
    for (const int64_t i : *ints) list.push_back({i});
    return {std::move(list)};
  }
  const auto numbers = t.to_doubles();
  if (!numbers.ok()) return {};
  for (const double d : *numbers) list.push_back({d});
  return {std::move(list)};
}

template <typename T, typename As>
Operand facts_list(const std::vector<T>& values) {
  OperandList list;
  for (const T& v : values) list.push_back({As(v)});
  return {std::move(list)};
}

Operand facts_attribute(const Attribute& a) {
  if (a.is_reference()) return {};
  if (const auto* i = a.as_int()) return {*i};
  if (const auto* f = a.as_float()) return {static_cast<double>(*f)};
  if (const auto* s = a.as_string()) return {*s};
  if (const auto* is = a.as_ints()) return facts_list<int64_t, int64_t>(*is);
  if (const auto* fs = a.as_floats()) return facts_list<float, double>(*fs);
  if (const auto* ss = a.as_strings()) return facts_list<std::string, std::string>(*ss);
  if (const auto* t = a.as_tensor()) return facts_tensor(*t);
  return {};
}

bool facts_all_known(const Operand& content) {
  const OperandList* list = std::get_if<OperandList>(&content.value);
  return list && std::none_of(list->begin(), list->end(), [](const Operand& o) {
           return std::holds_alternative<std::monostate>(o.value);
         });
}

}  // namespace

ValueType type_of(const Value& value) {
  const Tensor* t = weights_of(&value);
  if (!t) return value.type;
  return ValueType::tensor(t->dtype(), std::vector<Dim>(t->dims().begin(), t->dims().end()));
}

std::string type_word(const Value& value) {
  if (const Tensor* t = weights_of(&value)) return std::string(dtype_name(t->dtype()));
  switch (value.type.kind) {
    case ValueType::Kind::kTensor:
      return value.type.dtype == DType::kUndefined ? "" : std::string(dtype_name(value.type.dtype));
    case ValueType::Kind::kSparseTensor:
      return "sparse";
    case ValueType::Kind::kSequence:
      return "sequence";
    case ValueType::Kind::kOptional:
      return "optional";
    case ValueType::Kind::kMap:
      return "map";
    case ValueType::Kind::kOpaque:
      return "opaque";
    case ValueType::Kind::kUnknown:
      break;
  }
  return value.sparse_initializer() ? "sparse" : "";
}

bool const_for(const Value* value, const targets::Version& tensorrt) {
  static const targets::Version kTransposesStay = [] {
    targets::Version v;
    v.part = {8, 4, 0, 0};
    v.parts = 2;
    return v;
  }();
  // Bounded: a file can chain as many Transposes as it likes.
  for (int i = 0; i < 64 && value; ++i) {
    if (is_weights(value)) return true;
    const Node* n = value->producer();
    if (!n || !n->is("Transpose") || !(tensorrt < kTransposesStay)) return false;
    value = n->input(0);
  }
  return false;
}

const Operand& ModelFacts::content(const Value* value) {
  const auto [at, fresh] = content_.try_emplace(value);
  if (fresh) at->second = read(value);
  return at->second;
}

Operand ModelFacts::read(const Value* value) {
  if (const Tensor* t = weights_of(value)) return facts_tensor(*t);
  if (value->producer() && value->producer()->is("Constant")) {
    for (const char* name : {"value_int", "value_float", "value_ints", "value_floats", "value_strings"}) {
      const Attribute* a = value->producer()->attribute(name);
      if (!a) continue;
      Operand got = facts_attribute(*a);
      if (std::holds_alternative<OperandList>(got.value)) return got;
      return {OperandList{std::move(got)}};
    }
  }
  const ops::KnownInts* ints = inference_.ints(value);
  if (!ints || ints->elements.size() > kMaxContent) return {};
  OperandList list;
  for (const Dim& d : ints->elements) list.push_back(d.known() ? Operand{d.value} : Operand{});
  return {std::move(list)};
}

const Value* SubjectFacts::in(int64_t i) const {
  if (!subject_.node) return i == 0 ? subject_.value : nullptr;
  const auto n = static_cast<int64_t>(subject_.node->inputs().size());
  if (i < 0) i += n;
  return i < 0 || i >= n ? nullptr : subject_.node->inputs()[static_cast<size_t>(i)];
}

const Value* SubjectFacts::out(int64_t i) const {
  if (!subject_.node) return i == 0 ? subject_.value : nullptr;
  const auto n = static_cast<int64_t>(subject_.node->outputs().size());
  if (i < 0) i += n;
  return i < 0 || i >= n ? nullptr : subject_.node->outputs()[static_cast<size_t>(i)];
}

Operand SubjectFacts::attribute(std::string_view name) const {
  if (!subject_.node) return {};
  if (const Attribute* a = subject_.node->attribute(name)) return facts_attribute(*a);
  if (!subject_.form) return {};
  if (form_has_attribute(*subject_.form, name)) return attribute_default(*subject_.form, name);
  // Not sayable at this opset: what later ones take it for when it is left out, which keeps old models'
  // meaning.
  const SchemaForm* newest = find_form(subject_.domain, subject_.op, 0);
  return newest ? attribute_default(*newest, name) : Operand{};
}

Operand SubjectFacts::fact(std::string_view name, int64_t index, int64_t second,
                           std::string_view text) const {
  const Node* n = subject_.node;
  // Those that rules ask most often first.
  if (name == "type") return facts_type(in(index));
  if (name == "present") return {in(index) != nullptr};
  if (name == "const") return {const_for(in(index), software_.tensorrt)};
  if (name == "attr") return attribute(text);
  if (name == "has") return {n && n->attribute(text) != nullptr};
  if (name == "opset") return subject_.opset > 0 ? Operand{subject_.opset} : Operand{};
  if (name == "rank") return facts_rank(in(index));
  if (name == "dims") return facts_dims(in(index));
  if (name == "dim") return facts_dim(in(index), second);
  if (name == "elements") return facts_elements(in(index));
  if (name == "value") return in(index) ? model_.content(in(index)) : Operand{};
  if (name == "known") return {facts_all_known(in(index) ? model_.content(in(index)) : Operand{})};
  if (name == "fed") return {in(index) && model_.fed(in(index))};
  if (name == "fed_data") return {in(index) && model_.fed_data(in(index))};
  if (name == "bent") return {in(index) && model_.bent(in(index))};
  if (name == "fixed") return {in(index) && type_of(*in(index)).count() >= 0};
  if (name == "types" || name == "ranks") {
    OperandList list;
    for (const Value* v : n ? n->inputs() : std::vector<Value*>()) {
      if (v) list.push_back(name == "types" ? facts_type(v) : facts_rank(v));
    }
    return {std::move(list)};
  }
  if (name == "otype") return facts_type(out(index));
  if (name == "orank") return facts_rank(out(index));
  if (name == "odims") return facts_dims(out(index));
  if (name == "odim") return facts_dim(out(index), second);
  if (name == "opresent") return {out(index) != nullptr};
  if (name == "strong") return {software_.strongly_typed};
  if (name == "precision") return {std::string(targets::to_string(software_.precision))};
  if (name == "dla") return {software_.dla};
  if (name == "explicit_batch") return {true};  // the ONNX parser takes no other networks from 7.0 on
  if (name == "nested") return {int64_t{subject_.nested}};
  if (name == "inputs" || name == "outputs") {
    const bool inputs = name == "inputs";
    if (n) return {static_cast<int64_t>(inputs ? n->inputs().size() : n->outputs().size())};
    if (subject_.value) return {int64_t{1}};
    return {static_cast<int64_t>(inputs ? model_.inputs() : model_.outputs())};
  }
  return {};
}

}  // namespace jetline::check
