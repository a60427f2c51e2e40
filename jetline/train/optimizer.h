// AdamW, the averaged weights and the learning-rate schedule, on flat arrays. Bit-exact across runs: plain
// loops in a fixed order. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/train/network.h"

namespace jetline {

// Decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2), beta 0.9 and 0.999, epsilon 1e-8. Decay
// applies to convolution weights only, not to biases and batch-norm. Gradients longer than `clip` (L2 norm of
// all) are scaled down.
class AdamW {
 public:
  AdamW() = default;
  AdamW(const NetSpec& spec, double weight_decay, double clip = 10.0);
  // `step` counts from 1.
  void update(std::vector<float>& parameters, const std::vector<float>& gradient, int64_t step, double lr);
  std::vector<float> first, second;  // moments; part of a checkpoint

 private:
  std::vector<std::pair<int64_t, int64_t>> decayed_;  // offset, count
  double weight_decay_ = 0, clip_ = 0;
};

// average += (1 - d) (value - average), d = decay (1 - e^(-step / ramp)): early steps forget the random
// start.
void ema_update(std::vector<float>& average, const std::vector<float>& value, int64_t step, double decay,
                double ramp = 100);

// Linear from 0 over `warmup` steps, then a half cosine from `peak` to 1 % of it at `total`. `step` counts
// from 0.
double cosine_lr(int64_t step, int64_t total, int64_t warmup, double peak);

}  // namespace jetline
