// Preprocessing inside the graph: the model takes the picture as it comes (uint8, height x width x channels)
// and does Cast, Transpose, channel order and normalisation itself. Of these the scale, and the mean where no
// padding lies between, go into the weights of the first convolution; the channel order goes there too.
//
//   tensor = (level - mean[c]) * scale[c]       c in the network's channel order
//
// Zero padding of the first convolution means "level = mean"; a mean can therefore only move into a bias
// where the convolution pads nothing, and stays an operator otherwise. Results equal those of the model
// before within the rounding of float (exactly, without folding). The input keeps its name.
//
// Threads: as the Model. Ids: surgery.unknown-name, surgery.preprocess (the input is no picture, is uint8
// already, has a batch that a bare HWC picture does not have, or the numbers are out of range).
#pragma once

#include <array>
#include <string>
#include <vector>

#include "jetline/graph/card.h"
#include "jetline/graph/graph.h"

namespace jetline::surgery {

struct MergePreprocessOptions {
  std::string input;  // empty: the only input, or the first of rank 4
  std::array<float, 3> mean{{0, 0, 0}};
  std::array<float, 3> scale{{1, 1, 1}};
  ColorOrder network = ColorOrder::kRGB;  // the order that mean and scale are in
  ColorOrder picture = ColorOrder::kRGB;  // the order of the new input
  enum class Picture { kNHWC, kHWC, kNCHW };
  Picture layout = Picture::kNHWC;  // of the new input
  DType dtype = DType::kU8;         // of the new input: kU8 or kF32
  bool fold = true;                 // into the first convolutions
};

struct MergePreprocessResult {
  std::string input;
  ValueType before, after;
  std::vector<std::string> added;   // operators in front of the network, in order
  std::vector<std::string> folded;  // "scale", "mean", "channel order"
  int convolutions = 0;             // that took what was folded
  std::vector<std::string> notes;
};

Result<MergePreprocessResult> merge_preprocess(Model& model, const MergePreprocessOptions& options);

// The input of a card after the merge: layout, order and element type of the picture, mean 0, scale 1.
InputSpec merged_input(const InputSpec& before, const MergePreprocessOptions& options,
                       const MergePreprocessResult& result, std::vector<std::string>& notes);

}  // namespace jetline::surgery
