// Operators that make tensors from few numbers: Constant, ConstantOfShape, Range, EyeLike, OneHot.
#include <cmath>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {

Result<Tensor> densify(const SparseTensor& sparse, Budget& budget) {
  const auto bad = [](const char* why) { return Status::bad_input("graph.evaluate-input", why); };
  const int64_t n = element_count(sparse.dims), values = sparse.values.count();
  const int64_t width = cell_width(sparse.values.dtype());
  if (n < 0 || width == 0 || n > budget.options.max_output_bytes / width) {
    return Status::bad_input("graph.evaluate-too-large",
                             "a sparse tensor of shape " + dims_text(sparse.dims));
  }
  auto indices = sparse.indices.to_ints();
  if (!indices.ok()) return bad("a sparse tensor whose indices are no integers");
  const bool linear = sparse.indices.dims().size() == 1;
  const int64_t rank = linear ? 1 : static_cast<int64_t>(sparse.dims.size());
  if (static_cast<int64_t>(indices->size()) != values * rank) return bad("a sparse tensor with odd indices");
  const Buffer y = Buffer::make(static_cast<size_t>(n * width), true, budget.live);
  if (!y.data()) return Status::bad_input("graph.evaluate-too-large", "no memory for a sparse tensor");
  const Cells cells(sparse.values);
  for (int64_t i = 0; i < values; ++i) {
    int64_t at = 0;
    for (int64_t d = 0; d < rank; ++d) {
      const int64_t v = (*indices)[static_cast<size_t>(i * rank + d)];
      const int64_t size = linear ? n : sparse.dims[static_cast<size_t>(d)];
      if (v < 0 || v >= size) return bad("a sparse tensor with an index outside its shape");
      at = at * size + v;
    }
    std::memcpy(y.data() + at * width, cells.data + i * width, static_cast<size_t>(width));
  }
  return from_cells(y, sparse.values.dtype(), sparse.dims);
}

namespace {

Status run_constant(Call& c) {
  if (const Attribute* a = c.attribute("value"); a && a->as_tensor()) {
    c.set(0, *a->as_tensor());
    return {};
  }
  if (const Attribute* a = c.attribute("sparse_value")) {
    if (const auto* s = std::get_if<SparseTensor>(&a->storage())) {
      JETLINE_ASSIGN_OR_RETURN(Tensor t, densify(*s, c.budget()));
      c.set(0, std::move(t));
      return {};
    }
  }
  Result<Tensor> t = c.bad_input("it has no value");
  if (const Attribute* a = c.attribute("value_float"); a && a->as_float()) {
    t = Tensor::floats({}, {*a->as_float()});
  } else if (const Attribute* b = c.attribute("value_int"); b && b->as_int()) {
    t = Tensor::ints({}, {*b->as_int()});
  } else if (const Attribute* d = c.attribute("value_string"); d && d->as_string()) {
    t = Tensor::of_strings({}, {*d->as_string()});
  } else if (const Attribute* e = c.attribute("value_floats"); e && e->as_floats()) {
    t = Tensor::floats({static_cast<int64_t>(e->as_floats()->size())}, *e->as_floats());
  } else if (const Attribute* f = c.attribute("value_ints"); f && f->as_ints()) {
    t = Tensor::ints({static_cast<int64_t>(f->as_ints()->size())}, *f->as_ints());
  } else if (const Attribute* g = c.attribute("value_strings"); g && g->as_strings()) {
    t = Tensor::of_strings({static_cast<int64_t>(g->as_strings()->size())}, *g->as_strings());
  }
  if (!t.ok()) return t.status();
  c.set(0, std::move(t).value());
  return {};
}

Status run_constant_of_shape(Call& c) {
  JETLINE_ASSIGN_OR_RETURN(const Dims dims, c.ints(0));
  Tensor value;
  if (const Attribute* a = c.attribute("value"); a && a->as_tensor()) value = *a->as_tensor();
  if (value.dtype() == DType::kUndefined) {
    JETLINE_ASSIGN_OR_RETURN(value, Tensor::floats({1}, {0.0f}));
  }
  if (value.count() != 1) return c.bad_input("the value is not one element");
  const Cells cells(value);
  if (cells.width == 0) return c.unsupported_type(value.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, dims));
  fill_cells(cells.width, y.data(), element_count(dims), cells.data);
  c.set(0, from_cells(y, value.dtype(), dims));
  return {};
}

