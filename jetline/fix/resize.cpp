// Resize in forms that a release does not read.
#include "jetline/fix/resize.h"

#include <algorithm>
#include <cmath>

namespace jetline::fix {
namespace {

// The same form with another coordinate mode, when it does the same along every axis.
bool resize_same_in(const ResizeForm& form, const ResizeForm& other, const ResizeShape& shape) {
  for (size_t a = 0; a < shape.in.size(); ++a) {
    if (!shape.moves(a)) continue;
    ResizeResponse x, y;
    if (!resize_response(form, shape, a, x) || !resize_response(other, shape, a, y) || !(x == y))
      return false;
  }
  return true;
}

// What every release reads: nearest as asymmetric and floor, others by pixel centres.
Outcome resize_coordinates(Place& p) {
  Node& n = p.node();
  if (n.is("Resize") && p.opset() < 11) return Outcome::skipped();
  ResizeShape shape;
  const std::string why = resize_shape(p, shape);
  if (!why.empty()) return Outcome::refused(why);
  const ResizeForm form = resize_form(p);
  ResizeForm usual = form;
  usual.transform = form.mode == "nearest" ? "asymmetric" : "half_pixel";
  if (form.mode == "nearest") usual.nearest = "floor";
  if (usual.transform == form.transform && usual.nearest == form.nearest) return Outcome::skipped();
  if (!resize_same_in(form, usual, shape)) return resize_apart(p, form, shape);
  n.set_attribute(Attribute("coordinate_transformation_mode", usual.transform));
  if (form.mode == "nearest") n.set_attribute(Attribute("nearest_mode", usual.nearest));
  n.remove_attribute("extrapolation_value");
  if (p.in(1)) n.set_input(1, p.opset() >= 13 ? nullptr : p.floats({}));
  return {};
}

Outcome resize_to_apart(Place& p) {
  ResizeShape shape;
  const std::string why = resize_shape(p, shape);
  return why.empty() ? resize_apart(p, resize_form(p), shape) : Outcome::refused(why);
}

Outcome resize_if_cubic(Place& p) {
  return p.node().string_or("mode", "nearest") == "cubic" ? resize_to_apart(p) : Outcome::skipped();
}
Outcome resize_if_antialias(Place& p) {
  return p.node().int_or("antialias", 0) != 0 ? resize_to_apart(p) : Outcome::skipped();
}
Outcome resize_if_crop(Place& p) {
  const bool crops = p.node().string_or("coordinate_transformation_mode", "") == "tf_crop_and_resize";
  return crops ? resize_to_apart(p) : Outcome::skipped();
}

// Scales of all axes in place of sizes, axes and policies. The scale of a size is the quotient, in float,
// moved up by the least step where rounding would lose a pixel.
Outcome resize_say_scales(Place& p) {
  Node& n = p.node();
  if (p.opset() < 11) return Outcome::skipped();
  const bool plain = !n.attribute("axes") && n.string_or("keep_aspect_ratio_policy", "stretch") == "stretch";
  if (plain && p.in(2) && p.in(2)->is_constant() && p.in(2)->initializer()->count() > 0)
    return Outcome::skipped();
  ResizeShape shape;
  const std::string why = resize_shape(p, shape);
  if (!why.empty()) return Outcome::refused(why);
  std::vector<float> scales;
  for (size_t a = 0; a < shape.in.size(); ++a) {
    auto scale = static_cast<float>(shape.scales[a]);
    const auto in = static_cast<float>(shape.in[a]), out = static_cast<float>(shape.out[a]);
    if (std::floor(in * scale) < out) scale = std::nextafter(scale, scale + 1);
    if (std::floor(in * scale) != out) return Outcome::refused("no scale gives its sizes exactly");
    scales.push_back(scale);
  }
  if (!shape.roi.empty()) {
    n.set_input(1, p.floats(std::vector<float>(shape.roi.begin(), shape.roi.end())));
  } else if (p.in(1)) {
    n.set_input(1, p.opset() >= 13 ? nullptr : p.floats({}));
  }
  n.remove_attribute("axes");
  n.remove_attribute("keep_aspect_ratio_policy");
  n.set_input(2, p.floats(scales));
  p.drop_inputs(3);
  return {};
}

}  // namespace

Result<int> run_resize_coordinates(Model&, FixContext& c) {
  return rewrite_places(c, {"Resize"}, resize_coordinates);
}
Result<int> run_resize_cubic(Model&, FixContext& c) {
  return rewrite_places(c, {"Resize"}, resize_if_cubic);
}
Result<int> run_resize_antialias(Model&, FixContext& c) {
  return rewrite_places(c, {"Resize"}, resize_if_antialias);
}
Result<int> run_resize_crop(Model&, FixContext& c) {
  return rewrite_places(c, {"Resize"}, resize_if_crop);
}
Result<int> run_resize_axes(Model&, FixContext& c) {
  return rewrite_places(c, {"Resize"}, resize_say_scales);
}
Result<int> run_resize_to_scales(Model&, FixContext& c) {
  return rewrite_places(c, {"Resize"}, resize_say_scales);
}
Result<int> run_resize_apart(Model&, FixContext& c) {
  return rewrite_places(c, {"Resize", "Upsample"}, resize_to_apart);
}

}  // namespace jetline::fix
