// Bitwise operators and shifts on integers. ONNX has BitwiseAnd and its kin from opset 18; below that a
// number is taken apart into its bits, unless both operands are constant.
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// -1 - x is the complement of every signed number; an unsigned one of n bits has 2^n - 1 - x.
Status convert_invert(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const DType own = c.dtype(x);
  const DType kernel = kernel_type("Sub", own);
  Value* y = c.cast(x, kernel);
  return c.set(0, c.cast(c.emit("Sub", {c.int_scalar(-1, kernel), y}), own));
}

// The lowest `bits` bits of v, int64 and not negative, as 0/1 integers in the last dimension, lowest first:
// bit k is v / 2^k mod 2.
Value* bitwise_low_bits(OpContext& c, Value* v, int bits) {
  std::vector<int64_t> powers;
  for (int i = 0; i < bits; ++i) powers.push_back(int64_t{1} << i);
  return c.emit("Mod", {c.emit("Div", {v, c.ints(powers)}), c.int_scalar(2)});
}

// All bits of v, of an integer type of `bits` bits, in a new last dimension.
Value* bitwise_bits(OpContext& c, Value* v, int bits) {
  Value* wide = c.unsqueeze(c.to_i64(v), {-1});
  const int low = bits < 32 ? bits : 32;
  Value* modulus = c.int_scalar(int64_t{1} << low);
  Value* rest = c.emit("Mod", {wide, modulus});  // never negative
  Value* lower = bitwise_low_bits(c, rest, low);
  if (bits <= 32) return lower;
  Value* upper = c.emit("Mod", {c.emit("Div", {c.emit("Sub", {wide, rest}), modulus}), modulus});
  return c.emit("Concat", {lower, bitwise_low_bits(c, upper, 32)}, {{"axis", -1}});
}

// The number whose bits [from, from + n) these are; up to 32, so that the sum stays where runtimes that sum
// in floating point are exact.
Value* bitwise_number(OpContext& c, Value* bits, int64_t from, int64_t n) {
  std::vector<int64_t> powers;
  for (int64_t i = 0; i < n; ++i) powers.push_back(int64_t{1} << i);
  Value* some = c.emit("Slice", {bits, c.ints({from}), c.ints({from + n}), c.ints({-1})});
  return c.emit("ReduceSum", {c.emit("Mul", {some, c.ints(powers)}), c.ints({-1})}, {{"keepdims", 0}});
}

// Binary operation on the bits. and: a b; or: a + b - a b; xor: a + b - 2 a b.
Value* bitwise_by_bits(OpContext& c, Value* x, Value* y, int bits, char op) {
  Value *a = bitwise_bits(c, x, bits), *b = bitwise_bits(c, y, bits);
  Value* both = c.emit("Mul", {a, b});
  Value* result = both;
  if (op != '&') {
    Value* less = op == '|' ? both : c.emit("Mul", {both, c.int_scalar(2)});
    result = c.emit("Sub", {c.emit("Add", {a, b}), less});
  }
  Value* number = bitwise_number(c, result, 0, bits < 32 ? bits : 32);
  if (bits > 32) {
    Value* upper = bitwise_number(c, result, 32, 32);  // wraps into the sign below
    number = c.emit("Add", {number, c.emit("Mul", {upper, c.int_scalar(int64_t{1} << 32)})});
  }
  return c.cast(number, c.dtype(x));
}

Status bitwise_as(OpContext& c, const char* onnx, char op) {
  Value *x = c.tensor(0), *y = c.tensor(1);
  if (!x || !y) return c.wrong_input(x ? 1 : 0);
  if (c.needs_opset(18)) return c.set(0, c.emit(onnx, {x, y}));
  if (c.rank(x) < 0 || c.rank(y) < 0)
    return c.unsupported("inputs of unknown rank below opset 18", "convert with --opset 18");
  // Broadcasting is of the numbers, so both get the bits as a last dimension.
  return c.set(0, bitwise_by_bits(c, x, y, dtype_bits(c.dtype(x)), op));
}
Status convert_bitwise_and(OpContext& c) {
  return bitwise_as(c, "BitwiseAnd", '&');
}
Status convert_bitwise_or(OpContext& c) {
  return bitwise_as(c, "BitwiseOr", '|');
}
Status convert_bitwise_xor(OpContext& c) {
  return bitwise_as(c, "BitwiseXor", '^');
}

