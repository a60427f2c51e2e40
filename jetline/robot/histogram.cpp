#include "jetline/robot/histogram.h"

#include <algorithm>
#include <cmath>

namespace jetline {

void DurationHistogram::add(Nanos d) {
  const double ms = static_cast<double>(d) / kMillisecond;
  const int bin = static_cast<int>(std::min(std::max(ms, 0.0), kBins - 1.0));
  ++bins_[static_cast<size_t>(bin)];
  min_ms_ = count_ ? std::min(min_ms_, ms) : ms;
  max_ms_ = count_ ? std::max(max_ms_, ms) : ms;
  sum_ms_ += ms;
  ++count_;
}

void DurationHistogram::merge(const DurationHistogram& o) {
  if (!o.count_) return;
  for (size_t i = 0; i < bins_.size(); ++i) bins_[i] += o.bins_[i];
  min_ms_ = count_ ? std::min(min_ms_, o.min_ms_) : o.min_ms_;
  max_ms_ = count_ ? std::max(max_ms_, o.max_ms_) : o.max_ms_;
  sum_ms_ += o.sum_ms_;
  count_ += o.count_;
}

double DurationHistogram::quantile_ms(double q) const {
  if (!count_) return 0;
  const auto rank = static_cast<int64_t>(std::ceil(q * static_cast<double>(count_)));
  int64_t seen = 0;
  for (int i = 0; i < kBins; ++i) {
    seen += bins_[static_cast<size_t>(i)];
    if (seen >= std::max<int64_t>(rank, 1)) return std::min(std::max(i + 0.5, min_ms_), max_ms_);
  }
  return max_ms_;
}

}  // namespace jetline