Status run_range(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(3));
  const DType dtype = c.tensor(0)->dtype();
  for (size_t i = 0; i < 3; ++i) {
    if (c.tensor(i)->count() != 1 || c.tensor(i)->dtype() != dtype)
      return c.bad_input("not three scalars of a type");
  }
  Status status;
  with_lane(dtype, [&](auto lane) {
    using T = decltype(lane);
    const T start = Numbers<T>(*c.tensor(0))[0], limit = Numbers<T>(*c.tensor(1))[0];
    const T delta = Numbers<T>(*c.tensor(2))[0];
    if (delta == 0 || delta != delta) {
      status = c.bad_input("a step of 0");
      return;
    }
    // In long double: exact for all integers that matter, and for float as the reference computes.
    const long double count = std::ceil((static_cast<long double>(limit) - static_cast<long double>(start)) /
                                        static_cast<long double>(delta));
    if (!(count < 9e18L)) {
      status = c.too_large("a range without end");
      return;
    }
    const int64_t n = count > 0 ? static_cast<int64_t>(count) : 0;
    auto y = c.allocate(dtype, {n});
    if (!y.ok()) {
      status = y.status();
      return;
    }
    for (int64_t i = 0; i < n; ++i) {
      T v;
      if constexpr (std::is_integral_v<T>) {  // wraps instead of overflowing
        v = static_cast<T>(static_cast<uint64_t>(start) +
                           static_cast<uint64_t>(i) * static_cast<uint64_t>(delta));
      } else {
        v = start + static_cast<T>(i) * delta;
      }
      store(dtype, y->data(), i, 1, &v);
    }
    c.set(0, y->tensor(dtype, {n}));
  });
  return status;
}

Status run_eye_like(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Tensor& x = *c.tensor(0);
  const auto dtype = static_cast<DType>(c.int_or("dtype", static_cast<int64_t>(x.dtype())));
  if (x.dims().size() != 2) return c.bad_input("the input is no matrix");
  if (lane_of(dtype) == Lane::kNone || dtype_bits(dtype) < 8) return c.unsupported_type(dtype);
  const int64_t rows = x.dims()[0], columns = x.dims()[1], k = c.int_or("k", 0);
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(dtype, x.dims(), true));
  const float one = 1;
  for (int64_t r = 0; r < rows && k < columns && k > -rows; ++r) {
    if (r + k >= 0 && r + k < columns) store(dtype, y.data(), r * columns + r + k, 1, &one);
  }
  c.set(0, y.tensor(dtype, x.dims()));
  return {};
}

Status run_one_hot(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(3));
  const Tensor &indices = *c.tensor(0), &values = *c.tensor(2);
  JETLINE_RETURN_IF_ERROR(c.need_numbers_of(0));
  JETLINE_RETURN_IF_ERROR(c.need_numbers_of(1));
  if (c.tensor(1)->count() != 1 || values.count() != 2)
    return c.bad_input("depth or values have another size");
  const int64_t depth = Numbers<int64_t>(*c.tensor(1))[0];
  int64_t axis = c.int_or("axis", -1);
  if (!fix_axis(axis, indices.dims().size() + 1)) return c.bad_input("axis is out of range");
  Dims out = indices.dims();
  out.insert(out.begin() + axis, depth);
  const Cells cells(values);
  if (cells.width == 0) return c.unsupported_type(values.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, out));
  fill_cells(cells.width, y.data(), element_count(out), cells.data);
  const Numbers<int64_t> picks(indices);
  const int64_t inner = span_count(out, static_cast<size_t>(axis) + 1, out.size());
  for (int64_t i = 0; i < picks.size() && depth > 0; ++i) {
    int64_t v = picks[i];
    if (v < 0) v += depth;
    if (v < 0 || v >= depth) continue;
    const int64_t at = (i / inner * depth + v) * inner + i % inner;
    std::memcpy(y.data() + at * cells.width, cells.data + cells.width, static_cast<size_t>(cells.width));
  }
  c.set(0, from_cells(y, values.dtype(), out));
  return {};
}

const Rule kConstantRules[] = {
    {"Constant", run_constant}, {"ConstantOfShape", run_constant_of_shape},
    {"Range", run_range},       {"EyeLike", run_eye_like},
    {"OneHot", run_one_hot},
};

}  // namespace

Span<const Rule> constant_rules() {
  return {kConstantRules, sizeof kConstantRules / sizeof *kConstantRules};
}

}  // namespace jetline::calc
