#include "jetline/graph/ops/rules.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace jetline::ops {

// One line for each file of this folder.
Span<const Rule> arithmetic_rules();
Span<const Rule> attention_rules();
Span<const Rule> constant_rules();
Span<const Rule> conv_rules();
Span<const Rule> einsum_rules();
Span<const Rule> elementwise_rules();
Span<const Rule> matmul_rules();
Span<const Rule> ml_rules();
Span<const Rule> move_rules();
Span<const Rule> nms_plugin_rules();
Span<const Rule> normalize_rules();
Span<const Rule> pool_rules();
Span<const Rule> random_rules();
Span<const Rule> recurrent_rules();
Span<const Rule> reduce_rules();
Span<const Rule> resize_rules();
Span<const Rule> reshape_rules();
Span<const Rule> sample_rules();
Span<const Rule> select_rules();
Span<const Rule> sequence_rules();
Span<const Rule> signal_rules();
Span<const Rule> slice_rules();
Span<const Rule> text_rules();

namespace {
using RuleKey = std::pair<std::string_view, std::string_view>;  // domain, operator
struct RuleHash {
  size_t operator()(const RuleKey& k) const {
    const std::hash<std::string_view> hash;
    return hash(k.first) * 31 + hash(k.second);
  }
};
using RuleMap = std::unordered_map<RuleKey, const Rule*, RuleHash>;

const RuleMap& rule_map() {
  static const RuleMap kMap = [] {
    RuleMap map;
    for (auto family : {arithmetic_rules,  attention_rules, constant_rules, conv_rules,      einsum_rules,
                        elementwise_rules, matmul_rules,    ml_rules,       move_rules,      nms_plugin_rules,
                        normalize_rules,   pool_rules,      random_rules,   recurrent_rules, reduce_rules,
                        resize_rules,      reshape_rules,   sample_rules,   select_rules,    sequence_rules,
                        signal_rules,      slice_rules,     text_rules}) {
      for (const Rule& r : family()) map.emplace(RuleKey(r.domain, r.op), &r);
    }
    return map;
  }();
  return kMap;
}
}  // namespace

const Rule* find_rule(const Node& node) {
  const auto it = rule_map().find(RuleKey(node.domain(), node.op()));
  return it == rule_map().end() ? nullptr : it->second;
}

const ValueType* Context::type(size_t i) const {
  const Value* v = node_.input(i);
  return v ? &v->type : nullptr;
}

DType Context::dtype(size_t i) const {
  const Value* v = node_.input(i);
  return v && v->type.is_tensor() ? v->type.dtype : DType::kUndefined;
}

const std::vector<Dim>* Context::shape(size_t i) const {
  const Value* v = node_.input(i);
  return v && v->type.is_tensor() && v->type.has_shape ? &v->type.shape : nullptr;
}

const std::vector<Dim>* Context::output_shape(size_t i) const {
  const Value* v = node_.output(i);
  return v && v->type.is_tensor() && v->type.has_shape ? &v->type.shape : nullptr;
}

int64_t Context::opset() const {
  if (!facts_.opsets) return model_.opset(node_.domain());
  for (const OpsetImport& o : *facts_.opsets) {
    if (o.domain == node_.domain()) return o.version;
  }
  return 0;
}

const KnownInts* Context::ints(size_t i) const {
  return known_ints(node_.input(i), facts_);
}

const KnownInts* known_ints(const Value* v, Facts& facts) {
  if (!v) return nullptr;
  const auto it = facts.ints.find(v);
  if (it != facts.ints.end()) return &it->second;
  const Tensor* t = v->initializer();
  if (!t || t->count() > static_cast<int64_t>(kMaxKnownInts)) return nullptr;
  const auto values = t->to_ints();
  if (!values.ok()) return nullptr;
  KnownInts k;
  k.dims = t->dims();
  k.elements.assign(values->begin(), values->end());
  if (t->dtype() == DType::kU64) {  // what passes 63 bits came out negative
    for (Dim& d : k.elements) d = d.value < 0 ? Dim() : d;
  }
  return &facts.ints.emplace(v, std::move(k)).first->second;
}

bool Context::all_ints(size_t i, std::vector<int64_t>& out) const {
  const KnownInts* k = ints(i);
  if (!k) return false;
  out.clear();
  for (const Dim& d : k->elements) {
    if (!d.known()) return false;
    out.push_back(d.value);
  }
  return true;
}

const KnownFloats* Context::known_floats(size_t i) const {
  return ops::known_floats(node_.input(i), facts_);
}

