#include "jetline/importers/tensorflow/ops/forms.h"

#include <algorithm>
#include <cstdint>

#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/ops/typed.h"

namespace jetline::tf {

bool normalize_axis(int64_t& axis, int rank) {
  if (rank < 0 || axis < -rank || axis >= rank) return false;
  if (axis < 0) axis += rank;
  return true;
}

bool normalize_axes(std::vector<int64_t>& axes, int rank) {
  for (int64_t& a : axes)
    if (!normalize_axis(a, rank)) return false;
  std::sort(axes.begin(), axes.end());
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  return true;
}

bool partly_known(OpContext& c, const Value* v, std::vector<Dim>& out) {
  out.clear();
  if (const ops::KnownInts* k = c.converter().inference().ints(v)) {
    out = k->elements;
    return true;
  }
  std::vector<int64_t> all;
  if (c.known_ints(v, all)) {
    for (int64_t d : all) {
      Dim known;
      known.kind = Dim::Kind::kValue;
      known.value = d;
      out.push_back(known);
    }
    return true;
  }
  if (c.rank(v) != 1 || c.dim(v, 0) < 0 || c.dim(v, 0) > kMostAxes) return false;
  out.assign(static_cast<size_t>(c.dim(v, 0)), Dim());
  return true;
}

Value* as_vector(OpContext& c, Value* v) {
  v = c.to_i64(v);
  return c.rank(v) == 1 ? v : c.reshape(v, {-1});
}

Value* concatenated(OpContext& c, const std::vector<Value*>& parts, int64_t axis) {
  return parts.size() == 1 ? parts[0] : c.emit("Concat", parts, {{"axis", axis}});
}

Value* sliced(OpContext& c, Value* x, int64_t axis, int64_t start, int64_t end, int64_t step) {
  return c.emit("Slice", {x, c.ints({start}), c.ints({end}), c.ints({axis}), c.ints({step})});
}

Value* dim_vector(OpContext& c, Value* x, int64_t axis) {
  const int64_t known = c.dim(x, static_cast<int>(axis));
  return known >= 0 ? c.ints({known}) : c.emit("Gather", {c.shape_of(x), c.ints({axis})}, {{"axis", 0}});
}

Value* filled(OpContext& c, Value* dims, double value, DType dtype) {
  const DType made = dtype == DType::kBF16 || dtype == DType::kF16 ? DType::kF32 : dtype;
  std::vector<uint8_t> bytes(static_cast<size_t>(dtype_bits(made)) / 8, 0);
  if (value != 0) {
    const Tensor* t = c.constant(c.scalar(value, made));
    if (!t) return c.emit("Expand", {c.scalar(value, made), dims});
    bytes.assign(t->bytes().begin(), t->bytes().end());
  }
  auto t = Tensor::own(made, {1}, std::move(bytes));
  if (!t.ok()) return nullptr;
  return c.cast(c.emit("ConstantOfShape", {dims}, {{"value", std::move(t.value())}}), dtype);
}

Value* iota(OpContext& c, Value* length, DType dtype) {
  Value* n = c.rank(length) == 0 ? length : c.reshape(length, {});
  const DType made = kernel_type("Range", dtype);
  return c.cast(c.emit("Range", {c.scalar(0, made), c.cast(n, made), c.scalar(1, made)}), dtype);
}

Value* expand_to(OpContext& c, Value* v, Value* dims) {
  std::vector<int64_t> all;
  if (c.known_ints(dims, all)) {
    // What broadcasts to itself stays.
    bool same = c.is_static(v) && c.rank(v) >= static_cast<int>(all.size());
    for (int i = 1; same && i <= static_cast<int>(all.size()); ++i)
      same = all[all.size() - static_cast<size_t>(i)] == c.dim(v, -i) ||
             all[all.size() - static_cast<size_t>(i)] == 1;
    if (same) return v;
  }
  const DType own = c.dtype(v);
  return c.cast(c.emit("Expand", {c.cast(v, kernel_type("Expand", own)), c.to_i64(dims)}), own);
}

void refine_shape(Value* v, const std::vector<Dim>& shape) {
  if (!v || v->is_input() || v->is_constant()) return;
  if (!v->type.has_shape) {
    v->type.has_shape = true;
    v->type.shape.assign(shape.size(), Dim());
  }
  if (v->type.shape.size() != shape.size()) return;
  for (size_t i = 0; i < shape.size(); ++i) {
    Dim& d = v->type.shape[i];
    if (shape[i].known() && shape[i].value < 0) continue;
    if (d.kind == Dim::Kind::kUnknown || (d.kind == Dim::Kind::kParam && shape[i].known())) d = shape[i];
  }
}
}  // namespace jetline::tf
