// Random operators. A model that draws numbers gives another answer each time, and boards have no such
// operators: refused, unless the caller asks for constants drawn once (freeze_random; `seed` picks them).
#include <cmath>
#include <limits>

#include "jetline/base/random.h"
#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

constexpr int64_t kMostRandoms = int64_t{1} << 24;

Status random_refused(OpContext& c, const std::string& why) {
  return c.unsupported(why, "--freeze-random draws the numbers once and stores them");
}

// A stream of its own for each node, whatever else is converted.
Random random_of(OpContext& c) {
  uint64_t salt = 1469598103934665603U;  // FNV-1a of the name
  for (const char ch : c.name()) salt = (salt ^ static_cast<unsigned char>(ch)) * 1099511628211U;
  return Random(c.converter().options().seed).fork(salt);
}

// Fills the shape in input 0 with draw(random) and sets output 0 of type `out`.
template <typename Fn>
Status random_fill(OpContext& c, DType out, const Fn& draw) {
  if (!c.converter().options().freeze_random) return random_refused(c, "draws random numbers");
  std::vector<int64_t> dims;
  if (!c.known_ints(c.tensor(0), dims))
    return random_refused(c, "draws random numbers of a shape known at run time only");
  const int64_t n = element_count(dims);
  if (n < 0 || n > kMostRandoms) return c.unsupported("draws more numbers than a model should hold");
  Random random = random_of(c);
  const bool whole = out == DType::kI32 || out == DType::kI64 || out == DType::kU32 || out == DType::kU64;
  if (whole) {
    std::vector<int64_t> values;
    for (int64_t i = 0; i < n; ++i) values.push_back(static_cast<int64_t>(draw(random)));
    return c.set(0, c.cast(c.constant(Tensor::ints(dims, values).value()), out));
  }
  std::vector<float> values;
  for (int64_t i = 0; i < n; ++i) values.push_back(static_cast<float>(draw(random)));
  return c.set(0, c.cast(c.floats(dims, values), out));
}

// Below 1 in float32 too.
double random_unit(Random& r) {
  return static_cast<double>(r.next() >> 40) * 0x1p-24;
}

double random_truncated(Random& r) {  // within two deviations
  for (;;) {
    const double v = r.normal();
    if (std::abs(v) < 2) return v;
  }
}

Status convert_random_uniform(OpContext& c) {
  return random_fill(c, c.dtype_attr("dtype", DType::kF32), [](Random& r) { return random_unit(r); });
}

Status convert_random_normal(OpContext& c) {
  return random_fill(c, c.dtype_attr("dtype", DType::kF32), [](Random& r) { return r.normal(); });
}

Status convert_random_truncated(OpContext& c) {
  return random_fill(c, c.dtype_attr("dtype", DType::kF32), random_truncated);
}

// minval and maxval are the last two inputs; maxval does not come up.
Status convert_random_integers(OpContext& c) {
  int64_t low = 0, high = 0;
  if (!c.converter().options().freeze_random) return random_refused(c, "draws random numbers");
  if (c.inputs() < 3 || !c.known_int(c.tensor(c.inputs() - 2), low) ||
      !c.known_int(c.tensor(c.inputs() - 1), high) || low >= high)
    return random_refused(c, "draws random numbers from a range known at run time only");
  const DType out = c.dtype_attr("Tout", c.dtype_attr("dtype", DType::kI32));
  return random_fill(c, out, [=](Random& r) { return r.integer(low, high - 1); });
}

Status convert_random_full_integers(OpContext& c) {
  const DType out = c.dtype_attr("dtype", DType::kI32);
  return random_fill(c, out, [=](Random& r) {
    const uint64_t bits = r.next();
    if (out == DType::kI32) return static_cast<int64_t>(static_cast<int32_t>(bits));
    if (out == DType::kU32) return static_cast<int64_t>(static_cast<uint32_t>(bits));
    return static_cast<int64_t>(bits);
  });
}

const char kRandomNote[] = "refused, or frozen into constants by --freeze-random";
const char kRandomRefused[] = "draws random numbers that depend on its input";
const OpRule kRandomRules[] = {
    {"RandomUniform", convert_random_uniform, "", kRandomNote},
    {"RandomStandardNormal", convert_random_normal, "", kRandomNote},
    {"TruncatedNormal", convert_random_truncated, "", kRandomNote},
    {"RandomUniformInt", convert_random_integers, "", kRandomNote},
    {"StatelessRandomUniform", convert_random_uniform, "", kRandomNote},
    {"StatelessRandomUniformV2", convert_random_uniform, "", kRandomNote},
    {"StatelessRandomNormal", convert_random_normal, "", kRandomNote},
    {"StatelessRandomNormalV2", convert_random_normal, "", kRandomNote},
    {"StatelessTruncatedNormal", convert_random_truncated, "", kRandomNote},
    {"StatelessTruncatedNormalV2", convert_random_truncated, "", kRandomNote},
    {"StatelessRandomUniformInt", convert_random_integers, "", kRandomNote},
    {"StatelessRandomUniformIntV2", convert_random_integers, "", kRandomNote},
    {"StatelessRandomUniformFullInt", convert_random_full_integers, "", kRandomNote},
    {"StatelessRandomUniformFullIntV2", convert_random_full_integers, "", kRandomNote},
    {"Multinomial", nullptr, "", kRandomRefused},
    {"StatelessMultinomial", nullptr, "", kRandomRefused},
    {"RandomShuffle", nullptr, "", kRandomRefused},
    {"RandomGamma", nullptr, "", kRandomRefused},
    {"RandomPoissonV2", nullptr, "", kRandomRefused},
    {"ParameterizedTruncatedNormal", nullptr, "", kRandomRefused},
    {"StatelessParameterizedTruncatedNormal", nullptr, "", kRandomRefused},
};

}  // namespace

Span<const OpRule> random_rules() {
  return {kRandomRules, std::size(kRandomRules)};
}

}  // namespace jetline::tf
