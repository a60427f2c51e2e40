// Weights against weights: the same network trained differently, cut off, rounded, or another network.
// Internal to verify. Pure functions.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "jetline/eval/verify_hypothesis.h"
#include "jetline/graph/graph.h"

namespace jetline {

struct WeightVerdict {
  enum class Kind {
    kSame,          // every tensor equal, bit for bit or to float rounding
    kPrecision,     // every tensor equal but for rounding to a shorter type
    kTruncated,     // B's tensors are A's, but some are gone, zero or constant
    kOtherWeights,  // the same shapes, other values
    kOtherModel,    // other shapes
  };
  Kind kind = Kind::kOtherModel;
  std::string text;  // the evidence
  // Tensors that are other numbers. Few of them can still be a changed first layer; many are another model.
  int64_t different = 0;
};

WeightVerdict compare_weights(const Model& a, const Model& b);

// The factor per input channel between the first convolutions, where B's is A's but for such a factor: B was
// made for an input scaled by its inverse. False where they differ otherwise.
bool first_convolution_factor(const Model& a, const Model& b, std::array<float, 3>& factor);

}  // namespace jetline