// Shift counts are clamped to [0, bits - 1] (tensorflow/core/kernels/cwise_ops.h). To the left that is a
// product with 2^n that wraps, to the right a division by 2^n that rounds down.
Status bitwise_shift(OpContext& c, bool left) {
  Value *x = c.tensor(0), *y = c.tensor(1);
  if (!x || !y) return c.wrong_input(x ? 1 : 0);
  const DType own = c.dtype(x);
  const int bits = dtype_bits(own);
  Value* n = c.cast(y, DType::kI64);
  n = c.emit("Min", {c.emit("Max", {n, c.int_scalar(0)}), c.int_scalar(bits - 1)});
  if (own == DType::kU64) {
    Value* shifted = c.emit("BitShift", {x, c.cast(n, own)}, {{"direction", left ? "LEFT" : "RIGHT"}});
    return c.set(0, shifted);
  }
  // 2^n by table: exact, and 2^63 as the negative number that has the same bits.
  std::vector<int64_t> powers;
  for (int i = 0; i < 64; ++i) powers.push_back(static_cast<int64_t>(uint64_t{1} << i));
  Value* factor = c.emit("Gather", {c.ints(powers), n}, {{"axis", 0}});
  Value* wide = c.cast(x, DType::kI64);
  if (left) return c.set(0, c.cast(c.emit("Mul", {wide, factor}), own));
  // Rounded down: (x - (x mod 2^n)) / 2^n with a remainder that is never negative. 2^63 occurs for n = 63
  // alone, where the result is 0 or -1.
  Value* small = bits == 64 ? c.emit("Min", {n, c.int_scalar(62)}) : n;
  factor = bits == 64 ? c.emit("Gather", {c.ints(powers), small}, {{"axis", 0}}) : factor;
  Value* q = c.emit("Div", {wide, factor});
  Value* over = c.emit("Greater", {c.emit("Mul", {q, factor}), wide});
  Value* down = c.emit("Sub", {q, c.to_i64(over)});
  if (bits == 64) {
    Value* sign = c.emit("Sub", {c.int_scalar(0), c.to_i64(c.emit("Less", {wide, c.int_scalar(0)}))});
    down = where(c, c.emit("Equal", {n, c.int_scalar(63)}), sign, down);
  }
  return c.set(0, c.cast(down, own));
}
Status convert_left_shift(OpContext& c) {
  return bitwise_shift(c, true);
}
Status convert_right_shift(OpContext& c) {
  return bitwise_shift(c, false);
}

// How many bits are set.
Status convert_population_count(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  Value* bits = bitwise_bits(c, x, dtype_bits(c.dtype(x)));
  Value* sum = c.emit("ReduceSum", {bits, c.ints({-1})}, {{"keepdims", 0}});
  return c.set(0, c.cast(sum, DType::kU8));
}

constexpr const char* kBitwiseNote = "bit by bit below opset 18";

const OpRule kBitwiseRules[] = {
    {"BitwiseAnd", convert_bitwise_and, "", kBitwiseNote},
    {"BitwiseOr", convert_bitwise_or, "", kBitwiseNote},
    {"BitwiseXor", convert_bitwise_xor, "", kBitwiseNote},
    {"Invert", convert_invert},
    {"LeftShift", convert_left_shift},
    {"PopulationCount", convert_population_count},
    {"RightShift", convert_right_shift},
};
}  // namespace

Span<const OpRule> bitwise_rules() {
  return {kBitwiseRules, sizeof(kBitwiseRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
