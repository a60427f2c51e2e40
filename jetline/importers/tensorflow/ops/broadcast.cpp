// Tensors of one number and repeated tensors: Fill, ZerosLike, OnesLike, BroadcastTo, BroadcastArgs, Tile,
// Empty, BroadcastGradientArgs.
#include <algorithm>

#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Status convert_fill(OpContext& c) {
  Value *dims = c.tensor(0), *value = c.tensor(1);
  if (!dims) return c.wrong_input(0);
  if (const Tensor* s = c.in(1).strings()) {
    std::vector<int64_t> n;
    if (!c.known_ints(dims, n) || element_count(n) < 0 || element_count(n) > 65536 || s->count() != 1)
      return c.wrong_input(1);
    auto t = Tensor::of_strings(
        n, std::vector<std::string>(static_cast<size_t>(element_count(n)), s->strings()[0]));
    return t.ok() ? c.set(0, Symbol::strings(std::move(t.value()))) : t.status();
  }
  if (!value) return c.wrong_input(1);
  dims = as_vector(c, dims);
  const DType own = c.dtype(value);
  const Tensor* t = c.constant(value);
  if (t && t->count() == 1 && own != DType::kBF16) {
    auto one = Tensor::own(own, {1}, std::vector<uint8_t>(t->bytes().begin(), t->bytes().end()));
    if (!one.ok()) return one.status();
    return c.set(0, c.emit("ConstantOfShape", {dims}, {{"value", std::move(one.value())}}));
  }
  return c.set(0, expand_to(c, value, dims));
}

Status broadcast_like(OpContext& c, double number) {
  Value* x = c.tensor(0);
  if (!x) {
    // A list of zeros and the like belong to loops' gradients.
    return c.wrong_input(0);
  }
  return c.set(0, filled(c, c.shape_of(x), number, c.dtype(x)));
}
Status convert_zeros_like(OpContext& c) {
  return broadcast_like(c, 0);
}
Status convert_ones_like(OpContext& c) {
  return broadcast_like(c, 1);
}

// What is in it is not said; zeros are as good.
Status convert_empty(OpContext& c) {
  Value* dims = c.tensor(0);
  if (!dims) return c.wrong_input(0);
  return c.set(0, filled(c, as_vector(c, dims), 0, c.dtype_attr("dtype", DType::kF32)));
}

Status convert_broadcast_to(OpContext& c) {
  Value *x = c.tensor(0), *dims = c.tensor(1);
  if (!x || !dims) return c.wrong_input(x ? 1 : 0);
  std::vector<Dim> want;
  const bool known = partly_known(c, dims, want);
  Value* y = expand_to(c, x, as_vector(c, dims));
  if (known && y != x) refine_shape(y, want);
  return c.set(0, y);
}

// The shape that two shapes broadcast to: the shorter one filled up with ones in front, and of two sizes the
// one that is not 1.
Status convert_broadcast_args(OpContext& c) {
  Value *a = c.tensor(0), *b = c.tensor(1);
  if (!a || !b) return c.wrong_input(a ? 1 : 0);
  const DType own = c.dtype(a);
  const int64_t na = c.dim(a, 0), nb = c.dim(b, 0);
  if (na < 0 || nb < 0 || std::max(na, nb) > kMostAxes) return c.unsupported("shapes of unknown rank");
  const auto fill_up = [&](Value* v, int64_t n) {
    v = c.to_i64(v);
    const int64_t missing = std::max(na, nb) - n;
    if (missing == 0) return v;
    Value* ones = c.ints(std::vector<int64_t>(static_cast<size_t>(missing), 1));
    return n == 0 ? ones : concatenated(c, {ones, v}, 0);
  };
  a = fill_up(a, na);
  b = fill_up(b, nb);
  std::vector<Dim> da, db;
  if (partly_known(c, a, da) && partly_known(c, b, db) && da.size() == db.size()) {
    // Element by element, so that one unknown size does not hide the others.
    std::vector<Value*> parts;
    for (size_t i = 0; i < da.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      const bool take_a =
          da[i].same(db[i]) || (db[i].known() && db[i].value == 1) || (da[i].known() && da[i].value != 1);
      const bool take_b = (da[i].known() && da[i].value == 1) || (db[i].known() && db[i].value != 1);
      Value* one_a = sliced(c, a, 0, at, at + 1);
      Value* one_b = sliced(c, b, 0, at, at + 1);
      if (take_a)
        parts.push_back(one_a);
      else if (take_b)
        parts.push_back(one_b);
      else
        parts.push_back(where(c, c.emit("Equal", {one_a, c.ints({1})}), one_b, one_a));
    }
    return c.set(0, c.cast(parts.empty() ? a : concatenated(c, parts, 0), own));
  }
  return c.set(0, c.cast(where(c, c.emit("Equal", {a, c.ints({1})}), b, a), own));
}

