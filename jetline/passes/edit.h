// Small tools that the passes share: reading constants, bypassing and removing nodes so that the facts of the
// running inference stay right. Threads: as the Model.
#pragma once

#include <string_view>
#include <vector>

#include "jetline/passes/pass.h"

namespace jetline::passes {

// --- reading
// Content of a value that no caller can change; null when it is none.
inline const Tensor* constant_of(const Value* v) {
  return v && v->is_constant() ? v->initializer() : nullptr;
}
// Every element of a constant of integers or bool.
bool constant_ints(const Value* v, std::vector<int64_t>& out);
// Every element of an integer value as far as followed through shapes; false unless all are known.
bool known_ints(PassContext& c, const Value* v, std::vector<int64_t>& out);
// True when all elements of a numeric constant (at least one) have one value.
bool uniform_constant(const Value* v, double& out);
// The axes of Reduce*, Squeeze, …: attribute `axes` or constant input `index`. false: given but not constant.
// Without any `given` is false. Negative ones are counted from `rank` (when >= 0).
bool axes_of(const Node& n, size_t index, int rank, std::vector<int64_t>& axes, bool& given);
inline int rank_of(const Value* v) {
  return v && v->type.has_shape ? static_cast<int>(v->type.shape.size()) : -1;
}
// Both ranks known and every dimension the same number or name.
bool same_shape(const ValueType& a, const ValueType& b);
inline bool same_type(const ValueType& a, const ValueType& b) {
  return a.is_tensor() && b.is_tensor() && a.dtype == b.dtype && same_shape(a, b);
}
// The only node that uses `v`, at one place; null when there are more, none, an output, or one in a subgraph.
Node* only_user(const Value* v);

// --- writing
Value* add_constant(Graph& g, Tensor tensor, std::string_view name);
Value* add_ints(Graph& g, const std::vector<int64_t>& values, std::string_view name);  // int64 [n]
// A node with one output of known type before `before` (null: at the end).
Value* add_before(PassContext& c, Graph& g, const char* op, std::vector<Value*> inputs, std::string_view name,
                  Node* before);
// Whether every use of `from` may become a use of `to`: an output of a graph needs a producing node in that
// graph that is no output already.
bool replaceable(const Value* from, const Value* to);
// Does it (public names of outputs stay); `from` must be replaceable(). Removes the producer of `from` when
// that leaves it without use.
Status replace_value(PassContext& c, Value* from, Value* to);
// Removes `n`, and whatever produced its inputs, where nothing uses them any more.
void remove_unused(PassContext& c, Node* n);
// Removes `n` alone, whose results nothing uses.
Status remove_node(PassContext& c, Node* n);
// Removes an initialiser that nothing uses any more.
void remove_unused_constant(PassContext& c, Value* v);
// Everything that no output needs, in `g` and below; how many nodes.
int remove_dead_nodes(PassContext& c, Graph& g);

// Calls fn(Graph&) for `g` and the graphs below it, outermost first.
template <typename Fn>
void each_graph(Graph& g, const Fn& fn) {
  fn(g);
  if (!g.has_subgraphs()) return;
  for (Node* n : g.node_list()) {
    for (Graph* sub : n->subgraphs()) each_graph(*sub, fn);
  }
}
// The same with Status fn(Graph&), ending at the first failure.
template <typename Fn>
Status each_graph_checked(Graph& g, const Fn& fn) {
  JETLINE_RETURN_IF_ERROR(fn(g));
  if (!g.has_subgraphs()) return Status();
  for (Node* n : g.node_list()) {
    for (Graph* sub : n->subgraphs()) JETLINE_RETURN_IF_ERROR(each_graph_checked(*sub, fn));
  }
  return Status();
}

}  // namespace jetline::passes
