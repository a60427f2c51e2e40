// The tail of a detector: NonMaxSuppression, one for all classes or one for each, and whatever gathers, sorts
// and pads by what it selects. Where it begins (one tensor of boxes, one of scores) is found by structure;
// what the outputs behind it hold is found by running it on boxes and scores whose answer is known, so
// neither names nor the way of gathering matter. What is found is then proved: on random boxes the tail and
// suppression by the found numbers give the same detections, or the tail is left alone.
#pragma once

#include "jetline/fix/evaluate_part.h"
#include "jetline/fix/place.h"

namespace jetline::fix {

// An output behind the suppression.
struct TailOutput {
  enum class Role { kBoxes, kScores, kClasses, kCount, kOther };
  Role role = Role::kOther;
  Value* value = nullptr;
  int64_t first_class = 0;  // of kClasses: what class 0 is called
  bool clipped = false;     // of kBoxes: cut to 0 … 1
};

struct DetectorTail {
  Value* boxes = nullptr;   // float, A * 4 elements: corners of every anchor
  Value* scores = nullptr;  // float, holds A * C elements in one of two orders, perhaps with further columns
  Value* logits = nullptr;  // of which `scores` is the Sigmoid; null: of nothing
  int64_t anchors = 0, classes = 0;
  int64_t columns = 0;          // of `scores`, at least `classes`
  bool by_class = false;        // `scores` is [columns, A], else [A, columns]
  std::vector<int64_t> picked;  // which column holds which class
  float iou = 0, score = 0;     // thresholds; score is -1 where there is none
  bool centre = false;          // boxes are centre and size
  int64_t per_class = 0;        // the most that one class keeps
  int64_t rows = 0;             // the most that the outputs hold
  std::vector<TailOutput> outputs;

  const TailOutput* output(TailOutput::Role role) const;
};

// The text says why there is none that is understood.
std::string find_tail(FixContext& c, DetectorTail& tail);   // where it begins
std::string probe_tail(FixContext& c, DetectorTail& tail);  // what comes out

struct TailDetection {
  float score = 0;
  int64_t cls = 0;
  float box[4] = {0, 0, 0, 0};
};
using TailInputs = std::pair<Tensor, Tensor>;  // boxes and scores, in the form of DetectorTail's values

// Boxes [A, 4] and class scores [A, C] in the form that the tail takes.
Result<TailInputs> tail_inputs(const DetectorTail& tail, const std::vector<float>& boxes,
                               const std::vector<float>& scores);
// What the model's outputs say for them, best first.
Result<std::vector<TailDetection>> run_tail(const Model& model, const DetectorTail& tail,
                                            const TailInputs& in);
// The same by suppression with the tail's numbers.
Result<std::vector<TailDetection>> suppress(const DetectorTail& tail, const std::vector<float>& boxes,
                                            const std::vector<float>& scores);

}  // namespace jetline::fix
