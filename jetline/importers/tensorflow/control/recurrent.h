// Loops over time that are an LSTM or a GRU, recognised by what their body computes and not by names: the
// same for Keras layers and TensorFlow 1's dynamic_rnn. Threads: one.
#pragma once

#include <vector>

#include "jetline/importers/tensorflow/control/loop.h"

namespace jetline::tf {

// Emits ONNX LSTM or GRU nodes in place of the loop and gives what each variable is after it. False when the
// loop is something else; then nothing has been emitted that matters.
bool as_recurrent(OpContext& c, LoopForm& form, std::vector<Symbol>& results);

}  // namespace jetline::tf
