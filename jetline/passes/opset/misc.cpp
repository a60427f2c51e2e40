// Operators of which an attribute came or changed its name: ArgMax, RoiAlign, GridSample, DFT, recurrent
// layers, Identity of sequences, Scan.
#include <algorithm>

#include "jetline/passes/opset/step.h"

namespace jetline::passes::opset {
namespace {

std::string arg_down_12(Step& s) {
  if (s.node().int_or("select_last_index", 0) != 0) return "takes the last of equal elements";
  s.node().remove_attribute("select_last_index");
  return "";
}

// The older RoiAlign does not shift by half a pixel; the newer one calls that output_half_pixel.
std::string roi_align_up_16(Step& s) {
  s.node().set_attribute(Attribute("coordinate_transformation_mode", std::string("output_half_pixel")));
  return "";
}
std::string roi_align_down_16(Step& s) {
  if (s.node().string_or("coordinate_transformation_mode", "half_pixel") != "output_half_pixel")
    return "shifts by half a pixel";
  s.node().remove_attribute("coordinate_transformation_mode");
  return "";
}

std::string grid_mode(Step& s, const char* linear_from, const char* linear_to, const char* cubic_from,
                      const char* cubic_to) {
  const std::string mode = s.node().string_or("mode", linear_from);
  if (mode == linear_from) s.node().set_attribute(Attribute("mode", std::string(linear_to)));
  if (mode == cubic_from) s.node().set_attribute(Attribute("mode", std::string(cubic_to)));
  return "";
}
std::string grid_sample_up_20(Step& s) {
  return grid_mode(s, "bilinear", "linear", "bicubic", "cubic");
}
std::string grid_sample_down_20(Step& s) {
  if (Step::rank(s.in(0)) != 4) return "samples other than pictures";
  return grid_mode(s, "linear", "bilinear", "cubic", "bicubic");
}

std::string dft_up_20(Step& s) {
  const int64_t axis = s.node().int_or("axis", 1);
  s.node().remove_attribute("axis");
  s.node().set_input(2, s.scalar(static_cast<double>(axis), DType::kI64));
  return "";
}
std::string dft_down_20(Step& s) {
  std::vector<int64_t> axis = {-2};
  if (s.in(2) && (!s.ints(2, axis) || axis.size() != 1))
    return "along an axis that is computed, not constant";
  if (s.node().int_or("onesided", 0) != 0 && s.node().int_or("inverse", 0) != 0)
    return "the inverse of a one-sided transform";
  if (axis[0] < 0) {
    if (Step::rank(s.in(0)) < 0) return "along an axis of a tensor of unknown rank";
    axis[0] += Step::rank(s.in(0));
  }
  s.drop_inputs(s.in(1) ? 2 : 1);
  s.node().set_attribute(Attribute("axis", axis[0]));
  return "";
}

std::string recurrent_down_14(Step& s) {
  if (s.node().int_or("layout", 0) != 0) return "takes the batch first (layout 1)";
  s.node().remove_attribute("layout");
  return "";
}

std::string tensors_only(Step& s) {
  for (const Value* v : s.node().inputs()) {
    const auto kind = v ? v->type.kind : ValueType::Kind::kTensor;
    if (kind == ValueType::Kind::kSequence || kind == ValueType::Kind::kOptional) return "takes sequences";
  }
  for (const Value* v : s.node().outputs()) {
    const auto kind = v ? v->type.kind : ValueType::Kind::kTensor;
    if (kind == ValueType::Kind::kSequence || kind == ValueType::Kind::kOptional) return "gives sequences";
  }
  return "";
}

std::string no_optional(Step& s) {
  for (const Value* v : s.node().inputs()) {
    if (v && v->type.kind == ValueType::Kind::kOptional) return "takes optional values";
  }
  for (const Value* v : s.node().outputs()) {
    if (v && v->type.kind == ValueType::Kind::kOptional) return "gives optional values";
  }
  return "";
}

// Before 11 a result has one shape, whichever branch gives it: readers refuse sizes that are known to differ.
std::string branches_down_11(Step& s) {
  const Attribute* a = s.node().attribute("then_branch");
  const Attribute* b = s.node().attribute("else_branch");
  const Graph *then = a ? a->as_graph() : nullptr, *other = b ? b->as_graph() : nullptr;
  for (size_t i = 0; then && other && i < std::min(then->outputs().size(), other->outputs().size()); ++i) {
    const ValueType &x = then->outputs()[i]->type, &y = other->outputs()[i]->type;
    if (!x.has_shape || !y.has_shape) continue;
    bool differ = x.shape.size() != y.shape.size();
    for (size_t k = 0; !differ && k < x.shape.size(); ++k)
      differ = x.shape[k].known() && y.shape[k].known() && x.shape[k].value != y.shape[k].value;
    if (differ) return "its branches give results of different shapes";
  }
  return "";
}

// Before 18 only optional values could be asked; of anything else the answer is known.
std::string has_element_down_18(Step& s) {
  const bool optional = s.in(0) && s.in(0)->type.kind == ValueType::Kind::kOptional;
  if (optional) return "";
  if (s.in(0) && s.in(0)->type.kind == ValueType::Kind::kUnknown) return "asks a value of unknown kind";
  return s.become(s.emit("Identity", {s.scalar(s.in(0) ? 1 : 0, DType::kBool)}));
}
std::string get_element_down_18(Step& s) {
  if (!s.in(0) || s.in(0)->type.kind == ValueType::Kind::kUnknown) return "asks a value of unknown kind";
  if (s.in(0)->type.kind == ValueType::Kind::kOptional) return "";
  return s.become(s.emit("Identity", {s.in(0)}));
}

std::string scan_up_9(Step&) {
  return "has a batch axis and lengths of its own (Scan-8)";
}

const Change kMiscChanges[] = {
    {"ArgMax", 12, nullptr, arg_down_12},
    {"ArgMin", 12, nullptr, arg_down_12},
    {"RoiAlign", 16, roi_align_up_16, roi_align_down_16},
    {"GridSample", 20, grid_sample_up_20, grid_sample_down_20},
    {"DFT", 20, dft_up_20, dft_down_20},
    {"RNN", 14, nullptr, recurrent_down_14},
    {"GRU", 14, nullptr, recurrent_down_14},
    {"LSTM", 14, nullptr, recurrent_down_14},
    {"Identity", 14, nullptr, tensors_only},
    {"If", 11, nullptr, branches_down_11},
    {"If", 13, nullptr, tensors_only},
    {"Loop", 13, nullptr, tensors_only},
    {"Identity", 16, nullptr, no_optional},
    {"If", 16, nullptr, no_optional},
    {"Loop", 16, nullptr, no_optional},
    {"OptionalHasElement", 18, nullptr, has_element_down_18},
    {"OptionalGetElement", 18, nullptr, get_element_down_18},
    {"Scan", 9, scan_up_9, nullptr},
};
}  // namespace

Span<const Change> misc_changes() {
  return {kMiscChanges, sizeof(kMiscChanges) / sizeof(Change)};
}
}  // namespace jetline::passes::opset
