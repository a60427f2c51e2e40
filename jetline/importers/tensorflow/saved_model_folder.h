// A SavedModel as it lies on disk: saved_model.pb, variables/variables.{index,data-*}, assets/, and
// debug/saved_model_debug_info.pb. fingerprint.pb and everything else is left alone.
//
// Ownership: the folder keeps the graph file mapped; copies share it. Threads: one. Ids: tf.not-a-saved-model
// (with a hint for what the path holds instead: Keras files, checkpoints, text graphs, TensorFlow Lite, …),
// tf.asset-outside, tf.asset-missing, tf.malformed and the ids of bundle.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jetline/importers/tensorflow/bundle.h"
#include "jetline/importers/tensorflow/proto.h"

namespace jetline::tf {

// Where nodes were made in Python, when the exporter said so.
class DebugInfo {
 public:
  DebugInfo();
  static Result<DebugInfo> parse(ByteView bytes, std::shared_ptr<const void> owner);
  // "file:line in function", innermost frame first; empty when nothing is known. `function` is the name of
  // the function that holds the node, empty for the main graph.
  std::vector<std::string> stack(std::string_view node, std::string_view function) const;
  bool empty() const;

 private:
  struct Index;
  std::shared_ptr<const Index> index_;
};

struct SavedModelFolder {
  std::string path;  // the folder
  SavedModel model;

  // A folder, or the saved_model.pb in it.
  static Result<SavedModelFolder> open(const std::string& path);

  // Null when nothing fits. An empty tag: "serve", else the first graph. Several tags: "serve,gpu", all of
  // them and no others, or, when that finds none, a graph that has them all.
  const MetaGraph* find(std::string_view tag) const;
  std::vector<std::string> tags() const;  // "serve", "serve,gpu", … in the file's order
  // The variables; nothing where the model has none.
  Result<std::optional<Bundle>> bundle() const;
  // The file of an asset; `filename` as in MetaGraph::asset_files. Anything that could lead out of assets/ is
  // tf.asset-outside (absolute names, "..", links).
  Result<std::string> asset(std::string_view filename) const;
  // Read on each call; empty without debug information, and when that is broken: nothing depends on it.
  DebugInfo debug_info() const;
};

}  // namespace jetline::tf
