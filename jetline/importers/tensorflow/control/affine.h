// What a matrix product of a recurrent cell computes, whatever way it is written: y = Σ x_k · M_k + b over
// the values x_k that are not themselves sums, products with constant matrices, joins or parts of such.
// Concatenated inputs with one matrix, separate products, split gates and added biases all come out alike.
// Threads: one.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "jetline/importers/tensorflow/op_context.h"

namespace jetline::tf {

struct Affine {
  struct Matrix {
    bool identity = true;  // `rows` × `rows`
    int64_t rows = 0, cols = 0;
    std::vector<float> data;  // row-major, when not identity
  };
  int64_t width = 0;  // of y's last dimension
  std::vector<std::pair<const Value*, Matrix>> terms;
  std::vector<float> bias;  // [width]

  const Matrix* term(const Value* v) const;
};

// `v` is float32 [batch, width]. Nothing when its width is not known or a constant does not fit.
std::optional<Affine> affine_of(const Value* v);

}  // namespace jetline::tf
