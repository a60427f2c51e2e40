// Finding out by trying: what the preprocessing of a detector does to pictures of chosen sizes.
#pragma once

#include <optional>

#include "jetline/importers/tensorflow/detector/detector.h"

namespace jetline::tf {

struct PictureSize {
  int width = 0, height = 0;
};

// The size at which the resizer has nothing to do: what a square picture becomes at the first convolution, if
// a picture of that size stays as it is. Nothing when there is none.
Result<std::optional<PictureSize>> find_picture_size(const std::string& input, const ImportOptions& options,
                                                     const Importer& import);

// Fills fit and pad of `facts` (input, width and height known) from what becomes of a picture of half height
// with two levels of grey.
Status find_fit(const ImportOptions& options, const Importer& import, DetectorFacts& facts);

// Fills resample: where the resizer reads, from what becomes of columns of 0 and 255 in turn, beside black and
// white, at twice the width.
Status find_resample(const ImportOptions& options, const Importer& import, DetectorFacts& facts);

}  // namespace jetline::tf
