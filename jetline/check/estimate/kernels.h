// What a builder would launch for a model, as a rule of thumb: one kernel for each convolution, matrix
// product, pooling, reduction or movement of data; element-wise operators join the kernel that makes their
// input when every use of that input is element-wise; views and arithmetic on shapes cost nothing.
#pragma once

#include <vector>

#include "jetline/check/estimate/sizes.h"
#include "jetline/graph/graph.h"

namespace jetline::check {

enum class KernelKind {
  kDense,    // convolution with a window over all channels
  kMatrix,   // 1x1 convolution, matrix product, recurrent layer
  kGrouped,  // depth-wise and grouped convolution
  kMemory    // everything that computes little: pooling, softmax, resize, concat, element-wise
};

struct Kernel {
  KernelKind kind = KernelKind::kMemory;
  std::vector<const Node*> nodes;  // the first is the one that it is named after
  double macs = 0;
  double float_elements = 0;  // read and written, weights included
  double other_bytes = 0;     // of what is no float
};

struct KernelPlan {
  std::vector<Kernel> kernels;
  const Node* unknown = nullptr;  // a node whose work or size is not known, or that has a body
  bool batch_as_one = false;
};

KernelPlan plan_kernels(const Model& model);

}  // namespace jetline::check
