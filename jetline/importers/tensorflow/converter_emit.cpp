// Making ONNX nodes: shared constants, folding at once, types at once.
#include "jetline/graph/evaluate.h"
#include "jetline/importers/tensorflow/converter.h"

namespace jetline::tf {
namespace {

// Constants up to this size are shared by content; larger ones are weights, shared by the variable they come
// from.
constexpr size_t kSharedBytes = 4096;
// What is evaluated while converting: more is left to the folding pass, which knows what is still needed.
constexpr size_t kFoldInputBytes = size_t{4} << 20;
constexpr size_t kMoveInputBytes = size_t{64}
                                   << 10;  // for operators that only move weights: a pass may undo them
constexpr int64_t kFoldOutputBytes = int64_t{4} << 20;
constexpr int64_t kFoldWork = int64_t{64} << 20;

void emit_append(std::string& key, const void* data, size_t n) {
  key.append(static_cast<const char*>(data), n);
}

std::string emit_tensor_key(const Tensor& t) {
  std::string key;
  const auto type = static_cast<char>(t.dtype());
  key += type;
  const auto rank = static_cast<uint32_t>(t.dims().size());
  emit_append(key, &rank, sizeof rank);
  for (int64_t d : t.dims()) emit_append(key, &d, sizeof d);
  emit_append(key, t.bytes().data(), t.bytes().size());
  return key;
}

std::string emit_node_key(const char* op, const std::vector<Value*>& inputs, size_t outputs,
                          const std::vector<AttrArg>& attributes) {
  std::string key = op;
  key += '(' + std::to_string(outputs);
  for (const Value* v : inputs) {
    const auto at = reinterpret_cast<uintptr_t>(v);
    emit_append(key, &at, sizeof at);
  }
  struct Print {
    std::string& key;
    void operator()(int64_t v) const { key += 'i' + std::to_string(v); }
    void operator()(float v) const {
      key += 'f';
      emit_append(key, &v, sizeof v);
    }
    void operator()(const std::string& v) const { key += 's' + std::to_string(v.size()) + v; }
    void operator()(const std::vector<int64_t>& v) const {
      key += 'I' + std::to_string(v.size());
      emit_append(key, v.data(), v.size() * sizeof(int64_t));
    }
    void operator()(const std::vector<float>& v) const {
      key += 'F' + std::to_string(v.size());
      emit_append(key, v.data(), v.size() * sizeof(float));
    }
    void operator()(const std::vector<std::string>& v) const {
      key += 'S';
      for (const std::string& s : v) key += std::to_string(s.size()) + ':' + s;
    }
    void operator()(const Tensor& v) const { key += 't' + emit_tensor_key(v); }
  };
  for (const AttrArg& a : attributes) {
    key += ';' + a.name + '=';
    std::visit(Print{key}, a.value);
  }
  return key;
}

bool emit_only_moves(const Node& n) {
  return n.is("Transpose") || n.is("Reshape") || n.is("Squeeze") || n.is("Unsqueeze") || n.is("Cast");
}

template <typename T>
void emit_put(std::vector<uint8_t>& bytes, int64_t v) {
  const T t = static_cast<T>(v);
  const auto* p = reinterpret_cast<const uint8_t*>(&t);
  bytes.insert(bytes.end(), p, p + sizeof t);
}

// A tensor of an integer type (or bool) from followed numbers; false for other types.
bool emit_known_tensor(const ops::KnownInts& known, DType dtype, Tensor& out) {
  std::vector<uint8_t> bytes;
  for (const Dim& d : known.elements) {
    if (!d.known()) return false;
    switch (dtype) {
      case DType::kI64:
        emit_put<int64_t>(bytes, d.value);
        break;
      case DType::kI32:
        emit_put<int32_t>(bytes, d.value);
        break;
      case DType::kI16:
        emit_put<int16_t>(bytes, d.value);
        break;
      case DType::kI8:
        emit_put<int8_t>(bytes, d.value);
        break;
      case DType::kU8:
        emit_put<uint8_t>(bytes, d.value);
        break;
      case DType::kU32:
        emit_put<uint32_t>(bytes, d.value);
        break;
      case DType::kU64:
        emit_put<uint64_t>(bytes, d.value);
        break;
      case DType::kBool:
        emit_put<uint8_t>(bytes, d.value != 0);
        break;
      case DType::kF32:
        emit_put<float>(bytes, d.value);
        break;
      default:
        return false;
    }
  }
  Result<Tensor> t = Tensor::own(dtype, known.dims, std::move(bytes));
  if (!t.ok()) return false;
  out = std::move(t).value();
  return true;
}

}  // namespace

Value* Converter::constant(Tensor t, std::string_view name) {
  const bool shared = t.dtype() != DType::kString && t.byte_count() <= static_cast<int64_t>(kSharedBytes);
  std::string key;
  if (shared) {
    key = emit_tensor_key(t);
    const auto known = constants_.find(key);
    if (known != constants_.end()) return known->second;
  }
  Graph& main = model_.graph();
  ValueType type = ValueType::tensor(t.dtype(), {});
  for (int64_t d : t.dims()) type.shape.emplace_back(d);
  Value* v = main.add_initializer(main.unique_name(name.empty() ? "const" : name), std::move(t));
  v->type = std::move(type);
  if (shared) constants_.emplace(std::move(key), v);
  return v;
}

bool Converter::fold(Node* n, std::vector<Value*>& outputs) {
  std::vector<Tensor> known(outputs.size());
  bool all = true;
  for (size_t i = 0; i < outputs.size() && all; ++i) {
    const ops::KnownInts* k = inference_.ints(outputs[i]);
    all = k && emit_known_tensor(*k, outputs[i]->type.dtype, known[i]);
  }
  if (!all) {
    if (n->inputs().empty() && !n->is("Constant")) return false;
    if (n->is("DequantizeLinear")) return false;  // engines look for quantised weights
    size_t bytes = 0;
    std::vector<const Tensor*> inputs;
    for (const Value* v : n->inputs()) {
      if (v && !v->is_constant()) return false;
      inputs.push_back(v ? v->initializer() : nullptr);
      if (v) bytes += static_cast<size_t>(v->initializer()->byte_count());
    }
    if (bytes > (emit_only_moves(*n) ? kMoveInputBytes : kFoldInputBytes) || !can_evaluate(*n)) return false;
    EvaluateOptions limits;
    limits.max_output_bytes = kFoldOutputBytes;
    limits.max_work = kFoldWork;
    Result<std::vector<Tensor>> got = evaluate_node(*n, inputs, model_.opset(), limits);
    if (!got.ok() || got->size() != outputs.size()) return false;
    known = std::move(got).value();
  }
  const std::string name = n->name;
  for (Value* v : outputs) inference_.forget(v);
  const Status removed = n->graph()->remove(n);
  if (!removed.ok()) {
    fail(removed);
    return false;
  }
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i] = constant(std::move(known[i]), name);
  ++report_.folded;
  return true;
}

