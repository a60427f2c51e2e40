// Memory and time that a model takes on a board, before there is an engine: sizes.h, memory.h, kernels.h and
// roofline.h put together. What does not depend on the target is computed once. Ownership: refers to the
// model and the subjects. Threads: one (results are kept by precision).
#pragma once

#include <map>
#include <vector>

#include "jetline/check/check.h"
#include "jetline/check/estimate/kernels.h"
#include "jetline/check/estimate/memory.h"
#include "jetline/check/subject.h"
#include "jetline/graph/infer.h"

namespace jetline::check {

// What a process needs beside weights and activations: the CUDA context and TensorRT's libraries. The least
// that has been reported, and what is common (sources in estimator.cpp).
constexpr int64_t kContextBytesLow = int64_t{200} << 20;
constexpr int64_t kContextBytesHigh = int64_t{1100} << 20;

class Estimator {
 public:
  Estimator(const Model& model, const std::vector<Subject>& subjects);
  // off_dla: for each subject whether it leaves the DLA; empty without DLA.
  Estimate estimate(const targets::Target& target, const std::vector<bool>& off_dla);

 private:
  const ActivationPeak& peak(double float_bytes);
  Estimate::Dla dla(const std::vector<bool>& off_dla) const;

  const Model& model_;
  const std::vector<Subject>& subjects_;
  MacCount macs_;
  KernelPlan plan_;
  int64_t parameters_ = 0;
  double float_weights_ = 0;        // elements
  int64_t other_weight_bytes_ = 0;  // of integers and the like
  std::map<double, ActivationPeak> peaks_;
};

}  // namespace jetline::check
