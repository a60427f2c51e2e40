// From a SavedModel folder or a frozen graph to a finished ONNX model: import, optimise, give the interface
// its wanted shape, bring it to the wanted opset, recognise detectors, fill the card. What `jetline convert`
// does.
//
// Threads: one call, one thread. Ids: those of import.h, passes/optimize.h and passes/opset.h, and
// tf.no-such-tensor (an unknown name in nchw_inputs, nchw_outputs, rename), tf.not-a-detector (form kDetector
// of something else), tf.detector-batch (form kDetector with an open or larger batch).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jetline/graph/card.h"
#include "jetline/importers/tensorflow/import.h"

namespace jetline::tf {

// The models of the TensorFlow Object Detection API come in two forms: raw gives TensorFlow's own outputs;
// detector has the preprocessing loop replaced by its closed form at one input size and ends with decoded
// boxes and scores.
enum class Form { kAuto, kRaw, kDetector };
enum class Nms {
  kNone,
  kOnnx
};  // of the detector form: left to jetline, or a standard NonMaxSuppression node

struct ConvertOptions {
  ImportOptions import;  // import.opset is the opset of the result
  Form form = Form::kAuto;
  Nms nms = Nms::kNone;
  bool uint8_input = false;    // of the detector form: levels come as uint8 and are cast at once; else float
  bool dynamic_batch = false;  // opens the leading dimension of every input
  std::vector<std::string> nchw_inputs, nchw_outputs;       // names; rank 4, NHWC in TensorFlow
  std::vector<std::pair<std::string, std::string>> rename;  // old -> new, inputs and outputs
  std::vector<std::string> labels;                          // for the card; empty: found in assets, if at all
  bool optimize = true;
};

struct ConvertReport : ImportReport {
  int nodes_converted = 0;  // before optimising
  int nodes = 0;
  int transposes = 0;
  int64_t opset = 0;
  std::string form;    // "raw", "detector", or "" where there is only one
  std::string family;  // "ssd", "centernet", …, "" when not recognised
};

struct Converted {
  std::unique_ptr<Model> model;
  std::optional<Card> card;
  std::vector<std::pair<std::string, std::string>> inputs, outputs;  // ONNX name -> TensorFlow tensor name
  std::string signature, tensorflow_version;
};

// `path`: a SavedModel folder, or a frozen graph file (.pb). `report` (may be null) is filled in on failure
// too.
Result<Converted> convert(const std::string& path, const ConvertOptions& options, ConvertReport* report);

}  // namespace jetline::tf
