// Object detectors exported by the TensorFlow Object Detection API, and their form for boards.
//
// An export begins with a loop that resizes and normalises each picture and ends with suppression class by
// class. With the input fixed to the size that the resizer makes, partial evaluation turns the loop into its
// closed form (the resize is the identity, the padding empty, what is left is the normalisation), and cutting
// the graph at `raw_detection_boxes` and `raw_detection_scores` leaves the decoded boxes in the graph and the
// suppression out. CenterNet has no suppression: its own outputs stay.
//
// What is recognised is structure: the exporter's output names, boxes that no suppression has touched, the
// number of suppressions (= classes) against the number of score columns (one more: a background column). How
// pictures are fitted (stretched, or one scale and padding, and with which level) is found by running the
// preprocessing on test pictures, beside the conversion. Threads: one of its own while a DetectorFacts lives.
// Ids: tf.not-a-detector, and those of import.h.
#pragma once

#include <array>
#include <functional>
#include <future>
#include <optional>
#include <string>

#include "jetline/graph/card.h"
#include "jetline/importers/tensorflow/convert.h"

namespace jetline::tf {

// How the detector's preprocessing brings pictures to its size.
struct PictureFit {
  Fit fit = Fit::kStretch;
  float pad = 0;  // level
  Resample resample = Resample::kFloatCorners;
};

struct DetectorFacts {
  std::string family;  // "ssd" (every one-stage detector with anchors) or "centernet"
  std::string input;   // name of the picture input
  int width = 0, height = 0;
  std::shared_future<PictureFit> fit;  // may still be computed, by a thread beside
  int classes = 0;
  bool background = false;  // column 0 of the scores
  int max_per_class = 100;
  float iou = 0.6f, score = 0;  // of TensorFlow's own suppression
};

using Importer = std::function<Result<Imported>(const ImportOptions&)>;

// `raw`: the faithful import, optimised or not. Nothing when it is no detector of a known family, or when no
// input size makes the resizer the identity; then `why` says so.
Result<std::optional<DetectorFacts>> recognise_detector(const Model& raw, const ImportOptions& options,
                                                        const Importer& import, std::string& why);

// Imports again with the input fixed and gives the model its detector form: outputs `boxes` [1, A, 4] (ymin,
// xmin, ymax, xmax as fractions of the input) and `scores` [1, A, C] (no background), or with Nms::kOnnx
// `detection_boxes` [1, N, 4], `detection_scores` [1, N], `detection_classes` [1, N] (0-based), best first;
// for CenterNet those three with N = 100.
Result<Imported> make_detector(const DetectorFacts& facts, const ConvertOptions& options,
                               const Importer& import);

Card detector_card(const DetectorFacts& facts, const ConvertOptions& options);

// Class names of a label map (label_map.pbtxt: item { id: 1 name: 'cat' }) or of a plain list; index = id
// - 1.
std::vector<std::string> parse_label_map(std::string_view text);

}  // namespace jetline::tf
