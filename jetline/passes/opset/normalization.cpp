// LayerNormalization (17), GroupNormalization (18, 21), BatchNormalization (9, 14), Dropout (10, 12).
#include "jetline/passes/opset/step.h"

namespace jetline::passes::opset {
namespace {

constexpr int64_t kMaxGroups = 1 << 16;

// (x - mean) / sqrt(variance + epsilon) * scale + bias over the axes from `axis` on, in the type of
// stash_type.
std::string layer_norm_down(Step& s) {
  Node& n = s.node();
  Value* x = s.in(0);
  const DType t = Step::dtype(x);
  const int64_t stash = n.int_or("stash_type", 1);
  const DType compute = stash == 1 ? DType::kF32 : static_cast<DType>(stash);
  int64_t axis = n.int_or("axis", -1);
  const int rank = Step::rank(x);
  if (rank < 0 && axis != -1) return "normalises axes of a tensor of unknown rank";
  if (rank >= 0 && axis < 0) axis += rank;
  if (rank >= 0 && (axis < 0 || axis >= rank)) return "an axis out of range";
  std::vector<int64_t> axes;
  for (int64_t i = axis; i < rank; ++i) axes.push_back(i);
  if (rank < 0) axes = {-1};
  Value* wide = s.cast(x, compute);
  Value* mean = s.emit("ReduceMean", {wide}, {{"axes", axes}, {"keepdims", 1}});
  Value* centred = s.emit("Sub", {wide, mean});
  Value* variance =
      s.emit("ReduceMean", {s.emit("Mul", {centred, centred})}, {{"axes", axes}, {"keepdims", 1}});
  Value* epsilon = s.scalar(static_cast<double>(n.float_or("epsilon", 1e-5f)), compute);
  Value* deviation = s.emit("Sqrt", {s.emit("Add", {variance, epsilon})});
  if (s.used(1)) s.replace(1, mean);
  if (s.used(2)) s.replace(2, s.emit("Reciprocal", {deviation}));
  Value* y = s.cast(s.emit("Div", {centred, deviation}), t);
  y = s.emit("Mul", {y, s.in(1)});
  if (s.in(2)) y = s.emit("Add", {y, s.in(2)});
  return s.become(y);
}

// x / sqrt(mean(x * x) + epsilon) * scale over the axes from `axis` on, in the type of stash_type.
std::string rms_norm_down(Step& s) {
  Node& n = s.node();
  Value* x = s.in(0);
  const DType t = Step::dtype(x);
  const int64_t stash = n.int_or("stash_type", 1);
  const DType compute = stash == 1 ? DType::kF32 : static_cast<DType>(stash);
  const int rank = Step::rank(x);
  int64_t axis = n.int_or("axis", -1);
  if (rank < 0 && axis != -1) return "normalises axes of a tensor of unknown rank";
  if (rank >= 0 && axis < 0) axis += rank;
  if (rank >= 0 && (axis < 0 || axis >= rank)) return "an axis out of range";
  std::vector<int64_t> axes;
  for (int64_t i = axis; i < rank; ++i) axes.push_back(i);
  if (rank < 0) axes = {-1};
  Value* wide = s.cast(x, compute);
  Value* mean = s.emit("ReduceMean", {s.emit("Mul", {wide, wide}), s.int_list(axes)}, {{"keepdims", 1}});
  Value* epsilon = s.scalar(static_cast<double>(n.float_or("epsilon", 1e-5f)), compute);
  Value* y = s.emit("Div", {wide, s.emit("Sqrt", {s.emit("Add", {mean, epsilon})})});
  return s.become(s.emit("Mul", {s.cast(y, t), s.in(1)}));
}

// InstanceNormalization over [N, groups, rest].
Value* group_norm_core(Step& s, int64_t groups, Value* scale, Value* bias) {
  Value* grouped = s.emit("Reshape", {s.in(0), s.int_list({0, groups, -1})});
  Value* y = s.emit("InstanceNormalization", {grouped, scale, bias},
                    {{"epsilon", s.node().float_or("epsilon", 1e-5f)}});
  return s.emit("Reshape", {y, s.emit("Shape", {s.in(0)})});
}

std::string group_norm_down_18(Step& s) {
  const int64_t groups = s.node().int_or("num_groups", 0);
  if (groups < 1 || groups > kMaxGroups) return "without a sound num_groups";
  return s.become(group_norm_core(s, groups, s.in(1), s.in(2)));
}

// From 21 on scale and bias are per channel, before per group.
std::string group_norm_down_21(Step& s) {
  const int64_t groups = s.node().int_or("num_groups", 0);
  const int rank = Step::rank(s.in(0));
  if (groups < 1 || groups > kMaxGroups || rank < 2)
    return "scale and bias by channel, for a tensor of unknown rank";
  const DType t = Step::dtype(s.in(0));
  const std::vector<int64_t> dims = {groups};
  Value* ones = s.tensor(t, dims, std::vector<double>(static_cast<size_t>(groups), 1.0));
  Value* zeros = s.tensor(t, dims, std::vector<double>(static_cast<size_t>(groups), 0.0));
  Value* y = group_norm_core(s, groups, ones, zeros);
  std::vector<int64_t> by_channel(static_cast<size_t>(rank) - 1, 1);
  by_channel[0] = -1;
  y = s.emit("Mul", {y, s.emit("Reshape", {s.in(1), s.int_list(by_channel)})});
  return s.become(s.emit("Add", {y, s.emit("Reshape", {s.in(2), s.int_list(by_channel)})}));
}

std::string group_norm_up_21(Step& s) {
  const int64_t groups = s.node().int_or("num_groups", 0), channels = s.dim(s.in(0), 1);
  if (groups < 1 || channels < 1 || channels % groups != 0)
    return "scale and bias by group, for an unknown number of channels";
  Value* repeat = s.int_list({groups, channels / groups});
  for (size_t i = 1; i < 3; ++i) {
    Value* column = s.emit("Reshape", {s.in(i), s.int_list({groups, 1})});
    s.node().set_input(i, s.emit("Reshape", {s.emit("Expand", {column, repeat}), s.int_list({channels})}));
  }
  return "";
}

bool extra_outputs(Step& s) {
  for (size_t i = 1; i < s.node().outputs().size(); ++i) {
    if (s.used(i)) return true;
  }
  return false;
}

std::string batch_norm_up_9(Step& s) {
  if (s.node().int_or("spatial", 1) == 0) return "statistics for every element (spatial 0)";
  s.node().remove_attribute("spatial");
  return "";
}

std::string batch_norm_up_14(Step& s) {
  return extra_outputs(s) ? "is in training mode" : "";
}

std::string batch_norm_down_14(Step& s) {
  if (s.node().int_or("training_mode", 0) != 0 || extra_outputs(s)) return "is in training mode";
  s.node().remove_attribute("training_mode");
  return "";
}

std::string dropout_up_10(Step& s) {
  return s.used(1) ? "its mask is of another type" : "";
}

std::string dropout_up_12(Step& s) {
  if (s.used(1)) return "its mask says something else";
  const float ratio = s.node().float_or("ratio", 0.5f);
  s.node().remove_attribute("ratio");
  s.node().set_input(1, s.scalar(static_cast<double>(ratio), DType::kF32));
  return "";
}

std::string dropout_down_12(Step& s) {
  std::vector<int64_t> training;
  if (s.in(2) && (!s.ints(2, training) || training.size() != 1 || training[0] != 0))
    return "is in training mode";
  if (s.used(1)) {  // nothing is dropped; what the older one says of that differs
    Value* yes = s.tensor(DType::kBool, {1}, {1});
    Tensor one = *yes->initializer();
    s.replace(1, s.emit("ConstantOfShape", {s.emit("Shape", {s.in(0)})}, {{"value", std::move(one)}}));
  }
  std::vector<double> ratio;
  if (s.in(1) && Step::numbers_of(s.in(1), ratio) && ratio.size() == 1)
    s.node().set_attribute(Attribute("ratio", static_cast<float>(ratio[0])));
  s.node().remove_attribute("seed");
  s.drop_inputs(1);
  return "";
}

const Change kNormalizationChanges[] = {
    {"LayerNormalization", 17, nullptr, layer_norm_down},
    {"RMSNormalization", 23, nullptr, rms_norm_down},
    {"GroupNormalization", 18, nullptr, group_norm_down_18},
    {"GroupNormalization", 21, group_norm_up_21, group_norm_down_21},
    {"BatchNormalization", 9, batch_norm_up_9, nullptr},
    {"BatchNormalization", 14, batch_norm_up_14, batch_norm_down_14},
    {"Dropout", 10, dropout_up_10, dropout_up_10},
    {"Dropout", 12, dropout_up_12, dropout_down_12},
};
}  // namespace

Span<const Change> normalization_changes() {
  return {kNormalizationChanges, sizeof(kNormalizationChanges) / sizeof(Change)};
}
}  // namespace jetline::passes::opset
