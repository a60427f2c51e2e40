#include "jetline/passes/edit.h"

#include <algorithm>

namespace jetline::passes {
namespace {

void edit_forget(PassContext& c, const Node& n) {
  for (const Value* v : n.outputs()) {
    if (v) c.inference.forget(v);
  }
  for (const Graph* sub : n.subgraphs()) {
    for (const auto& v : sub->values()) c.inference.forget(v.get());
    for (const auto& inner : sub->nodes()) edit_forget(c, *inner);
  }
}

bool edit_unused(const Node& n) {
  return !n.outputs().empty() && std::all_of(n.outputs().begin(), n.outputs().end(),
                                             [](const Value* v) { return !v || v->uses().empty(); });
}

// Values that `n` and its subgraphs take from outside.
void edit_taken(const Node& n, std::vector<Value*>& out) {
  for (Value* v : n.inputs()) {
    if (v) out.push_back(v);
  }
  for (const Graph* sub : n.subgraphs()) {
    for (const auto& inner : sub->nodes()) edit_taken(*inner, out);
    out.insert(out.end(), sub->outputs().begin(), sub->outputs().end());
  }
}

}  // namespace

bool constant_ints(const Value* v, std::vector<int64_t>& out) {
  const Tensor* t = constant_of(v);
  if (!t) return false;
  auto r = t->to_ints();
  if (!r.ok()) return false;
  out = std::move(*r);
  return true;
}

bool known_ints(PassContext& c, const Value* v, std::vector<int64_t>& out) {
  if (!v) return false;
  if (constant_ints(v, out)) return true;
  const ops::KnownInts* k = c.inference.ints(v);
  if (!k) return false;
  out.clear();
  for (const Dim& d : k->elements) {
    if (!d.known()) return false;
    out.push_back(d.value);
  }
  return true;
}

bool uniform_constant(const Value* v, double& out) {
  const Tensor* t = constant_of(v);
  if (!t || t->count() < 1) return false;
  const int bits = dtype_bits(t->dtype());
  if (bits < 8) return false;
  // Elements are compared as bytes, and only the first one is converted.
  const size_t width = static_cast<size_t>(bits) / 8;
  uint8_t ends[32];  // most are told apart by their first two, which deferred weights are spared for
  if (t->count() > 1 && width <= 16) {
    t->read(0, ends, static_cast<int64_t>(2 * width));
    if (std::memcmp(ends, ends + width, width) != 0) return false;
  }
  const ByteView b = t->bytes();
  for (size_t i = width; i + width <= b.size(); i += width) {
    if (std::memcmp(b.data(), b.data() + i, width) != 0) return false;
  }
  const auto first = Tensor::view(t->dtype(), {}, b.subspan(0, width), t->owner());
  if (!first.ok()) return false;
  const auto numbers = first->to_doubles();
  if (!numbers.ok()) return false;
  out = (*numbers)[0];
  return true;
}

bool axes_of(const Node& n, size_t index, int rank, std::vector<int64_t>& axes, bool& given) {
  axes.clear();
  given = false;
  if (const Attribute* a = n.attribute("axes")) {
    if (!a->as_ints()) return false;
    given = true;
    axes = *a->as_ints();
  } else if (n.input(index)) {
    given = true;
    if (!constant_ints(n.input(index), axes)) return false;
  }
  for (int64_t& a : axes) {
    if (a < 0 && rank >= 0) a += rank;
    if (rank >= 0 && (a < 0 || a >= rank)) return false;
  }
  return true;
}

bool same_shape(const ValueType& a, const ValueType& b) {
  if (!a.has_shape || !b.has_shape || a.shape.size() != b.shape.size()) return false;
  for (size_t i = 0; i < a.shape.size(); ++i) {
    if (!a.shape[i].same(b.shape[i])) return false;
  }
  return true;
}

Node* only_user(const Value* v) {
  if (v->uses().size() != 1) return nullptr;
  const Use& u = v->uses()[0];
  return u.node && u.graph == v->graph() ? u.node : nullptr;
}

Value* add_constant(Graph& g, Tensor tensor, std::string_view name) {
  return g.add_initializer(g.unique_name(name), std::move(tensor));
}

Value* add_ints(Graph& g, const std::vector<int64_t>& values, std::string_view name) {
  auto t = Tensor::ints({static_cast<int64_t>(values.size())}, values);
  return t.ok() ? add_constant(g, std::move(*t), name) : nullptr;
}

Value* add_before(PassContext& c, Graph& g, const char* op, std::vector<Value*> inputs, std::string_view name,
                  Node* before) {
  Value* v = g.add_op(op, std::move(inputs), name, before);
  c.inference.forget(v);
  return v;
}

bool replaceable(const Value* from, const Value* to) {
  if (from == to) return false;
  if (!from->is_output()) return true;
  return to->graph() == from->graph() && to->producer() && !to->is_output();
}

Status replace_value(PassContext& c, Value* from, Value* to) {
  Node* producer = from->producer();
  JETLINE_RETURN_IF_ERROR(from->graph()->replace_and_keep_name(from, to));
  if (producer) remove_unused(c, producer);
  return Status();
}

void remove_unused(PassContext& c, Node* n) {
  std::vector<Node*> pending = {n};
  while (!pending.empty()) {
    Node* node = pending.back();
    pending.pop_back();
    if (!edit_unused(*node)) continue;
    std::vector<Value*> taken;
    edit_taken(*node, taken);
    edit_forget(c, *node);
    // Values inside the node's own subgraphs go with it: only those of its graph and around it are looked at.
    std::vector<Graph*> around;
    for (Graph* g = node->graph(); g; g = g->outer()) around.push_back(g);
    taken.erase(std::remove_if(taken.begin(), taken.end(),
                               [&](const Value* v) {
                                 return std::find(around.begin(), around.end(), v->graph()) == around.end();
                               }),
                taken.end());
    std::sort(taken.begin(), taken.end());
    taken.erase(std::unique(taken.begin(), taken.end()), taken.end());
    if (!node->graph()->remove(node).ok()) continue;
    for (Value* v : taken) {
      if (!v->uses().empty()) continue;
      if (v->producer()) {
        pending.push_back(v->producer());
      } else if (v->is_constant()) {
        c.inference.forget(v);
        (void)v->graph()->remove_initializer(v).ok();
      }
    }
    std::sort(pending.begin(), pending.end());
    pending.erase(std::unique(pending.begin(), pending.end()), pending.end());
  }
}

Status remove_node(PassContext& c, Node* n) {
  edit_forget(c, *n);
  return n->graph()->remove(n);
}

void remove_unused_constant(PassContext& c, Value* v) {
  if (!v->uses().empty() || !v->is_constant()) return;
  c.inference.forget(v);
  (void)v->graph()->remove_initializer(v).ok();
}

int remove_dead_nodes(PassContext& c, Graph& g) {
  int removed = 0;
  std::vector<Node*> nodes = g.node_list();
  // Backwards: once the users of a node are gone it is seen to be dead itself.
  for (size_t i = nodes.size(); i-- > 0;) {
    Node* n = nodes[i];
    if (edit_unused(*n)) {
      edit_forget(c, *n);
      removed += g.remove(n).ok();
      continue;
    }
    for (Graph* sub : n->subgraphs()) removed += remove_dead_nodes(c, *sub);
  }
  for (Value* v : std::vector<Value*>(g.initializers())) {
    if (!v->uses().empty() || v->is_input()) continue;
    c.inference.forget(v);
    (void)g.remove_initializer(v).ok();
  }
  return removed;
}

}  // namespace jetline::passes
