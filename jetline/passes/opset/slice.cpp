// Slice (10) and Pad (11, 18, 19): bounds from attributes to inputs.
#include <algorithm>

#include "jetline/passes/opset/step.h"

namespace jetline::passes::opset {
namespace {

std::string slice_up(Step& s) {
  Node& n = s.node();
  const std::vector<int64_t> starts = n.ints_or("starts", {}), ends = n.ints_or("ends", {}),
                             axes = n.ints_or("axes", {});
  for (const char* name : {"starts", "ends", "axes"}) n.remove_attribute(name);
  n.set_input(1, s.int_list(starts));
  n.set_input(2, s.int_list(ends));
  if (!axes.empty()) n.set_input(3, s.int_list(axes));
  return "";
}

// Slice-1 has no steps: those other than 1 become a Gather of the positions.
std::string slice_down(Step& s) {
  Node& n = s.node();
  std::vector<int64_t> starts, ends, axes, steps;
  if (!s.ints(1, starts) || !s.ints(2, ends) || (s.in(3) && !s.ints(3, axes)) ||
      (s.in(4) && !s.ints(4, steps)))
    return "its bounds are computed, not constant";
  const int64_t rank = Step::rank(s.in(0));
  if (axes.empty()) {
    for (size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  }
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    return "its bounds do not fit each other";
  std::vector<int64_t> plain_starts, plain_ends, plain_axes;
  std::vector<std::pair<int64_t, std::vector<int64_t>>> picked;
  for (size_t i = 0; i < starts.size(); ++i) {
    const int64_t axis = axes[i] < 0 && rank >= 0 ? axes[i] + rank : axes[i];
    if (axis < 0) return "a negative axis of a tensor of unknown rank";
    if (steps[i] == 1) {
      plain_starts.push_back(starts[i]);
      plain_ends.push_back(ends[i]);
      plain_axes.push_back(axis);
      continue;
    }
    const int64_t size = s.dim(s.in(0), static_cast<int>(axis));
    if (size < 0 || size > 1 << 20 || steps[i] == 0) return "steps along an axis of unknown size";
    const bool back = steps[i] < 0;
    auto clamp = [&](int64_t v, int64_t low, int64_t high) {
      return std::clamp<int64_t>(v < 0 ? std::max<int64_t>(v, -size - 1) + size : v, low, high);
    };
    const int64_t from = back ? clamp(starts[i], -1, size - 1) : clamp(starts[i], 0, size);
    const int64_t to = back ? (ends[i] < -size ? -1 : clamp(ends[i], -1, size - 1)) : clamp(ends[i], 0, size);
    std::vector<int64_t> at;
    for (int64_t v = from; back ? v > to : v < to; v += std::clamp<int64_t>(steps[i], -size - 1, size + 1))
      at.push_back(v);
    picked.emplace_back(axis, std::move(at));
  }
  Value* x = s.in(0);
  if (!plain_axes.empty() || picked.empty())
    x = s.emit("Slice", {x}, {{"starts", plain_starts}, {"ends", plain_ends}, {"axes", plain_axes}});
  for (const auto& [axis, at] : picked) x = s.emit("Gather", {x, s.int_list(at)}, {{"axis", axis}});
  (void)n;
  return s.become(x);
}

std::string slice_positive(Step& s) {
  std::vector<int64_t> axes;
  if (!s.in(3) || !s.ints(3, axes)) return "";
  if (std::none_of(axes.begin(), axes.end(), [](int64_t v) { return v < 0; })) return "";
  const int rank = Step::rank(s.in(0));
  if (rank < 0) return "a negative axis of a tensor of unknown rank";
  for (int64_t& v : axes) v += v < 0 ? rank : 0;
  Value* list = s.int_list(axes);
  s.node().set_input(3, Step::dtype(s.in(3)) == DType::kI32 ? s.cast(list, DType::kI32) : list);
  return "";
}

std::string pad_up(Step& s) {
  Node& n = s.node();
  const std::vector<int64_t> pads = n.ints_or("pads", {});
  const float value = n.float_or("value", 0);
  n.remove_attribute("pads");
  n.remove_attribute("value");
  n.set_input(1, s.int_list(pads));
  if (value != 0) {
    const DType t = Step::dtype(s.in(0));
    if (t == DType::kUndefined) return "pads with a number in an unknown element type";
    n.set_input(2, s.scalar(static_cast<double>(value), t));
  }
  return "";
}

std::string pad_down(Step& s) {
  Node& n = s.node();
  std::vector<int64_t> pads;
  std::vector<double> value;
  if (!s.ints(1, pads)) return "its pads are computed, not constant";
  if (s.in(2) && (!Step::numbers_of(s.in(2), value) || value.size() != 1))
    return "the number it pads with is computed, not constant";
  const DType t = Step::dtype(s.in(0));
  // Pad-2 takes floating types; double holds integers of up to 32 bits exactly.
  const bool small = t == DType::kI32 || t == DType::kU32 || t == DType::kI16 || t == DType::kU16 ||
                     t == DType::kI8 || t == DType::kU8;
  if (!small && t != DType::kF32 && t != DType::kF64 && t != DType::kF16)
    return "pads " + std::string(dtype_name(t)) + " only from then on";
  Value* x = small ? s.cast(s.in(0), DType::kF64) : s.in(0);
  std::vector<AttrArg> attributes = {{"pads", pads}, {"mode", n.string_or("mode", "constant")}};
  if (!value.empty()) attributes.emplace_back("value", value[0]);
  Value* y = s.emit("Pad", {x}, attributes);
  return s.become(small ? s.cast(y, t) : y);
}

// Pads of some axes as pads of all.
std::string pad_axes_down(Step& s) {
  if (!s.in(3)) {
    s.drop_inputs(3);
    return "";
  }
  std::vector<int64_t> axes, pads;
  const int rank = Step::rank(s.in(0));
  if (rank < 0 || !s.ints(3, axes) || !s.ints(1, pads) || pads.size() != 2 * axes.size())
    return "pads of some axes that are computed, not constant";
  std::vector<int64_t> all(2 * static_cast<size_t>(rank), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t a = axes[i] < 0 ? axes[i] + rank : axes[i];
    if (a < 0 || a >= rank) return "an axis out of range";
    all[static_cast<size_t>(a)] = pads[i];
    all[static_cast<size_t>(a + rank)] = pads[axes.size() + i];
  }
  s.node().set_input(1, s.int_list(all));
  s.drop_inputs(s.in(2) ? 3 : 2);
  return "";
}

std::string pad_wrap_down(Step& s) {
  return s.node().string_or("mode", "constant") == "wrap" ? "pads with the opposite side (mode wrap)" : "";
}

const Change kSliceChanges[] = {
    {"Slice", 10, slice_up, slice_down}, {"Slice", 11, nullptr, slice_positive},
    {"Pad", 11, pad_up, pad_down},       {"Pad", 18, nullptr, pad_axes_down},
    {"Pad", 19, nullptr, pad_wrap_down},
};
}  // namespace

Span<const Change> slice_changes() {
  return {kSliceChanges, sizeof(kSliceChanges) / sizeof(Change)};
}
}  // namespace jetline::passes::opset
