// Reductions over constant or computed axes. No axes at all means that nothing is reduced (ONNX would reduce
// everything).
#include <cstdint>
#include <string_view>

#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

struct Reduction {
  Value* x = nullptr;
  Value* axes = nullptr;       // int64 vector
  std::vector<int64_t> known;  // when `fixed`
  bool fixed = false, keep = false;
  Status status;
};

Reduction reduce_arguments(OpContext& c) {
  Reduction r;
  r.x = c.tensor(0);
  Value* axes = c.tensor(1);
  if (!r.x || !axes) {
    r.status = c.wrong_input(r.x ? 1 : 0);
    return r;
  }
  r.keep = c.bool_attr("keep_dims", c.bool_attr("keepdims", false));
  r.fixed = c.known_ints(axes, r.known);
  r.axes = as_vector(c, axes);
  if (r.fixed && c.rank(r.x) >= 0 && !normalize_axes(r.known, c.rank(r.x)))
    r.status = c.unsupported("an axis is outside of the input's rank");
  return r;
}

// `onnx` with its axes as an attribute (all but ReduceSum in opset 13), in x's kernel type.
Value* reduce_emit(OpContext& c, const char* onnx, Value* x, const Reduction& r) {
  const std::string_view op = onnx;
  const int64_t keep = r.keep ? 1 : 0;
  if (op == "ReduceSum") {
    Value* axes = r.fixed ? c.ints(r.known) : r.axes;
    return c.emit(onnx, {x, axes}, {{"keepdims", keep}, {"noop_with_empty_axes", 1}});
  }
  return c.emit(onnx, {x}, {{"axes", r.known}, {"keepdims", keep}});
}

Value* reduce_typed(OpContext& c, const char* onnx, const Reduction& r) {
  const DType own = c.dtype(r.x);
  return c.cast(reduce_emit(c, onnx, c.cast(r.x, kernel_type(onnx, own)), r), own);
}

Status reduce_dynamic(const OpContext& c) {
  return c.unsupported("axes that are computed while the model runs", "give the axes as constants");
}

Status convert_sum(OpContext& c) {
  const Reduction r = reduce_arguments(c);
  if (!r.status.ok()) return r.status;
  if (r.fixed && r.known.empty()) return c.set(0, r.x);
  return c.set(0, reduce_typed(c, "ReduceSum", r));
}

// How many elements each output element comes from, as an int64 scalar.
Value* reduce_count(OpContext& c, const Reduction& r) {
  Value* axes = r.fixed ? c.ints(r.known) : r.axes;
  Value* sizes = c.emit("Gather", {c.shape_of(r.x), axes}, {{"axis", 0}});
  return c.emit("ReduceProd", {sizes}, {{"axes", {0}}, {"keepdims", 0}});
}

// Integers: the sum in 64 bits, divided towards zero.
Status convert_mean(OpContext& c) {
  const Reduction r = reduce_arguments(c);
  if (!r.status.ok()) return r.status;
  if (r.fixed && r.known.empty()) return c.set(0, r.x);
  if (is_float(c.dtype(r.x)) && r.fixed) return c.set(0, reduce_typed(c, "ReduceMean", r));
  const DType own = c.dtype(r.x);
  const DType wide = is_float(own) ? kernel_type("ReduceSum", own) : DType::kI64;
  Value* sum = reduce_emit(c, "ReduceSum", c.cast(r.x, wide), r);
  return c.set(0, c.cast(c.emit("Div", {sum, c.cast(reduce_count(c, r), wide)}), own));
}

Status reduce_fixed(OpContext& c, const char* onnx) {
  Reduction r = reduce_arguments(c);
  if (!r.status.ok()) return r.status;
  if (!r.fixed) return reduce_dynamic(c);
  if (r.known.empty()) return c.set(0, r.x);
  const bool turned = c.dtype(r.x) == DType::kU64 && std::string_view(onnx) != "ReduceProd";
  if (!turned) return c.set(0, reduce_typed(c, onnx, r));
  // uint64 in an order that int64 has, and back.
  Value* v = reduce_emit(c, onnx, ordered(c, r.x), r);
  return c.set(0, c.cast(c.emit("Add", {v, c.int_scalar(INT64_MIN)}), DType::kU64));
}
Status convert_prod(OpContext& c) {
  return reduce_fixed(c, "ReduceProd");
}
Status convert_max(OpContext& c) {
  return reduce_fixed(c, "ReduceMax");
}
Status convert_min(OpContext& c) {
  return reduce_fixed(c, "ReduceMin");
}

