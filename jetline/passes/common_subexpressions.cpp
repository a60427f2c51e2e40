// Law: of nodes with the same operator, attributes and inputs the first one computes for all; of initialisers
// with the same type, shape and bytes one is stored. Operators with random results and nodes with subgraphs
// are left; a body may use what the graph around it computed before. Exact. Measure: nodes and initialisers.
//
// Weights are compared in place: only those of equal type and shape, first by a few samples, then byte by
// byte, so that weights without a twin are hardly read.
#include <algorithm>
#include <unordered_map>

#include "jetline/passes/edit.h"

namespace jetline::passes {
namespace {

constexpr size_t kCseSmallTensor = 4096;  // bytes of a tensor attribute that are worth comparing
constexpr size_t kCseRivals = 8;          // different tensors with equal samples that one is compared with

template <typename T>
void cse_put(std::string& key, const T& v) {
  key.append(reinterpret_cast<const char*>(&v), sizeof v);
}
void cse_put_text(std::string& key, std::string_view text) {
  cse_put(key, text.size());
  key.append(text);
}

bool cse_put_attribute(std::string& key, const Attribute& a) {
  if (a.is_reference()) return false;
  cse_put_text(key, a.name());
  cse_put(key, a.kind());
  if (const auto* f = a.as_float()) {
    cse_put(key, *f);
  } else if (const auto* i = a.as_int()) {
    cse_put(key, *i);
  } else if (const auto* s = a.as_string()) {
    cse_put_text(key, *s);
  } else if (const auto* fs = a.as_floats()) {
    cse_put(key, fs->size());
    for (float x : *fs) cse_put(key, x);
  } else if (const auto* is = a.as_ints()) {
    cse_put(key, is->size());
    for (int64_t x : *is) cse_put(key, x);
  } else if (const auto* ss = a.as_strings()) {
    cse_put(key, ss->size());
    for (const std::string& x : *ss) cse_put_text(key, x);
  } else if (const Tensor* t = a.as_tensor()) {
    if (t->bytes().size() > kCseSmallTensor || !t->strings().empty()) return false;
    cse_put(key, t->dtype());
    cse_put(key, t->dims().size());
    for (int64_t d : t->dims()) cse_put(key, d);
    key.append(reinterpret_cast<const char*>(t->bytes().data()), t->bytes().size());
  } else {
    return false;
  }
  return true;
}

bool cse_random(const Node& n) {
  return n.op().rfind("Random", 0) == 0 || n.is("Multinomial") || n.is("Bernoulli") || n.is("Dropout");
}

// Everything that decides the results; empty for nodes that are never equal to another.
std::string cse_key(const Node& n) {
  if (!n.domain().empty() || cse_random(n) || n.outputs().empty()) return {};
  std::string key;
  cse_put_text(key, n.op());
  std::vector<Value*> inputs = n.inputs();
  if (n.is("Add") || n.is("Mul") || n.is("And") || n.is("Or") || n.is("Equal")) {
    std::sort(inputs.begin(), inputs.end());
  }
  cse_put(key, inputs.size());
  for (const Value* v : inputs) cse_put(key, v);
  cse_put(key, n.outputs().size());
  for (const Value* v : n.outputs()) cse_put(key, v != nullptr);
  std::vector<const Attribute*> attributes;
  for (const Attribute& a : n.attributes()) attributes.push_back(&a);
  std::sort(attributes.begin(), attributes.end(),
            [](const Attribute* a, const Attribute* b) { return a->name() < b->name(); });
  for (const Attribute* a : attributes) {
    if (!cse_put_attribute(key, *a)) return {};
  }
  return key;
}

// Type, shape and samples of the bytes; empty for what is not compared.
std::string cse_tensor_key(const Value& v) {
  const Tensor* t = constant_of(&v);
  if (!t || t->dtype() == DType::kString || v.is_output()) return {};
  std::string key;
  cse_put(key, t->dtype());
  for (int64_t d : t->dims()) cse_put(key, d);
  const int64_t size = t->byte_count(), step = std::max<int64_t>(64, size / 8);
  for (int64_t at = 0; at < size; at += step) {
    uint8_t sample[16];
    const int64_t n = std::min<int64_t>(sizeof sample, size - at);
    t->read(at, sample, n);
    key.append(reinterpret_cast<const char*>(sample), static_cast<size_t>(n));
  }
  return key;
}

bool cse_equal_bytes(const Tensor& a, const Tensor& b) {
  if (a.byte_count() != b.byte_count()) return false;
  if (!a.deferred() && !b.deferred()) {
    return a.bytes().data() == b.bytes().data() || a.bytes().empty() ||
           std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0;
  }
  if (a.deferred() == b.deferred()) return true;
  std::vector<uint8_t> of_a(size_t{64} << 10), of_b(of_a.size());
  for (int64_t at = 0; at < a.byte_count(); at += static_cast<int64_t>(of_a.size())) {
    const int64_t n = std::min(static_cast<int64_t>(of_a.size()), a.byte_count() - at);
    a.read(at, of_a.data(), n);
    b.read(at, of_b.data(), n);
    if (std::memcmp(of_a.data(), of_b.data(), static_cast<size_t>(n)) != 0) return false;
  }
  return true;
}

struct CseScope {
  CseScope* outer = nullptr;
  std::unordered_map<std::string, Node*> nodes;
  std::unordered_map<std::string, std::vector<Value*>> constants;
};

struct CseRun {
  PassContext& c;
  int changes = 0;

