// Comparisons, logic, bits, and choosing between tensors.
#include <cmath>

#include "jetline/graph/evaluate/elementwise.h"

namespace jetline::calc {
namespace {

#define JETLINE_COMBINE(name, expression) \
  struct name {                           \
    template <typename T>                 \
    auto operator()(T a, T b) const {     \
      return static_cast<T>(expression);  \
    }                                     \
  };
JETLINE_COMBINE(EqualOp, a == b)
JETLINE_COMBINE(LessOp, a < b)
JETLINE_COMBINE(LessEqualOp, a <= b)
JETLINE_COMBINE(GreaterOp, a > b)
JETLINE_COMBINE(GreaterEqualOp, a >= b)
JETLINE_COMBINE(LogicAndOp, a != 0 && b != 0)
JETLINE_COMBINE(LogicOrOp, a != 0 || b != 0)
JETLINE_COMBINE(LogicXorOp, (a != 0) != (b != 0))
JETLINE_COMBINE(BitAndOp, a& b)
JETLINE_COMBINE(BitOrOp, a | b)
JETLINE_COMBINE(BitXorOp, a ^ b)
JETLINE_COMBINE(ShiftLeftOp,
                static_cast<uint64_t>(b) > 63 ? T(0) : static_cast<T>(static_cast<uint64_t>(a) << b))
// A shift by the width or more, or by a negative number, shifts everything out; the sign stays.
JETLINE_COMBINE(ShiftRightOp,
                static_cast<uint64_t>(b) > 63 ? static_cast<T>(a < 0 ? ~T(0) : T(0)) : static_cast<T>(a >> b))
#undef JETLINE_COMBINE

const CombineOp kEqual = any_combine<EqualOp>(), kLess = any_combine<LessOp>(),
                kLessEqual = any_combine<LessEqualOp>(), kGreater = any_combine<GreaterOp>(),
                kGreaterEqual = any_combine<GreaterEqualOp>(), kLogicAnd = int_combine<LogicAndOp>(),
                kLogicOr = int_combine<LogicOrOp>(), kLogicXor = int_combine<LogicXorOp>(),
                kBitAnd = int_combine<BitAndOp>(), kBitOr = int_combine<BitOrOp>(),
                kBitXor = int_combine<BitXorOp>(), kShiftLeft = int_combine<ShiftLeftOp>(),
                kShiftRight = int_combine<ShiftRightOp>();

Status logic_two(Call& c, const CombineOp& op, bool gives_bool) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor &a = *c.tensor(0), &b = *c.tensor(1);
  if (a.dtype() != b.dtype()) return c.bad_input("the inputs have different types");
  JETLINE_ASSIGN_OR_RETURN(Tensor y, combine_tensors(c, a, b, op, gives_bool ? DType::kBool : a.dtype()));
  c.set(0, std::move(y));
  return {};
}

Status equal_strings(Call& c) {
  const Tensor &a = *c.tensor(0), &b = *c.tensor(1);
  Dims dims;
  if (!broadcast_dims(a.dims(), b.dims(), dims)) return c.bad_input("the shapes do not fit");
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(DType::kBool, dims));
  const Dims strides[2] = {broadcast_strides(a.dims(), dims), broadcast_strides(b.dims(), dims)};
  int64_t at[2] = {0, 0};
  Odometer walk(dims);
  for (size_t i = 0; i < y.size(); ++i) {
    y.data()[i] = a.strings()[static_cast<size_t>(at[0])] == b.strings()[static_cast<size_t>(at[1])];
    walk.next(strides, at);
  }
  c.set(0, y.tensor(DType::kBool, dims));
  return {};
}

Status run_equal(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  if (c.tensor(0)->dtype() == DType::kString && c.tensor(1)->dtype() == DType::kString)
    return equal_strings(c);
  return logic_two(c, kEqual, true);
}
Status run_less(Call& c) {
  return logic_two(c, kLess, true);
}
Status run_less_equal(Call& c) {
  return logic_two(c, kLessEqual, true);
}
Status run_greater(Call& c) {
  return logic_two(c, kGreater, true);
}
Status run_greater_equal(Call& c) {
  return logic_two(c, kGreaterEqual, true);
}
Status run_and(Call& c) {
  return logic_two(c, kLogicAnd, true);
}
Status run_or(Call& c) {
  return logic_two(c, kLogicOr, true);
}
Status run_xor(Call& c) {
  return logic_two(c, kLogicXor, true);
}
Status run_bit_and(Call& c) {
  return logic_two(c, kBitAnd, false);
}
Status run_bit_or(Call& c) {
  return logic_two(c, kBitOr, false);
}
Status run_bit_xor(Call& c) {
  return logic_two(c, kBitXor, false);
}
Status run_bit_shift(Call& c) {
  const std::string direction = c.string_or("direction", "");
  if (direction != "LEFT" && direction != "RIGHT") return c.unsupported("direction '" + direction + "'");
  return logic_two(c, direction == "LEFT" ? kShiftLeft : kShiftRight, false);
}

Status run_where(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(3));
  const Tensor &condition = *c.tensor(0), &x = *c.tensor(1), &y = *c.tensor(2);
  if (condition.dtype() != DType::kBool || x.dtype() != y.dtype()) return c.bad_input("the types do not fit");
  Dims dims;
  if (!broadcast_dims(x.dims(), y.dims(), dims) || !broadcast_dims(condition.dims(), dims, dims)) {
    return c.bad_input("the shapes do not fit");
  }
  const Cells a(x), b(y);
  if (a.width == 0) return c.unsupported_type(x.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer out, c.allocate_cells(a.width, dims));
  Dims strides[3] = {broadcast_strides(condition.dims(), dims), broadcast_strides(x.dims(), dims),
                     broadcast_strides(y.dims(), dims)};
  Dims outer = dims;
  int64_t n = 1, inner[3] = {0, 0, 0};
  if (!outer.empty()) {
    n = outer.back();
    outer.pop_back();
    for (int k = 0; k < 3; ++k) {
      inner[k] = strides[k].back();
      strides[k].pop_back();
    }
  }
  int64_t at[3] = {0, 0, 0};
  Odometer walk(outer);
  uint8_t* to = out.data();
  if (element_count(dims) == 0) n = 0;
  const auto w = static_cast<size_t>(a.width);
  do {
    for (int64_t i = 0; i < n; ++i, to += w) {
      const bool first = condition.bytes()[static_cast<size_t>(at[0] + i * inner[0])] != 0;
      const uint8_t* from =
          first ? a.data + (at[1] + i * inner[1]) * a.width : b.data + (at[2] + i * inner[2]) * a.width;
      if (w == 4) {
        std::memcpy(to, from, 4);
      } else {
        std::memcpy(to, from, w);
      }
    }
  } while (n > 0 && walk.next(strides, at));
  c.set(0, from_cells(out, x.dtype(), dims));
  return {};
}

const Rule kLogicRules[] = {
    {"Equal", run_equal},
    {"Less", run_less},
    {"LessOrEqual", run_less_equal},
    {"Greater", run_greater},
    {"GreaterOrEqual", run_greater_equal},
    {"And", run_and},
    {"Or", run_or},
    {"Xor", run_xor},
    {"BitwiseAnd", run_bit_and},
    {"BitwiseOr", run_bit_or},
    {"BitwiseXor", run_bit_xor},
    {"BitShift", run_bit_shift},
    {"Where", run_where},
};

}  // namespace

Span<const Rule> logic_rules() {
  return {kLogicRules, sizeof kLogicRules / sizeof *kLogicRules};
}

}  // namespace jetline::calc
