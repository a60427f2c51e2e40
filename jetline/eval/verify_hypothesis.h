// Guesses at how B's input should have been made, each a corrected InputSpec with the change in words.
// Internal to verify. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "jetline/graph/card.h"

namespace jetline {

// One part of an InputSpec that may be wrong, and one value it may have instead.
struct SpecChange {
  enum class Part { kOrder, kFit, kNormalisation };
  Part part;
  std::string id;    // "verify.channel-order"
  std::string text;  // "RGB instead of BGR"
  // What it sets; the other parts stay.
  ColorOrder order = ColorOrder::kRGB;
  bool reverse_normalisation = false;  // mean and scale follow the colours to their new places
  Fit fit = Fit::kStretch;
  float pad = 0;
  std::array<float, 3> mean{}, scale{};
};

// A named normalisation; `mean` and `scale` as in InputSpec, for RGB order where they differ by channel.
struct NamedNormalisation {
  std::string name;
  std::array<float, 3> mean, scale;
};

InputSpec apply_change(InputSpec spec, const SpecChange& change);

// Every single change of B's spec worth trying: what A's card says first, then what networks commonly use.
// `measured` are normalisations found elsewhere (in the weights). None repeats B as it is.
std::vector<SpecChange> spec_changes(const InputSpec& a, const InputSpec& b,
                                     const std::vector<NamedNormalisation>& measured);

const char* order_word(ColorOrder order);
const char* fit_word(Fit fit);
std::string normalisation_words(const std::array<float, 3>& mean, const std::array<float, 3>& scale);

}  // namespace jetline
