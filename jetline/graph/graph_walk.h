// Walks over nodes and subgraphs. Recursion depth is the nesting of subgraphs, which loading bounds.
#pragma once

#include "jetline/graph/graph.h"

namespace jetline {

// Calls fn(const Value&) for each value that `node` or anything in its subgraphs takes as input or returns as
// output; values that live inside those subgraphs are included (tell them apart by graph()).
template <typename Fn>
void for_each_used_value(const Node& node, const Fn& fn) {
  for (const Value* v : node.inputs()) {
    if (v) fn(*v);
  }
  for (const Graph* sub : node.subgraphs()) {
    for (const auto& inner : sub->nodes()) for_each_used_value(*inner, fn);
    for (const Value* v : sub->outputs()) fn(*v);
  }
}

// Calls fn(const Graph&) for `graph` and every subgraph below it, outermost first.
template <typename Fn>
void for_each_graph(const Graph& graph, const Fn& fn) {
  fn(graph);
  for (const auto& node : graph.nodes()) {
    for (const Graph* sub : node->subgraphs()) for_each_graph(*sub, fn);
  }
}

// Every graph of the model: main, function bodies, and all subgraphs.
template <typename Fn>
void for_each_graph(const Model& model, const Fn& fn) {
  for_each_graph(model.graph(), fn);
  for (const auto& f : model.functions) for_each_graph(*f->body, fn);
}

}  // namespace jetline
