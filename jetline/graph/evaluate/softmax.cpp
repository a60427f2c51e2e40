// Softmax, LogSoftmax, Hardmax, LpNormalization along one axis (before opset 13 Softmax and its kin see the
// input as a matrix), and the losses.
#include <algorithm>
#include <cmath>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

enum class AxisKind : uint8_t { kSoftmax, kLogSoftmax, kHardmax, kL1, kL2 };

// One line of n elements, `step` apart.
template <typename T>
void normalize_line(AxisKind kind, const T* x, T* y, int64_t n, int64_t step) {
  double sum = 0;
  T top = x[0];
  int64_t at = 0;
  for (int64_t i = 1; i < n; ++i) {
    if (x[i * step] > top) {
      top = x[i * step];
      at = i;
    }
  }
  switch (kind) {
    case AxisKind::kHardmax:
      for (int64_t i = 0; i < n; ++i) y[i * step] = i == at;
      return;
    case AxisKind::kL1:
    case AxisKind::kL2: {
      for (int64_t i = 0; i < n; ++i) {
        const double v = x[i * step];
        sum += kind == AxisKind::kL1 ? std::fabs(v) : v * v;
      }
      const double norm = kind == AxisKind::kL2 ? std::sqrt(sum) : sum;
      for (int64_t i = 0; i < n; ++i) y[i * step] = norm == 0 ? T(0) : static_cast<T>(x[i * step] / norm);
      return;
    }
    default:
      for (int64_t i = 0; i < n; ++i) {
        const T e = kind == AxisKind::kSoftmax ? std::exp(x[i * step] - top) : x[i * step] - top;
        sum += kind == AxisKind::kSoftmax ? e : std::exp(e);
        y[i * step] = e;
      }
      const T total = static_cast<T>(kind == AxisKind::kSoftmax ? sum : std::log(sum));
      for (int64_t i = 0; i < n; ++i) {
        y[i * step] = kind == AxisKind::kSoftmax ? y[i * step] / total : y[i * step] - total;
      }
  }
}

Result<Tensor> along_axis(Call& c, const Tensor& x, AxisKind kind, int64_t outer, int64_t n, int64_t inner) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers_of(0));
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), x.dims()));
  const auto run = [&](auto lane) {
    using T = decltype(lane);
    const Numbers<T> v(x);
    std::vector<T> out(static_cast<size_t>(v.size()));
    for (int64_t i = 0; i < outer * inner && n > 0; ++i) {
      const int64_t base = i / inner * n * inner + i % inner;
      normalize_line(kind, v.data() + base, out.data() + base, n, inner);
    }
    store(x.dtype(), y.data(), 0, v.size(), out.data());
  };
  if (lane_of(x.dtype()) == Lane::kFloat) {
    run(float{});
  } else if (lane_of(x.dtype()) == Lane::kDouble) {
    run(double{});
  } else {
    return c.unsupported_type(x.dtype());
  }
  return y.tensor(x.dtype(), x.dims());
}

Status softmax_like(Call& c, AxisKind kind) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Tensor& x = *c.tensor(0);
  const Dims& d = x.dims();
  const bool matrix = c.opset() < 13;
  int64_t axis = c.int_or("axis", matrix ? 1 : -1);
  if (matrix && axis == static_cast<int64_t>(d.size())) axis = 0;  // one row of everything, as for axis 0
  if (!fix_axis(axis, d.size())) return c.bad_input("axis is out of range");
  const auto at = static_cast<size_t>(axis);
  const int64_t n = matrix ? span_count(d, at, d.size()) : d[at];
  const int64_t inner = matrix ? 1 : span_count(d, at + 1, d.size());
  JETLINE_ASSIGN_OR_RETURN(Tensor y, along_axis(c, x, kind, span_count(d, 0, at), n, inner));
  c.set(0, std::move(y));
  return {};
}

