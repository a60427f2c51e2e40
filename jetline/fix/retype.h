// Values of one element type carried as another that holds all of its numbers, through everything that only
// moves, picks or compares them. Where a node of another kind reads one it gets a Cast back.
#pragma once

#include <unordered_set>

#include "jetline/fix/place.h"

namespace jetline::fix {

struct Retype {
  DType from, to;
  bool inputs = false;   // inputs of the model change their type; else a Cast stands behind them
  bool sources = false;  // what a Cast from a condition makes, and constants, begin such values too
};

// How many values changed their type. `refused` names an input that could not.
int retype_values(FixContext& c, const Retype& r);

// A tensor of the same numbers in another type; not ok where one does not fit.
Result<Tensor> converted_tensor(const Tensor& t, DType to);

}  // namespace jetline::fix
