#include "jetline/fix/retype.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "jetline/passes/edit.h"

namespace jetline::fix {
namespace {

// Inputs that are moved unchanged to the outputs (bits by index), or compared (to conditions).
struct RetypeRule {
  const char* op;
  uint32_t moved;
  bool compares = false;
};

constexpr uint32_t kRetypeAll = 0xffffffff;
const RetypeRule kRetypeRules[] = {
    {"Reshape", 1},
    {"Transpose", 1},
    {"Squeeze", 1},
    {"Unsqueeze", 1},
    {"Flatten", 1},
    {"Identity", 1},
    {"Slice", 1},
    {"Gather", 1},
    {"GatherElements", 1},
    {"GatherND", 1},
    {"Split", 1},
    {"Expand", 1},
    {"Tile", 1},
    {"DepthToSpace", 1},
    {"SpaceToDepth", 1},
    {"Compress", 1},
    {"Concat", kRetypeAll},
    {"Max", kRetypeAll},
    {"Min", kRetypeAll},
    {"Where", 6},
    {"ScatterND", 5},
    {"ScatterElements", 5},
    {"ReduceMax", 1},
    {"ReduceMin", 1},
    {"Pad", 5},
    {"Equal", 3, true},
    {"Less", 3, true},
    {"Greater", 3, true},
    {"LessOrEqual", 3, true},
    {"GreaterOrEqual", 3, true},
};

const RetypeRule* retype_rule(const Node& n) {
  if (!n.domain().empty()) return nullptr;
  for (const RetypeRule& r : kRetypeRules) {
    if (n.op() == r.op) return &r;
  }
  return nullptr;
}

using RetypeSet = std::unordered_set<const Value*>;

bool retype_constant(const Value* v, const Retype& r) {
  return v && passes::constant_of(v) && v->type.dtype == r.from;
}

// Every input that the rule moves is in the set or a constant of the type.
bool retype_follows(const Node& n, const RetypeRule& rule, const RetypeSet& in, const Retype& r) {
  bool any = false;
  for (size_t i = 0; i < n.inputs().size(); ++i) {
    const Value* v = n.input(i);
    if (!v || !(rule.moved >> std::min<size_t>(i, 31) & 1u)) continue;
    if (in.count(v))
      any = true;
    else if (!retype_constant(v, r))
      return false;
  }
  return any;
}

// A Cast that makes values of the type out of what cannot leave its range.
bool retype_source(const Node& n, const Retype& r) {
  if (!n.is("Cast") || !n.input(0) || !n.output(0) || n.output(0)->type.dtype != r.from) return false;
  return n.input(0)->type.dtype == DType::kBool;
}

// Constants that only retyped nodes read are converted, others are copied.
Value* retype_converted(Value* constant, const Retype& r) {
  auto t = converted_tensor(*constant->initializer(), r.to);
  if (!t.ok()) return nullptr;
  Graph& g = *constant->graph();
  return g.add_initializer(g.unique_name(constant->name()), std::move(*t));
}

template <typename T>
void retype_put(std::vector<uint8_t>& bytes, double v) {
  const T x = static_cast<T>(v);
  const auto* p = reinterpret_cast<const uint8_t*>(&x);
  bytes.insert(bytes.end(), p, p + sizeof x);
}

}  // namespace

Result<Tensor> converted_tensor(const Tensor& t, DType to) {
  JETLINE_ASSIGN_OR_RETURN(const std::vector<double> values, t.to_doubles());
  std::vector<uint8_t> bytes;
  bytes.reserve(values.size() * 4);
  for (double v : values) {
    if (to == DType::kF32) {
      if (std::isfinite(v) && std::abs(v) > 3.4028234663852886e38)
        return Status::negative("fix.does-not-fit", "a number beyond the range of float");
      retype_put<float>(bytes, v);
    } else if (to == DType::kI32) {
      if (!(v >= -2147483648.0 && v <= 2147483647.0))
        return Status::negative("fix.does-not-fit", "a number beyond 32 bits");
      retype_put<int32_t>(bytes, v);
    } else {
      return Status::internal("fix.conversion", "no conversion to " + std::string(dtype_name(to)));
    }
  }
  return Tensor::own(to, t.dims(), std::move(bytes));
}

int retype_values(FixContext& c, const Retype& r) {
  Graph& main = c.model.graph();
  RetypeSet in;
  std::vector<Value*> sources;
  for (Value* v : main.free_inputs()) {
    if (v->type.is_tensor() && v->type.dtype == r.from) sources.push_back(v), in.insert(v);
  }
  std::vector<Node*> followed;
  passes::each_graph(main, [&](Graph& g) {
    for (Node* n : g.node_list()) {
      if (r.sources && retype_source(*n, r)) in.insert(n->output(0)), followed.push_back(n);
      const RetypeRule* rule = retype_rule(*n);
      if (!rule || !retype_follows(*n, *rule, in, r)) continue;
      followed.push_back(n);
      if (rule->compares) continue;
      for (const Value* v : n->outputs()) {
        if (v) in.insert(v);
      }
    }
  });
  // Without anything that follows, an input would only get two Casts.
  if (in.empty() || (!r.inputs && followed.empty())) return 0;
  std::unordered_map<const Value*, Value*>
      carried;  // sources that keep their type -> what is carried instead
  int changed = 0;
  for (Value* v : sources) {
    if (r.inputs) {
      v->type.dtype = r.to;
      ++changed;
      continue;
    }
    Node* first = main.nodes().empty() ? nullptr : main.nodes().front().get();
    Node* cast = main.add_node("Cast", {v}, first);
    cast->set_attribute(Attribute("to", static_cast<int64_t>(r.to)));
    carried[v] = cast->add_output(main.unique_name(v->name() + "/Cast"));
    cast->name = carried[v]->name();
    carried[v]->type = v->type;
    carried[v]->type.dtype = r.to;
  }
  for (Node* n : followed) {
    if (retype_source(*n, r)) n->set_attribute(Attribute("to", static_cast<int64_t>(r.to)));
    const RetypeRule* rule = retype_rule(*n);
    for (size_t i = 0; rule && i < n->inputs().size(); ++i) {
      Value* v = n->input(i);
      if (!v || !(rule->moved >> std::min<size_t>(i, 31) & 1u)) continue;
      if (carried.count(v))
        n->set_input(i, carried[v]);
      else if (retype_constant(v, r)) {
        if (Value* converted = retype_converted(v, r)) n->set_input(i, converted);
      }
    }
    if (rule && rule->compares) continue;
    for (Value* v : n->outputs()) {
      if (!v) continue;
      v->type.dtype = r.to;
      ++changed;
    }
  }
  // Readers of another kind, and outputs of graphs, get the type that they know; a Cast reads anything.
  const std::unordered_set<const Node*> inside(followed.begin(), followed.end());
  std::vector<Value*> all;
  for (const Value* v : in) all.push_back(const_cast<Value*>(v));
  std::sort(all.begin(), all.end(), [](const Value* a, const Value* b) { return a->name() < b->name(); });
  for (Value* v : all) {
    if (carried.count(v)) {
      // Casts from the input read the carried value; everything else keeps reading the input.
      continue;
    }
    std::vector<Use> strangers;
    for (const Use& u : v->uses()) {
      const bool reads =
          u.node && (inside.count(u.node) || u.node->is("Cast") || u.node->is("Shape") || u.node->is("Size"));
      if (!reads) strangers.push_back(u);
    }
    if (strangers.empty()) continue;
    Graph& g = *v->graph();
    Node* before = nullptr;
    bool after = v->producer() == nullptr;
    for (const auto& n : g.nodes()) {
      if (after) {
        before = n.get();
        break;
      }
      after = n.get() == v->producer();
    }
    Node* back = g.add_node("Cast", {}, before);
    back->set_attribute(Attribute("to", static_cast<int64_t>(r.from)));
    Value* y = back->add_output(g.unique_name(v->name() + "/Cast"));
    back->name = y->name();
    y->type = v->type;
    y->type.dtype = r.from;
    const bool output = std::any_of(strangers.begin(), strangers.end(), [](const Use& u) { return !u.node; });
    if (output && v->producer()) {
      // The public name stays with what leaves the graph.
      (void)g.replace_and_keep_name(v, y);
      for (const Use& u : std::vector<Use>(y->uses())) {
        const bool reads = u.node && (inside.count(u.node) || u.node->is("Cast") || u.node->is("Shape"));
        if (reads) u.node->set_input(static_cast<size_t>(u.index), v);
      }
    } else {
      for (const Use& u : strangers) {
        if (u.node) u.node->set_input(static_cast<size_t>(u.index), y);
      }
    }
    back->set_input(0, v);
  }
  main.remove_dead();
  c.refresh();
  return changed;
}

}  // namespace jetline::fix
