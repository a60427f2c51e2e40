// What rules are asked of: every node of the model as TensorRT's importer meets it, and the pseudo-operators
// that stand for the model itself.
//
//   graph              once: `inputs`, `outputs` are the model's, `nested` its deepest subgraph
//   graph.input        each input without a stored value; type(0), dims(0) … are its own
//   graph.output       each output of the main graph
//   graph.initializer  each stored tensor
//   graph.value        each result of a node that is no output of a graph, of a type other than float, float16,
//                      int32, int64 and bool
//
// Nodes are visited as the importer visits them: dead ones too, subgraphs after the node that holds them, and
// of an If whose condition is a stored constant only the branch that is taken. A call of a function that the
// model defines is one subject here; inline_calls.h puts the function's nodes in its place beforehand.
//
// Ownership: refers to the model and the catalog. Threads: as the Model.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "jetline/check/schema.h"
#include "jetline/graph/graph.h"
#include "jetline/targets/catalog.h"

namespace jetline::check {

struct Subject {
  const Node* node = nullptr;    // null for pseudo-operators
  const Value* value = nullptr;  // of graph.input, graph.output, graph.initializer
  std::string op;                // "Resize", "graph.input"
  std::string domain;
  const targets::OperatorKnowledge* knowledge = nullptr;  // null: no table knows it
  // A node of another domain whose name is an operator of ai.onnx: importers look at the name alone.
  bool by_name = false;
  const SchemaForm* form = nullptr;  // null: not an operator of ONNX at this opset
  int64_t opset = 0;
  int nested = 0;

  std::string label() const;  // the node's name, "Resize producing 'x'", the value's name
};

// Opsets of nodes that came from functions and differ from the model's.
using NodeOpsets = std::unordered_map<const Node*, int64_t>;

std::vector<Subject> collect_subjects(const Model& model, const targets::Catalog& catalog,
                                      const NodeOpsets& opsets = {});

// The tensor that the importer sees as weights: a stored tensor or the value of a Constant node. Null: none.
const Tensor* weights_of(const Value* value);
// As above without looking at the content: true also for Constants with numbers as attributes.
bool is_weights(const Value* value);
// The branch that an If with a constant condition takes; null where both are visited.
const Graph* taken_branch(const Node& node);

}  // namespace jetline::check
