#include "jetline/check/estimate/memory.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "jetline/check/estimate/sizes.h"
#include "jetline/check/facts.h"

namespace jetline::check {
namespace {

// One buffer: shared by a tensor and its views, or passed on in place.
struct MemoryBuffer {
  double bytes = 0;
  size_t last = 0;  // position of the last use
  bool pinned = false;
};

std::string memory_label(const Node& n) {
  if (!n.name.empty()) return n.name;
  return n.outputs().empty() || !n.outputs()[0] ? n.op()
                                                : n.op() + " producing '" + n.outputs()[0]->name() + "'";
}

struct MemoryWalk {
  double float_bytes;
  std::vector<MemoryBuffer> buffers;
  std::unordered_map<const Value*, size_t> of;  // value -> buffer
  std::unordered_map<const Node*, size_t> at;   // position
  size_t end = 0;
  ActivationPeak result;

  bool add(const Value* v, const std::string& label) {
    const auto size = size_of(v->type);
    if (!size) {
      if (v->type.kind == ValueType::Kind::kTensor || v->type.kind == ValueType::Kind::kUnknown) {
        result.node = label;
        return false;
      }
      return true;  // sequences and the like: their tensors were counted
    }
    result.batch_as_one = result.batch_as_one || size->batch_as_one;
    of[v] = buffers.size();
    buffers.push_back({size->bytes(float_bytes), 0, false});
    use(v);
    return true;
  }
  // The uses of `v` keep its buffer alive.
  void use(const Value* v) {
    MemoryBuffer& b = buffers[of[v]];
    for (const Use& u : v->uses()) {
      const Node* n = u.node;
      // A use inside a subgraph counts as one of the node that holds it.
      for (const Graph* g = u.graph; n && !at.count(n) && g && g->parent(); g = g->outer()) n = g->parent();
      const auto position = n ? at.find(n) : at.end();
      b.last = std::max(b.last, position == at.end() ? end : position->second);
      b.pinned = b.pinned || !u.node;
    }
  }

  // An input whose buffer `n` may write its result into.
  const Value* reusable(const Node& n, size_t position, double bytes) const {
    for (const Value* v : n.inputs()) {
      const auto b = v ? of.find(v) : of.end();
      if (b == of.end()) continue;
      const MemoryBuffer& m = buffers[b->second];
      if (!m.pinned && m.last == position && m.bytes == bytes) return v;
    }
    return nullptr;
  }

  bool node(const Node& n, size_t position) {
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      const Value* out = n.outputs()[i];
      if (!out || follows_from_weights(out)) continue;
      const auto size = size_of(out->type);
      const Value* share = nullptr;
      if (i == 0 && is_view(n) && n.input(0) && of.count(n.input(0))) share = n.input(0);
      if (!share && i == 0 && size && is_elementwise(n)) {
        share = reusable(n, position, size->bytes(float_bytes));
      }
      if (share) {
        of[out] = of[share];
        use(out);
      } else if (!add(out, memory_label(n))) {
        return false;
      }
    }
    return true;
  }
};

}  // namespace

bool is_view(const Node& n) {
  static const std::unordered_set<std::string> kViews = {"Reshape",   "Flatten",  "Squeeze",
                                                         "Unsqueeze", "Identity", "Dropout"};
  return n.domain().empty() && kViews.count(n.op()) > 0;
}

bool is_elementwise(const Node& n) {
  static const std::unordered_set<std::string> kElementwise = {"Abs",
                                                               "Acos",
                                                               "Acosh",
                                                               "Add",
                                                               "And",
                                                               "Asin",
                                                               "Asinh",
                                                               "Atan",
                                                               "Atanh",
                                                               "BatchNormalization",
                                                               "Cast",
                                                               "Ceil",
                                                               "Celu",
                                                               "Clip",
                                                               "Cos",
                                                               "Cosh",
                                                               "Div",
                                                               "Elu",
                                                               "Equal",
                                                               "Erf",
                                                               "Exp",
                                                               "Floor",
                                                               "Gelu",
                                                               "Greater",
                                                               "GreaterOrEqual",
                                                               "HardSigmoid",
                                                               "HardSwish",
                                                               "IsInf",
                                                               "IsNaN",
                                                               "LeakyRelu",
                                                               "Less",
                                                               "LessOrEqual",
                                                               "Log",
                                                               "Max",
                                                               "Min",
                                                               "Mish",
                                                               "Mod",
                                                               "Mul",
                                                               "Neg",
                                                               "Not",
                                                               "Or",
                                                               "PRelu",
                                                               "Pow",
                                                               "Reciprocal",
                                                               "Relu",
                                                               "Round",
                                                               "Selu",
                                                               "Shrink",
                                                               "Sigmoid",
                                                               "Sign",
                                                               "Sin",
                                                               "Sinh",
                                                               "Softplus",
                                                               "Softsign",
                                                               "Sqrt",
                                                               "Sub",
                                                               "Sum",
                                                               "Swish",
                                                               "Tan",
                                                               "Tanh",
                                                               "ThresholdedRelu",
                                                               "Where",
                                                               "Xor",
                                                               "QuantizeLinear",
                                                               "DequantizeLinear"};
  return n.domain().empty() && kElementwise.count(n.op()) > 0;
}

bool follows_from_weights(const Value* value) {
  if (!value) return true;
  if (is_weights(value) || value->sparse_initializer()) return true;
  const Node* n = value->producer();
  if (!n) return false;
  // One step is enough for what exporters write; deeper constants are few and small.
  if (n->inputs().empty()) return n->is("Constant");
  for (const Value* v : n->inputs()) {
    if (v && !is_weights(v)) return false;
  }
  return n->subgraphs().empty();
}

ActivationPeak activation_peak(const Graph& graph, double float_bytes) {
  MemoryWalk walk;
  walk.float_bytes = float_bytes;
  for (const auto& n : graph.nodes()) walk.at[n.get()] = walk.end++;
  for (const Value* v : graph.free_inputs()) {
    if (!walk.add(v, "the input '" + v->name() + "'")) return walk.result;
    if (walk.of.count(v)) walk.buffers[walk.of[v]].pinned = true;
  }
  size_t position = 0;
  // When each buffer begins: what a node adds is alive from it on.
  std::vector<size_t> first;
  first.assign(walk.buffers.size(), 0);
  for (const auto& n : graph.nodes()) {
    if (!walk.node(*n, position)) return walk.result;
    first.resize(walk.buffers.size(), position);
    ++position;
  }
  std::vector<double> change(walk.end + 2, 0.0);
  for (size_t i = 0; i < walk.buffers.size(); ++i) {
    const MemoryBuffer& b = walk.buffers[i];
    change[b.pinned ? 0 : first[i]] += b.bytes;
    change[b.pinned ? walk.end + 1 : std::max(b.last, first[i]) + 1] -= b.bytes;
  }
  double live = 0, peak = -1;
  position = 0;
  for (const auto& n : graph.nodes()) {
    live += change[position++];
    if (live > peak) {
      peak = live;
      walk.result.node = memory_label(*n);
    }
  }
  walk.result.bytes = graph.nodes().empty() ? live + change[0] : peak;
  return walk.result;
}

}  // namespace jetline::check
