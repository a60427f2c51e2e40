// Normalisations: Batch, Instance, Group, Layer, RMS, MeanVariance, LRN, and Dropout. Statistics are summed
// in double.
#include <algorithm>
#include <cmath>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

struct Moments {
  double mean = 0, variance = 0;
};

// Of n numbers `step` apart, the population's variance.
Moments moments_of(const double* v, int64_t n, int64_t step = 1) {
  Moments m;
  for (int64_t i = 0; i < n; ++i) m.mean += v[i * step];
  m.mean /= static_cast<double>(n);
  for (int64_t i = 0; i < n; ++i) m.variance += (v[i * step] - m.mean) * (v[i * step] - m.mean);
  m.variance /= static_cast<double>(n);
  return m;
}

Status run_batch_normalization(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(5));
  const Tensor& x = *c.tensor(0);
  JETLINE_RETURN_IF_ERROR(c.need_floating(0));
  const Dims& d = x.dims();
  if (d.empty()) return c.bad_input("the input has no batch");
  const int64_t channels = d.size() > 1 ? d[1] : 1, inner = span_count(d, 2, d.size());
  for (size_t i = 1; i < 5; ++i) {
    if (c.tensor(i)->count() != channels) return c.bad_input("one parameter a channel is needed");
  }
  const double epsilon = c.float_or("epsilon", 1e-5f), momentum = c.float_or("momentum", 0.9f);
  const Numbers<double> v(x), scale(*c.tensor(1)), bias(*c.tensor(2)), mean_in(*c.tensor(3)),
      var_in(*c.tensor(4));
  std::vector<double> mean(mean_in.begin(), mean_in.end()), variance(var_in.begin(), var_in.end());
  const bool training = c.int_or("training_mode", 0) != 0;
  if (training && x.count() > 0) {
    const int64_t batch = d[0];
    for (int64_t ch = 0; ch < channels; ++ch) {
      std::vector<double> values;
      for (int64_t n = 0; n < batch; ++n) {
        const double* from = v.data() + (n * channels + ch) * inner;
        values.insert(values.end(), from, from + inner);
      }
      const Moments m = moments_of(values.data(), static_cast<int64_t>(values.size()));
      mean[static_cast<size_t>(ch)] = m.mean;
      variance[static_cast<size_t>(ch)] = m.variance;
    }
    std::vector<double> running_mean, running_variance;
    for (int64_t ch = 0; ch < channels; ++ch) {
      const auto k = static_cast<size_t>(ch);
      running_mean.push_back(mean_in[ch] * momentum + mean[k] * (1 - momentum));
      running_variance.push_back(var_in[ch] * momentum + variance[k] * (1 - momentum));
    }
    JETLINE_RETURN_IF_ERROR(give_doubles(c, 1, c.tensor(3)->dtype(), {channels}, running_mean));
    JETLINE_RETURN_IF_ERROR(give_doubles(c, 2, c.tensor(4)->dtype(), {channels}, running_variance));
  }
  std::vector<double> y(static_cast<size_t>(v.size()));
  for (int64_t i = 0; i < v.size(); ++i) {
    const int64_t ch = i / inner % channels;
    const auto k = static_cast<size_t>(ch);
    y[static_cast<size_t>(i)] = scale[ch] * (v[i] - mean[k]) / std::sqrt(variance[k] + epsilon) + bias[ch];
  }
  return give_doubles(c, 0, x.dtype(), d, y);
}

// Each of the N x groups blocks by its own moments; scale and bias one a channel or, before opset 21 of
// GroupNormalization, one a group.
Status normalize_groups(Call& c, int64_t groups) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(3));
  const Tensor& x = *c.tensor(0);
  JETLINE_RETURN_IF_ERROR(c.need_floating(0));
  const Dims& d = x.dims();
  if (d.size() < 2 || groups < 1 || d[1] % groups != 0) return c.bad_input("groups do not fit the channels");
  const int64_t per_group = d[1] / groups, inner = span_count(d, 2, d.size()), block = per_group * inner;
  const int64_t parameters = c.tensor(1)->count();
  if ((parameters != d[1] && parameters != groups) || c.tensor(2)->count() != parameters) {
    return c.bad_input("scale or bias do not fit the channels");
  }
  const double epsilon = c.float_or("epsilon", 1e-5f);
  const Numbers<double> v(x), scale(*c.tensor(1)), bias(*c.tensor(2));
  std::vector<double> y(static_cast<size_t>(v.size()));
  for (int64_t b = 0; b < d[0] * groups && block > 0; ++b) {
    const Moments m = moments_of(v.data() + b * block, block);
    for (int64_t i = b * block; i < (b + 1) * block; ++i) {
      const int64_t ch = i / inner % d[1], k = parameters == d[1] ? ch : ch / per_group;
      y[static_cast<size_t>(i)] = (v[i] - m.mean) / std::sqrt(m.variance + epsilon) * scale[k] + bias[k];
    }
  }
  return give_doubles(c, 0, x.dtype(), d, y);
}

