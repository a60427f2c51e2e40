#include "jetline/base/random.h"

#include <cmath>
#include <cstring>

namespace jetline {
namespace {
uint64_t splitmix64(uint64_t& x) {
  uint64_t z = (x += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}
uint64_t rotl64(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
}  // namespace

Random::Random(uint64_t seed) {
  for (uint64_t& w : s_) w = splitmix64(seed);
}

uint64_t Random::next() {
  const uint64_t result = rotl64(s_[1] * 5, 7) * 9;
  const uint64_t t = s_[1] << 17;
  s_[2] ^= s_[0];
  s_[3] ^= s_[1];
  s_[1] ^= s_[2];
  s_[0] ^= s_[3];
  s_[2] ^= t;
  s_[3] = rotl64(s_[3], 45);
  return result;
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
double Random::uniform(double lo, double hi) { return lo + (hi - lo) * uniform(); }
bool Random::chance(double p) { return uniform() < p; }

int64_t Random::integer(int64_t lo, int64_t hi) {
  const uint64_t range = static_cast<uint64_t>(hi) - static_cast<uint64_t>(lo) + 1;
  if (range == 0) return static_cast<int64_t>(next());  // the whole 64-bit range
  // Reject the top remainder so that every value is equally likely.
  const uint64_t limit = UINT64_MAX - UINT64_MAX % range;
  uint64_t x;
  do x = next();
  while (x >= limit);
  return static_cast<int64_t>(static_cast<uint64_t>(lo) + x % range);
}

double Random::normal() {
  if (has_cached_normal_) {
    has_cached_normal_ = false;
    return cached_normal_;
  }
  double u, v, q;
  do {
    u = uniform(-1, 1);
    v = uniform(-1, 1);
    q = u * u + v * v;
  } while (q >= 1 || q == 0);
  const double f = std::sqrt(-2 * std::log(q) / q);
  cached_normal_ = v * f;
  has_cached_normal_ = true;
  return u * f;
}

Random Random::fork(uint64_t salt) const {
  uint64_t x = s_[0] ^ rotl64(s_[1], 16) ^ rotl64(s_[2], 32) ^ rotl64(s_[3], 48);
  uint64_t mixed = splitmix64(x) ^ (salt * 0xd6e8feb86659fd93ull);
  return Random(splitmix64(mixed));
}

std::array<uint64_t, 6> Random::state() const {
  uint64_t bits;
  std::memcpy(&bits, &cached_normal_, sizeof bits);
  return {s_[0], s_[1], s_[2], s_[3], has_cached_normal_ ? 1u : 0u, bits};
}

void Random::set_state(const std::array<uint64_t, 6>& s) {
  for (int i = 0; i < 4; ++i) s_[i] = s[i];
  has_cached_normal_ = s[4] != 0;
  std::memcpy(&cached_normal_, &s[5], sizeof cached_normal_);
}

}  // namespace jetline