std::vector<Value*> Converter::emit(const std::string& name, const char* op, std::vector<Value*> inputs,
                                    size_t outputs, const std::vector<AttrArg>& attributes) {
  bool constants = true;
  for (const Value* v : inputs) constants = constants && (!v || v->is_constant());
  std::string key;
  if (constants) {
    key = emit_node_key(op, inputs, outputs, attributes);
    const auto known = interned_.find(key);
    if (known != interned_.end()) return known->second;
  }
  // What depends on constants alone belongs to everybody: it stands in the main graph.
  Graph& g = constants ? model_.graph() : *graph_;
  Node* before = nullptr;
  if (constants && graph_ != &g) {
    // Before the node whose body is being made, when that node stands in the main graph already.
    Graph* inner = graph_;
    while (inner->outer() && inner->outer() != &g) inner = inner->outer();
    before = inner->parent();
  }
  Node* n = g.add_node(op, std::move(inputs), before);
  n->name = name;
  for (const AttrArg& a : attributes)
    n->set_attribute(std::visit([&](const auto& v) { return Attribute(a.name, v); }, a.value));
  std::vector<Value*> out;
  for (size_t i = 0; i < outputs; ++i) out.push_back(n->add_output(g.unique_name(name)));
  if (!out.empty()) n->name = out[0]->name();  // runtimes want names of nodes to be unique
  inference_.node(*n);
  stopped_ = stopped_ || (!constants && options_.stop_at == op);
  fold(n, out);
  if (constants) interned_.emplace(std::move(key), out);
  return out;
}

}  // namespace jetline::tf
