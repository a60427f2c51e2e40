// Shape, ShapeN, Size, Rank, Reshape, Squeeze, ExpandDims, EnsureShape.
//
// A dynamic batch survives a Reshape to a computed shape: where only one of the wanted dimensions is unknown
// it is written as -1, and dimensions that are the input's own at the same place as 0, so that the result is
// a constant vector again.
#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Status convert_shape(OpContext& c) {
  const DType out = c.dtype_attr("out_type", DType::kI32);
  for (size_t i = 0; i < c.inputs(); ++i) {
    if (const Tensor* s = c.in(i).strings()) {
      Status set = c.set(i, c.cast(c.ints(s->dims()), out));
      if (!set.ok()) return set;
      continue;
    }
    Value* x = c.tensor(i);
    if (!x) return c.wrong_input(i);
    Status set = c.set(i, c.shape_of(x, out));
    if (!set.ok()) return set;
  }
  return Status();
}

Status convert_size(OpContext& c) {
  const DType out = c.dtype_attr("out_type", DType::kI32);
  if (const Tensor* s = c.in(0).strings()) return c.set(0, c.int_scalar(s->count(), out));
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  if (c.is_static(x)) return c.set(0, c.int_scalar(x->type.count(), out));
  return c.set(0, c.cast(c.emit("Size", {x}), out));
}

Status convert_rank(OpContext& c) {
  if (const Tensor* s = c.in(0).strings())
    return c.set(0, c.int_scalar(static_cast<int64_t>(s->dims().size()), DType::kI32));
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  if (c.rank(x) >= 0) return c.set(0, c.int_scalar(c.rank(x), DType::kI32));
  Value* rank = c.squeeze(c.shape_of(c.shape_of(x)), {0});
  return c.set(0, c.cast(rank, DType::kI32));
}

Status convert_reshape(OpContext& c) {
  if (const Tensor* s = c.in(0).strings()) {
    std::vector<int64_t> dims;
    if (!c.tensor(1) || !c.known_ints(c.tensor(1), dims)) return c.wrong_input(0);
    int64_t known = 1, open = -1;
    for (size_t i = 0; i < dims.size(); ++i) {
      if (dims[i] < 0)
        open = static_cast<int64_t>(i);
      else if (__builtin_mul_overflow(known, dims[i], &known))
        return c.unsupported("a shape out of range");
    }
    if (open >= 0 && known > 0) dims[static_cast<size_t>(open)] = s->count() / known;
    auto t = Tensor::of_strings(dims, s->strings());
    return t.ok() ? c.set(0, Symbol::strings(std::move(t.value()))) : t.status();
  }
  Value *x = c.tensor(0), *dims = c.tensor(1);
  if (!x || !dims) return c.wrong_input(x ? 1 : 0);
  return c.set(0, reshape_like(c, x, dims));
}

Status convert_squeeze(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  std::vector<int64_t> axes = c.ints_attr("squeeze_dims");
  if (axes.empty()) axes = c.ints_attr("axis");
  if (!axes.empty()) {
    if (c.rank(x) >= 0 && !normalize_axes(axes, c.rank(x)))
      return c.unsupported("an axis is outside of the input's rank");
    return c.set(0, c.squeeze(x, axes));
  }
  // Every dimension of size 1: which those are must be known, for the rank of the result depends on it.
  if (c.rank(x) < 0) return c.unsupported("squeezing every axis of an input of unknown rank");
  for (int i = 0; i < c.rank(x); ++i) {
    if (c.dim(x, i) < 0)
      return c.unsupported("squeezing every axis of size 1 where sizes are not known",
                           "fix the input's shape with --shape");
    if (c.dim(x, i) == 1) axes.push_back(i);
  }
  return c.set(0, c.squeeze(x, axes));
}

Status convert_expand_dims(OpContext& c) {
  if (const Tensor* s = c.in(0).strings()) {
    int64_t axis = 0;
    if (!c.tensor(1) || !c.known_int(c.tensor(1), axis)) return c.wrong_input(0);
    std::vector<int64_t> dims = s->dims();
    if (!normalize_axis(axis, static_cast<int>(dims.size()) + 1)) return c.unsupported("axis out of range");
    dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), 1);
    auto t = Tensor::of_strings(dims, s->strings());
    return t.ok() ? c.set(0, Symbol::strings(std::move(t.value()))) : t.status();
  }
  Value *x = c.tensor(0), *dim = c.tensor(1);
  if (!x || !dim) return c.wrong_input(x ? 1 : 0);
  int64_t axis = 0;
  if (!c.known_int(dim, axis)) return c.unsupported("an axis that is computed while the model runs");
  if (c.rank(x) >= 0 && !normalize_axis(axis, c.rank(x) + 1))
    return c.unsupported("the axis is outside of the input's rank");
  return c.set(0, c.unsqueeze(x, {axis}));
}

// Nothing is checked when the model runs; what the shape says is known from here on.
Status convert_ensure_shape(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const Attr* attr = c.attr("shape");
  const Shape shape = attr ? attr->as_shape() : Shape();
  if (!shape.known_rank || c.is_static(x)) return c.set(0, x);
  std::vector<Dim> dims;
  for (int64_t d : shape.dims) dims.push_back(d >= 0 ? Dim(d) : Dim());
  Value* y = c.emit("Identity", {x});
  refine_shape(y, dims);
  return c.set(0, y);
}

const OpRule kShapeRules[] = {
    {"EnsureShape", convert_ensure_shape, "", "the shape is believed, not checked"},
    {"ExpandDims", convert_expand_dims, "", "constant axis"},
    {"Rank", convert_rank},
    {"Reshape", convert_reshape},
    {"Shape", convert_shape},
    {"ShapeN", convert_shape, "output*N"},
    {"Size", convert_size},
    {"Squeeze", convert_squeeze, "", "without axes: only where the sizes are known"},
};
}  // namespace

Value* reshape_like(OpContext& c, Value* v, Value* dims) {
  std::vector<Dim> want;
  if (!partly_known(c, dims, want)) return c.reshape_to(v, dims);
  const std::vector<int64_t> own = c.dims(v);
  const bool ranked = c.rank(v) >= 0;
  std::vector<int64_t> form;
  size_t open = 0;
  bool has_zero = false, minus_one = false;
  for (size_t i = 0; i < want.size(); ++i) {
    const Dim& d = want[i];
    minus_one = minus_one || (d.known() && d.value < 0);
    has_zero = has_zero || (d.known() && d.value == 0);
    if (d.known()) {
      form.push_back(d.value);
    } else if (ranked && i < own.size() && d.same(v->type.shape[i])) {
      form.push_back(0);  // as the input's
    } else {
      form.push_back(-1);
      ++open;
    }
  }
  // A size of 0 means "empty" in TensorFlow and "as the input's" in ONNX: an empty tensor is made anew.
  if (has_zero) return filled(c, as_vector(c, dims), 0, c.dtype(v));
  if (open + (minus_one ? 1 : 0) <= 1) {
    Value* y = c.reshape(v, form);
    refine_shape(y, [&] {
      std::vector<Dim> shape = want;
      for (Dim& d : shape)
        if (d.known() && d.value < 0) d = Dim();
      return shape;
    }());
    return y;
  }
  return c.reshape_to(v, dims);
}

Span<const OpRule> shape_rules() {
  return {kShapeRules, sizeof(kShapeRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
