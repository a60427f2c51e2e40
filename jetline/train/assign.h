// Which output positions answer for which true box: task-aligned assignment (TOOD, Feng et al. 2021,
// section 3.2). For each box the candidates are the positions whose centre lies inside it (or within one
// stride of its centre, so that a box smaller than a cell has some); the k with the largest score^alpha *
// iou^beta are taken, a position wanted twice goes to the box it overlaps most. The target score of a taken
// position is its metric divided by the box's best metric, times the box's best IoU: the score learns to say
// how well the position localises.
//
// Pure functions; an Assigner keeps scratch memory, one thread at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/train/network.h"
#include "jetline/vision/detection.h"

namespace jetline {

struct TrainBox {
  Box box;  // input pixels
  int class_id = 0;
};

struct AssignOptions {
  int top_k = 10;
  float alpha = 1.f, beta = 6.f;  // section 4.1
};

struct Assigned {
  int32_t position = 0;  // index of the anchor
  int32_t truth = 0;     // index of the true box
  float target = 0;      // 0..1
};

class Assigner {
 public:
  explicit Assigner(const AssignOptions& options = {}) : options_(options) {}
  // `predictions`: anchors.size() x (4 + classes), raw. The answer, sorted by position, is valid until the
  // next call.
  const std::vector<Assigned>& assign(Span<const Anchor> anchors, const float* predictions, int classes,
                                      Span<const TrainBox> truths);

 private:
  struct Candidate {
    float metric, iou;
    int32_t position;
  };
  AssignOptions options_;
  std::vector<Candidate> candidates_;
  std::vector<int32_t> owner_;  // per anchor: index into taken_, -1 none
  struct Taken {
    int32_t position, truth;
    float metric, iou;
  };
  std::vector<Taken> taken_;
  std::vector<Assigned> result_;
};

}  // namespace jetline
