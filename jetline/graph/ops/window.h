// The sliding window of convolutions and poolings: kernel, strides, dilations and padding of a node.
#pragma once

#include <string>

#include "jetline/graph/ops/rules.h"

namespace jetline::ops {

struct Window {
  std::vector<int64_t>
      kernel;  // empty when the node does not say (a convolution's weight does); -1: not known
  std::vector<int64_t> strides, dilations, pads;  // pads: begins, then ends
  std::string auto_pad;
  bool ceil_mode = false;

  static Window of(const Node& node, size_t spatial);
  // Size along spatial axis i for an input of size `in`; unknown where it cannot be told.
  Dim output(const Dim& in, size_t i) const;
  Dim transposed_output(const Dim& in, size_t i, int64_t output_padding) const;

 private:
  bool usable(const Dim& in, size_t i) const;
};

}  // namespace jetline::ops
