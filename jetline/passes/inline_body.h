// Putting the nodes of a subgraph into the graph that holds it: for branches that are always taken and turns
// of loops. Threads: as the Model.
#pragma once

#include <unordered_map>
#include <vector>

#include "jetline/passes/edit.h"

namespace jetline::passes {

using BodyMap = std::unordered_map<const Value*, Value*>;

// Whether inline_body can copy `body` (one that annotates quantisation keeps its names and stays).
bool inlinable(const Graph& body);

// Copies constants and nodes of `body` into `g`, its parent's graph, before `before`, infers their types and
// adds what became what to `map`, which already holds what stands for the body's inputs. Outer values are
// referred to as they are, names are made unique. The result has one value an output of the body.
// `made` (may be null) gets the new nodes.
std::vector<Value*> inline_body(PassContext& c, const Graph& body, Graph& g, Node* before, BodyMap& map,
                                std::vector<Node*>* made = nullptr);

// Gives the uses of `from` to `to`, through an Identity where an output of the graph needs one, and removes
// what then has no use.
Status inline_result(PassContext& c, Value* from, Value* to);

// Nodes of `body` and of the graphs below it; counts no further than `most`.
int64_t body_nodes(const Graph& body, int64_t most);

// Status fn(Graph&) for the graphs below `g` and then for `g`, so that bodies inside of bodies come out in
// one go.
template <typename Fn>
Status each_graph_inside_out(Graph& g, const Fn& fn) {
  if (!g.has_subgraphs()) return Status();
  for (Node* n : g.node_list()) {
    for (Graph* sub : n->subgraphs()) JETLINE_RETURN_IF_ERROR(each_graph_inside_out(*sub, fn));
  }
  return fn(g);
}

}  // namespace jetline::passes