// Any and All count: Any where a true one was seen, All where no false one was. Counting takes axes that are
// not constant, and gives the right answer for no elements.
Status reduce_logical(OpContext& c, bool all) {
  const Reduction r = reduce_arguments(c);
  if (!r.status.ok()) return r.status;
  if (r.fixed && r.known.empty()) return c.set(0, r.x);
  if (r.fixed && c.is_static(r.x) && r.x->type.count() > 0) {
    Value* v = reduce_emit(c, all ? "ReduceMin" : "ReduceMax", c.cast(r.x, DType::kI32), r);
    return c.set(0, c.cast(v, DType::kBool));
  }
  Value* counted = c.cast(all ? c.emit("Not", {r.x}) : r.x, DType::kI32);
  Value* seen = c.emit("Greater", {reduce_emit(c, "ReduceSum", counted, r), c.int_scalar(0, DType::kI32)});
  return c.set(0, all ? c.emit("Not", {seen}) : seen);
}
Status convert_all(OpContext& c) {
  return reduce_logical(c, true);
}
Status convert_any(OpContext& c) {
  return reduce_logical(c, false);
}

// sqrt(sum of squares). Integers: the sum wraps in their type, its root is rounded down.
Status convert_euclidean_norm(OpContext& c) {
  Reduction r = reduce_arguments(c);
  if (!r.status.ok()) return r.status;
  const DType own = c.dtype(r.x);
  if (r.fixed && r.known.empty()) return c.set(0, is_unsigned(own) ? r.x : typed(c, "Abs", {r.x}));
  if (is_float(own) && r.fixed) return c.set(0, reduce_typed(c, "ReduceL2", r));
  r.x = typed2(c, "Mul", r.x, r.x);
  Value* sum = reduce_typed(c, "ReduceSum", r);
  if (is_float(own)) return c.set(0, typed(c, "Sqrt", {sum}));
  return c.set(0, c.cast(c.emit("Sqrt", {c.cast(sum, DType::kF64)}), own));
}

// The first of equal extremes wins, in both.
Status reduce_arg(OpContext& c, const char* onnx) {
  Value *x = c.tensor(0), *dimension = c.tensor(1);
  if (!x || !dimension) return c.wrong_input(x ? 1 : 0);
  int64_t axis = 0;
  if (!c.known_int(dimension, axis)) return reduce_dynamic(c);
  if (c.rank(x) >= 0 && !normalize_axis(axis, c.rank(x)))
    return c.unsupported("the dimension is outside of the input's rank");
  Value* at = typed(c, onnx, {ordered(c, x)}, {{"axis", axis}, {"keepdims", 0}}, TypedResult::kOwn);
  return c.set(0, at ? c.cast(at, c.dtype_attr("output_type", DType::kI64)) : nullptr);
}
Status convert_arg_max(OpContext& c) {
  return reduce_arg(c, "ArgMax");
}
Status convert_arg_min(OpContext& c) {
  return reduce_arg(c, "ArgMin");
}

constexpr const char* kReduceNote = "constant axes";

const OpRule kReduceRules[] = {
    {"All", convert_all},
    {"Any", convert_any},
    {"ArgMax", convert_arg_max, "", "constant dimension"},
    {"ArgMin", convert_arg_min, "", "constant dimension"},
    {"EuclideanNorm", convert_euclidean_norm},
    {"Max", convert_max, "", kReduceNote},
    {"Mean", convert_mean},
    {"Min", convert_min, "", kReduceNote},
    {"Prod", convert_prod, "", kReduceNote},
    {"Sum", convert_sum, "", "runtimes may sum integers in floating point: exact up to 2^53"},
};
}  // namespace

Span<const OpRule> reduce_rules() {
  return {kReduceRules, sizeof(kReduceRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
