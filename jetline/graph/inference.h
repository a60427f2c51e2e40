// Type and shape inference one node at a time, for code that builds or rewrites a graph and wants to know at
// once what it has made: importers, folding passes. infer.h runs it over a whole model.
//
//   ShapeInference infer(model);
//   Node* n = g.add_node("Shape", {x});
//   Value* s = n->add_output("s");
//   infer.node(*n);                             // s->type is int64[4]
//   const ops::KnownInts* k = infer.ints(s);    // {1, 3, H, W}, as far as known
//
// The cost of a call does not depend on the size of the graph (subgraphs of the node are walked whole).
// Ownership: refers to the model, which must outlive it; whoever removes a value or replaces a constant says
// so with forget(), because facts are kept by address. Threads: as the Model it works on.
#pragma once

#include <memory>

#include "jetline/graph/infer.h"
#include "jetline/graph/ops/rules.h"

namespace jetline {

class ShapeInference {
 public:
  explicit ShapeInference(Model& model);

  // One node whose inputs are inferred, its subgraphs included: fills Value::type of the outputs. What the
  // outputs already declare stays where inference knows less; facts followed for them before are dropped.
  void node(Node& n);
  // Every node of `g` in order.
  void graph(Graph& g);
  // Content of an integer (or bool, as 0 and 1) tensor of at most ops::kMaxKnownInts elements as far as it is
  // known: followed through shape arithmetic, or a constant. Null when nothing is known. The pointer is valid
  // until the value is forgotten or its producer inferred again.
  const ops::KnownInts* ints(const Value* v);
  // `v` is about to be removed or its constant changed.
  void forget(const Value* v);
  const InferReport& report() const { return report_; }

 private:
  using Types = std::vector<ValueType>;
  void merge(Value& v, ValueType inferred);
  void copy_facts(const Value* from, const Value* to, ShapeInference& target);
  void compute_by_content(const Node& n, Types& out);
  // inference_flow.cpp
  bool control_flow(Node& n, Types& out);
  void branch(Node& n, Types& out);
  void loop(Node& n, Types& out);
  bool turn_by_turn(Node& n, Types& out);
  void scan(Node& n, Types& out);
  void sequence_map(Node& n, Types& out);
  bool settle(Graph& body, size_t first_input, size_t first_output, Types& states, const Types& rest);
  bool call(const ModelFunction& function, Node& n, Types& out);

  Model& model_;
  ops::Facts facts_;
  InferReport report_;
  int loop_depth_ = 0, call_depth_ = 0;
  std::shared_ptr<int64_t> call_budget_;  // nodes that may still be walked inside functions
};

}  // namespace jetline
