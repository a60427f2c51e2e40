#include "jetline/importers/tensorflow/ops/typed.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace jetline::tf {
namespace {

constexpr uint32_t type_bit(DType t) {
  return 1u << static_cast<unsigned>(t);
}
constexpr uint32_t kHalf = type_bit(DType::kF16);
constexpr uint32_t kFloatOnly = type_bit(DType::kF32) | kHalf;
constexpr uint32_t kReal = kFloatOnly | type_bit(DType::kF64);
constexpr uint32_t kWide = type_bit(DType::kI32) | type_bit(DType::kI64);
constexpr uint32_t kNarrow = type_bit(DType::kI8) | type_bit(DType::kU8) | type_bit(DType::kI16) |
                             type_bit(DType::kU16) | type_bit(DType::kU32) | type_bit(DType::kU64);
constexpr uint32_t kNumbers = kReal | kWide;
constexpr uint32_t kEvery = kNumbers | kNarrow | type_bit(DType::kBool);
constexpr uint32_t kMoves = kEvery | type_bit(DType::kBF16);

struct KernelTypes {
  std::string_view op;
  uint32_t types;
};

// ONNX opset 13's type constraints (Operators.md, Changelog.md) and ONNX Runtime's docs/OperatorKernels.md
// for the CPU, the smaller of the two. Operators that are not listed take float types.
constexpr KernelTypes kKernels[] = {
    {"Abs", kNumbers | kNarrow},
    {"Acos", kFloatOnly},
    {"Acosh", kFloatOnly},
    {"Add", kNumbers},
    {"ArgMax", kNumbers},
    {"ArgMin", kNumbers},
    {"Asin", kFloatOnly},
    {"Asinh", kFloatOnly},
    {"Atan", kFloatOnly},
    {"Atanh", kFloatOnly},
    {"BitShift", type_bit(DType::kU8) | type_bit(DType::kU32) | type_bit(DType::kU64)},
    {"Compress", kEvery},
    {"Concat", kMoves},
    {"Cosh", kFloatOnly},
    {"CumSum", kNumbers & ~kHalf},
    {"Div", kNumbers | type_bit(DType::kU64)},
    {"Equal", kNumbers | type_bit(DType::kBool)},
    {"Erf", kFloatOnly},
    {"Expand", kEvery},
    {"Gather", kMoves},
    {"GatherElements", kMoves},
    {"GatherND", kMoves},
    {"Greater", kNumbers},
    {"GreaterOrEqual", kNumbers},
    {"IsInf", type_bit(DType::kF32) | type_bit(DType::kF64)},
    {"Less", kNumbers},
    {"LessOrEqual", kNumbers},
    {"MatMul", kNumbers},
    {"Max", kNumbers},
    {"Min", kNumbers},
    {"Mod", kNumbers | kNarrow},
    {"Mul", kNumbers},
    {"Neg", kNumbers | type_bit(DType::kI8)},
    {"NonZero", type_bit(DType::kBool) | type_bit(DType::kF32) | kWide},
    {"Pow", kNumbers},
    {"Range", type_bit(DType::kF32) | type_bit(DType::kF64) | kWide},
    {"ReduceL2", kNumbers},
    {"ReduceMax", kNumbers},
    {"ReduceMin", kNumbers},
    {"ReduceProd", kNumbers},
    {"ReduceSum", kNumbers},
    {"ReverseSequence", kMoves},
    {"ScatterElements", kMoves},
    {"ScatterND", kMoves},
    {"Sign", kNumbers | kNarrow},
    {"Sinh", kFloatOnly},
    {"Slice", kMoves},
    {"Softplus", kFloatOnly},
    {"Split", kMoves},
    {"Sub", kNumbers},
    {"Tan", kFloatOnly},
    {"Tile", kEvery & ~kHalf},
    {"Transpose", kMoves},
    {"Unique", type_bit(DType::kF32) | type_bit(DType::kF64) | type_bit(DType::kI64)},
    {"Where", type_bit(DType::kF32) | kHalf | kWide | type_bit(DType::kU8)},
};

uint32_t kernel_types(std::string_view op) {
  const auto* at = std::lower_bound(std::begin(kKernels), std::end(kKernels), op,
                                    [](const KernelTypes& k, std::string_view o) { return k.op < o; });
  return at != std::end(kKernels) && at->op == op ? at->types : kReal;
}

// Wider types in the order of preference; every value of t is one of theirs (float for double excepted).
std::vector<DType> carriers(DType t) {
  switch (t) {
    case DType::kBool:
    case DType::kI8:
    case DType::kU8:
    case DType::kI16:
    case DType::kU16:
      return {DType::kI32, DType::kI64, DType::kU32, DType::kF32};
    case DType::kI32:
      return {DType::kI64, DType::kF64};
    case DType::kU32:
      return {DType::kI64, DType::kU64, DType::kF64};
    case DType::kU64:
      return {DType::kI64};
    case DType::kF16:
    case DType::kBF16:
      return {DType::kF32, DType::kF64};
    case DType::kF32:
      return {DType::kF64};
    case DType::kF64:
      return {DType::kF32};
    default:
      return {};
  }
}
}  // namespace

bool is_float(DType t) {
  return t == DType::kF32 || t == DType::kF16 || t == DType::kF64 || t == DType::kBF16;
}
bool is_unsigned(DType t) {
  return t == DType::kU8 || t == DType::kU16 || t == DType::kU32 || t == DType::kU64;
}
bool is_integer(DType t) {
  return is_unsigned(t) || t == DType::kI8 || t == DType::kI16 || t == DType::kI32 || t == DType::kI64;
}
bool is_complex(DType t) {
  return t == DType::kC64 || t == DType::kC128;
}

DType kernel_type(std::string_view op, DType t) {
  const uint32_t types = kernel_types(op);
  if (static_cast<unsigned>(t) < 32 && (types & type_bit(t))) return t;
  for (DType wider : carriers(t))
    if (types & type_bit(wider)) return wider;
  return DType::kUndefined;
}

Value* typed(OpContext& c, const char* op, std::vector<Value*> inputs, const std::vector<AttrArg>& attributes,
             TypedResult result, size_t first) {
  if (first >= inputs.size()) return nullptr;
  for (const Value* v : inputs)
    if (!v) return nullptr;
  const DType own = OpContext::dtype(inputs[first]);
  // A type that is not known (inference could not follow) is taken as one that fits.
  const DType kernel = kernel_type(op, own);
  if (kernel == DType::kUndefined && own != DType::kUndefined) return nullptr;
  for (size_t i = first; i < inputs.size(); ++i) inputs[i] = c.cast(inputs[i], kernel);
  Value* v = c.emit(op, std::move(inputs), attributes);
  return v && result == TypedResult::kSame ? c.cast(v, own) : v;
}

Value* ordered(OpContext& c, Value* v) {
  if (!v || OpContext::dtype(v) != DType::kU64) return v;
  return c.emit("Add", {c.cast(v, DType::kI64), c.int_scalar(INT64_MIN)});
}

Value* where(OpContext& c, Value* test, Value* a, Value* b) {
  return typed(c, "Where", {test, a, b}, {}, TypedResult::kSame, 1);
}

Value* polynomial(OpContext& c, Value* x, std::initializer_list<double> coefficients) {
  Value* sum = nullptr;
  for (double k : coefficients) {
    Value* constant = c.scalar(k, x);
    sum = sum ? c.emit("Add", {c.emit("Mul", {sum, x}), constant}) : constant;
  }
  return sum;
}
}  // namespace jetline::tf
