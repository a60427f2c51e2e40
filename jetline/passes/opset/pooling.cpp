// Poolings: ceil_mode and dilations (10, 18, 19).
#include <algorithm>

#include "jetline/passes/opset/step.h"

namespace jetline::passes::opset {
namespace {

bool all_ones(const std::vector<int64_t>& v) {
  return std::all_of(v.begin(), v.end(), [](int64_t x) { return x == 1; });
}

std::string drop_dilations(Step& s) {
  const Attribute* a = s.node().attribute("dilations");
  if (a && a->as_ints() && !all_ones(*a->as_ints())) return "has dilations";
  s.node().remove_attribute("dilations");
  return "";
}

// Rounding up is rounding down with longer pads at the end, as far as padding does not enter the result: the
// greatest of a window ignores it, and so does an average that does not count it.
std::string drop_ceil_mode(Step& s) {
  Node& n = s.node();
  if (n.int_or("ceil_mode", 0) == 0) {
    n.remove_attribute("ceil_mode");
    return "";
  }
  const std::vector<int64_t> kernel = n.ints_or("kernel_shape", {});
  const size_t count = kernel.size();
  const auto strides = n.ints_or("strides", std::vector<int64_t>(count, 1));
  const auto dilations = n.ints_or("dilations", std::vector<int64_t>(count, 1));
  auto pads = n.ints_or("pads", std::vector<int64_t>(2 * count, 0));
  const std::string automatic = n.string_or("auto_pad", "NOTSET");
  if (automatic != "NOTSET" && automatic != "VALID") {
    n.remove_attribute("ceil_mode");  // sizes are what auto_pad says
    return "";
  }
  bool longer = false;
  for (size_t i = 0; i < count; ++i) {
    const int64_t out = s.dim(s.out(), static_cast<int>(i) + 2), in = s.dim(s.in(0), static_cast<int>(i) + 2);
    if (out < 0 || in < 0 || strides.size() != count || pads.size() != 2 * count || dilations.size() != count)
      return "rounds sizes up (ceil_mode), for a size that is not known";
    constexpr int64_t kSane = 1 << 24;
    const auto sane = [](int64_t v) { return v >= 0 && v <= kSane; };
    if (!sane(kernel[i]) || !sane(strides[i]) || !sane(dilations[i]) || !sane(pads[i]) ||
        !sane(pads[count + i]) || !sane(in) || !sane(out))
      return "rounds sizes up (ceil_mode), of a window that makes no sense";
    const int64_t extent = dilations[i] * (kernel[i] - 1) + 1;
    const int64_t need = (out - 1) * strides[i] + extent - (in + pads[i] + pads[count + i]);
    if (need > 0) {
      pads[count + i] += need;
      longer = true;
    }
  }
  if (longer && !n.is("MaxPool") && n.int_or("count_include_pad", 0) != 0)
    return "rounds sizes up (ceil_mode) and counts padding";
  n.remove_attribute("ceil_mode");
  if (longer) {
    n.remove_attribute("auto_pad");
    n.set_attribute(Attribute("pads", pads));
  }
  return "";
}

std::string max_pool_down_10(Step& s) {
  if (std::string why = drop_dilations(s); !why.empty()) return why;
  return drop_ceil_mode(s);
}

std::string lp_pool_down_18(Step& s) {
  if (std::string why = drop_dilations(s); !why.empty()) return why;
  if (s.node().int_or("ceil_mode", 0) == 0) return drop_ceil_mode(s);
  return drop_ceil_mode(s);  // zeros add nothing to a norm
}

const Change kPoolingChanges[] = {
    {"MaxPool", 10, nullptr, max_pool_down_10},
    {"AveragePool", 10, nullptr, drop_ceil_mode},
    {"AveragePool", 19, nullptr, drop_dilations},
    {"LpPool", 18, nullptr, lp_pool_down_18},
};
}  // namespace

Span<const Change> pooling_changes() {
  return {kPoolingChanges, sizeof(kPoolingChanges) / sizeof(Change)};
}
}  // namespace jetline::passes::opset