Status run_instance_normalization(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Dims& d = c.tensor(0)->dims();
  return normalize_groups(c, d.size() > 1 ? std::max<int64_t>(1, d[1]) : 0);
}
Status run_group_normalization(Call& c) {
  return normalize_groups(c, c.int_or("num_groups", 0));
}

// LayerNormalization and RMSNormalization: over the dimensions from `axis` on; scale and bias broadcast to x.
Status normalize_tail(Call& c, bool centered) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  const Tensor &x = *c.tensor(0), &scale = *c.tensor(1), *bias = centered ? c.tensor(2) : nullptr;
  JETLINE_RETURN_IF_ERROR(c.need_floating(0));
  const Dims& d = x.dims();
  int64_t axis = c.int_or("axis", -1);
  Dims fits;
  if (!fix_axis(axis, d.size()) || !broadcast_dims(scale.dims(), d, fits) || fits != d ||
      (bias && (!broadcast_dims(bias->dims(), d, fits) || fits != d))) {
    return c.bad_input("axis, scale or bias do not fit " + dims_text(d));
  }
  const auto at = static_cast<size_t>(axis);
  const int64_t rows = span_count(d, 0, at), n = span_count(d, at, d.size());
  const double epsilon = c.float_or("epsilon", 1e-5f);
  const Numbers<double> v(x), s(scale), b(bias ? *bias : Tensor());
  std::vector<double> y(static_cast<size_t>(v.size())), means, inverses;
  const Dims strides[2] = {broadcast_strides(scale.dims(), d),
                           bias ? broadcast_strides(bias->dims(), d) : Dims(d.size(), 0)};
  int64_t offsets[2] = {0, 0};
  Odometer walk(d);
  for (int64_t r = 0; r < rows; ++r) {
    Moments m;
    if (centered) {
      m = moments_of(v.data() + r * n, n);
    } else {
      for (int64_t i = 0; i < n; ++i) m.variance += v[r * n + i] * v[r * n + i];
      m.variance /= static_cast<double>(n);
    }
    const double inverse = 1 / std::sqrt(m.variance + epsilon);
    means.push_back(m.mean);
    inverses.push_back(inverse);
    for (int64_t i = r * n; i < (r + 1) * n; ++i, walk.next(strides, offsets)) {
      y[static_cast<size_t>(i)] = (v[i] - m.mean) * inverse * s[offsets[0]] + (bias ? b[offsets[1]] : 0);
    }
  }
  JETLINE_RETURN_IF_ERROR(give_doubles(c, 0, x.dtype(), d, y));
  Dims outer(d.begin(), d.begin() + axis);
  outer.resize(d.size(), 1);
  if (!centered) return {};
  const auto stash = static_cast<DType>(c.int_or("stash_type", 1));
  const DType kept =
      stash == DType::kF64 || stash == DType::kF16 || stash == DType::kBF16 ? stash : DType::kF32;
  JETLINE_RETURN_IF_ERROR(give_doubles(c, 1, kept, outer, means));
  return give_doubles(c, 2, kept, outer, inverses);
}

Status run_layer_normalization(Call& c) {
  return normalize_tail(c, true);
}
Status run_rms_normalization(Call& c) {
  return normalize_tail(c, false);
}

