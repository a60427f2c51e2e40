// The least memory that activations need: nodes run in the order of the file, a tensor lives from its
// producer to its last use, inputs and outputs of the model live all the time (they are the caller's
// buffers).
//
//   views        Reshape, Flatten, Squeeze, Unsqueeze, Identity, Dropout: the result is the input's memory
//   in place     an element-wise operator writes over an input of the same size that ends with it; what a
//   builder
//                fuses (Conv, bias, activation) is one tensor this way
//   constants    what is stored in the model, and what follows from stored tensors alone, is weights
//
// A builder does better where it joins Concats away, and worse where kernels need workspace. Subgraphs are
// not counted. Ownership: none. Threads: as the Model.
#pragma once

#include <optional>
#include <string>

#include "jetline/graph/graph.h"

namespace jetline::check {

struct ActivationPeak {
  std::optional<double> bytes;  // none: a size is not known
  std::string node;             // that runs at the peak, or whose result has no known size
  bool batch_as_one = false;
};

ActivationPeak activation_peak(const Graph& graph, double float_bytes);

// Values that follow from stored tensors alone.
bool follows_from_weights(const Value* value);

bool is_view(const Node& node);         // its first output is its first input's memory
bool is_elementwise(const Node& node);  // each element of the result depends on one of each input

}  // namespace jetline::check
