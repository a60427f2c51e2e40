// Holds one form of a detector against another on the same pictures: raw outputs and final boxes. Where they
// differ, says why: side B is run again under corrected preprocessing (channel order, fit, normalisation) and
// with its classes matched to A's, and the smallest correction that makes both agree is the cause; where none
// does, the weights are compared. How the diagnosis works: docs/verify.md.
//
// Tolerances. Raw numbers a (of A) and b agree when |a - b| <= 1e-3 + 1e-4 |a|; boxes agree when each has a
// partner of the same label with corners within 0.5 px of the image and scores within 0.01 (a box whose score
// is within 0.01 of the threshold needs none).
//
// Threads: a free function, no shared state. Ids: verify.no-images, verify.no-image, verify.unknown-hop;
// those of the hops and of load_image. A difference is a result, not an error.
#pragma once

#include <string>
#include <vector>

#include "jetline/base/progress.h"
#include "jetline/base/status.h"
#include "jetline/eval/verify_hop.h"

namespace jetline {

struct VerifyTolerance {
  double raw_abs = 1e-3, raw_rel = 1e-4;
  double box_px = 0.5, score = 0.01;
};

struct VerifyOptions {
  std::string a, b;
  HopOptions hop_a, hop_b;
  std::string images;   // a folder (searched below) or one picture
  int max_images = 16;  // evenly spaced over the sorted list
  VerifyTolerance tolerance;
};

// How far apart an output is. `max_rel` is max_abs over the range (largest minus smallest value) of A's
// output.
struct OutputDifference {
  std::string name;
  double max_abs = 0, max_rel = 0;
  double outside = 0;      // fraction of numbers outside the tolerance
  bool comparable = true;  // both sides have it, with equal shapes
};

struct BoxDifference {
  bool comparable = false;  // both sides have a head
  int64_t matched = 0, missing = 0, extra = 0;
  double max_shift_px = 0, max_score_diff = 0;
};

struct VerifyCause {
  std::string
      id;  // verify.channel-order, .fit, .padding, .normalisation, .label-order, .labels, .thresholds,
           // .truncated, .other-weights, .other-model, .precision, .input-size, .unexplained
  std::string text;  // one sentence with the evidence
};

struct VerifyResult {
  bool same = false;
  std::vector<VerifyCause>
      causes;  // empty when same; more than one when faults add up, the first is the main one
  std::vector<OutputDifference> outputs;
  BoxDifference boxes;
  int64_t images = 0;
  std::vector<std::string> notes;  // what was left out and why (unreadable pictures, outputs without partner)
  std::string kind_a, kind_b;
  std::map<std::string, std::string> conditions_a, conditions_b;
};

Result<VerifyResult> verify(const VerifyOptions& options, Progress& progress, CancelToken& cancel);

}  // namespace jetline
