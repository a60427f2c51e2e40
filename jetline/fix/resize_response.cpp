#include <algorithm>
#include <cmath>

#include "jetline/fix/resize.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/evaluate.h"

namespace jetline::fix {
namespace {

constexpr int64_t kResizeOpset = 19;  // knows every form

// The operator along the second axis of [rows, in].
bool resize_run(const ResizeForm& f, const ResizeShape& s, size_t axis, const Tensor& data, Tensor& result) {
  Model model;
  model.set_opset("", kResizeOpset);
  GraphBuilder b(model.graph());
  const int64_t rows = data.dims()[0], out = s.out[axis];
  Value* roi =
      s.roi.empty()
          ? nullptr
          : b.floats("roi", {4},
                     {0, static_cast<float>(s.roi[axis]), 1, static_cast<float>(s.roi[axis + s.in.size()])});
  Value* scales = s.from_scales ? b.floats("scales", {2}, {1, static_cast<float>(s.scales[axis])}) : nullptr;
  Value* sizes = s.from_scales ? nullptr : b.ints("sizes", {2}, {rows, out});
  Value* y = b.op("Resize", {b.tensor("x", data), roi, scales, sizes},
                  {{"mode", f.mode},
                   {"coordinate_transformation_mode", f.transform},
                   {"nearest_mode", f.nearest},
                   {"cubic_coeff_a", f.cubic_a},
                   {"extrapolation_value", f.extrapolation},
                   {"antialias", f.antialias},
                   {"exclude_outside", f.exclude_outside}});
  if (!b.status().ok()) return false;
  std::vector<const Tensor*> inputs;
  for (const Value* v : y->producer()->inputs()) inputs.push_back(v ? v->initializer() : nullptr);
  auto got = evaluate_node(*y->producer(), inputs, kResizeOpset);
  if (!got.ok() || (*got)[0].dims() != std::vector<int64_t>{rows, out}) return false;
  result = (*got)[0];
  return true;
}

}  // namespace

ResizeForm resize_form(const Place& p) {
  const Node& n = p.node();
  const bool early = n.is("Upsample") || const_cast<Place&>(p).opset() < 11;
  ResizeForm f;
  f.mode = n.string_or("mode", "nearest");
  if (f.mode == "bilinear") f.mode = "linear";
  f.transform = early ? "asymmetric" : n.string_or("coordinate_transformation_mode", "half_pixel");
  f.nearest = early ? "floor" : n.string_or("nearest_mode", "round_prefer_floor");
  f.cubic_a = n.float_or("cubic_coeff_a", -0.75f);
  f.extrapolation = n.float_or("extrapolation_value", 0);
  f.antialias = n.int_or("antialias", 0);
  f.exclude_outside = n.int_or("exclude_outside", 0);
  return f;
}

std::string resize_shape(Place& p, ResizeShape& s) {
  const Node& n = p.node();
  if (!Place::is_static(p.in(0)) || !Place::is_static(p.out())) return "its sizes are not known";
  s.in = Place::dims(p.in(0));
  s.out = Place::dims(p.out());
  if (s.in.size() != s.out.size()) return "its sizes do not fit";
  const bool early = n.is("Upsample") || p.opset() < 11;
  std::vector<int64_t> axes = n.ints_or("axes", iota(static_cast<int64_t>(s.in.size())));
  for (int64_t& a : axes) {
    a += a < 0 ? static_cast<int64_t>(s.in.size()) : 0;
    if (a < 0 || a >= static_cast<int64_t>(s.in.size())) return "its axes do not fit";
  }
  s.scales.assign(s.in.size(), 1);
  std::vector<double> given;
  const size_t scales_input = early ? 1 : 2;
  if (p.in(scales_input) && !p.known(scales_input, given)) return "its scales are computed";
  if (given.empty() && n.is("Upsample")) {
    const Attribute* a = n.attribute("scales");
    if (a && a->as_floats()) given.assign(a->as_floats()->begin(), a->as_floats()->end());
  }
  const std::string policy = n.string_or("keep_aspect_ratio_policy", "stretch");
  if (!given.empty()) {
    if (given.size() != axes.size()) return "its scales do not fit";
    for (size_t i = 0; i < axes.size(); ++i) s.scales[static_cast<size_t>(axes[i])] = given[i];
    s.from_scales = true;
  } else if (policy != "stretch") {
    // One scale for all axes, from the sizes asked for.
    std::vector<double> wanted;
    if (!p.known(3, wanted) || wanted.size() != axes.size()) return "its sizes are not known";
    double common = 0;
    for (size_t i = 0; i < axes.size(); ++i) {
      const double scale = wanted[i] / static_cast<double>(s.in[static_cast<size_t>(axes[i])]);
      if (i == 0 || (policy == "not_larger" ? scale < common : scale > common)) common = scale;
    }
    for (int64_t a : axes) {
      const auto i = static_cast<size_t>(a);
      s.scales[i] = common;
      if (std::floor(static_cast<float>(s.in[i]) * static_cast<float>(common)) !=
          static_cast<float>(s.out[i]))
        return "keeps the aspect ratio with a scale that does not give its sizes";
    }
    s.from_scales = true;
  } else {
    for (size_t i = 0; i < s.in.size(); ++i)
      s.scales[i] = s.in[i] > 0 ? static_cast<double>(s.out[i]) / static_cast<double>(s.in[i]) : 1;
  }
  if (!early && n.string_or("coordinate_transformation_mode", "") == "tf_crop_and_resize") {
    std::vector<double> roi;
    if (!p.known(1, roi) || roi.size() != 2 * axes.size()) return "the region that it crops is computed";
    s.roi.assign(2 * s.in.size(), 0);
    std::fill(s.roi.begin() + static_cast<std::ptrdiff_t>(s.in.size()), s.roi.end(), 1);
    for (size_t i = 0; i < axes.size(); ++i) {
      s.roi[static_cast<size_t>(axes[i])] = roi[i];
      s.roi[static_cast<size_t>(axes[i]) + s.in.size()] = roi[i + axes.size()];
    }
  }
  return "";
}

bool resize_response(const ResizeForm& form, const ResizeShape& shape, size_t axis, ResizeResponse& r) {
  const int64_t in = shape.in[axis], out = shape.out[axis];
  if (in < 1 || out < 1 || in > kMaxFixConstant / std::max(in, out)) return false;
  ResizeForm plain = form;
  plain.extrapolation = 0;
  Tensor result;
  if (form.transform == "tf_crop_and_resize") {
    ResizeForm marked = form;
    marked.extrapolation = 1;
    const auto zeros = Tensor::floats({1, in}, std::vector<float>(static_cast<size_t>(in), 0.0f));
    if (!resize_run(marked, shape, axis, *zeros, result)) return false;
    for (int64_t o = 0; o < out; ++o) r.outside.push_back(result.at<float>(o) != 0);
  }
  const bool crosses = std::find(r.outside.begin(), r.outside.end(), 1) != r.outside.end();
  if (!crosses) r.outside.clear();
  if (form.mode == "nearest" && !crosses) {
    std::vector<float> places;
    for (int64_t i = 0; i < in; ++i) places.push_back(static_cast<float>(i));
    if (!resize_run(plain, shape, axis, *Tensor::floats({1, in}, places), result)) return false;
    for (int64_t o = 0; o < out; ++o) r.index.push_back(static_cast<int64_t>(result.at<float>(o)));
    return true;
  }
  std::vector<float> unit(static_cast<size_t>(in * in), 0.0f);
  for (int64_t i = 0; i < in; ++i) unit[static_cast<size_t>(i * in + i)] = 1;
  if (!resize_run(plain, shape, axis, *Tensor::floats({in, in}, unit), result)) return false;
  for (int64_t i = 0; i < in * out; ++i) r.weights.push_back(static_cast<double>(result.at<float>(i)));
  return true;
}

Outcome resize_apart(Place& p, const ResizeForm& form, const ResizeShape& shape) {
  Value* y = p.in(0);
  const DType t = Place::dtype(y);
  const auto rank = static_cast<int64_t>(shape.in.size());
  std::vector<std::vector<char>> outside(shape.in.size());
  for (int64_t axis = rank - 1; axis >= 0; --axis) {
    const auto a = static_cast<size_t>(axis);
    if (!shape.moves(a)) continue;
    ResizeResponse r;
    if (!resize_response(form, shape, a, r))
      return Outcome::refused("its sizes are too large, or of a form of its own");
    outside[a] = r.outside;
    if (!r.index.empty()) {
      y = p.gather(y, r.index, axis);
      continue;
    }
    if (!is_floating(t)) return Outcome::refused("interpolates integers");
    const int64_t in = shape.in[a], out = shape.out[a];
    std::vector<double> turned(r.weights.size());
    for (int64_t i = 0; i < in; ++i) {
      for (int64_t o = 0; o < out; ++o)
        turned[static_cast<size_t>(o * in + i)] = r.weights[static_cast<size_t>(i * out + o)];
    }
    if (axis == rank - 2) {
      y = p.emit("MatMul", {p.tensor(t, {out, in}, turned), y});
      continue;
    }
    std::vector<int64_t> perm = iota(rank);
    std::swap(perm[a], perm.back());
    y = p.emit("MatMul", {p.transpose(y, perm), p.tensor(t, {in, out}, r.weights)});
    y = p.transpose(y, perm);
  }
  // Beyond the region along any axis stands one number; the weights there are 0.
  for (size_t a = 0; a < outside.size() && form.extrapolation != 0; ++a) {
    if (outside[a].empty()) continue;
    std::vector<double> mask(outside[a].begin(), outside[a].end());
    std::vector<int64_t> dims(shape.in.size(), 1);
    dims[a] = shape.out[a];
    Value* beyond = p.tensor(DType::kBool, dims, mask);
    y = p.where(beyond, p.number(static_cast<double>(form.extrapolation), y), y);
  }
  return p.done(y);
}

}  // namespace jetline::fix
