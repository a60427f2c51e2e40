// Small operators by comparison and arithmetic: Mod, Sign, IsNaN, Xor, Shrink, Hardmax, Size, BitShift,
// Range.
#include <cmath>

#include "jetline/fix/place.h"

namespace jetline::fix {
namespace {

// Towards zero: Div of integers does that by itself.
Value* arithmetic_truncated(Place& p, Value* x) {
  const DType t = Place::dtype(x);
  Value* negative = p.emit("Less", {x, p.scalar(0, t)});
  return p.where(negative, p.emit("Ceil", {x}), p.emit("Floor", {x}));
}

// The remainder has the sign of the dividend with fmod, else that of the divisor.
Outcome arithmetic_mod(Place& p) {
  Value *a = p.in(0), *b = p.in(1);
  const DType t = Place::dtype(a);
  const bool fmod = p.node().int_or("fmod", 0) != 0;
  const bool small = t == DType::kI8 || t == DType::kI16 || t == DType::kU8 || t == DType::kU16;
  if (t != DType::kF32 && t != DType::kF64 && t != DType::kI32 && t != DType::kI64 && !small)
    return Outcome::refused("of " + std::string(dtype_name(t)));
  const DType work = small ? DType::kI32 : t;
  a = p.cast(a, work);
  b = p.cast(b, work);
  Value* whole = p.div(a, b);
  if (is_floating(work)) whole = arithmetic_truncated(p, whole);
  Value* rest = p.sub(a, p.mul(whole, b));
  Value* zero = p.scalar(0, work);
  if (is_floating(work)) {
    // The quotient may have been rounded up to a whole number: then the rest has the wrong sign.
    Value* over = p.emit("Less", {p.mul(rest, a), zero});
    Value* step = p.where(p.emit("Less", {a, zero}), p.emit("Neg", {p.emit("Abs", {b})}), p.emit("Abs", {b}));
    rest = p.where(over, p.add(rest, step), rest);
  }
  if (!fmod) {
    Value* apart = p.emit("Less", {p.mul(rest, b), zero});  // of different signs, and neither is 0
    if (!is_floating(work)) {
      // The product of integers could wrap; their signs do not.
      Value* differ = p.emit("Xor", {p.emit("Less", {rest, zero}), p.emit("Less", {b, zero})});
      apart = p.emit("And", {differ, p.emit("Not", {p.emit("Equal", {rest, zero})})});
    }
    rest = p.where(apart, p.add(rest, b), rest);
  }
  return p.done(p.cast(rest, t));
}

Outcome arithmetic_sign(Place& p) {
  Value* x = p.in(0);
  const DType t = Place::dtype(x);
  Value* zero = p.scalar(0, t);
  Value* above = p.cast(p.emit("Greater", {x, zero}), t);
  return p.done(p.sub(above, p.cast(p.emit("Less", {x, zero}), t)));
}

Outcome arithmetic_is_nan(Place& p) {
  Value* x = p.in(0);
  Value* above = p.emit("Greater", {x, p.number(0, x)});
  Value* below = p.emit("Less", {x, p.number(1, x)});
  return p.done(p.emit("Not", {p.emit("Or", {above, below})}));
}

Outcome arithmetic_xor(Place& p) {
  Value* either = p.emit("Or", {p.in(0), p.in(1)});
  Value* both = p.emit("And", {p.in(0), p.in(1)});
  return p.done(p.emit("And", {either, p.emit("Not", {both})}));
}

Outcome arithmetic_shrink(Place& p) {
  Value* x = p.in(0);
  const auto lambda = static_cast<double>(p.node().float_or("lambd", 0.5f));
  const auto bias = static_cast<double>(p.node().float_or("bias", 0));
  if (!is_floating(Place::dtype(x))) return Outcome::refused("of integers");
  Value* below = p.emit("Less", {x, p.number(-lambda, x)});
  Value* above = p.emit("Greater", {x, p.number(lambda, x)});
  Value* shift = p.number(bias, x);
  Value* rest = p.where(above, p.sub(x, shift), p.number(0, x));
  return p.done(p.where(below, p.add(x, shift), rest));
}

// One where the first greatest element along the axis stands.
Outcome arithmetic_hardmax(Place& p) {
  Value* x = p.in(0);
  const int rank = Place::rank(x);
  int64_t axis = p.node().int_or("axis", p.opset() >= 13 ? -1 : 1);
  axis += axis < 0 ? rank : 0;
  if (rank < 1 || axis < 0 || axis >= rank) return Outcome::refused("along an axis of unknown rank");
  if (p.opset() < 13 && axis != rank - 1)
    return Outcome::refused("over several axes (operator set below 13)");
  const int64_t size = p.dim(x, static_cast<int>(axis));
  if (size < 1 || size > kMaxFixConstant) return Outcome::refused("along an axis of unknown or great size");
  Value* best = p.emit("ArgMax", {x}, {{"axis", axis}, {"keepdims", 1}});
  std::vector<int64_t> dims(static_cast<size_t>(rank), 1);
  dims[static_cast<size_t>(axis)] = size;
  Value* places = p.reshape(p.int_list(iota(size)), dims);
  return p.done(p.cast(p.emit("Equal", {best, places}), Place::dtype(x)));
}

Outcome arithmetic_size(Place& p) {
  return p.done(p.reduce("ReduceProd", p.emit("Shape", {p.in(0)}), {0}, false));
}

// x << n is x * 2^n and x >> n is x / 2^n for integers without sign, computed where nothing wraps.
Outcome arithmetic_bit_shift(Place& p) {
  const DType t = Place::dtype(p.in(0));
  std::vector<double> by;
  if (!p.known(1, by)) return Outcome::refused("by a computed number of bits");
  if (t != DType::kU8 && t != DType::kU16)
    return Outcome::refused("of " + std::string(dtype_name(t)) + ", which 32 bits with a sign do not hold");
  const bool left = p.node().string_or("direction", "") == "LEFT";
  const int bits = dtype_bits(t);
  std::vector<double> factors;
  for (double n : by) {
    if (n >= bits)
      factors.push_back(left ? 0 : std::ldexp(1.0, bits));
    else
      factors.push_back(std::ldexp(1.0, static_cast<int>(n)));
  }
  const std::vector<int64_t> dims = Place::is_static(p.in(1)) ? Place::dims(p.in(1)) : std::vector<int64_t>{};
  Value* factor = p.tensor(DType::kI32, dims, factors);
  Value* x = p.cast(p.in(0), DType::kI32);
  // A shift to the left loses what leaves the type: the Cast back keeps its low bits.
  return p.done(p.cast(left ? p.mul(x, factor) : p.div(x, factor), t));
}

// start + delta * (0, 1, …) with the count in 32-bit integers; constant where all is known.
Outcome arithmetic_range(Place& p) {
  const DType t = Place::dtype(p.in(0));
  std::vector<double> start, limit, delta;
  if (p.known(0, start) && p.known(1, limit) && p.known(2, delta) && start.size() == 1 && limit.size() == 1 &&
      delta.size() == 1 && delta[0] != 0) {
    const double count = std::max(0.0, std::ceil((limit[0] - start[0]) / delta[0]));
    if (count > static_cast<double>(kMaxFixConstant)) return Outcome::refused("of too many numbers");
    std::vector<double> all;
    for (int64_t i = 0; i < static_cast<int64_t>(count); ++i)
      all.push_back(start[0] + static_cast<double>(i) * delta[0]);
    const auto n = static_cast<int64_t>(all.size());
    return p.done(p.tensor(t, {n}, all));
  }
  if (t == DType::kI32) return Outcome::refused("its ends are computed");
  if (p.known(0, start) && p.known(2, delta) && t == DType::kI64 && start.size() == 1 && delta.size() == 1) {
    // Whole numbers count themselves.
    std::vector<Value*> ends;
    for (size_t i = 0; i < 3; ++i) ends.push_back(p.cast(p.in(i), DType::kI32));
    return p.done(p.cast(p.emit("Range", ends), t));
  }
  if (!is_floating(t)) return Outcome::refused("its ends are computed");
  Value* span = p.div(p.sub(p.in(1), p.in(0)), p.in(2));
  Value* count = p.cast(p.emit("Ceil", {span}), DType::kI32);
  Value* steps = p.emit("Range", {p.scalar(0, DType::kI32), count, p.scalar(1, DType::kI32)});
  return p.done(p.add(p.in(0), p.mul(p.cast(steps, t), p.in(2))));
}

}  // namespace

Result<int> run_mod(Model&, FixContext& c) {
  return rewrite_places(c, {"Mod"}, arithmetic_mod);
}
Result<int> run_sign(Model&, FixContext& c) {
  return rewrite_places(c, {"Sign"}, arithmetic_sign);
}
Result<int> run_is_nan(Model&, FixContext& c) {
  return rewrite_places(c, {"IsNaN"}, arithmetic_is_nan);
}
Result<int> run_xor(Model&, FixContext& c) {
  return rewrite_places(c, {"Xor"}, arithmetic_xor);
}
Result<int> run_shrink(Model&, FixContext& c) {
  return rewrite_places(c, {"Shrink"}, arithmetic_shrink);
}
Result<int> run_hardmax(Model&, FixContext& c) {
  return rewrite_places(c, {"Hardmax"}, arithmetic_hardmax);
}
Result<int> run_size(Model&, FixContext& c) {
  return rewrite_places(c, {"Size"}, arithmetic_size);
}
Result<int> run_bit_shift(Model&, FixContext& c) {
  return rewrite_places(c, {"BitShift"}, arithmetic_bit_shift);
}
Result<int> run_range(Model&, FixContext& c) {
  return rewrite_places(c, {"Range"}, arithmetic_range);
}

}  // namespace jetline::fix
