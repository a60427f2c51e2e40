// Sums, means, products, largest and smallest of the rows that share a segment number. Which row belongs to
// which segment is a comparison [segments, rows]; sums are then one matrix product.
#include <limits>

#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

enum class SegmentKind { kSum, kMean, kSqrtN, kProd, kMax, kMin };

DType segment_compute(DType t) {
  if (t == DType::kF32 || t == DType::kF16 || t == DType::kF64 || t == DType::kI32 || t == DType::kI64)
    return t;
  return t == DType::kBF16 ? DType::kF32 : DType::kI64;
}

double segment_lowest(DType t) {
  switch (t) {
    case DType::kI8:
      return -128;
    case DType::kI16:
      return -32768;
    case DType::kI32:
      return -2147483648.0;
    case DType::kI64:
      return -9223372036854775808.0;
    case DType::kF16:
      return -65504;
    case DType::kF64:
      return -std::numeric_limits<double>::max();
    case DType::kU8:
    case DType::kU16:
    case DType::kU32:
    case DType::kU64:
      return 0;
    default:
      return -std::numeric_limits<float>::max();
  }
}

double segment_highest(DType t) {
  switch (t) {
    case DType::kU8:
      return 255;
    case DType::kU16:
      return 65535;
    case DType::kU32:
      return 4294967295.0;
    case DType::kI64:
    case DType::kU64:
      return 9223372036854774784.0;
    case DType::kI8:
    case DType::kI16:
    case DType::kI32:
      return -1 - segment_lowest(t);
    default:
      return -segment_lowest(t);
  }
}

struct SegmentCall {
  SegmentKind kind;
  bool empty_is_zero;  // the sorted operators leave rows nobody writes at 0
};

// data [n, …], ids [n], segments: int64 scalar.
Value* segment_emit(OpContext& c, Value* data, Value* ids, Value* segments, const SegmentCall& call) {
  const DType type = c.dtype(data), compute = segment_compute(type);
  Value* shape = c.shape_of(data);
  Value* rest = c.emit("Slice", {shape, c.ints({1}), c.ints({INT64_MAX}), c.ints({0})});
  // An empty `rest` multiplies to 1; with it the width is right for data without elements too.
  Value* width = c.emit("ReduceProd", {rest}, {{"axes", {0}}, {"keepdims", 1}});
  Value* rows = c.unsqueeze(c.emit("Gather", {shape, c.int_scalar(0)}, {{"axis", 0}}), {0});
  Value* flat = c.reshape_to(c.cast(data, compute), c.emit("Concat", {rows, width}, {{"axis", 0}}));
  Value* range = c.emit("Range", {c.int_scalar(0), segments, c.int_scalar(1)});
  Value* member =
      c.emit("Equal", {c.unsqueeze(range, {1}), c.unsqueeze(c.to_i64(ids), {0})});  // [segments, n]
  Value* result = nullptr;
  const bool sums =
      call.kind == SegmentKind::kSum || call.kind == SegmentKind::kMean || call.kind == SegmentKind::kSqrtN;
  if (sums) {
    Value* mask = c.cast(member, compute);
    result = c.emit("MatMul", {mask, flat});
    if (call.kind != SegmentKind::kSum) {
      Value* count = c.emit("ReduceSum", {mask, c.ints({1})}, {{"keepdims", 1}});
      count = c.emit("Max", {count, c.scalar(1, count)});
      if (call.kind == SegmentKind::kSqrtN) count = c.emit("Sqrt", {count});
      result = c.emit("Div", {result, count});
    }
  } else {
    const bool max = call.kind == SegmentKind::kMax, product = call.kind == SegmentKind::kProd;
    const double neutral = product ? 1 : max ? segment_lowest(type) : segment_highest(type);
    Value* table =
        c.emit("Where", {c.unsqueeze(member, {2}), c.unsqueeze(flat, {0}), c.scalar(neutral, compute)});
    const char* op = product ? "ReduceProd" : max ? "ReduceMax" : "ReduceMin";
    result = c.emit(op, {table}, {{"axes", {1}}, {"keepdims", 0}});
    if (call.empty_is_zero && !product) {
      Value* any = c.emit("ReduceMax", {c.cast(member, DType::kI32)}, {{"axes", {1}}, {"keepdims", 1}});
      result = c.emit("Where", {c.cast(any, DType::kBool), result, c.scalar(0, compute)});
    }
  }
  Value* dims = c.emit("Concat", {c.unsqueeze(segments, {0}), rest}, {{"axis", 0}});
  return c.cast(c.reshape_to(result, dims), type);
}

