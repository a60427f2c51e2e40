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

// How pictures of other shapes are brought to `size`: from what becomes of one of half the width and a
// quarter of the height with columns of 0 and 255 in turn (where the resizer reads), black, white and two
// levels of grey (whether it is padded, and with which level). Imports now and computes on a thread of its
// own.
Result<std::shared_future<PictureFit>> find_fit(const std::string& input, const PictureSize& size,
                                                const ImportOptions& options, const Importer& import);

}  // namespace jetline::tf
