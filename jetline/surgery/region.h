// The nodes between two sets of tensors, and a model made of them: what extract() and cut() share.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "jetline/graph/inference.h"
#include "jetline/surgery/extract.h"

namespace jetline::surgery {

// Which values of a graph, and of those around it, can be reached from some others. Uses in subgraphs count
// for the node that owns the subgraph.
class Reach {
 public:
  // `innermost`: the graph whose values are asked for; graphs around it are looked at too.
  explicit Reach(const Graph* innermost);
  void add(const Value* v);  // and all that follows from it
  bool has(const Value* v) const { return values_.count(v) > 0; }
  bool in_scope(const Graph* g) const { return chain_set_.count(g) > 0; }
  const std::vector<const Graph*>& chain() const { return chain_; }  // outermost first

 private:
  std::vector<const Graph*> chain_;
  std::unordered_set<const Graph*> chain_set_;
  std::unordered_set<const Value*> values_;
};

struct RegionRequest {
  std::vector<Value*> from, to;  // no duplicates
  bool all_inputs = false;       // `from` are the model's inputs: those that are not needed are left out
  bool complete = false;
};
Result<CutModel> extract_region(Model& model, ShapeInference& inference, const RegionRequest& request);

// Every free input of the graphs of `reach`.
std::vector<Value*> scope_inputs(const Reach& reach);
// Inputs of a node (those its subgraphs read included) that depend on `data` and whose content inference does
// not know.
std::vector<Value*> data_inputs(const Node& node, const Reach& data, ShapeInference& inference);
// The content of an integer value that follows from shapes; an undefined Tensor when it does not.
Tensor content_from_shapes(const Value& value, ShapeInference& inference);

}  // namespace jetline::surgery
