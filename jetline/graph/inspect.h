// What `jetline inspect` tells of a model: its interface, its operators, its size and its work.
// Ids: those of load_onnx; graph.bad-shape (usage: a shape that an input cannot have); a broken card is
// reported in the result, not as a failure.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jetline/graph/card.h"
#include "jetline/graph/infer.h"
#include "jetline/graph/onnx_file.h"

namespace jetline {

struct PortInfo {
  std::string name;
  ValueType type;
};

struct ModelSummary {
  std::string file;
  int64_t ir_version = 0;
  std::string producer;
  std::vector<std::pair<std::string, int64_t>> opsets;  // domain ("ai.onnx" spelled out), version
  std::vector<PortInfo> inputs, outputs;  // inputs without a stored default; types after inference
  int64_t nodes = 0;                      // subgraphs and function bodies included
  std::map<std::string, int64_t> ops;     // "Conv" or "domain.Op" -> nodes
  int64_t functions = 0;
  int64_t parameters = 0;    // elements of all initialisers and of floating-point Constant nodes
  int64_t weight_bytes = 0;  // what they take
  int64_t external_bytes = 0;
  MacCount macs;
  InferReport inference;
  Metadata metadata;  // without the card
  std::optional<Card> card;
  std::string card_from;  // "model" or the sidecar's path
  Status card_status;     // not OK when there is a card and it cannot be read
  LoadReport load;
};

// Counts of a model in memory; runs shape inference on it.
ModelSummary summarize(Model& model);
// Shapes for inputs that leave dimensions open: input name -> dims.
using InputShapes = std::map<std::string, std::vector<int64_t>>;
// Gives inputs of `model` a shape before inference. A named dimension ("batch") gets its number wherever the
// main graph declares that name; a dimension that the file fixes must agree.
Status set_input_shapes(Model& model, const InputShapes& shapes);
// Loads and summarizes. `model` (may be null) receives the loaded model, inferred types included.
Result<ModelSummary> inspect_model(const std::string& path, std::unique_ptr<Model>* model = nullptr,
                                   const InputShapes& shapes = {});

}  // namespace jetline
