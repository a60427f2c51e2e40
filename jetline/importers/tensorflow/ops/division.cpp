// The divisions. Integers: Div, RealDiv and TruncateDiv round towards zero, FloorDiv down; Mod and
// TruncateMod take the sign of the dividend, FloorMod that of the divisor
// (tensorflow/core/kernels/cwise_ops.h). ONNX's integer Div rounds towards zero; its Mod follows the divisor
// with fmod = 0, the dividend with fmod = 1.
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Status convert_div(OpContext& c) {
  Value *x = c.tensor(0), *y = c.tensor(1);
  if (!x || !y) return c.wrong_input(x ? 1 : 0);
  if (is_complex(c.dtype(x))) return c.unsupported("complex numbers");
  return c.set(0, typed2(c, "Div", x, y));
}

Status convert_truncate_div(OpContext& c) {
  Value *x = c.tensor(0), *y = c.tensor(1);
  if (!x || !y) return c.wrong_input(x ? 1 : 0);
  Value* q = typed2(c, "Div", x, y);
  if (!is_float(c.dtype(x))) return c.set(0, q);
  Value* down = typed(c, "Floor", {q});
  Value* up = typed(c, "Ceil", {q});
  Value* negative = typed(c, "Less", {q, c.scalar(0, q)}, {}, TypedResult::kOwn);
  return c.set(0, where(c, negative, up, down));
}

// q = x / y towards zero is one too large where there is a remainder and the signs differ. With p = q y and a
// constant y > 0 that is where p > x.
Value* division_floor(OpContext& c, Value* x, Value* y) {
  Value* q = c.emit("Div", {x, y});
  Value* p = c.emit("Mul", {q, y});
  int64_t divisor = 0;
  Value* adjust = nullptr;
  if (c.known_int(y, divisor)) {
    adjust = c.emit(divisor > 0 ? "Greater" : "Less", {p, x});
  } else {
    Value* zero = c.int_scalar(0, c.dtype(x));
    Value* uneven = c.emit("Not", {c.emit("Equal", {p, x})});
    Value* signs = c.emit("Xor", {c.emit("Less", {x, zero}), c.emit("Less", {y, zero})});
    adjust = c.emit("And", {uneven, signs});
  }
  return c.emit("Sub", {q, c.cast(adjust, c.dtype(x))});
}

Status convert_floor_div(OpContext& c) {
  Value *x = c.tensor(0), *y = c.tensor(1);
  if (!x || !y) return c.wrong_input(x ? 1 : 0);
  const DType own = c.dtype(x);
  if (is_complex(own)) return c.unsupported("complex numbers");
  int64_t divisor = 0;
  if (is_float(own)) return c.set(0, typed(c, "Floor", {typed2(c, "Div", x, y)}));
  if (is_unsigned(own) || (c.known_int(y, divisor) && divisor == 1)) return c.set(0, typed2(c, "Div", x, y));
  const DType kernel = kernel_type("Div", own);
  return c.set(0, c.cast(division_floor(c, c.cast(x, kernel), c.cast(y, kernel)), own));
}

// fmod(x, y), moved by y where it is not 0 and has the other sign. ONNX Mod of floats is C's fmod.
Status convert_floor_mod(OpContext& c) {
  Value *x = c.tensor(0), *y = c.tensor(1);
  if (!x || !y) return c.wrong_input(x ? 1 : 0);
  if (!is_float(c.dtype(x))) return c.set(0, typed2(c, "Mod", x, y));
  const DType own = c.dtype(x), kernel = kernel_type("Mod", own);
  x = c.cast(x, kernel);
  y = c.cast(y, kernel);
  Value* zero = c.scalar(0, x);
  Value* r = c.emit("Mod", {x, y}, {{"fmod", 1}});
  Value* signs = c.emit("Xor", {c.emit("Less", {r, zero}), c.emit("Less", {y, zero})});
  Value* moved = c.emit("And", {c.emit("Not", {c.emit("Equal", {r, zero})}), signs});
  return c.set(0, c.cast(where(c, moved, c.emit("Add", {r, y}), r), own));
}

Status convert_truncate_mod(OpContext& c) {
  Value *x = c.tensor(0), *y = c.tensor(1);
  if (!x || !y) return c.wrong_input(x ? 1 : 0);
  return c.set(0, typed(c, "Mod", {x, y}, {{"fmod", 1}}));
}

const OpRule kDivisionRules[] = {
    {"Div", convert_div},
    {"FloorDiv", convert_floor_div},
    {"FloorMod", convert_floor_mod},
    {"Mod", convert_truncate_mod},
    {"RealDiv", convert_div},
    {"TruncateDiv", convert_truncate_div},
    {"TruncateMod", convert_truncate_mod},
};
}  // namespace

Span<const OpRule> division_rules() {
  return {kDivisionRules, sizeof(kDivisionRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
