// The detector's loss and its gradient, in closed form and without LibTorch, so that it can be checked
// against numbers worked out by hand.
//
// Classification: quality focal loss, |t - p|^2 * crossentropy(p, t) with p = sigmoid(logit) and t the target
// score (Generalized Focal Loss, Li et al. 2020, eq. 3). Localisation: distance-IoU loss 1 - IoU + d^2 / c^2
// (Zheng et al. 2020, eq. 7) of the taken positions, weighted by t. Both are divided by the sum of t over the
// batch (at least 1). Pure functions; a DetectionLoss keeps scratch memory, one thread at a time.
#pragma once

#include <vector>

#include "jetline/base/span.h"
#include "jetline/train/assign.h"
#include "jetline/train/network.h"

namespace jetline {

// Value and derivative by the logit.
struct ScoreLoss {
  float value, gradient;
};
ScoreLoss quality_focal_loss(float logit, float target);

// Value and derivatives by tx, ty, tw, th of the anchor's raw prediction. Precondition: `truth` is not empty.
struct BoxLoss {
  float value;
  float gradient[4];
};
BoxLoss distance_iou_loss(const Anchor& anchor, const float* t, const Box& truth);

struct LossValue {
  double total = 0, score = 0, box = 0;  // total = score + box, as weighted
  double target_sum = 0;                 // before the floor of 1
};

class DetectionLoss {
 public:
  DetectionLoss(std::vector<Anchor> anchors, int classes, double box_weight = 2.0)
      : anchors_(std::move(anchors)), classes_(classes), box_weight_(box_weight) {}
  // predictions: truths.size() x anchors x (4 + classes), raw; `gradient` takes the same shape.
  LossValue compute(Span<const float> predictions, const std::vector<std::vector<TrainBox>>& truths,
                    std::vector<float>& gradient);

 private:
  std::vector<Anchor> anchors_;
  int classes_;
  double box_weight_;
  Assigner assigner_;
  std::vector<std::vector<Assigned>> assigned_;
};

}  // namespace jetline
