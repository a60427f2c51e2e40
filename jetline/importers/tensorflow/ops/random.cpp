// Random operators. A model that draws numbers gives another answer each time, and boards have no such
// operators: refused, unless the caller asks for constants drawn once (freeze_random; `seed` picks them).
#include <algorithm>
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

// Draws of a distribution with a constant parameter (input 1): output [shape…, parameters…].
template <typename Fn>
Status random_with_parameter(OpContext& c, DType out, const Fn& draw) {
  if (!c.converter().options().freeze_random) return random_refused(c, "draws random numbers");
  std::vector<int64_t> dims;
  std::vector<double> parameter;
  if (!c.known_ints(c.tensor(0), dims) || !c.known_floats(c.tensor(1), parameter))
    return random_refused(c, "draws random numbers of a distribution known at run time only");
  const std::vector<int64_t> of = c.dims(c.tensor(1));
  dims.insert(dims.end(), of.begin(), of.end());
  const int64_t n = element_count(dims);
  if (n < 0 || n > kMostRandoms) return c.unsupported("draws more numbers than a model should hold");
  Random random = random_of(c);
  std::vector<float> values;
  for (int64_t i = 0; i < n; ++i)
    values.push_back(static_cast<float>(draw(random, parameter[static_cast<size_t>(i) % parameter.size()])));
  return c.set(0, c.cast(c.floats(dims, values), out));
}

// Marsaglia and Tsang, "A simple method for generating gamma variables", 2000.
double random_gamma(Random& r, double alpha) {
  if (alpha < 1) return random_gamma(r, alpha + 1) * std::pow(1 - random_unit(r), 1 / alpha);
  const double d = alpha - 1.0 / 3, k = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = r.normal(), v = 1 + k * x;
    if (v <= 0) continue;
    const double cube = v * v * v;
    if (std::log(1 - random_unit(r)) < 0.5 * x * x + d - d * cube + d * std::log(cube)) return d * cube;
  }
}

// Counts exponential waiting times within one unit; large rates as sums of smaller ones.
double random_poisson(Random& r, double rate) {
  double count = 0;
  for (; rate > 0; rate -= 16) {
    const double limit = std::exp(-std::min(rate, 16.0));
    for (double p = 1 - random_unit(r); p > limit; p *= 1 - random_unit(r)) ++count;
  }
  return count;
}

Status convert_random_gamma(OpContext& c) {
  return random_with_parameter(c, c.dtype(c.tensor(1)), random_gamma);
}

Status convert_random_poisson(OpContext& c) {
  std::vector<double> rates;
  c.known_floats(c.tensor(1), rates);
  for (const double rate : rates)
    if (!(rate <= 1e6)) return c.unsupported("a rate above a million");
  return random_with_parameter(c, c.dtype_attr("dtype", DType::kI64), random_poisson);
}

// The rows in an order drawn once.
Status convert_random_shuffle(OpContext& c) {
  if (!c.tensor(0)) return c.wrong_input(0);
  if (!c.converter().options().freeze_random) return random_refused(c, "draws random numbers");
  const int64_t n = c.dim(c.tensor(0), 0);
  if (n < 0 || n > kMostRandoms) return random_refused(c, "shuffles a number of rows known at run time only");
  std::vector<int64_t> order;
  for (int64_t i = 0; i < n; ++i) order.push_back(i);
  Random random = random_of(c);
  random.shuffle(order);
  return c.set(0, c.emit("Gather", {c.tensor(0), c.ints(order)}, {{"axis", 0}}));
}

// logits [batch, classes], num_samples: the class with the largest logit + Gumbel noise, the noise drawn
// once.
Status convert_multinomial(OpContext& c) {
  Value* logits = c.tensor(0);
  if (!logits) return c.wrong_input(0);
  if (!c.converter().options().freeze_random) return random_refused(c, "draws random numbers");
  int64_t samples = 0;
  const int64_t batch = c.dim(logits, 0), classes = c.dim(logits, 1);
  if (!c.known_int(c.tensor(1), samples) || batch < 0 || classes < 1 || samples < 0)
    return random_refused(c, "draws a number of samples known at run time only");
  const int64_t n = element_count({batch, samples, classes});
  if (n < 0 || n > kMostRandoms) return c.unsupported("draws more numbers than a model should hold");
  Random random = random_of(c);
  std::vector<float> noise;
  for (int64_t i = 0; i < n; ++i) {
    const double u = random_unit(random) + 0x1p-25;
    noise.push_back(static_cast<float>(-std::log(-std::log(u))));
  }
  Value* sum = c.emit(
      "Add", {c.unsqueeze(c.cast(logits, DType::kF32), {1}), c.floats({batch, samples, classes}, noise)});
  Value* best = c.emit("ArgMax", {sum}, {{"axis", 2}, {"keepdims", 0}});
  return c.set(0, c.cast(best, c.dtype_attr("output_dtype", DType::kI64)));
}

// The state of a generator, which frozen numbers do not look at.
Status convert_random_state(OpContext& c) {
  if (!c.converter().options().freeze_random) return random_refused(c, "draws random numbers");
  size_t at = 0;
  if (c.op() != "StatelessRandomGetAlg") {
    if (Status s = c.set(at++, c.cast(c.ints({0}), DType::kU64)); !s.ok()) return s;
    if (Status s = c.set(at++, c.cast(c.ints({0, 0}), DType::kU64)); !s.ok()) return s;
  }
  return c.op() == "StatelessRandomGetKeyCounter" ? Status() : c.set(at, c.int_scalar(1, DType::kI32));
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
    {"StatelessRandomGetKeyCounter", convert_random_state, "key,counter", kRandomNote},
    {"StatelessRandomGetKeyCounterAlg", convert_random_state, "key,counter,alg", kRandomNote},
    {"StatelessRandomGetAlg", convert_random_state, "", kRandomNote},
    {"Multinomial", convert_multinomial, "", kRandomNote},
    {"StatelessMultinomial", convert_multinomial, "", kRandomNote},
    {"RandomShuffle", convert_random_shuffle, "", kRandomNote},
    {"RandomGamma", convert_random_gamma, "", kRandomNote},
    {"RandomPoissonV2", convert_random_poisson, "", kRandomNote},
    {"ParameterizedTruncatedNormal", nullptr, "", kRandomRefused},
    {"StatelessParameterizedTruncatedNormal", nullptr, "", kRandomRefused},
};

}  // namespace

Span<const OpRule> random_rules() {
  return {kRandomRules, std::size(kRandomRules)};
}

}  // namespace jetline::tf
