// ONNX LSTM, GRU and RNN nodes for a matched cell.
//
// A mask (a turn that leaves states as they were, for single rows of the batch) has no form in those
// operators. Rows are compacted instead: the turns that count come first, sequence_lens says how many they
// are, and the outputs are spread again, each turn reading that of the last turn that counted. The same
// numbers for any mask. Threads: one.
#pragma once

#include "jetline/importers/tensorflow/control/cells.h"

namespace jetline::tf {

struct RecurrentInputs {
  Value* x = nullptr;      // [T, B, I]
  Value* trips = nullptr;  // T, int64 []
  Value* h = nullptr;      // [B, H]
  Value* c = nullptr;      // [B, H]; LSTM
  Value* mask = nullptr;   // bool [T, B, 1] or null
  // Made by emit_recurrent from the mask:
  Value* count = nullptr;   // int64 [T, B]: turns that counted, up to this one
  Value* length = nullptr;  // int64 [B]
};

struct RecurrentOutputs {
  Value* all_h = nullptr;   // [T, B, H]; compacted when masked
  Value* last_h = nullptr;  // [B, H]
  Value* last_c = nullptr;
};

RecurrentOutputs emit_recurrent(OpContext& c, const Cell& cell, RecurrentInputs& in);
// What a variable that began as `first` holds after all turns.
Value* recurrent_last(OpContext& c, const RecurrentInputs& in, Value* last, Value* first);
// The outputs of all turns, masked ones holding the output before (`first` before the first that counts).
Value* recurrent_spread(OpContext& c, const RecurrentInputs& in, Value* all, Value* first);
// The same with zeros at masked turns.
Value* recurrent_zeroed(OpContext& c, const RecurrentInputs& in, Value* all);

}  // namespace jetline::tf