  Value* stored_twin(CseScope& scope, const std::string& key, const Value& v) {
    for (CseScope* s = &scope; s; s = s->outer) {
      const auto it = s->constants.find(key);
      if (it == s->constants.end()) continue;
      for (Value* other : it->second) {
        if (cse_equal_bytes(*other->initializer(), *v.initializer())) return other;
      }
    }
    return nullptr;
  }

  void constants(Graph& g, CseScope& scope) {
    for (Value* v : std::vector<Value*>(g.initializers())) {
      const std::string key = cse_tensor_key(*v);
      if (key.empty()) continue;
      if (Value* twin = stored_twin(scope, key, *v)) {
        g.replace_all_uses(v, twin);
        c.inference.forget(v);
        changes += g.remove_initializer(v).ok();
        continue;
      }
      auto& rivals = scope.constants[key];
      if (rivals.size() < kCseRivals) rivals.push_back(v);
    }
  }

  // Whether every use of b's results may take a's.
  bool replaceable_by(const Node& a, const Node& b) {
    for (size_t i = 0; i < b.outputs().size(); ++i) {
      if (b.output(i) && !replaceable(b.output(i), a.output(i))) return false;
    }
    return true;
  }

  Status graph(Graph& g, CseScope* outer) {
    CseScope scope;
    scope.outer = outer;
    constants(g, scope);
    for (Node* n : g.node_list()) {
      const std::vector<Graph*> bodies = n->subgraphs();
      for (Graph* body : bodies) JETLINE_RETURN_IF_ERROR(graph(*body, &scope));
      std::string key = bodies.empty() ? cse_key(*n) : std::string();
      if (key.empty()) continue;
      Node* twin = nullptr;
      for (CseScope* s = &scope; s && !twin; s = s->outer) {
        const auto it = s->nodes.find(key);
        if (it != s->nodes.end()) twin = it->second;
      }
      if (!twin || !replaceable_by(*twin, *n)) {
        if (!twin) scope.nodes.emplace(std::move(key), n);
        continue;
      }
      for (size_t i = 0; i < n->outputs().size(); ++i) {
        if (n->output(i)) JETLINE_RETURN_IF_ERROR(g.replace_and_keep_name(n->output(i), twin->output(i)));
      }
      remove_unused(c, n);
      ++changes;
    }
    return Status();
  }
};

}  // namespace

Result<int> run_common_subexpressions(Model& model, PassContext& c) {
  CseRun run{c};
  JETLINE_RETURN_IF_ERROR(run.graph(model.graph(), nullptr));
  return run.changes;
}

}  // namespace jetline::passes