Status run_softmax(Call& c) {
  return softmax_like(c, AxisKind::kSoftmax);
}
Status run_log_softmax(Call& c) {
  return softmax_like(c, AxisKind::kLogSoftmax);
}
Status run_hardmax(Call& c) {
  return softmax_like(c, AxisKind::kHardmax);
}

Status run_lp_normalization(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Dims& d = c.tensor(0)->dims();
  int64_t axis = c.int_or("axis", -1);
  const int64_t p = c.int_or("p", 2);
  if (!fix_axis(axis, d.size()) || (p != 1 && p != 2)) return c.bad_input("axis or p is out of range");
  const auto at = static_cast<size_t>(axis);
  JETLINE_ASSIGN_OR_RETURN(
      Tensor y, along_axis(c, *c.tensor(0), p == 1 ? AxisKind::kL1 : AxisKind::kL2, span_count(d, 0, at),
                           d[at], span_count(d, at + 1, d.size())));
  c.set(0, std::move(y));
  return {};
}

// Minus the weighted log-probability of each target class; `logs` is [N, C, ...], targets [N, ...].
Status loss_of(Call& c, const Tensor& logs) {
  const Tensor& target = *c.tensor(1);
  const Dims& d = logs.dims();
  Dims expected = d;
  if (d.size() < 2) return c.bad_input("the input has no classes");
  expected.erase(expected.begin() + 1);
  if (target.dims() != expected) return c.bad_input("the target does not fit the input");
  const int64_t classes = d[1], inner = span_count(d, 2, d.size());
  const bool ignores = c.attribute("ignore_index") != nullptr;
  const int64_t ignored = c.int_or("ignore_index", 0);
  const std::string reduction = c.string_or("reduction", "mean");
  const Numbers<double> v(logs);
  const Numbers<int64_t> t(target);
  const Tensor* weight = c.tensor(2);
  if (weight && weight->count() != classes) return c.bad_input("one weight a class is needed");
  const Numbers<double> w(weight ? *weight : Tensor());
  std::vector<double> losses(static_cast<size_t>(t.size()));
  double sum = 0, total_weight = 0;
  for (int64_t i = 0; i < t.size(); ++i) {
    if (ignores && t[i] == ignored) continue;
    if (t[i] < 0 || t[i] >= classes) return c.bad_input("a target outside the classes");
    const double share = weight ? w[t[i]] : 1;
    const double loss = -v[(i / inner * classes + t[i]) * inner + i % inner] * share;
    losses[static_cast<size_t>(i)] = loss;
    sum += loss;
    total_weight += share;
  }
  const bool each = reduction == "none";
  const Dims out = each ? target.dims() : Dims();
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(logs.dtype(), out));
  if (reduction == "mean") sum /= total_weight;
  store(logs.dtype(), y.data(), 0, each ? t.size() : 1, each ? losses.data() : &sum);
  c.set(0, y.tensor(logs.dtype(), out));
  return {};
}

Status run_negative_log_likelihood(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  return loss_of(c, *c.tensor(0));
}

Status run_softmax_cross_entropy(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  const Dims& d = c.tensor(0)->dims();
  if (d.size() < 2) return c.bad_input("the input has no classes");
  JETLINE_ASSIGN_OR_RETURN(Tensor logs, along_axis(c, *c.tensor(0), AxisKind::kLogSoftmax, d[0], d[1],
                                                   span_count(d, 2, d.size())));
  JETLINE_RETURN_IF_ERROR(loss_of(c, logs));
  c.set(1, std::move(logs));
  return {};
}

const Rule kSoftmaxRules[] = {
    {"Softmax", run_softmax},
    {"LogSoftmax", run_log_softmax},
    {"Hardmax", run_hardmax},
    {"LpNormalization", run_lp_normalization},
    {"NegativeLogLikelihoodLoss", run_negative_log_likelihood},
    {"SoftmaxCrossEntropyLoss", run_softmax_cross_entropy},
};

}  // namespace

Span<const Rule> softmax_rules() {
  return {kSoftmaxRules, sizeof kSoftmaxRules / sizeof *kSoftmaxRules};
}

}  // namespace jetline::calc