// The axes over which the gradients of two broadcast operands are summed.
Status convert_broadcast_gradient_args(OpContext& c) {
  std::vector<int64_t> a, b;
  if (!c.tensor(0) || !c.tensor(1)) return c.wrong_input(c.tensor(0) ? 1 : 0);
  if (!c.known_ints(c.tensor(0), a) || !c.known_ints(c.tensor(1), b))
    return c.unsupported("shapes that are not known");
  const size_t n = std::max(a.size(), b.size());
  a.insert(a.begin(), n - a.size(), 1);
  b.insert(b.begin(), n - b.size(), 1);
  std::vector<int64_t> ra, rb;
  for (size_t i = 0; i < n; ++i) {
    const auto axis = static_cast<int64_t>(i);
    const bool both = a[i] == 1 && b[i] == 1;
    if (both || (a[i] == 1 && b[i] != 1)) ra.push_back(axis);
    if (both || (b[i] == 1 && a[i] != 1)) rb.push_back(axis);
  }
  const DType own = c.dtype(c.tensor(0));
  Status first = c.set(0, c.cast(c.ints(ra), own));
  return first.ok() ? c.set(1, c.cast(c.ints(rb), own)) : first;
}

Status convert_tile(OpContext& c) {
  Value *x = c.tensor(0), *multiples = c.tensor(1);
  if (!x || !multiples) return c.wrong_input(x ? 1 : 0);
  std::vector<Dim> times;
  const bool known = partly_known(c, multiples, times);
  const auto one = [](const Dim& d) { return d.known() && d.value == 1; };
  if (known && std::all_of(times.begin(), times.end(), one)) return c.set(0, x);
  const DType own = c.dtype(x);
  Value* y = c.emit("Tile", {c.cast(x, kernel_type("Tile", own)), as_vector(c, multiples)});
  if (known && c.rank(x) == static_cast<int>(times.size())) {
    std::vector<Dim> shape;
    for (size_t i = 0; i < times.size(); ++i) {
      const Dim& d = x->type.shape[i];
      if (one(times[i]))
        shape.push_back(d);
      else if (d.known() && d.value == 1)
        shape.push_back(times[i]);
      else
        shape.push_back(Dim());
    }
    refine_shape(y, shape);
  }
  return c.set(0, c.cast(y, own));
}

const OpRule kBroadcastRules[] = {
    {"BroadcastArgs", convert_broadcast_args, "r0"},
    {"BroadcastGradientArgs", convert_broadcast_gradient_args, "r0,r1", "known shapes"},
    {"BroadcastTo", convert_broadcast_to},
    {"Empty", convert_empty, "", "filled with zeros"},
    {"Fill", convert_fill},
    {"OnesLike", convert_ones_like},
    {"Tile", convert_tile},
    {"ZerosLike", convert_zeros_like},
};
}  // namespace

Span<const OpRule> broadcast_rules() {
  return {kBroadcastRules, sizeof(kBroadcastRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
