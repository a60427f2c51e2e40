// What VariableSource keeps. Threads: one.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "jetline/importers/tensorflow/variables.h"
#include "jetline/importers/tensorflow/variables/walker.h"

namespace jetline::tf {

// Names a tensor of the checkpoint, or a box of one.
struct Stored {
  std::string key, slice;  // slice as in RestoreV2's shape_and_slices; empty: all of it
};

struct TableContent {
  bool constant = false;
  Tensor keys, values;
};

struct VariableSource::State {
  explicit State(const MetaGraph& m) : meta(m), walker(m) {}
  const MetaGraph& meta;
  walk::Walker walker;
  std::optional<Bundle> bundle;
  AssetPath asset;

  // Filled once by find_restored() and find_initial_values().
  std::unordered_map<std::string, Stored> by_node;                 // of the main graph
  std::unordered_map<std::string, std::optional<Stored>> by_name;  // shared_name; nothing: several
  std::unordered_map<std::string, std::optional<std::string>> initial;

  // Read when first needed.
  bool object_graph_read = false;
  std::unordered_map<std::string, std::optional<std::string>> full_names;  // -> key
  bool tables_read = false;
  std::unordered_map<std::string, Result<TableContent>> tables;  // by table_id()
  // The parts of a partitioned variable come one after another.
  std::string last_key;
  Tensor last;

  // What the model does when it is loaded: its initialisation operator, main_op, legacy_init_op.
  std::vector<const NodeDef*> loading_roots() const;
  bool loading_read = false;
  std::unordered_map<std::string, Attr> loaded;  // constants that it assigns, by resource_name()
  void find_loaded();

  void find_restored();
  void find_initial_values();
  void find_tables();
  void read_object_graph();
  std::optional<Stored> stored(const NodeDef& variable);
};

bool is_variable_op(std::string_view op);
bool is_table_op(std::string_view op);
// What makes two nodes one resource: shared_name where there is one, else the node's name.
std::string resource_name(const NodeDef& node);
// Keys and values that the import or initialisation node `init` gives a table of the types in `table`.
Result<TableContent> table_content(VariableSource::State& state, const walk::Scope& scope,
                                   const NodeDef& init, const NodeDef& table);

}  // namespace jetline::tf
