// Axes that moved from attribute to input: reductions (13, 18), Squeeze and Unsqueeze (13), Split (13, 18);
// and negative axes, which opsets before 11 do not have.
#include <algorithm>

#include "jetline/passes/opset/step.h"

namespace jetline::passes::opset {
namespace {

std::string list_to_input(Step& s, const char* name) {
  const Attribute* a = s.node().attribute(name);
  if (!a || !a->as_ints()) return "";
  const std::vector<int64_t> list = *a->as_ints();
  s.node().remove_attribute(name);
  s.node().set_input(1, s.int_list(list));
  return "";
}

// Input 1 as an attribute. `empty_is_none`: an empty list says the same as none.
std::string list_to_attribute(Step& s, const char* name, bool empty_is_none) {
  if (!s.in(1)) {
    s.drop_inputs(1);
    return "";
  }
  std::vector<int64_t> list;
  if (!s.ints(1, list)) return std::string(name) + " is computed, not constant";
  if (!list.empty() || !empty_is_none) s.node().set_attribute(Attribute(name, list));
  s.drop_inputs(1);
  return "";
}

std::string reduce_up(Step& s) {
  return list_to_input(s, "axes");
}

std::string reduce_down(Step& s) {
  std::vector<int64_t> list;
  const bool none = !s.in(1) || (s.ints(1, list) && list.empty());
  if (s.node().int_or("noop_with_empty_axes", 0) != 0 && none) {
    const std::string& op = s.node().op();
    if (op != "ReduceSum" && op != "ReduceMean" && op != "ReduceMax" && op != "ReduceMin" &&
        op != "ReduceProd")
      return "noop_with_empty_axes without axes";
    return s.become(s.emit("Identity", {s.in(0)}));
  }
  if (std::string why = list_to_attribute(s, "axes", true); !why.empty()) return why;
  s.node().remove_attribute("noop_with_empty_axes");
  return "";
}

// Any and all: of nothing at all the greatest and least of 32 bits say false and true.
std::string reduce_bool_down(Step& s) {
  if (Step::dtype(s.in(0)) != DType::kBool) return "";
  std::vector<Value*> inputs = s.node().inputs();
  inputs[0] = s.cast(inputs[0], DType::kI32);
  Value* y = s.emit(s.node().op().c_str(), inputs,
                    {{"keepdims", s.node().int_or("keepdims", 1)},
                     {"noop_with_empty_axes", s.node().int_or("noop_with_empty_axes", 0)}});
  return s.become(s.emit("Greater", {y, s.scalar(0, DType::kI32)}));
}

std::string squeeze_up(Step& s) {
  return list_to_input(s, "axes");
}
std::string squeeze_down(Step& s) {
  return list_to_attribute(s, "axes", false);
}

std::string split_up_13(Step& s) {
  return list_to_input(s, "split");
}
std::string split_down_13(Step& s) {
  return list_to_attribute(s, "split", false);
}

// Split-18 must say how many parts where it does not say their sizes.
std::string split_up_18(Step& s) {
  if (!s.in(1))
    s.node().set_attribute(Attribute("num_outputs", static_cast<int64_t>(s.node().outputs().size())));
  return "";
}

// Parts of one size, the last one smaller: sizes where they are not all equal.
std::string split_down_18(Step& s) {
  const Attribute* a = s.node().attribute("num_outputs");
  if (!a) return "";
  const auto n = static_cast<int64_t>(s.node().outputs().size());
  const int64_t total = s.dim(s.in(0), static_cast<int>(s.node().int_or("axis", 0)));
  s.node().remove_attribute("num_outputs");
  if (total < 0 || n < 1 || total % n == 0) return "";
  const int64_t part = (total + n - 1) / n;
  std::vector<int64_t> sizes;
  for (int64_t i = 0; i < n; ++i) sizes.push_back(std::clamp<int64_t>(total - part * i, 0, part));
  s.node().set_input(1, s.int_list(sizes));
  return "";
}

// An axis counted from the end, counted from the front.
std::string positive_axis(Step& s) {
  const Attribute* a = s.node().attribute("axis");
  if (!a || !a->as_int() || *a->as_int() >= 0) return "";
  const int rank = Step::rank(s.in(0));
  if (rank < 0) return "a negative axis of a tensor of unknown rank";
  s.node().set_attribute(Attribute("axis", *a->as_int() + rank + (s.node().is("OneHot") ? 1 : 0)));
  return "";
}

std::string positive_axes(Step& s) {
  const Attribute* a = s.node().attribute("axes");
  if (!a || !a->as_ints()) return "";
  std::vector<int64_t> axes = *a->as_ints();
  if (std::none_of(axes.begin(), axes.end(), [](int64_t v) { return v < 0; })) return "";
  int64_t rank = Step::rank(s.in(0));
  if (rank < 0) return "a negative axis of a tensor of unknown rank";
  if (s.node().is("Unsqueeze")) rank += static_cast<int64_t>(axes.size());
  for (int64_t& v : axes) v += v < 0 ? rank : 0;
  s.node().set_attribute(Attribute("axes", std::move(axes)));
  return "";
}

const Change kAxesChanges[] = {
    {"ReduceSum", 13, reduce_up, reduce_down},       {"ReduceL1", 18, reduce_up, reduce_down},
    {"ReduceL2", 18, reduce_up, reduce_down},        {"ReduceLogSum", 18, reduce_up, reduce_down},
    {"ReduceLogSumExp", 18, reduce_up, reduce_down}, {"ReduceMax", 18, reduce_up, reduce_down},
    {"ReduceMean", 18, reduce_up, reduce_down},      {"ReduceMin", 18, reduce_up, reduce_down},
    {"ReduceProd", 18, reduce_up, reduce_down},      {"ReduceSumSquare", 18, reduce_up, reduce_down},
    {"ReduceMax", 20, nullptr, reduce_bool_down},    {"ReduceMin", 20, nullptr, reduce_bool_down},
    {"Squeeze", 13, squeeze_up, squeeze_down},       {"Unsqueeze", 13, squeeze_up, squeeze_down},
    {"Split", 13, split_up_13, split_down_13},       {"Split", 18, split_up_18, split_down_18},
    {"ArgMax", 11, nullptr, positive_axis},          {"ArgMin", 11, nullptr, positive_axis},
    {"Concat", 11, nullptr, positive_axis},          {"Compress", 11, nullptr, positive_axis},
    {"Flatten", 11, nullptr, positive_axis},         {"Gather", 11, nullptr, positive_axis},
    {"Hardmax", 11, nullptr, positive_axis},         {"LogSoftmax", 11, nullptr, positive_axis},
    {"Softmax", 11, nullptr, positive_axis},         {"OneHot", 11, nullptr, positive_axis},
    {"Split", 11, nullptr, positive_axis},           {"ReduceL1", 11, nullptr, positive_axes},
    {"ReduceL2", 11, nullptr, positive_axes},        {"ReduceLogSum", 11, nullptr, positive_axes},
    {"ReduceLogSumExp", 11, nullptr, positive_axes}, {"ReduceMax", 11, nullptr, positive_axes},
    {"ReduceMean", 11, nullptr, positive_axes},      {"ReduceMin", 11, nullptr, positive_axes},
    {"ReduceProd", 11, nullptr, positive_axes},      {"ReduceSum", 11, nullptr, positive_axes},
    {"ReduceSumSquare", 11, nullptr, positive_axes}, {"Squeeze", 11, nullptr, positive_axes},
    {"Unsqueeze", 11, nullptr, positive_axes},
};
}  // namespace

Span<const Change> axes_changes() {
  return {kAxesChanges, sizeof(kAxesChanges) / sizeof(Change)};
}
}  // namespace jetline::passes::opset
