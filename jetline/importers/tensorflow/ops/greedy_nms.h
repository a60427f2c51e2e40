// Non-maximum suppression laid out step by step, for what ONNX NonMaxSuppression cannot say. Internal to the
// operator rules.
#pragma once

#include <functional>

#include "jetline/importers/tensorflow/op_context.h"

namespace jetline::tf {

// Best first: takes the highest score above `threshold`, suppresses, and again, `steps` times.
struct GreedyNms {
  Value* scores = nullptr;     // float32 [N]
  Value* threshold = nullptr;  // float32 []
  int64_t steps = 0;
  std::function<Value*(Value* best)> overlap;  // float32 [N] with box `best` (int64 [])
  Value* iou = nullptr;                        // float32 []: boxes with more overlap go; or, when sigma > 0,
  double sigma = 0;                            // scores are multiplied by exp(-overlap^2 / (2 sigma))
};
struct GreedyResult {
  Value *boxes, *scores;  // int64 and float32 [steps]; zeros past count
  Value* count;           // int64 []
};
GreedyResult emit_greedy_nms(OpContext& c, const GreedyNms& g);

// Intersection over union of boxes [N, 4] with box `best` of them, [N].
Value* emit_iou(OpContext& c, Value* boxes, Value* best);

}  // namespace jetline::tf
