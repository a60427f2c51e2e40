// TopK, TopKV2 and what asks whether a class is among the best. Of equal values the lower index comes first
// in TensorFlow and in the runtimes.
#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

DType topk_compute(DType t) {
  switch (t) {
    case DType::kF32:
    case DType::kF16:
    case DType::kF64:
    case DType::kI32:
    case DType::kI64:
      return t;
    case DType::kBF16:
      return DType::kF32;
    case DType::kU32:
    case DType::kU64:
      return DType::kI64;
    default:
      return DType::kI32;
  }
}

Status topk_emit(OpContext& c, Value* k) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const DType type = c.dtype(x);
  std::vector<Value*> out =
      c.emit_many("TopK", {c.cast(x, topk_compute(type)), k}, 2,
                  {{"axis", -1}, {"largest", 1}, {"sorted", c.bool_attr("sorted", true) ? 1 : 0}});
  if (Status s = c.set(0, c.cast(out[0], type)); !s.ok()) return s;
  return c.set(1, c.cast(out[1], c.dtype_attr("index_type", DType::kI32)));
}

Status convert_topk(OpContext& c) {
  return topk_emit(c, c.ints({c.int_attr("k")}));
}

Status convert_topk_v2(OpContext& c) {
  Value* k = c.tensor(1);
  if (!k) return c.wrong_input(1);
  return topk_emit(c, c.reshape(c.to_i64(k), {1}));
}

// The n-th smallest (or largest) of the last dimension.
Status convert_nth_element(OpContext& c) {
  Value* x = c.tensor(0);
  Value* n = c.tensor(1);
  if (!x) return c.wrong_input(0);
  if (!n) return c.wrong_input(1);
  const DType type = c.dtype(x);
  Value* at = c.reshape(c.to_i64(n), {1});
  Value* k = c.emit("Add", {at, c.ints({1})});
  std::vector<Value*> out =
      c.emit_many("TopK", {c.cast(x, topk_compute(type)), k}, 2,
                  {{"axis", -1}, {"largest", c.bool_attr("reverse") ? 1 : 0}, {"sorted", 1}});
  Value* y = c.emit("Gather", {out[0], c.squeeze(at, {0})}, {{"axis", -1}});
  return c.set(0, c.cast(y, type));
}

// predictions [B, classes], targets [B]: fewer than k classes are strictly better, the target's own value is
// finite (tensorflow/core/kernels/in_topk_op.h).
Status convert_in_topk(OpContext& c) {
  Value* x = c.tensor(0);
  Value* targets = c.tensor(1);
  if (!x) return c.wrong_input(0);
  if (!targets) return c.wrong_input(1);
  Value* k = c.op() == "InTopK" ? c.int_scalar(c.int_attr("k")) : c.tensor(2);
  if (!k) return c.wrong_input(2);
  const int64_t classes = c.dim(x, 1);
  if (classes <= 0) return c.unsupported("an unknown number of classes");
  Value* index = c.to_i64(targets);
  Value* inside = c.emit("And", {c.emit("GreaterOrEqual", {index, c.int_scalar(0)}),
                                 c.emit("Less", {index, c.int_scalar(classes)})});
  Value* safe = c.emit("Where", {inside, index, c.int_scalar(0)});
  Value* own = c.emit("GatherElements", {x, c.unsqueeze(safe, {1})}, {{"axis", 1}});
  Value* better = c.cast(c.emit("Greater", {x, own}), DType::kI64);
  Value* count = c.emit("ReduceSum", {better, c.ints({1})}, {{"keepdims", 0}});
  Value* among = c.emit("Less", {count, c.to_i64(k)});
  // Infinite and undefined values make the answer false.
  Value* finite = c.emit("Equal", {c.emit("Sub", {own, own}), c.scalar(0, own)});
  return c.set(0, c.emit("And", {c.emit("And", {among, inside}), c.squeeze(finite, {1})}));
}

const OpRule kTopkRules[] = {
    {"TopK", convert_topk, "values,indices"},
    {"TopKV2", convert_topk_v2, "values,indices", "k may be computed"},
    {"NthElement", convert_nth_element},
    {"InTopK", convert_in_topk},
    {"InTopKV2", convert_in_topk},
};

}  // namespace

Span<const OpRule> topk_rules() {
  return {kTopkRules, std::size(kTopkRules)};
}

}  // namespace jetline::tf
