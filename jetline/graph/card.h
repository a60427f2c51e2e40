// The model card: what a detector file must say about itself so that it runs with the right numbers anywhere.
// jetline writes it into an ONNX file's metadata_props (key `jetline.card`, JSON); for a foreign model a
// sidecar `NAME.card.toml` or flags say the same. A plain value; no thread rules.
//
// Ids: card.syntax, card.field (unknown enum word, wrong type or range).
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "jetline/base/dtype.h"
#include "jetline/base/status.h"

namespace jetline {

enum class Layout { kNCHW, kNHWC };
enum class ColorOrder { kRGB, kBGR, kGray };
// How an image of another shape is brought to the input size.
enum class Fit {
  kStretch,           // both axes independently to the full input
  kLetterbox,         // one scale, centred, the rest padded (left/top padding is rounded down)
  kLetterboxTopLeft,  // one scale, anchored at the top left, padding right and below (YOLOX)
};

// How pixels between pixels are computed, all of them bilinear without antialiasing.
enum class Resample {
  kLevels,        // sampled at pixel centres, fixed point, rounded to levels: what OpenCV calls INTER_LINEAR
  kFloatCenters,  // the same in float, not rounded: TensorFlow's half_pixel_centers
  kFloatCorners,  // float, output x reads input x * in / out: TensorFlow's ResizeBilinear as of TensorFlow 1
};

// What the tensor that enters the network looks like.
struct InputSpec {
  std::string name;  // ONNX input name; "" means the only (or first non-initialiser) input
  int width = 0, height = 0;
  Layout layout = Layout::kNCHW;
  ColorOrder order = ColorOrder::kRGB;
  Fit fit = Fit::kLetterbox;
  Resample resample = Resample::kLevels;
  float pad = 114;  // padding level, 0..255, before normalisation
  // tensor = (level - mean[c]) * scale[c], level in 0..255, c in the tensor's own channel order.
  std::array<float, 3> mean{{0, 0, 0}};
  std::array<float, 3> scale{{1, 1, 1}};
  DType dtype = DType::kF32;
};

struct Card {
  int version = 1;
  std::string name;                 // "find_can"
  std::string task = "detect";      // detect, classify, regress
  std::string head;                 // registry name of the head: "jetline", "yolox", "fastestdet", ...
  std::vector<std::string> labels;  // index = class id
  InputSpec input;
  // Constants of the head (strides, reg_max, exponents, variances ...), each a short list of numbers.
  std::map<std::string, std::vector<double>> head_params;
  float score_threshold = 0.25f;
  float nms_iou = 0.5f;
  std::map<std::string, std::string>
      provenance;  // "dataset_sha256", "checkpoint_sha256", "jetline_version" ...
};

constexpr const char* kCardKey = "jetline.card";

std::string card_to_json(const Card& card);  // stable key order, one line
Result<Card> card_from_json(std::string_view json);
Result<Card> card_from_toml(std::string_view toml, const std::string& where);

}  // namespace jetline
