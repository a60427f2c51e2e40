// TensorFlow SavedModels and frozen graphs to the graph room, without TensorFlow.
//
// Threads: one call, one thread; nothing is kept between calls. Ids: tf.not-a-saved-model, tf.malformed,
// tf.no-tag, tf.no-signature, tf.no-such-tensor, tf.unsupported-op (all of them at once, in
// ImportReport::unsupported), tf.unsupported-form, tf.cycle, tf.too-deep, tf.too-many, tf.loop-too-long,
// tf.opset-too-low, and the ids of bundle.h.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jetline/graph/graph.h"
#include "jetline/importers/tensorflow/proto.h"

namespace jetline::tf {

struct ImportOptions {
  std::string tag;        // empty: "serve", else the only or first MetaGraph
  std::string signature;  // empty: "serving_default", else the only one (not __saved_model_init_op)
  // Tensor names ("x:0") or signature names instead of a signature; needed for a frozen graph whose ends are
  // not clear (empty: its placeholders, and the nodes nobody uses).
  std::vector<std::string> inputs, outputs;
  std::map<std::string, std::vector<int64_t>> shapes;  // input name -> dims; -1 open
  std::optional<int64_t> batch;  // fixes open leading dimensions; -1 opens those of all inputs
  int64_t opset = 13;            // 9 to 21: what rules may use; see needs_opset
  bool freeze_random = false;    // random operators become constants drawn once
  uint64_t seed = 1;
  // Ends the conversion with the first ONNX node of this operator that is not constant: to look at a
  // beginning. The model then has no outputs.
  std::string stop_at;
  int64_t max_unroll = 256;     // turns of a loop that are laid out one after another
  int64_t max_nodes = 2000000;  // ONNX nodes made, and TensorFlow nodes converted (those of loops repeatedly)
};

struct Unsupported {
  std::string op;      // TensorFlow's
  std::string reason;  // from the rule, or "no such operator is known"
  std::string hint;
  std::vector<std::string> nodes;  // with scopes
  std::vector<std::string> stack;  // Python "file:line in function", from the debug info, of the first node
};

struct Warning {
  std::string id, text;
};

struct ImportReport {
  std::map<std::string, int> ops;  // TensorFlow operators converted -> times
  int folded = 0;                  // nodes evaluated while converting
  int unrolled = 0;                // loop turns laid out
  int inlined = 0;                 // function calls
  int lowest_opset = 9;            // that expresses what was emitted
  std::vector<Warning> warnings;
  std::vector<Unsupported> unsupported;                 // when the import failed with tf.unsupported-op
  std::vector<std::pair<std::string, double>> seconds;  // phase -> wall time
};

struct Imported {
  std::unique_ptr<Model> model;
  std::string signature, tensorflow_version;
  // Signature name -> TensorFlow tensor name, in the order of the ONNX inputs and outputs.
  std::vector<std::pair<std::string, std::string>> inputs, outputs;
  std::vector<std::string> assets;  // paths under assets/, checked to lie inside
};

// A file or folder opened once for several imports: what was read and checked is kept (views into mapped
// files). Copies share it. Threads: one.
class ModelSource {
 public:
  // A SavedModel folder (or the saved_model.pb in it), or a frozen graph (any other .pb file).
  static Result<ModelSource> open(const std::string& path, ImportReport* report);
  Result<Imported> import(const ImportOptions& options, ImportReport* report) const;
  // Whether what was imported so far fits its checksums, which a thread computes beside: to be asked before
  // anything imported is used for good.
  Status checked() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// `report` (may be null) is filled in on failure too. The model is at opset 13 or what needs_opset raised it
// to, not yet optimised; convert.h goes on from here.
Result<Imported> import_saved_model(const std::string& folder, const ImportOptions& options,
                                    ImportReport* report);
// For tests and for graphs in memory: GraphDef bytes.
Result<Imported> import_graph_def(ByteView graph_def, std::shared_ptr<const void> owner,
                                  const ImportOptions& options, ImportReport* report);

}  // namespace jetline::tf
