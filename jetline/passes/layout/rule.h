// What an operator does when the axes of its data come in another order: one LayoutRule an operator, one
// group of operators a file, registered in rules.cpp.
//
// A *label* says in which order a node works; the identity is how it stands in the graph. For most operators
// it is the permutation of their output; a rule may choose any vector that is iota(n) for "as it stands".
// From a label follow the permutations of the data ports: with ports.in[i] = p the node wants Transpose(input
// i, p) there, with ports.out[j] = q it gives Transpose(output j, q). An empty permutation leaves the port
// alone. A permutation of more axes than the input has means: axes of size 1 are put in front first, as
// broadcasting does. Threads: as the Model.
#pragma once

#include "jetline/base/span.h"
#include "jetline/passes/edit.h"
#include "jetline/passes/layout/permutation.h"

namespace jetline::passes {

struct LayoutNode {
  const Node& n;
  int64_t opset;
  int in_rank(size_t i) const { return rank_of(n.input(i)); }
  int out_rank(size_t i = 0) const { return rank_of(n.output(i)); }
};

struct LayoutPorts {
  std::vector<Perm> in, out;
  int64_t extra_nodes = 0;  // small nodes that the label costs (a Gather on a shape)
};

struct LayoutRule {
  const char* op;
  // False when the node cannot work with this label. `ports` comes with empty permutations, one a port.
  bool (*ports)(const LayoutNode&, const Perm& label, LayoutPorts& ports);
  // Rewrites attributes and inputs that are no data ports (axes, pads, sizes). Null: nothing to do.
  Status (*apply)(PassContext&, Node&, const Perm& label) = nullptr;
  // The label with which the port has that permutation. Null: the permutation itself.
  bool (*from_input)(const LayoutNode&, size_t i, const Perm& wanted, Perm& label) = nullptr;
  bool (*from_output)(const LayoutNode&, size_t i, const Perm& wanted, Perm& label) = nullptr;
  bool element_wise = false;
};

// Null: the operator works only as it stands.
const LayoutRule* layout_rule(const Node& n);

// The groups (rules_*.cpp).
Span<const LayoutRule> layout_elementwise_rules();
Span<const LayoutRule> layout_axis_rules();
Span<const LayoutRule> layout_reduce_rules();
Span<const LayoutRule> layout_reshape_rules();
Span<const LayoutRule> layout_vector_rules();

// --- helpers shared by rules
// An axis attribute counted from the front; -1 when it is out of range.
int layout_axis(const Node& n, const char* name, int64_t other, int rank);
// The vector that `v` holds, its elements taken at `indices`: a new constant, or a Gather before `before`.
Value* layout_picked(PassContext& c, Node& user, Value* v, const std::vector<int64_t>& indices);
// True when the vector has exactly n elements, as far as its type says.
bool layout_vector_of(const Value* v, int64_t n);
// Axes that remain of `label` when those of `gone` are removed, renumbered.
Perm layout_without(const Perm& label, const std::vector<int64_t>& gone);
// A permutation of `rank` axes whose `kept` axes (all but `gone`) stand in the order `order` (over the kept
// ones, renumbered) and whose gone ones stand at their own places.
Perm layout_with(const Perm& order, const std::vector<int64_t>& gone, size_t rank);

}  // namespace jetline::passes
