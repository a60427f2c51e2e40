#include "jetline/passes/opset/step.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "jetline/passes/edit.h"

namespace jetline::passes::opset {

bool Step::used(size_t output) const {
  const Value* v = out(output);
  return v && !v->uses().empty();
}

int64_t Step::dim(const Value* v, int i) {
  const int r = rank(v);
  if (i < 0) i += r;
  if (i < 0 || i >= r) return -1;
  const Dim& d = v->type.shape[static_cast<size_t>(i)];
  return d.known() ? d.value : -1;
}

bool Step::ints_of(const Value* v, std::vector<int64_t>& out) const {
  const ops::KnownInts* k = v ? infer_.ints(v) : nullptr;
  if (!k) return false;
  out.clear();
  for (const Dim& d : k->elements) {
    if (!d.known()) return false;
    out.push_back(d.value);
  }
  return true;
}

bool Step::numbers_of(const Value* v, std::vector<double>& out) {
  const Tensor* t = v ? v->initializer() : nullptr;
  if (v && v->is_input()) t = nullptr;
  if (!t && v && v->producer() && v->producer()->is("Constant")) {
    const Attribute* a = v->producer()->attribute("value");
    t = a ? a->as_tensor() : nullptr;
    if (const Attribute* f = v->producer()->attribute("value_float"); f && f->as_float()) {
      out = {static_cast<double>(*f->as_float())};
      return true;
    }
    if (const Attribute* f = v->producer()->attribute("value_floats"); f && f->as_floats()) {
      out.assign(f->as_floats()->begin(), f->as_floats()->end());
      return true;
    }
  }
  if (!t || t->count() > 1 << 16) return false;
  auto values = t->to_doubles();
  if (!values.ok()) return false;
  out = std::move(values).value();
  return true;
}

namespace {
Attribute step_attribute(const AttrArg& a) {
  return std::visit([&](const auto& v) { return Attribute(a.name, v); }, a.value);
}
}  // namespace

std::vector<Value*> Step::emit_many(const char* op, std::vector<Value*> inputs, size_t outputs,
                                    const std::vector<AttrArg>& attributes) {
  Node* n = graph_.add_node(op, std::move(inputs), node_);
  const std::string base = out() ? out()->name() : node_->op();
  for (const AttrArg& a : attributes) n->set_attribute(step_attribute(a));
  std::vector<Value*> results;
  for (size_t i = 0; i < outputs; ++i) results.push_back(n->add_output(graph_.unique_name(base + "/" + op)));
  n->name = results[0]->name();  // runtimes ask for names of nodes that differ
  infer_.node(*n);
  return results;
}

Value* Step::emit(const char* op, std::vector<Value*> inputs, const std::vector<AttrArg>& attributes) {
  return emit_many(op, std::move(inputs), 1, attributes)[0];
}

Value* Step::constant(Tensor t) {
  return graph_.add_initializer(graph_.unique_name("const"), std::move(t));
}

Value* Step::int_list(const std::vector<int64_t>& values) {
  Value*& v = shared_[{&graph_, values}];
  if (!v) {
    const auto n = static_cast<int64_t>(values.size());
    v = graph_.add_initializer(graph_.unique_name("ints"), Tensor::ints({n}, values).value());
  }
  return v;
}

Value* Step::floats(const std::vector<float>& values) {
  return constant(Tensor::floats({static_cast<int64_t>(values.size())}, values).value());
}

namespace {
template <typename T>
void step_put(std::vector<uint8_t>& bytes, double value) {
  const T v = static_cast<T>(value);
  const auto* p = reinterpret_cast<const uint8_t*>(&v);
  bytes.insert(bytes.end(), p, p + sizeof v);
}

uint16_t step_half(double value) {
  const float f = static_cast<float>(value);
  uint32_t bits = 0;
  std::memcpy(&bits, &f, sizeof bits);
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000u);
  const int exponent = static_cast<int>((bits >> 23) & 0xffu) - 127;
  if (f == 0) return sign;
  if (exponent == 128) return static_cast<uint16_t>(sign | 0x7c00u | ((bits & 0x7fffffu) ? 0x200u : 0u));
  // In steps of the smallest number of that magnitude, ties to even.
  const double step = std::ldexp(1.0, std::max(exponent, -14) - 10);
  const auto steps = static_cast<uint32_t>(std::nearbyint(std::fabs(static_cast<double>(f)) / step));
  const uint32_t biased = exponent < -14 ? steps : (static_cast<uint32_t>(exponent + 14) << 10) + steps;
  return static_cast<uint16_t>(sign | std::min<uint32_t>(biased, 0x7c00u));
}

void step_append(std::vector<uint8_t>& bytes, DType t, double value) {
  switch (t) {
    case DType::kF32:
      return step_put<float>(bytes, value);
    case DType::kF64:
      return step_put<double>(bytes, value);
    case DType::kF16: {
      const uint16_t h = step_half(value);
      bytes.push_back(static_cast<uint8_t>(h & 0xff));
      bytes.push_back(static_cast<uint8_t>(h >> 8));
      return;
    }
    case DType::kBF16: {
      const float f = static_cast<float>(value);
      uint32_t bits = 0;
      std::memcpy(&bits, &f, sizeof bits);
      bits += 0x7fffu + ((bits >> 16) & 1u);
      bytes.push_back(static_cast<uint8_t>((bits >> 16) & 0xff));
      bytes.push_back(static_cast<uint8_t>(bits >> 24));
      return;
    }
    case DType::kI64:
      return step_put<int64_t>(bytes, value);
    case DType::kU64:
      return step_put<uint64_t>(bytes, value);
    case DType::kI32:
      return step_put<int32_t>(bytes, value);
    case DType::kU32:
      return step_put<uint32_t>(bytes, value);
    case DType::kI16:
      return step_put<int16_t>(bytes, value);
    case DType::kU16:
      return step_put<uint16_t>(bytes, value);
    case DType::kI8:
      return step_put<int8_t>(bytes, value);
    default:
      return step_put<uint8_t>(bytes, value);
  }
}
}  // namespace

Value* Step::tensor(DType t, std::vector<int64_t> dims, const std::vector<double>& values) {
  std::vector<uint8_t> bytes;
  for (double v : values) step_append(bytes, t, v);
  auto made = Tensor::own(t, std::move(dims), std::move(bytes));
  failed_ = failed_ || !made.ok();
  return made.ok() ? constant(std::move(made).value()) : nullptr;
}

Value* Step::scalar(double value, DType t) {
  return tensor(t, {}, {value});
}

Value* Step::cast(Value* v, DType to) {
  return dtype(v) == to ? v : emit("Cast", {v}, {{"to", static_cast<int64_t>(to)}});
}

void Step::replace(size_t i, Value* with) {
  Value* old = out(i);
  if (!old || old->uses().empty()) return;
  // An output of a graph needs a producing node of that graph which is no output yet.
  if (old->is_output() && (with->graph() != old->graph() || with->is_output() || !with->producer()))
    with = emit("Identity", {with});
  if (old->is_output()) with->type = old->type;
  (void)graph_.replace_and_keep_name(old, with);
}

std::string Step::become(Value* with) {
  replace(0, with);
  remove();
  return "";
}

void Step::remove() {
  for (const Value* v : node_->outputs()) {
    if (v) infer_.forget(v);
  }
  const Status gone = graph_.remove(node_);
  if (gone.ok()) node_ = nullptr;
}

void Step::infer() {
  infer_.node(*node_);
}

void Step::drop_inputs(size_t keep) {
  if (node_->inputs().size() > keep) node_->resize_inputs(keep);
}

}  // namespace jetline::passes::opset
