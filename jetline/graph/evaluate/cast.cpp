// Cast and CastLike between all types, strings included, and BitCast.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "jetline/graph/evaluate/floats.h"
#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

struct CastMode {
  bool saturate = true;
  ScaleRounding e8m0 = ScaleRounding::kUp;
};

// The shortest decimal text that reads back as the same number.
std::string cast_text(double v, int digits, bool narrow) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v < 0 ? "-INF" : "INF";
  char text[64];
  for (int precision = 1; precision <= digits; ++precision) {
    std::snprintf(text, sizeof text, "%.*g", precision, v);
    const double back = std::strtod(text, nullptr);
    if (narrow ? static_cast<float>(back) == static_cast<float>(v) : back == v) break;
  }
  return text;
}

Result<Tensor> cast_to_strings(Call& c, const Tensor& x) {
  JETLINE_RETURN_IF_ERROR(c.charge(x.count()));
  if (x.count() > c.budget().options.max_output_bytes / 64) return c.too_large("too many strings");
  std::vector<std::string> out;
  const Lane lane = lane_of(x.dtype());
  if (lane == Lane::kFloat || lane == Lane::kDouble) {
    const Numbers<double> v(x);
    for (double d : v) out.push_back(cast_text(d, lane == Lane::kFloat ? 9 : 17, lane == Lane::kFloat));
  } else if (lane == Lane::kUint) {
    for (uint64_t u : Numbers<uint64_t>(x)) out.push_back(std::to_string(u));
  } else {
    const Numbers<int64_t> v(x);
    for (int64_t i : v) out.push_back(std::to_string(i));
  }
  return Tensor::of_strings(x.dims(), std::move(out));
}

Result<Tensor> cast_from_strings(Call& c, const Tensor& x, DType to) {
  if (dtype_bits(to) < 8 || lane_of(to) == Lane::kNone) return c.unsupported_type(to);
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(to, x.dims()));
  const bool integer = lane_of(to) == Lane::kInt && to != DType::kBool;
  for (size_t i = 0; i < x.strings().size(); ++i) {
    const char* s = x.strings()[i].c_str();
    char* end = nullptr;
    const int64_t whole = integer ? std::strtoll(s, &end, 10) : 0;
    if (integer && end != s && *end == 0) {
      store(to, y.data(), static_cast<int64_t>(i), 1, &whole);
      continue;
    }
    const double v = std::strtod(s, &end);
    if (end == s || *end != 0) return c.bad_input("'" + x.strings()[i].substr(0, 40) + "' is no number");
    store(to, y.data(), static_cast<int64_t>(i), 1, &v);
  }
  return y.tensor(to, x.dims());
}

template <typename T>
void cast_numbers(const Tensor& x, DType to, const Buffer& y, const CastMode& mode) {
  constexpr int64_t kBlock = 1024;
  T block[kBlock];
  const bool small = is_small_float(to) && dtype_bits(to) == 8;
  for (int64_t i = 0, n = x.count(); i < n; i += kBlock) {
    const int64_t m = std::min(kBlock, n - i);
    load(x.dtype(), x.bytes().data(), i, m, block);
    if (small) {
      for (int64_t j = 0; j < m; ++j) {
        y.data()[i + j] = to_small_float(to, static_cast<float>(block[j]), mode.saturate, mode.e8m0);
      }
    } else {
      store(to, y.data(), i, m, block);
    }
  }
}

Result<Tensor> cast_with(Call& c, const Tensor& x, DType to, const CastMode& mode) {
  if (x.dtype() == to) return x;
  if (to == DType::kString && lane_of(x.dtype()) != Lane::kNone) return cast_to_strings(c, x);
  if (x.dtype() == DType::kString) return cast_from_strings(c, x, to);
  if (lane_of(to) == Lane::kNone) return c.unsupported_type(to);
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(to, x.dims()));
  const bool known = with_lane(x.dtype(), [&](auto lane) { cast_numbers<decltype(lane)>(x, to, y, mode); });
  if (!known) return c.unsupported_type(x.dtype());
  return y.tensor(to, x.dims());
}

Status cast_to(Call& c, DType to) {
  CastMode mode;
  mode.saturate = c.int_or("saturate", 1) != 0;
  const std::string rounding = c.string_or("round_mode", "up");
  if (rounding == "down") mode.e8m0 = ScaleRounding::kDown;
  if (rounding == "nearest") mode.e8m0 = ScaleRounding::kNearest;
  JETLINE_ASSIGN_OR_RETURN(Tensor y, cast_with(c, *c.tensor(0), to, mode));
  c.set(0, std::move(y));
  return {};
}

Status run_cast(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const int64_t to = c.int_or("to", 0);
  if (to <= 0 || to > 255) return c.bad_input("type number " + std::to_string(to));
  return cast_to(c, static_cast<DType>(to));
}

Status run_cast_like(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  return cast_to(c, c.tensor(1)->dtype());
}

// The same bytes as another type of the same width.
Status run_bit_cast(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Tensor& x = *c.tensor(0);
  const int64_t to = c.int_or("to", 0);
  if (to <= 0 || to > 255 || dtype_bits(static_cast<DType>(to)) != dtype_bits(x.dtype()) ||
      dtype_bits(x.dtype()) == 0) {
    return c.bad_input("the types differ in width");
  }
  JETLINE_ASSIGN_OR_RETURN(Tensor y, Tensor::view(static_cast<DType>(to), x.dims(), x.bytes(), x.owner()));
  c.set(0, std::move(y));
  return {};
}

const Rule kCastRules[] = {{"Cast", run_cast}, {"CastLike", run_cast_like}, {"BitCast", run_bit_cast}};

}  // namespace

Result<Tensor> cast_tensor(Call& c, const Tensor& x, DType to) {
  return cast_with(c, x, to, {});
}

Span<const Rule> cast_rules() {
  return {kCastRules, sizeof kCastRules / sizeof *kCastRules};
}

}  // namespace jetline::calc
