// Recurrent cells by what they compute: LSTM, GRU (reset before or after the product) and the plain tanh
// cell.
//
//   LSTM  c' = f·c + i·g;  h' = o·act(c')                 i, f, o, g = act(x·W + h·R + b)
//   GRU   h' = z·h + (1 - z)·n                            z, r as above
//         n = act(x·W + (r·h)·R + b), or act(x·W + b + r·(h·R + b'))
//   RNN   h' = act(x·W + h·R + b)
//
// Threads: one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jetline/importers/tensorflow/control/affine.h"

namespace jetline::tf {

struct CellGate {
  Affine::Matrix input, hidden;  // [I, H], [H, H]
  std::vector<float> bias, hidden_bias;
};

struct Cell {
  const char* op = nullptr;  // ONNX "LSTM", "GRU", "RNN"
  bool linear_before_reset = false;
  std::vector<std::string> activations;  // as the ONNX operator wants them, one direction
  std::vector<float> alpha, beta;        // of those that have numbers
  std::vector<CellGate> gates;           // in ONNX's order: iofc, zrh, i
  const Value* x = nullptr;              // [B, I], of one turn
  const Value* h = nullptr;              // [B, H], before the turn
  const Value* c = nullptr;              // LSTM
  const Value* next_c = nullptr;
  int64_t inputs = 0, units = 0;
};

// The cell that makes `next` from the hidden state `h`, both [B, H]; what it reads besides is x (and c).
std::optional<Cell> find_cell(const Value* next, const Value* h);

}  // namespace jetline::tf