Value* segment_count(OpContext& c, Value* ids) {  // of sorted ids: the last one plus 1
  Value* last = c.emit("ReduceMax", {c.to_i64(ids)}, {{"keepdims", 0}});
  return c.emit("Add", {last, c.int_scalar(1)});
}

SegmentKind segment_kind(std::string_view op) {
  const auto has = [&](const char* what) { return op.find(what) != std::string_view::npos; };
  if (has("Mean")) return SegmentKind::kMean;
  if (has("SqrtN")) return SegmentKind::kSqrtN;
  if (has("Prod")) return SegmentKind::kProd;
  if (has("Max")) return SegmentKind::kMax;
  if (has("Min")) return SegmentKind::kMin;
  return SegmentKind::kSum;
}

Status convert_segment(OpContext& c) {
  Value *data = c.tensor(0), *ids = c.tensor(1);
  if (!data) return c.wrong_input(0);
  if (!ids) return c.wrong_input(1);
  Value* segments = segment_count(c, ids);
  if (c.op() == "SegmentSumV2" || c.op() == "SegmentProdV2" || c.op() == "SegmentMaxV2" ||
      c.op() == "SegmentMinV2") {
    if (!c.tensor(2)) return c.wrong_input(2);
    segments = c.reshape(c.to_i64(c.tensor(2)), {});
  }
  const bool v2 = c.op().back() == '2';
  return c.set(0, segment_emit(c, data, ids, segments, {segment_kind(c.op()), !v2}));
}

Status convert_unsorted_segment(OpContext& c) {
  for (size_t i = 0; i < 3; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value *data = c.tensor(0), *ids = c.tensor(1);
  const int outer = c.rank(ids);
  if (outer < 0) return c.unsupported("segment numbers of unknown rank");
  if (outer != 1) {  // ids [a, b], data [a, b, …]: rows of all of them
    Value* rest = c.emit("Slice", {c.shape_of(data), c.ints({outer}), c.ints({INT64_MAX}), c.ints({0})});
    Value* count = c.emit("ReduceProd", {c.shape_of(ids)}, {{"axes", {0}}, {"keepdims", 1}});
    data = c.reshape_to(data, c.emit("Concat", {count, rest}, {{"axis", 0}}));
    ids = c.reshape(ids, {-1});
  }
  Value* segments = c.reshape(c.to_i64(c.tensor(2)), {});
  return c.set(0, segment_emit(c, data, ids, segments, {segment_kind(c.op()), false}));
}

// data, indices, segment_ids (, num_segments): the rows that indices name.
Status convert_sparse_segment(OpContext& c) {
  for (size_t i = 0; i < 3; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value* rows = c.emit("Gather", {c.tensor(0), c.to_i64(c.tensor(1))}, {{"axis", 0}});
  Value* ids = c.tensor(2);
  Value* segments = c.tensor(3) ? c.reshape(c.to_i64(c.tensor(3)), {}) : segment_count(c, ids);
  return c.set(0, segment_emit(c, rows, ids, segments, {segment_kind(c.op()), true}));
}

const OpRule kSegmentRules[] = {
    {"SegmentSum", convert_segment},
    {"SegmentMean", convert_segment},
    {"SegmentProd", convert_segment},
    {"SegmentMax", convert_segment},
    {"SegmentMin", convert_segment},
    {"SegmentSumV2", convert_segment},
    {"SegmentProdV2", convert_segment},
    {"SegmentMaxV2", convert_segment},
    {"SegmentMinV2", convert_segment},
    {"UnsortedSegmentSum", convert_unsorted_segment},
    {"UnsortedSegmentProd", convert_unsorted_segment},
    {"UnsortedSegmentMax", convert_unsorted_segment},
    {"UnsortedSegmentMin", convert_unsorted_segment},
    {"SparseSegmentSum", convert_sparse_segment},
    {"SparseSegmentMean", convert_sparse_segment},
    {"SparseSegmentSqrtN", convert_sparse_segment},
    {"SparseSegmentSumWithNumSegments", convert_sparse_segment},
    {"SparseSegmentMeanWithNumSegments", convert_sparse_segment},
    {"SparseSegmentSqrtNWithNumSegments", convert_sparse_segment},
};

}  // namespace

Span<const OpRule> segment_rules() {
  return {kSegmentRules, std::size(kSegmentRules)};
}

}  // namespace jetline::tf
