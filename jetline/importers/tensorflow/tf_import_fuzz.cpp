// Feeds bytes to the importer as a frozen graph, from the protobuf walk to the ONNX model: loops made
// functional, functions inlined, loops laid out, operators folded. What comes out must keep the graph's
// invariants.
#include <cstdint>
#include <cstdlib>

#include "jetline/importers/tensorflow/import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  jetline::tf::ImportOptions options;
  options.max_nodes = 3000;
  options.max_unroll = 8;
  jetline::tf::ImportReport report;
  auto imported = jetline::tf::import_graph_def(jetline::ByteView(data, size), nullptr, options, &report);
  if (imported.ok() && !imported->model->graph().verify().ok()) std::abort();
  if (!imported.ok() && imported.status().message().empty()) std::abort();
  return 0;
}
