// Whether a rewrite left a model's numbers as they were, without running the whole model: a value that both
// models have by name is computed in each from the nearest values that both have, on the same random numbers,
// wherever the two ways of computing it differ. When every such piece gives the same, so do the models, by
// induction from the inputs. Convolutions that did not change are never run.
//
// Pieces that the evaluator cannot run, or that would take too long, make the difference "not compared".
// Threads: a free function. Ids: fix.not-comparable (negative).
#pragma once

#include "jetline/fix/fix.h"

namespace jetline::fix {

//
// A name that means something else afterwards makes a piece differ though the models do not: `whole` computes
// the outputs from the inputs instead.
Difference compare_pieces(const Model& before, const Model& after, bool whole = false);

// Relative to the larger of 1 and the greatest number of `a`; infinity where shapes differ. NaN equals NaN.
double tensor_difference(const Tensor& a, const Tensor& b);

// Both models with the same inputs and outputs, for an engine that runs them whole: outputs that both have
// stay; where an output is new, or comes out of a plugin, what both have before it stands in its place.
// Inputs that changed their type or were left open are those of both.
struct ComparablePair {
  std::unique_ptr<Model> before, after;
  bool whole = true;  // all outputs of `after` themselves
};
Result<ComparablePair> comparable_pair(const Model& before, const Model& after);

}  // namespace jetline::fix
