// Operators that change the shape and move nothing (the result shares the input's bytes), and those that
// give a shape.
#include <algorithm>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

Status reshape_to(Call& c, Dims dims) {
  const Tensor& x = *c.tensor(0);
  if (element_count(dims) != x.count()) {
    return c.bad_input("a tensor of shape " + dims_text(x.dims()) + " cannot become " + dims_text(dims));
  }
  c.set(0, with_dims(x, std::move(dims)));
  return {};
}

Status run_reshape(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor& x = *c.tensor(0);
  JETLINE_ASSIGN_OR_RETURN(Dims dims, c.ints(1));
  const bool keep_zero = c.int_or("allowzero", 0) != 0;
  int64_t known = 1;
  size_t open = dims.size();
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0 && !keep_zero) {
      if (i >= x.dims().size()) return c.bad_input("a 0 for a dimension that the input does not have");
      dims[i] = x.dims()[i];
    }
    if (dims[i] == -1 && open == dims.size()) {
      open = i;
    } else if (dims[i] < 0 || __builtin_mul_overflow(known, dims[i], &known)) {
      return c.bad_input("a new shape " + dims_text(dims));
    }
  }
  if (open < dims.size()) {
    if (known == 0 || x.count() % known != 0) return c.bad_input("a new shape " + dims_text(dims));
    dims[open] = x.count() / known;
  }
  return reshape_to(c, std::move(dims));
}

Status run_flatten(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Dims& d = c.tensor(0)->dims();
  int64_t axis = c.int_or("axis", 1);
  if (axis < 0) axis += static_cast<int64_t>(d.size());
  if (axis < 0 || axis > static_cast<int64_t>(d.size())) return c.bad_input("axis is out of range");
  const auto at = static_cast<size_t>(axis);
  return reshape_to(c, {span_count(d, 0, at), span_count(d, at, d.size())});
}

Result<Dims> reshape_axes(Call& c) {
  if (c.tensor(1)) return c.ints(1);
  return c.ints_or("axes", {});
}

Status run_squeeze(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Dims& d = c.tensor(0)->dims();
  JETLINE_ASSIGN_OR_RETURN(Dims axes, reshape_axes(c));
  if (!c.tensor(1) && !c.attribute("axes")) {
    for (size_t i = 0; i < d.size(); ++i) {
      if (d[i] == 1) axes.push_back(static_cast<int64_t>(i));
    }
  }
  if (!fix_axes(axes, d.size())) return c.bad_input("axes " + dims_text(axes) + " are out of range");
  Dims out;
  for (size_t i = 0; i < d.size(); ++i) {
    const bool gone = std::find(axes.begin(), axes.end(), static_cast<int64_t>(i)) != axes.end();
    if (gone && d[i] != 1) return c.bad_input("a dimension of " + std::to_string(d[i]) + " is not 1");
    if (!gone) out.push_back(d[i]);
  }
  return reshape_to(c, std::move(out));
}

Status run_unsqueeze(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Dims& d = c.tensor(0)->dims();
  JETLINE_ASSIGN_OR_RETURN(Dims axes, reshape_axes(c));
  const size_t rank = d.size() + axes.size();
  if (!fix_axes(axes, rank)) return c.bad_input("axes " + dims_text(axes) + " are out of range");
  Dims out(rank, 0);
  for (int64_t a : axes) out[static_cast<size_t>(a)] = 1;
  std::vector<bool> is_new(rank, false);
  for (int64_t a : axes) is_new[static_cast<size_t>(a)] = true;
  for (size_t i = 0, from = 0; i < rank; ++i) {
    if (!is_new[i]) out[i] = d[from++];
  }
  return reshape_to(c, std::move(out));
}

Status run_identity(Call& c) {
  if (!c.has(0)) return c.bad_input("input 0 is left out");
  c.set(0, c.item(0));
  return {};
}

Status reshape_give_ints(Call& c, Dims dims, const std::vector<int64_t>& values) {
  JETLINE_ASSIGN_OR_RETURN(Tensor t, Tensor::ints(std::move(dims), values));
  c.set(0, std::move(t));
  return {};
}

Status run_shape(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Dims& d = c.tensor(0)->dims();
  const auto rank = static_cast<int64_t>(d.size());
  const auto clamp = [&](int64_t v) {
    if (v < 0) v += rank;
    return std::max<int64_t>(0, std::min(v, rank));
  };
  const int64_t first = clamp(c.int_or("start", 0)), last = std::max(first, clamp(c.int_or("end", rank)));
  const Dims part(d.begin() + first, d.begin() + last);
  return reshape_give_ints(c, {last - first}, part);
}

Status run_size(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  return reshape_give_ints(c, {}, {c.tensor(0)->count()});
}

const Rule kReshapeRules[] = {
    {"Reshape", run_reshape},     {"Flatten", run_flatten},   {"Squeeze", run_squeeze},
    {"Unsqueeze", run_unsqueeze}, {"Identity", run_identity}, {"Shape", run_shape},
    {"Size", run_size},
};

}  // namespace

Span<const Rule> reshape_rules() {
  return {kReshapeRules, sizeof kReshapeRules / sizeof *kReshapeRules};
}

}  // namespace jetline::calc
