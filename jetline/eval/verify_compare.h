// Numbers against numbers and boxes against boxes. Internal to verify. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "jetline/eval/verify.h"
#include "jetline/vision/detection.h"
#include "jetline/vision/image.h"

namespace jetline {

// What one hop made of all pictures.
struct HopRun {
  std::vector<RawOutputs> raw;
  std::vector<std::vector<Detection>> boxes;  // empty without a head
};

// Prepares every picture as `spec` says, runs the hop, decodes with its head and card.
Result<HopRun> run_hop(Hop& hop, const InputSpec& spec, const std::vector<const Image*>& images);

// For each output of A the index of B's partner, -1 where there is none: by name, else by position where the
// counts are equal. Partners have equal shapes.
std::vector<int> pair_outputs(const RawOutputs& a, const RawOutputs& b);

// Classes of B by A's: class i of A is class map[i] of B. Empty: the same.
using ClassMap = std::vector<int>;

// Where the classes of a head lie in a raw output: axis and first index, or axis -1.
struct ClassAxis {
  int axis = -1;
  int64_t first = 0;
};
ClassAxis class_axis(const std::vector<int64_t>& shape, size_t classes);

struct RawComparison {
  bool comparable = false;  // every output of A has a partner and B has no other
  bool same = false;
  std::vector<OutputDifference> outputs;
  // Mean |a - b| over mean |a - mean(a)|, averaged over outputs: 0 the same, about 1 unrelated.
  double distance = 0;
};
// `map` permutes B's class channels before comparing.
RawComparison compare_raw(const HopRun& a, const HopRun& b, const VerifyTolerance& tolerance,
                          size_t classes = 0, const ClassMap& map = {});

// The permutation of B's class channels that brings each onto A's; empty when there is none or it is the
// identity.
ClassMap find_class_map(const HopRun& a, const HopRun& b, size_t classes, const VerifyTolerance& tolerance);

// `name_map` as ClassMap, by the labels' names: which class of B means class i of A.
BoxDifference compare_boxes(const HopRun& a, const HopRun& b, const ClassMap& name_map, float threshold,
                            const VerifyTolerance& tolerance);
bool boxes_agree(const BoxDifference& d, const VerifyTolerance& tolerance);

}  // namespace jetline
