// One of two, decided when the model runs. Threads: one.
#pragma once

#include <functional>
#include <vector>

#include "jetline/importers/tensorflow/op_context.h"

namespace jetline::tf {

// What each side gives is converted into one body of an ONNX If; `out` are the joined results, those not
// wanted as kUnwanted. Both sides must give the same kinds and element types; lists are joined element by
// element, equal handles stay as they are. tf.unsupported-form, tf.poisoned.
Status join_branches(OpContext& c, Value* condition, const std::function<std::vector<Symbol>()>& then_side,
                     const std::function<std::vector<Symbol>()>& else_side, const std::vector<bool>& wanted,
                     std::vector<Symbol>& out);

}  // namespace jetline::tf
