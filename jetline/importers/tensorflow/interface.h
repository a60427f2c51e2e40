// What goes into a converted model and what comes out: the ends of a TensorFlow graph under their public
// names. Shared by the ways in (SavedModel folder, frozen graph, graph in memory).
#pragma once

#include <string>
#include <vector>

#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/import.h"

namespace jetline::tf {

struct End {
  std::string name;    // in the ONNX model
  std::string tensor;  // "node:0" in the graph
  DataType dtype = DataType::kInvalid;
  Shape shape;  // what the signature says
};

struct Interface {
  std::string signature;
  std::vector<End> inputs, outputs;
};

// Of a signature: inputs by name; outputs in the order in which the exported function returns them, else by
// name. tf.no-signature, tf.no-outputs, tf.unsupported-form (composite tensors).
Result<Interface> signature_interface(const MetaGraph& meta, const ImportOptions& options);
// Of tensors named by the options; where those are empty the placeholders, and the nodes that nobody uses.
// tf.no-such-tensor, tf.no-outputs.
Result<Interface> tensor_interface(const MetaGraph& meta, const ImportOptions& options);

// Converts the graph between the ends. tf.unsupported-op when report.unsupported is not empty.
Result<Imported> import_between(const MetaGraph& meta, const Interface& interface, StateSource state,
                                const ImportOptions& options, ImportReport& report);

}  // namespace jetline::tf