const KnownFloats* known_floats(const Value* v, Facts& facts) {
  if (!v) return nullptr;
  const auto it = facts.floats.find(v);
  if (it != facts.floats.end()) return &it->second;
  const Tensor* t = v->initializer();
  if (!t || t->count() > static_cast<int64_t>(kMaxKnownInts)) return nullptr;
  if (t->dtype() != DType::kF32 && t->dtype() != DType::kF64 && t->dtype() != DType::kF16 &&
      t->dtype() != DType::kBF16)
    return nullptr;
  auto values = t->to_doubles();
  if (!values.ok()) return nullptr;
  return &facts.floats.emplace(v, KnownFloats{t->dims(), std::move(values).value()}).first->second;
}

bool Context::floats(size_t i, std::vector<double>& out) const {
  out.clear();
  if (const KnownFloats* f = known_floats(i)) {
    out = f->elements;
    return std::none_of(out.begin(), out.end(), [](double v) { return std::isnan(v); });
  }
  if (const KnownInts* k = ints(i)) {
    for (const Dim& d : k->elements) {
      if (!d.known()) return false;
      out.push_back(static_cast<double>(d.value));
    }
    return true;
  }
  const Value* v = node_.input(i);
  const Tensor* t = v ? v->initializer() : nullptr;
  if (!t || t->count() > static_cast<int64_t>(kMaxKnownInts)) return false;
  auto values = t->to_doubles();
  if (!values.ok()) return false;
  out = std::move(values).value();
  return true;
}

void Context::set(size_t i, DType dtype, std::vector<Dim> shape) {
  if (results_ && i < results_->size()) (*results_)[i] = ValueType::tensor(dtype, std::move(shape));
}

void Context::set_dtype(size_t i, DType dtype) {
  if (results_ && i < results_->size()) (*results_)[i] = ValueType::tensor(dtype);
}

void Context::set_type(size_t i, ValueType type) {
  if (results_ && i < results_->size()) (*results_)[i] = std::move(type);
}

const std::vector<ValueType>* Context::elements(size_t i) const {
  const auto it = facts_.elements.find(node_.input(i));
  return it == facts_.elements.end() ? nullptr : &it->second;
}

void Context::set_elements(size_t i, std::vector<ValueType> elements) {
  const Value* v = node_.output(i);
  if (results_ && v) facts_.elements[v] = std::move(elements);
}

void Context::set_floats(size_t i, KnownFloats floats) {
  const Value* v = node_.output(i);
  if (results_ && v && floats.elements.size() <= kMaxKnownInts) facts_.floats[v] = std::move(floats);
}

void Context::set_ints(size_t i, KnownInts ints) {
  const Value* v = node_.output(i);
  if (results_ && v && ints.elements.size() <= kMaxKnownInts) facts_.ints[v] = std::move(ints);
}

Macs times(Macs a, int64_t factor) {
  if (factor < 0) a.known = false;
  if (__builtin_mul_overflow(a.value, factor, &a.value)) a.value = INT64_MAX;
  return a;
}

Macs dims_product(const std::vector<Dim>& dims) {
  Macs m{true, false, 1};
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i].known()) {
      m = times(m, dims[i].value);
    } else if (i == 0) {
      m.batch_as_one = true;
    } else {
      m.known = false;
    }
  }
  return m;
}

std::vector<Dim> broadcast(const std::vector<Dim>& a, const std::vector<Dim>& b) {
  const std::vector<Dim>& longer = a.size() >= b.size() ? a : b;
  const std::vector<Dim>& shorter = a.size() >= b.size() ? b : a;
  std::vector<Dim> out = longer;
  const size_t shift = longer.size() - shorter.size();
  for (size_t i = 0; i < shorter.size(); ++i) {
    Dim& o = out[shift + i];
    const Dim& s = shorter[i];
    if (s.known() && s.value == 1) continue;
    if (o.known() && o.value == 1) {
      o = s;
    } else if (!o.known() && s.known()) {
      o = s;  // the other must be 1 or the same number
    } else if (!o.known() && !o.same(s)) {
      o = Dim();
    }
  }
  return out;
}

bool normalize_axis(int64_t& axis, size_t rank) {
  if (axis < 0) axis += static_cast<int64_t>(rank);
  return axis >= 0 && axis < static_cast<int64_t>(rank);
}

bool axes_from(const Context& c, const char* name, size_t input, std::vector<int64_t>& axes, bool& given) {
  axes.clear();
  const Attribute* a = c.node().attribute(name);
  given = a != nullptr || c.has(input);
  if (a) {
    if (!a->as_ints()) return false;
    axes = *a->as_ints();
    return true;
  }
  return !c.has(input) || c.all_ints(input, axes);
}

Dim dim_add(const Dim& a, int64_t b) {
  if (b == 0) return a;
  int64_t v = 0;
  return a.known() && !__builtin_add_overflow(a.value, b, &v) && v >= 0 ? Dim(v) : Dim();
}

Dim dim_mul(const Dim& a, int64_t b) {
  if (b == 1) return a;
  int64_t v = 0;
  return a.known() && b >= 0 && !__builtin_mul_overflow(a.value, b, &v) ? Dim(v) : Dim();
}

}  // namespace jetline::ops
