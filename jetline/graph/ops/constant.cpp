// Sources of constants: Constant, ConstantOfShape, Range, OneHot.
#include <cmath>

#include "jetline/graph/ops/follow.h"
#include "jetline/graph/ops/types.h"

namespace jetline::ops {
namespace {

void constant_infer(Context& c) {
  for (const Attribute& a : c.node().attributes()) {
    if (const Tensor* t = a.as_tensor()) {
      c.set(0, t->dtype(), std::vector<Dim>(t->dims().begin(), t->dims().end()));
      if (t->count() > static_cast<int64_t>(kMaxKnownInts)) return;
      if (follow_is_float(t->dtype())) {
        if (auto values = t->to_doubles(); values.ok())
          c.set_floats(0, {t->dims(), std::move(values).value()});
        return;
      }
      const auto values = t->to_ints();
      if (values.ok()) c.set_ints(0, {t->dims(), std::vector<Dim>(values->begin(), values->end())});
    } else if (const int64_t* i = a.as_int()) {
      c.set(0, DType::kI64, {});
      c.set_ints(0, {{}, {Dim(*i)}});
    } else if (const auto* list = a.as_ints()) {
      const int64_t n = static_cast<int64_t>(list->size());
      c.set(0, DType::kI64, {Dim(n)});
      if (list->size() <= kMaxKnownInts) c.set_ints(0, {{n}, std::vector<Dim>(list->begin(), list->end())});
    } else if (const float* f = a.as_float()) {
      c.set(0, DType::kF32, {});
      c.set_floats(0, {{}, {static_cast<double>(*f)}});
    } else if (const auto* floats = a.as_floats()) {
      const int64_t n = static_cast<int64_t>(floats->size());
      c.set(0, DType::kF32, {Dim(n)});
      c.set_floats(0, {{n}, std::vector<double>(floats->begin(), floats->end())});
    } else if (const auto* sparse = std::get_if<SparseTensor>(&a.storage())) {
      c.set(0, sparse->values.dtype(), std::vector<Dim>(sparse->dims.begin(), sparse->dims.end()));
    } else if (a.as_string()) {
      c.set(0, DType::kString, {});
    } else if (a.as_strings()) {
      c.set(0, DType::kString, {Dim(static_cast<int64_t>(a.as_strings()->size()))});
    }
  }
}

void constant_of_shape_infer(Context& c) {
  const Attribute* a = c.node().attribute("value");
  const Tensor* value = a ? a->as_tensor() : nullptr;
  const DType t = value ? value->dtype() : DType::kF32;
  const KnownInts* k = c.ints(0);
  if (!k) {
    const auto* length = c.shape(0);
    if (length && length->size() == 1 && (*length)[0].known() && (*length)[0].value <= 64) {
      return c.set(0, t, std::vector<Dim>(static_cast<size_t>((*length)[0].value)));
    }
    return c.set_dtype(0, t);
  }
  for (const Dim& d : k->elements) {
    if (d.known() && d.value < 0) return c.set_dtype(0, t);
  }
  c.set(0, t, k->elements);
  std::vector<int64_t> dims;
  for (const Dim& d : k->elements) {
    if (!d.known()) return;
    dims.push_back(d.value);
  }
  const int64_t n = element_count(dims);
  if (n < 0 || n > static_cast<int64_t>(kMaxKnownInts)) return;
  if (follow_is_float(t)) {
    double one = 0;  // the default
    if (value) {
      const auto all = value->to_doubles();
      if (!all.ok() || all->size() != 1) return;
      one = (*all)[0];
    }
    c.set_floats(0, {std::move(dims), std::vector<double>(static_cast<size_t>(n), one)});
  } else if (value) {
    const auto one = value->to_ints();
    if (one.ok() && one->size() == 1)
      c.set_ints(0, {std::move(dims), std::vector<Dim>(static_cast<size_t>(n), Dim((*one)[0]))});
  }
}

// Elements of Range: max(ceil((limit - start) / delta), 0).
void range_infer(Context& c) {
  std::vector<int64_t> start, limit, delta;
  if (c.all_ints(0, start) && c.all_ints(1, limit) && c.all_ints(2, delta) && start.size() == 1 &&
      limit.size() == 1 && delta.size() == 1 && delta[0] != 0) {
    const double n = std::ceil((static_cast<double>(limit[0]) - static_cast<double>(start[0])) /
                               static_cast<double>(delta[0]));
    if (n < 1e15) {
      const int64_t count = n > 0 ? static_cast<int64_t>(n) : 0;
      c.set(0, c.dtype(0), {Dim(count)});
      if (count > static_cast<int64_t>(kMaxKnownInts)) return;
      KnownInts k{{count}, {}};
      for (int64_t i = 0; i < count; ++i) {
        int64_t step = 0, v = 0;
        const bool over =
            __builtin_mul_overflow(i, delta[0], &step) || __builtin_add_overflow(start[0], step, &v);
        k.elements.push_back(over ? Dim() : Dim(v));
      }
      return c.set_ints(0, std::move(k));
    }
  }
  // range(0, n) has n elements, whatever n is called.
  if (const KnownInts* n = c.ints(1);
      n && n->elements.size() == 1 && n->elements[0].kind == Dim::Kind::kParam && start.size() == 1 &&
      start[0] == 0 && c.all_ints(2, delta) && delta.size() == 1 && delta[0] == 1) {
    return c.set(0, c.dtype(0), {n->elements[0]});
  }
  std::vector<double> s, l, d;
  if (c.floats(0, s) && c.floats(1, l) && c.floats(2, d) && s.size() == 1 && l.size() == 1 && d.size() == 1 &&
      d[0] != 0) {
    const double n = std::ceil((l[0] - s[0]) / d[0]);
    if (n < 1e15) return c.set(0, c.dtype(0), {Dim(n > 0 ? static_cast<int64_t>(n) : 0)});
  }
  c.set(0, c.dtype(0), {Dim()});
}

void one_hot_infer(Context& c) {
  const auto* x = c.shape(0);
  if (!x) return c.set_dtype(0, c.dtype(2));
  int64_t axis = c.node().int_or("axis", -1);
  if (!normalize_axis(axis, x->size() + 1)) return c.set_dtype(0, c.dtype(2));
  std::vector<double> given;
  Dim depth = size_input(c, 1);
  if (!depth.known() && c.floats(1, given) && given.size() == 1 && given[0] >= 0 && given[0] < 1e15)
    depth = Dim(static_cast<int64_t>(given[0]));  // any number type may say it
  std::vector<Dim> out = *x;
  out.insert(out.begin() + axis, depth);
  c.set(0, c.dtype(2), std::move(out));
}

const Rule kConstantRules[] = {
    {"", "Constant", constant_infer},
    {"", "ConstantOfShape", constant_of_shape_infer},
    {"", "Range", range_infer},
    {"", "OneHot", one_hot_infer},
};
}  // namespace

Span<const Rule> constant_rules() {
  return {kConstantRules, sizeof(kConstantRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
