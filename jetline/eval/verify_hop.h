// One form of a detector on its way to the robot: a checkpoint, an ONNX file on an engine, later others. A
// Hop turns prepared tensors into raw outputs; what it says about its input and its head (the card) lets
// verify prepare the tensors and decode the outputs. A new hop is one HopKind in verify_hop.cpp.
//
// Threads: one thread at a time per Hop.
// Ids: verify.unknown-hop (no kind takes this file), those of the loaders behind each kind.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "jetline/engine/engine.h"
#include "jetline/graph/card.h"
#include "jetline/graph/graph.h"
#include "jetline/vision/heads/head.h"

namespace jetline {

struct HopOptions {
  EngineOptions engine;
  std::string card_path;  // sidecar that stands for the file's own card; "" = none
};

struct RawOutput {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> values;
};
using RawOutputs = std::vector<RawOutput>;  // of one image

class Hop {
 public:
  virtual ~Hop() = default;
  virtual const char* kind() const = 0;  // "onnx", "checkpoint"
  virtual const std::string& path() const = 0;
  virtual const Card& card() const = 0;
  // Decodes outputs into boxes; null where the model is no known detector (raw outputs are compared alone).
  virtual const Head* head() const = 0;
  // One tensor an image, as card().input says but for values and meaning: size, layout, type and channels
  // hold.
  virtual Result<std::vector<RawOutputs>> forward(const std::vector<std::vector<uint8_t>>& tensors) = 0;
  // The network as a graph, for comparing weights. A Status where this form has none.
  virtual Result<std::unique_ptr<Model>> model() const = 0;
  virtual std::map<std::string, std::string> conditions() const = 0;
};

struct HopKind {
  const char* name;
  bool (*accepts)(const std::string& path);  // by name or first bytes; the first kind that accepts opens it
  Result<std::unique_ptr<Hop>> (*open)(const std::string& path, const HopOptions& options);
};
const std::vector<HopKind>& hop_kinds();

Result<std::unique_ptr<Hop>> open_hop(const std::string& path, const HopOptions& options);

// One a file.
Result<std::unique_ptr<Hop>> open_engine_hop(const std::string& path, const HopOptions& options);
Result<std::unique_ptr<Hop>> open_checkpoint_hop(const std::string& path, const HopOptions& options);

}  // namespace jetline
