// Walks a TensorFlow graph from the wanted outputs backwards, through function calls, and turns what is met
// into ONNX nodes by partial evaluation (symbol.h says what an edge carries, op_context.h how one operator is
// converted).
//
// One Converter makes one model. A body (the main graph, or a function called with arguments) is converted in
// two steps: what the wanted outputs need is marked, through calls too, so that nothing is converted for an
// argument that the callee ignores; then the marked nodes are converted in topological order. Control edges
// carry no data and are dropped, except that a variable that is both written and read is refused: dropping
// the write would change numbers.
//
// A node that cannot be converted poisons what depends on it, and the walk goes on, so that everything
// unsupported is reported at once. What makes going on senseless (a cycle, a limit, a missing variable) is
// kept in failure(). Recursion in C++ follows function calls only, at most kMaxDepth deep. Threads: one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "jetline/graph/inference.h"
#include "jetline/importers/tensorflow/import.h"
#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {

// One edge end: node and flattened output, or (node < 0) an argument.
struct Source {
  int node = -1;
  int output = 0;
  int argument = -1;
  bool known() const { return node >= 0 || argument >= 0; }
};

// The nodes of a graph or function by name, and where their data inputs come from.
struct Body {
  const std::vector<NodeDef>* nodes = nullptr;
  const FunctionDef* function = nullptr;  // null: a plain graph
  std::unordered_map<std::string_view, int> index;
  std::unordered_map<std::string_view, int> arguments;  // of a function
  // By node, filled when first asked for (Converter::sources): one for each data input.
  mutable std::vector<std::vector<Source>> sources;
  mutable std::vector<bool> has_sources;
};

// What is known of the functions of one library, whatever is fetched and fed: kept between conversions.
struct BodyCache {
  std::unordered_map<const FunctionDef*, Body> bodies;
  std::map<std::pair<const FunctionDef*, std::vector<bool>>, std::vector<bool>> needed;
  std::unordered_map<const FunctionDef*, bool> writes;
  std::unordered_map<const FunctionDef*, std::unique_ptr<FunctionDef>> functional;  // null: as it was
  std::unordered_map<std::string_view, std::unique_ptr<FunctionDef>> made;          // from frames
  std::vector<std::shared_ptr<const void>> names;
};

// Where the content of a variable or table comes from.
struct StateSource {
  std::function<Result<Tensor>(const NodeDef&)> variable;  // of a VarHandleOp, VariableV2, Variable
  // Fills keys and values of a constant hash table; false when it is not constant.
  std::function<bool(const NodeDef&, Resource&)> table;
  std::shared_ptr<BodyCache> bodies;  // may be null; of the library that is converted
};

class Converter {
 public:
  static constexpr int kMaxDepth = 128;  // calls within calls; deeper ones are cycles in practice

  Converter(Model& model, const FunctionLibrary& library, StateSource state, const ImportOptions& options,
            ImportReport& report);

  // Converts what `fetches` ("name:0", names of the main graph) need. `fed` replaces outputs of nodes ("name"
  // of a node; output 0). Poisoned fetches come as kNone.
  std::vector<Symbol> run(const GraphDef& graph, const std::vector<std::string>& fetches,
                          const std::unordered_map<std::string_view, Symbol>& fed);

  // Converts a call of the function `name` in place and returns its outputs; those with wanted[i] false
  // (empty: all wanted) come as kUnwanted. `scope` names what is made. `attrs` replaces attribute
  // placeholders of the body.
  std::vector<Symbol> call(std::string_view name, const std::vector<Symbol>& arguments,
                           const std::string& scope, const std::vector<bool>& wanted = {},
                           const NodeDef* attrs = nullptr);
  const FunctionDef* function(std::string_view name);  // null and failure() when there is none
  // Which arguments the wanted outputs of a function need.
  const std::vector<bool>& needed_arguments(const FunctionDef& f, const std::vector<bool>& wanted);

  // --- the graph under construction
  Model& model() { return model_; }
  Graph& graph() { return *graph_; }  // where emission goes: the main graph, or a subgraph under construction
  // Sends emission to `g` while it lives.
  class Into {
   public:
    Into(Converter& c, Graph& g) : c_(c), before_(c.graph_) { c.graph_ = &g; }
    ~Into() { c_.graph_ = before_; }
    Into(const Into&) = delete;
    Into& operator=(const Into&) = delete;

