// Convolutions, pooling, products, normalisation and recurrent layers.
#include <algorithm>

#include "jetline/graph/validate_rules.h"

namespace jetline::validate {
namespace {

std::string layer_window_list(const Subject& s, const char* name, int spatial, int factor) {
  const Attribute* a = s.node.attribute(name);
  if (!a || !a->as_ints() || a->as_ints()->empty()) return "";
  const std::vector<int64_t>& v = *a->as_ints();
  if (static_cast<int>(v.size()) != spatial * factor)
    return std::string(name) + " has " + std::to_string(v.size()) + " numbers for " +
           std::to_string(spatial) + " axes";
  if (factor == 1 && *std::min_element(v.begin(), v.end()) < 1) return std::string(name) + " below 1";
  return "";
}

// `spatial`: axes that the window moves along.
std::string layer_window(const Subject& s, int spatial) {
  for (const char* name : {"kernel_shape", "strides", "dilations"}) {
    const std::string why = layer_window_list(s, name, spatial, 1);
    if (!why.empty()) return why;
  }
  return layer_window_list(s, "pads", spatial, 2);
}

std::string layer_conv(const Subject& s) {
  const int x = s.rank(0), w = s.rank(1);
  if (x >= 0 && x < 3) return "its input " + dimensions_text(x);
  if (x >= 0 && w >= 0 && x != w)
    return "its weight " + dimensions_text(w) + ", its input " + std::to_string(x);
  const int rank = std::max(x, w);
  if (rank < 3) return rank < 0 ? "" : "its weight " + dimensions_text(rank);
  std::string why = layer_window(s, rank - 2);
  const int64_t groups = s.node.int_or("group", 1);
  if (why.empty() && groups < 1) why = "it has " + std::to_string(groups) + " groups";
  if (!why.empty()) return why;
  const bool transposed = s.node.op() == "ConvTranspose";
  const int64_t channels = s.dim(0, 1), first = s.dim(1, 0), second = s.dim(1, 1);
  if (groups > 1 && first >= 0 && first % groups != 0)
    return "its weight of " + std::to_string(first) + " channels is for " + std::to_string(groups) +
           " groups";
  const int64_t takes = transposed ? first : second;
  if (channels >= 0 && takes >= 0 && channels != (transposed ? takes : takes * groups))
    return "its weight takes " + std::to_string(transposed ? takes : takes * groups) +
           " channels, its input has " + std::to_string(channels);
  const Attribute* kernel = s.node.attribute("kernel_shape");
  for (int i = 0; kernel && kernel->as_ints() && w >= 0 && i < static_cast<int>(kernel->as_ints()->size());
       ++i) {
    const int64_t given = (*kernel->as_ints())[static_cast<size_t>(i)], stored = s.dim(1, i + 2);
    if (stored >= 0 && given != stored) return "kernel_shape is not the shape of its weight";
  }
  if (s.rank(2) >= 0 && s.rank(2) != 1) return "its bias " + dimensions_text(s.rank(2));
  const int64_t outputs = transposed ? (second < 0 ? -1 : second * groups) : first;
  if (s.dim(2, 0) >= 0 && outputs >= 0 && s.dim(2, 0) != outputs)
    return "its bias has " + std::to_string(s.dim(2, 0)) + " numbers for " + std::to_string(outputs) +
           " channels";
  return "";
}

std::string layer_pool(const Subject& s) {
  const int x = s.rank(0);
  if (x < 0) return "";
  if (x < 3) return "its input " + dimensions_text(x);
  if (!s.node.attribute("kernel_shape")) return "it has no kernel_shape";
  return layer_window(s, x - 2);
}

std::string layer_inner(int64_t a, int64_t b) {
  if (a < 0 || b < 0 || a == b) return "";
  return "rows of " + std::to_string(a) + " numbers meet columns of " + std::to_string(b);
}

std::string layer_gemm(const Subject& s) {
  for (size_t i = 0; i < 2; ++i) {
    if (s.rank(i) >= 0 && s.rank(i) != 2)
      return "its input " + std::to_string(i) + " " + dimensions_text(s.rank(i));
  }
  return layer_inner(s.dim(0, s.node.int_or("transA", 0) ? 0 : 1),
                     s.dim(1, s.node.int_or("transB", 0) ? 1 : 0));
}

std::string layer_matmul(const Subject& s) {
  const int a = s.rank(0), b = s.rank(1);
  if (a == 0 || b == 0) return "it multiplies a single number";
  if (a < 0 || b < 0) return "";
  return layer_inner(s.dim(0, -1), s.dim(1, b == 1 ? 0 : -2));
}

std::string layer_batch_norm(const Subject& s) {
  if (s.node.int_or("spatial", 1) == 0 || s.rank(0) < 2) return "";
  for (size_t i = 1; i < 5; ++i) {
    if (s.rank(i) >= 0 && s.rank(i) != 1)
      return "its input " + std::to_string(i) + " " + dimensions_text(s.rank(i));
    const int64_t n = s.dim(i, 0), channels = s.dim(0, 1);
    if (n >= 0 && channels >= 0 && n != channels)
      return "its input " + std::to_string(i) + " has " + std::to_string(n) + " numbers for " +
             std::to_string(channels) + " channels";
  }
  return "";
}

std::string layer_recurrent(const Subject& s) {
  for (size_t i = 0; i < 3; ++i) {
    if (s.rank(i) >= 0 && s.rank(i) != 3)
      return "its input " + std::to_string(i) + " " + dimensions_text(s.rank(i));
  }
  return "";
}

const Rule kLayerRules[] = {
    {"Conv", 2, layer_conv},      {"ConvTranspose", 2, layer_conv},
    {"MaxPool", 1, layer_pool},   {"AveragePool", 1, layer_pool},
    {"LpPool", 1, layer_pool},    {"Gemm", 2, layer_gemm},
    {"MatMul", 2, layer_matmul},  {"BatchNormalization", 5, layer_batch_norm},
    {"LSTM", 3, layer_recurrent}, {"GRU", 3, layer_recurrent},
    {"RNN", 3, layer_recurrent},
};

}  // namespace

Span<const Rule> layer_rules() {
  return {kLayerRules, sizeof kLayerRules / sizeof *kLayerRules};
}

}  // namespace jetline::validate
