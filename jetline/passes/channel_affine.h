// What fusing a scale and a shift a channel into the node before it needs to know: which nodes have weights
// that can take it (hosts), and which nodes are y = scale * x + shift with constants. float only; numbers are
// kept in double until they are stored. Threads: as the Model.
#pragma once

#include <vector>

#include "jetline/graph/deferred.h"
#include "jetline/passes/edit.h"

namespace jetline::passes {

struct ChannelHost {
  enum Kind { kConv, kConvTranspose, kGemm, kMatMul, kBatchNorm };
  Kind kind = kConv;
  int64_t channels = 0;  // of the output
  int rank = -1;         // of the output; -1 unknown
  int axis = 1;          // of the channels in the output
  size_t bias_input = 2;
  Value* bias = nullptr;  // a constant, or none
};

struct ChannelAffine {
  std::vector<double> scale, shift;  // one a channel
};

// Whether `n` computes with constant weights in input 1 (and constant bias) that can be scaled.
bool channel_host(const Node& n, ChannelHost& host);
// Whether `next` is scale * x + shift, one number for each of host.channels along host.axis of host.rank.
bool channel_affine(const Node& next, const Value* x, const ChannelHost& host, ChannelAffine& affine);
// A float constant of one number, or of one a channel along its last axis.
bool channel_numbers(const Value* v, int64_t channels, std::vector<double>& out);

// The channel of each element of a weight.
using ChannelWalk = FactorWalk;
// By channels of the output, and of the input (whose number is told).
ChannelWalk channel_outputs(const Node& n, const ChannelHost& host);
ChannelWalk channel_inputs(const Node& n, const ChannelHost& host, int64_t& channels);
// The weights of the host, each multiplied with the scale of its channel: a new initialiser of `g`.
Result<Value*> channel_scaled(Graph& g, const Node& n, const ChannelWalk& walk,
                              const std::vector<double>& scale);
// float [n].
Value* channel_constant(Graph& g, const std::vector<double>& values, const std::string& name);

}  // namespace jetline::passes
