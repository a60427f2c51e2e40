#include "jetline/train/optimizer.h"

#include <algorithm>
#include <cmath>

namespace jetline {

AdamW::AdamW(const NetSpec& spec, double weight_decay, double clip)
    : weight_decay_(weight_decay), clip_(clip) {
  first.assign(static_cast<size_t>(spec.parameter_count), 0.f);
  second.assign(static_cast<size_t>(spec.parameter_count), 0.f);
  for (const jl_layer& l : spec.layers) {
    if (l.kind != JL_CONV) continue;
    decayed_.emplace_back(l.weight, int64_t{l.out_channels} * l.in_channels / l.groups * l.kernel * l.kernel);
  }
}

void AdamW::update(std::vector<float>& parameters, const std::vector<float>& gradient, int64_t step,
                   double lr) {
  double square = 0;
  for (float g : gradient) square += static_cast<double>(g) * g;
  const double norm = std::sqrt(square);
  const float scale = norm > clip_ ? static_cast<float>(clip_ / norm) : 1.f;
  const float keep = static_cast<float>(1 - lr * weight_decay_);
  for (const auto& range : decayed_) {
    for (int64_t i = range.first; i < range.first + range.second; ++i)
      parameters[static_cast<size_t>(i)] *= keep;
  }
  constexpr float kBeta1 = 0.9f, kBeta2 = 0.999f;
  const double t = static_cast<double>(step);
  const float rate = static_cast<float>(lr / (1 - std::pow(0.9, t)));
  const float unbias2 = static_cast<float>(1 / (1 - std::pow(0.999, t)));
  for (size_t i = 0; i < parameters.size(); ++i) {
    const float g = gradient[i] * scale;
    first[i] = kBeta1 * first[i] + (1 - kBeta1) * g;
    second[i] = kBeta2 * second[i] + (1 - kBeta2) * g * g;
    parameters[i] -= rate * first[i] / (std::sqrt(second[i] * unbias2) + 1e-8f);
  }
}

void ema_update(std::vector<float>& average, const std::vector<float>& value, int64_t step, double decay,
                double ramp) {
  const float pull = static_cast<float>(1 - decay * (1 - std::exp(-static_cast<double>(step) / ramp)));
  for (size_t i = 0; i < average.size(); ++i) average[i] += pull * (value[i] - average[i]);
}

double cosine_lr(int64_t step, int64_t total, int64_t warmup, double peak) {
  if (step < warmup) return peak * static_cast<double>(step + 1) / static_cast<double>(warmup + 1);
  const double span = static_cast<double>(std::max<int64_t>(total - warmup, 1));
  const double at = std::min(static_cast<double>(step - warmup) / span, 1.0);
  constexpr double kPi = 3.14159265358979323846;
  return peak * (0.01 + 0.99 * 0.5 * (1 + std::cos(kPi * at)));
}

}  // namespace jetline
