// What a Resize does along one axis, learnt by running the operator itself on 0, 1, 2, … and on unit vectors:
// so every mode, rounding and coordinate convention is that of the evaluator. Plain functions.
#pragma once

#include "jetline/fix/place.h"

namespace jetline::fix {

// Sizes and scales of all axes, whatever form the node says them in; empty text, or why they are not known.
struct ResizeShape {
  std::vector<int64_t> in, out;
  std::vector<double> scales;
  bool from_scales = false;  // the node is given scales: sizes follow from them
  std::vector<double> roi;   // [starts, ends] of all axes; empty: none
  bool moves(size_t axis) const { return in[axis] != out[axis] || scales[axis] != 1 || crops(axis); }
  bool crops(size_t axis) const { return !roi.empty() && (roi[axis] != 0 || roi[axis + in.size()] != 1); }
};
std::string resize_shape(Place& p, ResizeShape& shape);

// The attributes that matter along an axis, with the operator's defaults.
struct ResizeForm {
  std::string mode, transform, nearest;
  float cubic_a = -0.75f, extrapolation = 0;
  int64_t antialias = 0, exclude_outside = 0;
};
ResizeForm resize_form(const Place& p);

// Along one axis: which input element every output element is (nearest), or the weights [in, out] of a
// product.
struct ResizeResponse {
  std::vector<int64_t> index;
  std::vector<double> weights;
  std::vector<char> outside;  // outputs beyond the cropped region
  bool operator==(const ResizeResponse& o) const {
    return index == o.index && weights == o.weights && outside == o.outside;
  }
};
// False when the axis is too large, or the evaluator does not know the form.
bool resize_response(const ResizeForm& form, const ResizeShape& shape, size_t axis, ResizeResponse& response);

// The node becomes Gathers and products with constant weights.
Outcome resize_apart(Place& p, const ResizeForm& form, const ResizeShape& shape);

}  // namespace jetline::fix
