// Durations in bins of a millisecond: constant memory for any length of drive, quantiles to half a
// millisecond. Plain value; not thread-safe.
#pragma once

#include <array>
#include <cstdint>

#include "jetline/base/clock.h"

namespace jetline {

class DurationHistogram {
 public:
  static constexpr int kBins = 1000;  // the last one holds everything from 999 ms
  void add(Nanos d);
  void merge(const DurationHistogram& o);
  int64_t count() const { return count_; }
  double mean_ms() const { return count_ ? sum_ms_ / static_cast<double>(count_) : 0; }
  double min_ms() const { return count_ ? min_ms_ : 0; }
  double max_ms() const { return max_ms_; }
  // q in 0..1; middle of the bin that holds the quantile (within min and max), 0 when empty.
  double quantile_ms(double q) const;
  int64_t bin(int ms) const { return bins_[static_cast<size_t>(ms)]; }

 private:
  std::array<int64_t, kBins> bins_{};
  int64_t count_ = 0;
  double sum_ms_ = 0, min_ms_ = 0, max_ms_ = 0;
};

}  // namespace jetline