   private:
    Converter& c_;
    Graph* before_;
  };
  std::vector<Value*> emit(const std::string& name, const char* op, std::vector<Value*> inputs,
                           size_t outputs, const std::vector<AttrArg>& attributes);
  Value* constant(Tensor t,
                  std::string_view name);  // an initialiser of the main graph; small equal ones are shared
  // The variable's content as an initialiser, read once. Null and failure() when the checkpoint has none.
  Value* variable(const Resource& r, const NodeDef* node = nullptr);
  ShapeInference& inference() { return inference_; }

  // --- bookkeeping
  const ImportOptions& options() const { return options_; }
  ImportReport& report() { return report_; }
  const StateSource& state() const { return state_; }
  const FunctionLibrary& library() const { return library_; }
  void refuse(const NodeDef& node, const std::string& name, const std::string& reason,
              const std::string& hint);
  // Notes that `r` is written; refused at the end when it is also read.
  void written(const NodeDef& node, const std::string& name, const std::shared_ptr<const Resource>& r);
  void fail(Status s) {
    if (failure_.ok()) failure_ = std::move(s);
  }
  const Status& failure() const { return failure_; }
  bool stopped() const { return stopped_; }  // ImportOptions::stop_at was met
  void needs_opset(int n);
  // Refusals that only show when everything has been seen (written and read variables).
  void finish();

 private:
  friend class Into;
  Body make_body(const std::vector<NodeDef>& nodes, const FunctionDef* function) const;
  // False and failure() when `input` names nothing.
  bool resolve(const Body& body, std::string_view input, Source& source);
  bool find_source(const Body& body, std::string_view input, Source& source);  // the same, without failure()
  // Of the data inputs of a node, in order; Source() where one names nothing.
  const std::vector<Source>& sources(const Body& body, int node);
  int flat_output(const NodeDef& node, std::string_view output_name, int index);
  const FunctionDef* callee(const NodeDef& node);  // of calls that are inlined; null for others
  // Which data inputs a call or a node of control flow needs; null for others, which need all.
  const std::vector<bool>* needs(const NodeDef& node, const std::vector<bool>& wanted,
                                 std::vector<bool>& store);
  // The function with TensorFlow 1 control flow made functional.
  const FunctionDef* functional(const FunctionDef* f);
  void mark(const Body& body, const std::vector<Source>& fetches, std::vector<std::vector<bool>>& wanted,
            std::vector<bool>& arguments);
  std::vector<int> order(const Body& body, const std::vector<Source>& fetches,
                         const std::vector<std::vector<bool>>& wanted, const std::vector<bool>& fed);
  std::vector<Symbol> body(const Body& body, const std::vector<Source>& fetches,
                           const std::vector<Symbol>& arguments, const std::unordered_map<int, Symbol>& fed,
                           const std::string& scope, const NodeDef* attrs);
  void node(const NodeDef& n, const std::vector<Symbol>& inputs, const std::string& name,
            const std::vector<bool>& wanted, std::vector<Symbol>& results);
  bool fold(Node* n, std::vector<Value*>& outputs);
  bool writes(const FunctionDef& f);

  Model& model_;
  const FunctionLibrary& library_;
  StateSource state_;
  const ImportOptions& options_;
  ImportReport& report_;
  Graph* graph_;
  ShapeInference inference_;
  Status failure_;
  bool stopped_ = false;
  int depth_ = 0;
  int64_t converted_ = 0;                              // TensorFlow nodes
  std::unordered_map<std::string, Value*> variables_;  // by node name of the handle
  std::unordered_map<std::string, NodeDef> handles_;   // VarHandleOp nodes by scoped name
  std::set<std::string> read_;
  struct Write {
    std::string op, node;
  };
  std::map<std::string, std::vector<Write>> writes_;               // by node name of the handle
  std::unordered_map<std::string, Value*> constants_;              // by type, dims and bytes
  std::unordered_map<std::string, std::vector<Value*>> interned_;  // nodes on constants
  std::shared_ptr<BodyCache> cache_;
};

}  // namespace jetline::tf
