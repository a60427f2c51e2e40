// What each operator does with axes: which it leaves apart, which it mixes. An operator that is not here is
// refused when pictures enter it.
#include <algorithm>
#include <functional>
#include <unordered_map>

#include "jetline/passes/edit.h"
#include "jetline/surgery/batch_trace.h"

namespace jetline::surgery {
namespace {

using BatchRule = Status (*)(BatchTrace&, Node&);

int64_t counted(int64_t axis, int rank) {
  return axis < 0 ? axis + rank : axis;
}

// The batched input with the smallest index, and its axis.
int first_batched(const BatchTrace& t, const Node& n, int& axis) {
  for (size_t i = 0; i < n.inputs().size(); ++i) {
    axis = t.input_axis(n, i);
    if (axis >= 0) return static_cast<int>(i);
  }
  return -1;
}

// Only input 0 may have pictures.
Status only_data(const BatchTrace& t, const Node& n) {
  for (size_t i = 1; i < n.inputs().size(); ++i) {
    if (t.input_axis(n, i) >= 0)
      return t.refuse(n, "its input " + std::to_string(i) + " differs from picture to picture");
  }
  return Status();
}

Status mixes(const BatchTrace& t, const Node& n) {
  return t.refuse(n, "it works along the axis of the pictures");
}

// Convolution, pooling, …: [N, C, …].
Status leading_batch(BatchTrace& t, Node& n) {
  JETLINE_RETURN_IF_ERROR(only_data(t, n));
  return t.input_axis(n, 0) == 0 ? Status() : t.refuse(n, "the pictures do not lie on its first axis");
}

Status any_axis(BatchTrace& t, Node& n) {
  return only_data(t, n);
}

// Operators with one `axis`; what they do otherwise leaves the pictures apart.
template <int kDefault>
Status other_axis(BatchTrace& t, Node& n) {
  JETLINE_RETURN_IF_ERROR(only_data(t, n));
  const int64_t axis = counted(n.int_or("axis", kDefault), passes::rank_of(n.input(0)));
  return axis == t.input_axis(n, 0) ? mixes(t, n) : Status();
}

// Before opset 13 everything from `axis` on is one axis.
Status softmax(BatchTrace& t, Node& n) {
  const bool old = t.opset() < 13;
  const int64_t axis = counted(n.int_or("axis", old ? 1 : -1), passes::rank_of(n.input(0)));
  const int at = t.input_axis(n, 0);
  return axis == at || (old && at > axis) ? mixes(t, n) : Status();
}

Status behind_axis(BatchTrace& t, Node& n) {  // LayerNormalization: from `axis` to the end
  JETLINE_RETURN_IF_ERROR(only_data(t, n));
  return counted(n.int_or("axis", -1), passes::rank_of(n.input(0))) <= t.input_axis(n, 0) ? mixes(t, n)
                                                                                          : Status();
}

Status reduce(BatchTrace& t, Node& n) {
  std::vector<int64_t> axes;
  bool given = false;
  if (!passes::axes_of(n, 1, passes::rank_of(n.input(0)), axes, given))
    return t.refuse(n, "its axes are not known");
  if (!given) return n.int_or("noop_with_empty_axes", 0) != 0 ? Status() : mixes(t, n);
  return std::count(axes.begin(), axes.end(), t.input_axis(n, 0)) > 0 ? mixes(t, n) : Status();
}

Status squeeze(BatchTrace& t, Node& n) {
  std::vector<int64_t> axes;
  bool given = false;
  if (!passes::axes_of(n, 1, passes::rank_of(n.input(0)), axes, given) || !given) {
    return t.refuse(n, "it removes whatever axis has one element");
  }
  return std::count(axes.begin(), axes.end(), t.input_axis(n, 0)) > 0
             ? t.refuse(n, "it removes the axis of the pictures")
             : Status();
}

Status slice(BatchTrace& t, Node& n) {
  JETLINE_RETURN_IF_ERROR(only_data(t, n));
  std::vector<int64_t> axes, steps;
  const int rank = passes::rank_of(n.input(0)), at = t.input_axis(n, 0);
  if (!n.input(4)) return Status();  // without steps types tell whether pictures were cut off
  if (!t.old_ints(n, 4, steps)) return t.refuse(n, "its steps are not known");
  if (n.input(3) && !t.old_ints(n, 3, axes)) return t.refuse(n, "its axes are not known");
  for (size_t i = 0; i < steps.size(); ++i) {
    const int64_t axis = axes.empty()      ? static_cast<int64_t>(i)
                         : i < axes.size() ? counted(axes[i], rank)
                                           : -1;
    if (axis == at && steps[i] != 1) return t.refuse(n, "it changes the order of the pictures");
  }
  return Status();
}

Status concat(BatchTrace& t, Node& n) {
  int axis = -1;
  const int first = first_batched(t, n, axis);
  const int rank = passes::rank_of(n.input(static_cast<size_t>(first)));
  if (counted(n.int_or("axis", 0), rank) == axis) return mixes(t, n);
  const int64_t size = t.old_type(n.input(static_cast<size_t>(first))).shape[static_cast<size_t>(axis)].value;
  for (size_t i = 0; i < n.inputs().size(); ++i) {
    const int mine = t.input_axis(n, i);
    if (mine >= 0 && mine != axis) return t.refuse(n, "its inputs have the pictures on different axes");
    if (mine >= 0) continue;
    // A Concat does not broadcast: what is stored once has to be there as often as there are pictures.
    return t.refuse(n, "it joins the pictures with '" + n.input(i)->name() +
                           "', which does not grow with the batch (" + std::to_string(size) + " before)");
  }
  return Status();
}

Status gather(BatchTrace& t, Node& n) {
  const int data = t.input_axis(n, 0), indices = t.input_axis(n, 1);
  if (data >= 0 && indices >= 0) return t.refuse(n, "data and indices both differ from picture to picture");
  if (data < 0) return Status();
  return counted(n.int_or("axis", 0), passes::rank_of(n.input(0))) == data
             ? t.refuse(n, "it picks single pictures")
             : Status();
}

Status gather_elements(BatchTrace& t, Node& n) {
  const int axis = t.input_axis(n, 0);
  if (axis != t.input_axis(n, 1)) return t.refuse(n, "data and indices do not both grow with the batch");
  return counted(n.int_or("axis", 0), passes::rank_of(n.input(0))) == axis ? mixes(t, n) : Status();
}

Status gather_nd(BatchTrace& t, Node& n) {
  const int data = t.input_axis(n, 0), indices = t.input_axis(n, 1);
  if (data < 0) return indices < passes::rank_of(n.input(1)) - 1 ? Status() : mixes(t, n);
  const bool apart = data == indices && n.int_or("batch_dims", 0) > data;
  return apart ? Status() : t.refuse(n, "its indices may name pictures by number");
}

Status matmul(BatchTrace& t, Node& n) {
  const int a = t.input_axis(n, 0), b = t.input_axis(n, 1);
  const int ra = passes::rank_of(n.input(0)), rb = passes::rank_of(n.input(1));
  if (ra < 2 || rb < 2) return t.refuse(n, "one of its inputs is no matrix");
  if (a == ra - 1 || b == rb - 2 || b == rb - 1) return mixes(t, n);
  if (a >= 0 && b >= 0)
    return ra - a == rb - b ? Status() : t.refuse(n, "its inputs have the pictures on different axes");
  if (b >= 0 || a == ra - 2) return Status();
  // Stacks of matrices broadcast.
  const int other = rb - (ra - a);
  const ValueType& type = n.input(1)->type;
  if (other < 0 ||
      (type.shape[static_cast<size_t>(other)].known() && type.shape[static_cast<size_t>(other)].value == 1)) {
    return Status();
  }
  return t.spread_constant(n, 1, other);
}

Status gemm(BatchTrace& t, Node& n) {
  const int rows = n.int_or("transA", 0) != 0 ? 1 : 0;
  if (t.input_axis(n, 0) != rows || t.input_axis(n, 1) >= 0) return mixes(t, n);
  const Value* c = n.input(2);
  if (!c || t.input_axis(n, 2) >= 0) return Status();
  const int rank = passes::rank_of(c);
  if (rank < 2 || (c->type.shape[0].known() && c->type.shape[0].value == 1)) return Status();
  return t.spread_constant(n, 2, 0);
}

Status einsum(BatchTrace& t, Node& n) {
  const std::string equation = n.string_or("equation", "");
  const size_t arrow = equation.find("->");
  if (arrow == std::string::npos || equation.find('.') != std::string::npos)
    return t.refuse(n, "its axes are not named");
  std::vector<std::string> terms(1);
  for (char c : equation.substr(0, arrow)) {
    if (c == ',') terms.emplace_back();
    if (std::isalpha(static_cast<unsigned char>(c))) terms.back() += c;
  }
  char letter = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    const int axis = t.input_axis(n, i);
    if (axis < 0) continue;
    if (static_cast<size_t>(axis) >= terms[i].size()) return t.refuse(n, "its equation does not fit");
    if (letter && terms[i][static_cast<size_t>(axis)] != letter) return mixes(t, n);
    letter = terms[i][static_cast<size_t>(axis)];
  }
  for (size_t i = 0; i < terms.size(); ++i) {
    const auto times = std::count(terms[i].begin(), terms[i].end(), letter);
    if (times != (t.input_axis(n, i) >= 0 ? 1 : 0)) return mixes(t, n);
  }
  return equation.find(letter, arrow) == std::string::npos ? mixes(t, n) : Status();
}

Status recurrent(BatchTrace& t, Node& n) {
  const int at = n.int_or("layout", 0) != 0 ? 0 : 1;
  if (t.input_axis(n, 0) != at) return mixes(t, n);
  for (size_t i = 1; i < n.inputs().size(); ++i) {
    const Value* v = n.input(i);
    const bool per_picture = i == 4 || i == 5 || i == 6;
    if (!v || (per_picture && t.input_axis(n, i) >= 0)) continue;
    if (t.input_axis(n, i) >= 0) return t.refuse(n, "its weights differ from picture to picture");
    if (per_picture) return t.refuse(n, "its state '" + v->name() + "' is stored for one batch");
  }
  return Status();
}

Status grid_sample(BatchTrace& t, Node& n) {
  if (t.input_axis(n, 0) == 0 && t.input_axis(n, 1) == 0) return Status();
  return t.refuse(n, "picture and grid do not both grow with the batch");
}

Status quantize(BatchTrace& t, Node& n) {
  JETLINE_RETURN_IF_ERROR(only_data(t, n));
  if (passes::rank_of(n.input(1)) == 0) return Status();
  return counted(n.int_or("axis", 1), passes::rank_of(n.input(0))) == t.input_axis(n, 0) ? mixes(t, n)
                                                                                         : Status();
}

Status tile(BatchTrace& t, Node& n) {
  std::vector<int64_t> repeats;
  const auto at = static_cast<size_t>(t.input_axis(n, 0));
  if (!t.old_ints(n, 1, repeats) || repeats.size() <= at) return t.refuse(n, "its repeats are not known");
  return repeats[at] == 1 ? Status() : t.refuse(n, "it repeats the pictures");
}

Status pad(BatchTrace& t, Node& n) {
  JETLINE_RETURN_IF_ERROR(only_data(t, n));
  std::vector<int64_t> pads, axes;
  if (n.attribute("pads")) {
    pads = n.ints_or("pads", {});
  } else if (!t.old_ints(n, 1, pads)) {
    return t.refuse(n, "its pads are not known");
  }
  if (n.input(3) && !t.old_ints(n, 3, axes)) return t.refuse(n, "its axes are not known");
  const int rank = passes::rank_of(n.input(0));
  const size_t half = pads.size() / 2;
  for (size_t i = 0; i < half; ++i) {
    const int64_t axis = axes.empty()      ? static_cast<int64_t>(i)
                         : i < axes.size() ? counted(axes[i], rank)
                                           : -1;
    if (axis == t.input_axis(n, 0) && (pads[i] != 0 || pads[i + half] != 0)) return mixes(t, n);
  }
  return Status();
}

Status triangle(BatchTrace& t, Node& n) {
  JETLINE_RETURN_IF_ERROR(only_data(t, n));
  return t.input_axis(n, 0) < passes::rank_of(n.input(0)) - 2 ? Status() : mixes(t, n);
}

// Its rows name the picture that they belong to; whoever takes them apart would have to look at that.
Status non_max_suppression(BatchTrace& t, Node& n) {
  for (const Use& use : n.output(0)->uses()) {
    if (use.node) return t.refuse(n, "what follows picks boxes by rows and forgets their picture");
  }
  return t.input_axis(n, 0) == 0 && t.input_axis(n, 1) == 0
             ? Status()
             : t.refuse(n, "boxes and scores do not both grow with the batch");
}

const std::unordered_map<std::string, BatchRule>& batch_rules() {
  static const auto* const kRules = [] {
    auto* m = new std::unordered_map<std::string, BatchRule>;
    const auto add = [m](BatchRule rule, std::initializer_list<const char*> ops) {
      for (const char* op : ops) (*m)[op] = rule;
    };
    add(batch_broadcast, {"Abs",         "Acos",
                          "Acosh",       "Add",
                          "And",         "Asin",
                          "Asinh",       "Atan",
                          "Atanh",       "BitShift",
                          "BitwiseAnd",  "BitwiseNot",
                          "BitwiseOr",   "BitwiseXor",
                          "Cast",        "Ceil",
                          "Celu",        "Clip",
                          "Cos",         "Cosh",
                          "Div",         "Dropout",
                          "Elu",         "Equal",
                          "Erf",         "Exp",
                          "Floor",       "Gelu",
                          "Greater",     "GreaterOrEqual",
                          "HardSigmoid", "HardSwish",
                          "Identity",    "IsInf",
                          "IsNaN",       "LeakyRelu",
                          "Less",        "LessOrEqual",
                          "Log",         "Max",
                          "Mean",        "Min",
                          "Mish",        "Mod",
                          "Mul",         "Neg",
                          "Not",         "Or",
                          "PRelu",       "Pow",
                          "Reciprocal",  "Relu",
                          "Round",       "Selu",
                          "Shrink",      "Sigmoid",
                          "Sign",        "Sin",
                          "Sinh",        "Softplus",
                          "Softsign",    "Sqrt",
                          "Sub",         "Sum",
                          "Swish",       "Tan",
                          "Tanh",        "ThresholdedRelu",
                          "Where",       "Xor"});
    add(leading_batch,
        {"Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool",
         "GlobalLpPool", "BatchNormalization", "InstanceNormalization", "GroupNormalization", "LRN",
         "DepthToSpace", "SpaceToDepth", "ConvInteger", "QLinearConv"});
    add(batch_resize, {"Resize", "Upsample"});
    add(any_axis, {"Transpose", "Unsqueeze"});
    add(softmax, {"Softmax", "LogSoftmax", "Hardmax"});
    add(other_axis<0>, {"Split", "ArgMax", "ArgMin"});
    add(other_axis<-1>, {"TopK", "LpNormalization"});
    add(behind_axis, {"LayerNormalization", "RMSNormalization"});
    add(reduce, {"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
                 "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"});
    add(squeeze, {"Squeeze"});
    add(slice, {"Slice"});
    add(concat, {"Concat"});
    add(gather, {"Gather"});
    add(gather_elements, {"GatherElements"});
    add(gather_nd, {"GatherND"});
    add(batch_reshape, {"Reshape"});
    add(batch_flatten, {"Flatten"});
    add(batch_expand, {"Expand"});
    add(matmul, {"MatMul"});
    add(gemm, {"Gemm"});
    add(einsum, {"Einsum"});
    add(recurrent, {"LSTM", "GRU", "RNN"});
    add(grid_sample, {"GridSample"});
    add(quantize, {"QuantizeLinear", "DequantizeLinear"});
    add(tile, {"Tile"});
    add(pad, {"Pad"});
    add(triangle, {"Trilu"});
    add(non_max_suppression, {"NonMaxSuppression"});
    return m;
  }();
  return *kRules;
}

}  // namespace

Status check_batch_rule(BatchTrace& trace, Node& n) {
  const auto rule = n.domain().empty() ? batch_rules().find(n.op()) : batch_rules().end();
  if (rule == batch_rules().end()) {
    return trace.refuse(n, n.subgraphs().empty()
                               ? "nothing is known of what it does with the axis of the pictures"
                               : "pictures enter its subgraph");
  }
  return rule->second(trace, n);
}

}  // namespace jetline::surgery
