// Moving a linear map of the channels of a picture into the convolutions that read it.
#pragma once

#include <array>
#include <vector>

#include "jetline/graph/graph.h"

namespace jetline::surgery {

// The convolutions that read `picture` [N,C,H,W], directly or through one Transpose from NHWC; empty when
// anything else reads it, or when one of them has weights that are not float constants or has groups.
std::vector<Node*> first_convolutions(const Value* picture);

// True when no convolution of the list pads.
bool pads_nothing(const std::vector<Node*>& convolutions);

// Gives every convolution the weights w'[o,i] = w[o,from[i]] * scale[from[i]] and, with `shift`, the bias
// b' = b + sum over i of w[o,i] * shift[i]: the convolution of x, where x'[from] = x * scale + shift was read
// before. `from[i]` is the network's channel that channel i of the picture is.
Status fold_channels(const std::vector<Node*>& convolutions, const std::vector<int>& from,
                     const std::vector<float>& scale, const std::vector<float>& shift);

}  // namespace jetline::surgery