Status run_mean_variance_normalization(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  const Tensor& x = *c.tensor(0);
  JETLINE_RETURN_IF_ERROR(c.need_floating(0));
  const Dims& d = x.dims();
  Dims axes = c.ints_or("axes", {0, 2, 3});
  if (!fix_axes(axes, d.size())) return c.bad_input("axes are out of range");
  const Numbers<double> v(x);
  // The moments of each kept index, through strides that are 0 along the axes.
  Dims kept = d;
  for (int64_t a : axes) kept[static_cast<size_t>(a)] = 1;
  const Dims strides[1] = {broadcast_strides(kept, d)};
  const auto cells = static_cast<size_t>(element_count(kept));
  std::vector<double> mean(cells, 0), square(cells, 0), y(static_cast<size_t>(v.size()));
  const double n = cells > 0 ? static_cast<double>(v.size()) / static_cast<double>(cells) : 1;
  for (int pass = 0; pass < 3; ++pass) {
    int64_t at[1] = {0};
    Odometer walk(d);
    for (int64_t i = 0; i < v.size(); ++i, walk.next(strides, at)) {
      const auto k = static_cast<size_t>(at[0]);
      if (pass == 0) mean[k] += v[i] / n;
      if (pass == 1) square[k] += (v[i] - mean[k]) * (v[i] - mean[k]) / n;
      if (pass == 2) y[static_cast<size_t>(i)] = (v[i] - mean[k]) / (std::sqrt(square[k]) + 1e-9);
    }
  }
  return give_doubles(c, 0, x.dtype(), d, y);
}

Status run_lrn(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  const Tensor& x = *c.tensor(0);
  JETLINE_RETURN_IF_ERROR(c.need_floating(0));
  const Dims& d = x.dims();
  const int64_t size = c.int_or("size", 0);
  if (d.size() < 2 || size < 1) return c.bad_input("size " + std::to_string(size));
  const double alpha = c.float_or("alpha", 1e-4f), beta = c.float_or("beta", 0.75f),
               bias = c.float_or("bias", 1);
  const int64_t channels = d[1], inner = span_count(d, 2, d.size());
  const Numbers<double> v(x);
  std::vector<double> y(static_cast<size_t>(v.size()));
  JETLINE_RETURN_IF_ERROR(c.charge(span_count({v.size(), std::min(size, channels)}, 0, 2)));
  for (int64_t i = 0; i < v.size(); ++i) {
    const int64_t ch = i / inner % channels;
    const int64_t first = std::max<int64_t>(0, ch - (size - 1) / 2),
                  last = std::min(channels - 1, ch + size / 2);
    double sum = 0;
    for (int64_t k = first; k <= last; ++k) sum += v[i + (k - ch) * inner] * v[i + (k - ch) * inner];
    y[static_cast<size_t>(i)] = v[i] / std::pow(bias + alpha / static_cast<double>(size) * sum, beta);
  }
  return give_doubles(c, 0, x.dtype(), d, y);
}

// As in inference; dropping by chance is no constant.
Status run_dropout(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Tensor& x = *c.tensor(0);
  const Tensor* training = c.tensor(2);
  const bool trains =
      training && training->dtype() == DType::kBool && training->count() == 1 && training->bytes()[0];
  double ratio = c.float_or("ratio", 0.5f);
  if (const Tensor* r = c.tensor(1); r && r->count() == 1) ratio = Numbers<double>(*r)[0];
  if (trains && ratio != 0) return c.unsupported("dropping by chance");
  c.set(0, x);
  if (!c.wanted(1)) return {};
  JETLINE_ASSIGN_OR_RETURN(const Buffer mask, c.allocate(DType::kBool, x.dims()));
  std::fill(mask.data(), mask.data() + mask.size(), uint8_t{1});
  c.set(1, mask.tensor(DType::kBool, x.dims()));
  return {};
}

const Rule kNormalizeRules[] = {
    {"BatchNormalization", run_batch_normalization},
    {"InstanceNormalization", run_instance_normalization},
    {"GroupNormalization", run_group_normalization},
    {"LayerNormalization", run_layer_normalization},
    {"RMSNormalization", run_rms_normalization},
    {"MeanVarianceNormalization", run_mean_variance_normalization},
    {"LRN", run_lrn},
    {"Dropout", run_dropout},
};

}  // namespace

Span<const Rule> normalize_rules() {
  return {kNormalizeRules, sizeof kNormalizeRules / sizeof *kNormalizeRules};
}

}  // namespace jetline::calc
