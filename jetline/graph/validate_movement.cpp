// Operators that move elements, and those that work along axes or element by element.
#include <algorithm>

#include "jetline/graph/validate_rules.h"

namespace jetline::validate {
namespace {

std::string move_axis(const Subject& s) {
  const Attribute* a = s.node.attribute("axis");
  return a && a->as_int() ? judge_axis(*a->as_int(), s.rank(0)) : "";
}

std::string move_flatten(const Subject& s) {
  const int64_t axis = s.node.int_or("axis", 1);
  const int r = s.rank(0);
  return r < 0 || (axis >= -r && axis <= r) ? "" : judge_axis(axis, r);
}

std::string move_concat(const Subject& s) {
  const Attribute* a = s.node.attribute("axis");
  if (!a || !a->as_int()) return "it has no axis";
  size_t first = s.node.inputs().size();
  for (size_t i = 0; i < s.node.inputs().size(); ++i) {
    const int r = s.rank(i);
    if (r < 0) continue;
    const std::string why = judge_axis(*a->as_int(), r);
    if (!why.empty()) return why;
    if (first == s.node.inputs().size()) first = i;
    if (r != s.rank(first))
      return "its input " + std::to_string(i) + " " + dimensions_text(r) + ", its input " +
             std::to_string(first) + " " + std::to_string(s.rank(first));
    const int axis = static_cast<int>(*a->as_int() < 0 ? *a->as_int() + r : *a->as_int());
    for (int k = 0; k < r; ++k) {
      const int64_t p = s.dim(first, k), q = s.dim(i, k);
      if (k != axis && p >= 0 && q >= 0 && p != q)
        return "its inputs have " + std::to_string(p) + " and " + std::to_string(q) +
               " elements along axis " + std::to_string(k);
    }
  }
  return "";
}

std::string move_transpose(const Subject& s) {
  const Attribute* a = s.node.attribute("perm");
  const int r = s.rank(0);
  if (!a || !a->as_ints() || r < 0) return "";
  std::vector<int64_t> sorted = *a->as_ints();
  std::sort(sorted.begin(), sorted.end());
  bool ok = static_cast<int>(sorted.size()) == r;
  for (int i = 0; ok && i < r; ++i) ok = sorted[static_cast<size_t>(i)] == i;
  return ok ? "" : "perm does not order the axes of something that " + dimensions_text(r);
}

std::string move_list_rank(const Subject& s, size_t i, const char* what) {
  const int r = s.rank(i);
  return r < 0 || r == 1 ? "" : std::string(what) + " " + dimensions_text(r) + " and is no list";
}

std::string move_reshape(const Subject& s) {
  std::string why = move_list_rank(s, 1, "its shape");
  std::vector<int64_t> to;
  if (!why.empty() || !s.list(1, to)) return why;
  if (std::count(to.begin(), to.end(), -1) > 1) return "its shape leaves more than one size open";
  if (std::any_of(to.begin(), to.end(), [](int64_t v) { return v < -1; }))
    return "its shape has a size below -1";
  const int64_t from = s.node.input(0)->type.count();
  if (from < 0 || s.node.int_or("allowzero", 0) != 0) return "";
  int64_t known = 1;
  bool open = false;
  for (size_t i = 0; i < to.size(); ++i) {
    const int64_t v = to[i] == 0 ? s.dim(0, static_cast<int>(i)) : to[i];
    if (to[i] == 0 && static_cast<int>(i) >= s.rank(0)) return "its shape copies an axis that is not there";
    open = open || v == -1;
    if (v > 0 && known > INT64_MAX / v) return "its shape overflows";
    if (v >= 0) known *= v;
  }
  const bool fits = open ? (known == 0 ? from == 0 : from % known == 0) : known == from;
  return fits ? "" : std::to_string(from) + " elements do not fit its shape";
}

std::string move_axes_list(const std::vector<int64_t>& axes, int rank) {
  for (const int64_t axis : axes) {
    const std::string why = judge_axis(axis, rank);
    if (!why.empty()) return why;
  }
  return "";
}

// Axes in an attribute, or in input 1.
std::string move_axes(const Subject& s) {
  std::vector<int64_t> axes;
  const Attribute* a = s.node.attribute("axes");
  if (a && a->as_ints()) {
    axes = *a->as_ints();
  } else if (!s.list(1, axes)) {
    return "";
  }
  int rank = s.rank(0);
  if (s.node.is("Unsqueeze") && rank >= 0) rank += static_cast<int>(axes.size());
  return move_axes_list(axes, rank);
}

std::string move_slice(const Subject& s) {
  std::vector<int64_t> starts, ends, axes, steps;
  const bool inputs = s.opset >= 10;
  if (inputs && !s.has(2)) return "its ends are missing";
  if (!inputs) {
    starts = s.node.ints_or("starts", {});
    ends = s.node.ints_or("ends", {});
    axes = s.node.ints_or("axes", {});
  }
  const bool has_starts = !inputs || s.list(1, starts), has_ends = !inputs || s.list(2, ends);
  const bool has_axes = inputs ? s.list(3, axes) : !axes.empty();
  if (has_starts && has_ends && starts.size() != ends.size()) return "it has more starts than ends, or fewer";
  if (has_starts && has_axes && starts.size() != axes.size()) return "it has more starts than axes, or fewer";
  if (has_starts && !has_axes && !s.has(3) && s.rank(0) >= 0 && static_cast<int>(starts.size()) > s.rank(0))
    return "it cuts more axes than there are";
  if (inputs && s.list(4, steps) && std::count(steps.begin(), steps.end(), 0) > 0)
    return "it has a step of 0";
  return has_axes ? move_axes_list(axes, s.rank(0)) : "";
}

std::string move_pad(const Subject& s) {
  std::vector<int64_t> pads, axes;
  if (s.opset >= 11 ? !s.list(1, pads) : !s.node.attribute("pads")) return "";
  if (s.opset < 11) pads = s.node.ints_or("pads", {});
  const int64_t rank = s.has(3) ? (s.list(3, axes) ? static_cast<int64_t>(axes.size()) : -1) : s.rank(0);
  if (rank < 0 || static_cast<int64_t>(pads.size()) == 2 * rank) return "";
  return "it has " + std::to_string(pads.size()) + " pads for " + std::to_string(rank) + " axes";
}

std::string move_tile(const Subject& s) {
  std::vector<int64_t> repeats;
  if (!s.list(1, repeats) || s.rank(0) < 0 || static_cast<int>(repeats.size()) == s.rank(0)) return "";
  return "it repeats " + std::to_string(repeats.size()) + " axes of something that " +
         dimensions_text(s.rank(0));
}

std::string move_gather(const Subject& s) {
  const DType t = s.dtype(1);
  if (t != DType::kUndefined && t != DType::kI32 && t != DType::kI64)
    return "its indices are no int32 or int64";
  return judge_axis(s.node.int_or("axis", 0), s.rank(0));
}

std::string move_gather_elements(const Subject& s) {
  if (s.rank(0) >= 0 && s.rank(1) >= 0 && s.rank(0) != s.rank(1))
    return "its indices have " + std::to_string(s.rank(1)) + " dimensions, its data " +
           std::to_string(s.rank(0));
  return move_gather(s);
}

std::string move_where(const Subject& s) {
  const DType t = s.dtype(0);
  if (t != DType::kUndefined && t != DType::kBool) return "its condition is no bool";
  return judge_broadcast(s);
}

std::string move_expand(const Subject& s) {
  return move_list_rank(s, 1, "its shape");
}

const Rule kMovementRules[] = {
    {"Concat", 1, move_concat},
    {"Transpose", 1, move_transpose},
    {"Reshape", 2, move_reshape},
    {"Flatten", 1, move_flatten},
    {"Squeeze", 1, move_axes},
    {"Unsqueeze", 1, move_axes},
    {"Slice", 1, move_slice},
    {"Pad", 1, move_pad},
    {"Tile", 2, move_tile},
    {"Gather", 2, move_gather},
    {"GatherElements", 2, move_gather_elements},
    {"ScatterElements", 3, move_gather_elements},
    {"Expand", 2, move_expand},
    {"Where", 3, move_where},
    {"Softmax", 1, move_axis},
    {"LogSoftmax", 1, move_axis},
    {"Hardmax", 1, move_axis},
    {"ArgMax", 1, move_axis},
    {"ArgMin", 1, move_axis},
    {"TopK", 1, move_axis},
    {"Split", 1, move_axis},
    {"ReduceSum", 1, move_axes},
    {"ReduceMean", 1, move_axes},
    {"ReduceMax", 1, move_axes},
    {"ReduceMin", 1, move_axes},
    {"ReduceProd", 1, move_axes},
    {"ReduceL1", 1, move_axes},
    {"ReduceL2", 1, move_axes},
    {"ReduceSumSquare", 1, move_axes},
    {"Add", 2, judge_broadcast},
    {"Sub", 2, judge_broadcast},
    {"Mul", 2, judge_broadcast},
    {"Div", 2, judge_broadcast},
    {"Pow", 2, judge_broadcast},
    {"And", 2, judge_broadcast},
    {"Or", 2, judge_broadcast},
    {"Xor", 2, judge_broadcast},
    {"Equal", 2, judge_broadcast},
    {"Less", 2, judge_broadcast},
    {"Greater", 2, judge_broadcast},
    {"LessOrEqual", 2, judge_broadcast},
    {"GreaterOrEqual", 2, judge_broadcast},
    {"Max", 1, judge_broadcast},
    {"Min", 1, judge_broadcast},
    {"Sum", 1, judge_broadcast},
    {"Mean", 1, judge_broadcast},
    {"Mod", 2, judge_broadcast},
    {"PRelu", 2, judge_broadcast},
    {"Relu", 1, nullptr},
    {"Sigmoid", 1, nullptr},
    {"Clip", 1, nullptr},
    {"Cast", 1, nullptr},
    {"Shape", 1, nullptr},
    {"Resize", 1, nullptr},
    {"Identity", 1, nullptr},
    {"Loop", 0, nullptr},
};

}  // namespace

Span<const Rule> movement_rules() {
  return {kMovementRules, sizeof kMovementRules / sizeof *kMovementRules};
}

}  // namespace jetline::validate
