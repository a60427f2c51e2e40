// How much memory and time a model takes on a board, before there is an engine. estimate.cpp says how;
// docs/check.md explains the figures. Ownership: refers to the model. Threads: as the Model.
#pragma once

#include <vector>

#include "jetline/check/check.h"
#include "jetline/check/subject.h"
#include "jetline/graph/infer.h"

namespace jetline::check {

class Estimator {
 public:
  Estimator(const Model& model, const std::vector<Subject>& subjects);
  // off_dla: for each subject whether it leaves the DLA; empty without DLA.
  Estimate estimate(const targets::Target& target, const std::vector<bool>& off_dla) const;

 private:
  const Model& model_;
  const std::vector<Subject>& subjects_;
  MacCount macs_;
};

}  // namespace jetline::check
