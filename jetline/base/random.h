// Deterministic random numbers: the same seed gives the same sequence on every platform and compiler, which
// std::*_distribution does not promise. Not for secrets. One Random per thread; fork() makes independent
// streams so that adding a consumer does not shift the numbers of another.
//
// Generator: xoshiro256** seeded by splitmix64 (Blackman & Vigna, "Scrambled linear pseudorandom number
// generators", 2018).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace jetline {

class Random {
 public:
  explicit Random(uint64_t seed = 0);

  uint64_t next();                          // uniform 64 bits
  double uniform();                         // [0, 1), 53 bits
  double uniform(double lo, double hi);     // [lo, hi)
  int64_t integer(int64_t lo, int64_t hi);  // [lo, hi], unbiased; lo <= hi
  bool chance(double p);                    // true with probability p
  double normal();                          // mean 0, deviation 1 (polar Box-Muller)
  double normal(double mean, double deviation) { return mean + deviation * normal(); }

  // An independent stream named by `salt`; does not advance this one.
  Random fork(uint64_t salt) const;

  template <typename T>
  void shuffle(std::vector<T>& v) {  // Fisher-Yates
    for (size_t i = v.size(); i > 1; --i) {
      std::swap(v[i - 1], v[static_cast<size_t>(integer(0, static_cast<int64_t>(i) - 1))]);
    }
  }

  // Whole state, to resume a run exactly: four generator words, then the cached normal (flag, bits).
  std::array<uint64_t, 6> state() const;
  void set_state(const std::array<uint64_t, 6>& s);

 private:
  uint64_t s_[4];
  bool has_cached_normal_ = false;
  double cached_normal_ = 0;
};

}  // namespace jetline
