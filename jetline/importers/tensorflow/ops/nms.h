// Non-maximum suppression, shared by the operators that do it. Internal to the operator rules.
#pragma once

#include "jetline/importers/tensorflow/op_context.h"

namespace jetline::tf {

// One ONNX NonMaxSuppression: boxes [batch, N, 4], scores [batch, classes, N] (float32) -> int64 [n, 3] of
// batch, class, box. The other inputs are scalars; `score` may be null (every box takes part).
Value* emit_nms(OpContext& c, Value* boxes, Value* scores, Value* max_output, Value* iou, Value* score);

}  // namespace jetline::tf
