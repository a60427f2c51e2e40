// Following edges of a TensorFlow graph backwards to where a value comes from, through function calls and
// operators that only pass values on, without converting anything.
//
// Ownership: scopes belong to the walker. Everything is bounded: depth of calls, number of calls entered,
// steps. Threads: one.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "jetline/importers/tensorflow/proto.h"

namespace jetline::tf::walk {

// The nodes of the main graph or of a function by name.
struct Names {
  std::unordered_map<std::string_view, const NodeDef*> nodes;
  std::unordered_map<std::string_view, size_t> arguments;
};

// The main graph, or one call of a function.
struct Scope {
  const std::vector<NodeDef>* nodes = nullptr;
  const Names* names = nullptr;
  const FunctionDef* function = nullptr;  // null: the main graph
  const NodeDef* call = nullptr;
  const Scope* parent = nullptr;
  int depth = 0;
};

// Output `output` of a node in a scope; node null when the value comes from nowhere that can be seen.
struct End {
  const Scope* scope = nullptr;
  const NodeDef* node = nullptr;
  int output = 0;
};

class Walker {
 public:
  explicit Walker(const MetaGraph& meta);
  const Scope& main() const { return scopes_.front(); }
  const NodeDef* main_node(std::string_view name) const;
  // The body of a PartitionedCall or StatefulPartitionedCall; null for other nodes, unknown functions, and
  // past the limits.
  const Scope* enter(const Scope& scope, const NodeDef& call);
  // Where input `i` (control inputs not counted) of a node comes from.
  End source(const Scope& scope, const NodeDef& node, size_t i);
  // Calls visit(scope, node) for the main graph's nodes that `roots` depend on, control edges included, and
  // for every node of the functions that those call.
  void each(const std::vector<const NodeDef*>& roots,
            const std::function<void(const Scope&, const NodeDef&)>& visit);

 private:
  static constexpr int kMaxDepth = 16;
  static constexpr size_t kMaxScopes = 4096;
  static constexpr int kMaxSteps = 100000;
  const Names* names_of(const FunctionDef* function, const std::vector<NodeDef>& nodes);
  const FunctionLibrary& library_;
  std::deque<Scope> scopes_;
  std::unordered_map<const FunctionDef*, std::unique_ptr<Names>> names_;
  std::unordered_map<const Scope*, std::unordered_map<const NodeDef*, const Scope*>> entered_;
};

}  // namespace jetline::tf::walk
