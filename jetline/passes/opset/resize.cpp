// Upsample and Resize (9, 10, 11, 13, 18, 19).
#include <algorithm>
#include <cmath>

#include "jetline/passes/opset/resize_apart.h"

namespace jetline::passes::opset {
namespace {

// Upsample-7 has its scales in an attribute.
std::string upsample_up_9(Step& s) {
  const Attribute* a = s.node().attribute("scales");
  if (!a || !a->as_floats()) return "";
  const std::vector<float> scales = *a->as_floats();
  s.node().remove_attribute("scales");
  s.node().set_input(1, s.floats(scales));
  return "";
}

std::string upsample_up_10(Step& s) {
  s.node().set_op("Resize");
  return "";
}

// Upsample only enlarges.
std::string resize_down_10(Step& s) {
  std::vector<double> scales;
  if (!Step::numbers_of(s.in(1), scales)) return "its scales are computed, not constant";
  if (std::any_of(scales.begin(), scales.end(), [](double v) { return v < 1; })) {
    s.node().set_attribute(Attribute("coordinate_transformation_mode", std::string("asymmetric")));
    s.node().set_attribute(Attribute("nearest_mode", std::string("floor")));
    const std::string apart = resize_apart(s, scales);
    return apart.empty() ? "" : "makes smaller, and " + apart;
  }
  s.node().set_op("Upsample");
  return "";
}

// Resize-10 is asymmetric and rounds down.
std::string resize_up_11(Step& s) {
  Node& n = s.node();
  Value* scales = s.in(1);
  n.set_input(1, s.floats({}));
  n.set_input(2, scales);
  n.set_attribute(Attribute("coordinate_transformation_mode", std::string("asymmetric")));
  if (n.string_or("mode", "nearest") == "nearest")
    n.set_attribute(Attribute("nearest_mode", std::string("floor")));
  return "";
}

// The scales of every axis, from scales or from sizes that are known on both sides.
std::string resize_scales(Step& s, std::vector<double>& scales) {
  if (s.in(2) && Step::numbers_of(s.in(2), scales) && !scales.empty()) return "";
  if (!s.in(3)) return "its scales are computed, not constant";
  const int rank = Step::rank(s.in(0));
  scales.clear();
  for (int i = 0; i < rank; ++i) {
    const int64_t in = s.dim(s.in(0), i), out = s.dim(s.out(), i);
    if (in < 1 || out < 1) return "its sizes are not known";
    // A float whose product with the size, rounded down, is the size asked for, whether a reader multiplies
    // in float or in double.
    float f = static_cast<float>(out) / static_cast<float>(in);
    const auto size = [in, &f] { return std::floor(static_cast<double>(in) * static_cast<double>(f)); };
    for (int k = 0; k < 4 && size() < static_cast<double>(out); ++k) f = std::nextafter(f, 2 * f);
    if (size() != static_cast<double>(out) ||
        std::floor(static_cast<float>(in) * f) != static_cast<float>(out))
      return "its sizes fit no scale";
    scales.push_back(static_cast<double>(f));
  }
  return scales.empty() ? "its sizes are not known" : "";
}

std::vector<double> scales_or_none(Step& s) {
  std::vector<double> scales;
  return resize_scales(s, scales).empty() ? scales : std::vector<double>();
}

// Why Resize-10 does not say the same; empty: it does.
std::string resize_differs(const std::string& mode, const std::string& where, const std::string& rounding,
                           const std::vector<double>& scales) {
  bool whole = true, same = true;
  for (double v : scales) {
    whole = whole && v >= 1 && v == std::floor(v);
    same = same && v == 1;
  }
  if (mode == "nearest") {
    // Repeating each element a whole number of times: the centre of a copy lies nearest to its source.
    const bool centred = where == "half_pixel" && rounding != "ceil" && rounding != "floor";
    const bool tf = where == "tf_half_pixel_for_nn" && rounding == "floor";
    if ((whole && (centred || tf)) || (where == "asymmetric" && rounding == "floor")) return "";
    return "takes the nearest element in a way of its own (" + where + ", " + rounding + ")";
  }
  if ((mode == "linear" && where == "asymmetric") || same) return "";
  return "interpolates in a way of its own (" + mode + ", " + where + ")";
}

std::string resize_down_11(Step& s) {
  Node& n = s.node();
  const std::string mode = n.string_or("mode", "nearest");
  const std::string why =
      resize_differs(mode, n.string_or("coordinate_transformation_mode", "half_pixel"),
                     n.string_or("nearest_mode", "round_prefer_floor"), scales_or_none(s));
  std::vector<double> scales, given;
  const bool by_scale = s.in(2) && Step::numbers_of(s.in(2), given) && !given.empty();
  const std::string unknown = resize_scales(s, scales);
  if (!why.empty() || !unknown.empty()) {
    if (!by_scale && !s.in(3)) return unknown.empty() ? why : unknown;
    const std::string apart = resize_apart(s, by_scale ? given : std::vector<double>());
    return apart.empty() ? "" : (why.empty() ? unknown : why) + ", and " + apart;
  }
  std::vector<float> list;
  for (double v : scales) list.push_back(static_cast<float>(v));
  n.set_input(1, s.floats(list));
  s.drop_inputs(2);
  for (const char* name : {"coordinate_transformation_mode", "nearest_mode", "cubic_coeff_a",
                           "exclude_outside", "extrapolation_value"})
    n.remove_attribute(name);
  if (mode == "cubic") n.set_attribute(Attribute("mode", std::string("linear")));  // all scales are 1
  s.infer();
  return "";
}

// Region and scales may be left out only from 13 on; an empty tensor says the same.
std::string resize_down_13(Step& s) {
  if (!s.in(1)) {
    const bool half = Step::dtype(s.in(0)) == DType::kF16 || Step::dtype(s.in(0)) == DType::kF64;
    s.node().set_input(1, half ? s.tensor(Step::dtype(s.in(0)), {0}, {}) : s.floats({}));
  }
  if (!s.in(2)) s.node().set_input(2, s.floats({}));
  return "";
}

std::string resize_down_18(Step& s) {
  Node& n = s.node();
  if (n.int_or("antialias", 0) != 0 && n.string_or("mode", "nearest") != "nearest") {
    // Only what is made smaller is smoothed.
    for (int i = 0; i < std::max(Step::rank(s.in(0)), 1); ++i) {
      const int64_t in = s.dim(s.in(0), i), out = s.dim(s.out(), i);
      if (in < 0 || out < 0 || out < in) return "smooths what it makes smaller (antialias)";
    }
  }
  if (n.string_or("keep_aspect_ratio_policy", "stretch") != "stretch")
    return "keeps the aspect ratio by itself";
  const Attribute* a = n.attribute("axes");
  if (a && a->as_ints()) {
    const int rank = Step::rank(s.in(0));
    if (rank < 0) return "resizes some axes of a tensor of unknown rank";
    std::vector<float> all(static_cast<size_t>(rank), 1.0f);
    std::vector<int64_t> sizes;
    std::vector<double> scales, region;
    const bool by_scale =
        s.in(2) && Step::numbers_of(s.in(2), scales) && scales.size() == a->as_ints()->size();
    if (!by_scale && s.in(2) && (!Step::numbers_of(s.in(2), scales) || !scales.empty()))
      return "its scales are computed, not constant";
    if (s.in(1) && (!Step::numbers_of(s.in(1), region) || !region.empty())) return "crops by some axes";
    for (int i = 0; i < rank; ++i) {
      sizes.push_back(s.dim(s.out(), i));
      if (!by_scale && sizes.back() < 0) return "resizes some axes to sizes that are not known";
    }
    for (size_t i = 0; by_scale && i < scales.size(); ++i) {
      int64_t axis = (*a->as_ints())[i];
      axis += axis < 0 ? rank : 0;
      if (axis < 0 || axis >= rank) return "an axis out of range";
      all[static_cast<size_t>(axis)] = static_cast<float>(scales[i]);
    }
    if (by_scale)
      n.set_input(2, s.floats(all));
    else
      n.set_input(3, s.int_list(sizes));
  }
  for (const char* name : {"antialias", "keep_aspect_ratio_policy", "axes"}) n.remove_attribute(name);
  return "";
}

// half_pixel_symmetric is half_pixel where sizes times scales are whole.
std::string resize_down_19(Step& s) {
  Node& n = s.node();
  if (n.string_or("coordinate_transformation_mode", "half_pixel") != "half_pixel_symmetric") return "";
  std::vector<double> scales;
  const int rank = Step::rank(s.in(0));
  const bool by_scale = s.in(2) && Step::numbers_of(s.in(2), scales) && !scales.empty();
  for (int i = 0; by_scale && i < rank; ++i) {
    const int64_t in = s.dim(s.in(0), i);
    const double size = scales.size() == static_cast<size_t>(rank) ? scales[static_cast<size_t>(i)] : -1;
    if (in < 0 || size < 0 || std::floor(static_cast<double>(in) * size) != static_cast<double>(in) * size)
      return "half_pixel_symmetric with sizes that are not whole";
  }
  if (!by_scale && !s.in(3)) return "half_pixel_symmetric with scales that are not constant";
  n.set_attribute(Attribute("coordinate_transformation_mode", std::string("half_pixel")));
  return "";
}

const Change kResizeChanges[] = {
    {"Upsample", 9, upsample_up_9, nullptr}, {"Upsample", 10, upsample_up_10, nullptr},
    {"Resize", 10, nullptr, resize_down_10}, {"Resize", 11, resize_up_11, resize_down_11},
    {"Resize", 13, nullptr, resize_down_13}, {"Resize", 18, nullptr, resize_down_18},
    {"Resize", 19, nullptr, resize_down_19},
};
}  // namespace

Span<const Change> resize_changes() {
  return {kResizeChanges, sizeof(kResizeChanges) / sizeof(Change)};
}
}  // namespace jetline::passes::opset
