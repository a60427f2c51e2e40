// A head turns the raw outputs of one family of detectors into boxes. One head a file; registry.cpp lists
// them. A HeadKind says how its family is recognised from structure, which input its authors feed it, and
// makes a Head once all shapes are known. Coordinates here are pixels of the network's input ("tensor
// pixels"); the Detector maps them to the image.
//
// Threads: a Head is immutable after creation; decode() may run on several threads with separate outputs.
// Ids: detect.head-mismatch (outputs or input do not fit this head).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/base/status.h"
#include "jetline/engine/engine.h"
#include "jetline/graph/card.h"
#include "jetline/vision/detection.h"

namespace jetline {

struct OutputFacts {
  std::string name;
  DType dtype = DType::kUndefined;
  std::vector<int64_t> shape;  // -1: not known before the engine has compiled the model
  // Operator types between this output and the nearest convolutions or matrix products, each once, sorted:
  // tells what of the decoding already happens in the graph. Empty when the graph could not be read.
  std::vector<std::string> tail_ops;
  bool has_tail_op(const std::string& op) const;
};

// What a head may look at to recognise itself.
struct ModelFacts {
  std::vector<TensorInfo> inputs;  // without initialisers that are also listed as inputs
  std::vector<OutputFacts> outputs;
  bool graph_read = false;  // tail_ops are valid
  const OutputFacts* output(const std::string& name) const;
};

class Head {
 public:
  virtual ~Head() = default;
  // Upper bound of what decode() appends; the caller reserves that much, so decode() never allocates.
  virtual size_t max_candidates() const = 0;
  virtual size_t classes() const = 0;
  // Appends every location whose score is above `score_threshold`, in raw order (the order that breaks ties).
  // `outputs` are all outputs of the model in its order, float32, with the shapes given at creation.
  virtual void decode(Span<const TensorView> outputs, float score_threshold,
                      std::vector<Detection>& candidates) const = 0;
};

struct HeadKind {
  const char* name;
  const char* summary;  // one line for `detect.no-head` and the help
  // True when inputs and outputs have the shape of this family. Never guesses from a single number.
  bool (*recognise)(const ModelFacts& facts);
  // Fills input (order, fit, mean, scale, pad), head_params and thresholds as the authors use the family.
  // Size and layout of the input are filled by the caller; width or height 0 (dynamic) takes this function's
  // size.
  void (*defaults)(const ModelFacts& facts, Card& card);
  // All shapes are known. Checks that they fit the card.
  Result<std::unique_ptr<Head>> (*create)(const ModelFacts& facts, const Card& card);
};

// In the order in which they are tried; at most one recognises any structure we know of.
const std::vector<const HeadKind*>& head_registry();
const HeadKind* find_head(const std::string& name);       // null when unknown
const HeadKind* recognise_head(const ModelFacts& facts);  // null when none fits

// Helpers shared by heads.
// Sum over strides of ceil(w/s)*ceil(h/s).
int64_t grid_cells(int width, int height, Span<const double> strides);
// head_params[name], or `fallback` when it is absent.
std::vector<double> head_param(const Card& card, const std::string& name, std::vector<double> fallback);
double head_number(const Card& card, const std::string& name, double fallback);
// "[1, 3549, 85]"; -1 prints as "?".
std::string shape_text(const std::vector<int64_t>& shape);
// "`scores` [1, 4420, 2], `boxes` [1, 4420, 4]"
std::string outputs_text(const ModelFacts& facts);
// detect.head-mismatch with what was found.
Status head_mismatch(const char* head, const ModelFacts& facts, const std::string& why);
// Width and height of input 0 in whichever layout; 0 where dynamic or when it is no image.
struct InputGeometry {
  int width = 0, height = 0, channels = 0;
  Layout layout = Layout::kNCHW;
  bool image = false;  // rank 4 with 1 or 3 channels
};
InputGeometry input_geometry(const ModelFacts& facts);

}  // namespace jetline
