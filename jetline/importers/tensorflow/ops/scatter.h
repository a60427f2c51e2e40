// Writing slices at indices, with and without accumulating, in whatever the opset has for it.
#pragma once

#include "jetline/importers/tensorflow/op_context.h"

namespace jetline::tf {

enum class Accumulate { kReplace, kAdd, kSub, kMax, kMin };

// data with updates put at indices [N…, depth] (int32 or int64). Several updates of one place add up (or give
// the extreme); with kReplace which one stays is open, as in TensorFlow. Null and `why` when it cannot be
// had.
Value* scatter_nd(OpContext& c, Value* data, Value* indices, Value* updates, Accumulate how,
                  std::string* why);

}  // namespace jetline::tf
