// Operators that move elements: Transpose, Concat, Split, Pad, DepthToSpace, SpaceToDepth.
#include <algorithm>

#include "jetline/graph/ops/follow.h"

namespace jetline::ops {
namespace {

void transpose_infer(Context& c) {
  const auto* x = c.shape(0);
  if (!x) return c.set_dtype(0, c.dtype(0));
  std::vector<int64_t> order;
  for (size_t i = x->size(); i-- > 0;) order.push_back(static_cast<int64_t>(i));
  order = c.node().ints_or("perm", order);
  if (order.size() != x->size()) return c.set_dtype(0, c.dtype(0));
  std::vector<Dim> out;
  for (int64_t axis : order) {
    if (!normalize_axis(axis, x->size())) return c.set_dtype(0, c.dtype(0));
    out.push_back((*x)[static_cast<size_t>(axis)]);
  }
  if (out.size() < 2) follow_same_elements(c, 0, out);
  c.set(0, c.dtype(0), std::move(out));
}

// Inputs of other shapes than the first along the axes that are not joined end the following. Where some
// inputs are not followed but have one dimension of known length, their elements are unknown.
void concat_follow(Context& c, size_t axis) {
  std::vector<int64_t> dims, sizes;
  bool any = false;
  for (size_t i = 0; i < c.node().inputs().size(); ++i) {
    std::vector<int64_t> part;
    if (const auto* d = followed_dims(c, i)) {
      part = *d;
      any = true;
    } else {
      const auto* x = c.shape(i);
      if (!x || x->size() != 1 || !(*x)[0].known()) return;
      part = {(*x)[0].value};
    }
    if (axis >= part.size()) return;
    sizes.push_back(part[axis]);
    if (i == 0) {
      dims = part;
      continue;
    }
    if (part.size() != dims.size() || __builtin_add_overflow(dims[axis], part[axis], &dims[axis])) return;
    for (size_t k = 0; k < dims.size(); ++k) {
      if (k != axis && part[k] != dims[k]) return;
    }
  }
  const int64_t n = element_count(dims);
  if (!any || n < 0 || n > static_cast<int64_t>(kMaxKnownInts)) return;
  int64_t inner = 1;
  for (size_t k = axis + 1; k < dims.size(); ++k) inner *= dims[k];
  std::vector<Pick> picks;
  for (int64_t i = 0; i < n; ++i) {
    int64_t along = i / inner % dims[axis];
    const int64_t outer = i / inner / dims[axis];
    size_t input = 0;
    while (along >= sizes[input]) along -= sizes[input++];
    const int64_t at = (outer * sizes[input] + along) * inner + i % inner;
    picks.push_back({input, followed_dims(c, input) ? at : -1});
  }
  follow_picks(c, 0, std::move(dims), picks);
}

void concat_infer(Context& c) {
  std::vector<Dim> out;
  int64_t axis = c.node().int_or("axis", 1);
  for (size_t i = 0; i < c.node().inputs().size(); ++i) {
    const auto* x = c.shape(i);
    if (!x || (i > 0 && x->size() != out.size())) return c.set_dtype(0, c.dtype(0));
    if (i == 0) {
      if (!normalize_axis(axis, x->size())) return c.set_dtype(0, c.dtype(0));
      out = *x;
    } else {
      for (size_t k = 0; k < out.size(); ++k) {
        if (k == static_cast<size_t>(axis))
          out[k] = (*x)[k].known() ? dim_add(out[k], (*x)[k].value) : Dim();
        else if (!out[k].known() && (*x)[k].known())
          out[k] = (*x)[k];
      }
    }
  }
  c.set(0, c.dtype(0), std::move(out));
  concat_follow(c, static_cast<size_t>(axis));
}

void split_infer(Context& c) {
  const size_t n = c.node().outputs().size();
  for (size_t i = 0; i < n; ++i) c.set_dtype(i, c.dtype(0));
  const auto* x = c.shape(0);
  int64_t axis = c.node().int_or("axis", 0);
  if (!x || n == 0 || !normalize_axis(axis, x->size())) return;
  std::vector<int64_t> sizes;
  bool given = false;
  const bool have = axes_from(c, "split", 1, sizes, given);
  const Dim total = (*x)[static_cast<size_t>(axis)];
  // Equal parts, the last one smaller (Split-18).
  const int64_t part =
      total.known() ? (total.value + static_cast<int64_t>(n) - 1) / static_cast<int64_t>(n) : -1;
  for (size_t i = 0; i < n; ++i) {
    std::vector<Dim> out = *x;
    Dim& d = out[static_cast<size_t>(axis)];
    d = Dim();
    if (given && have && i < sizes.size() && sizes[i] >= 0) d = Dim(sizes[i]);
    if (!given && part >= 0) {
      const int64_t left = total.value - part * static_cast<int64_t>(i);
      d = Dim(left < 0 ? 0 : left < part ? left : part);
    }
    c.set(i, c.dtype(0), std::move(out));
  }
  const auto* from = followed_dims(c, 0);
  if (!from || from->size() != 1) return;
  int64_t at = 0;
  for (size_t i = 0; i < n; ++i) {
    int64_t size = given && have && i < sizes.size() ? sizes[i] : -1;
    if (!given && part >= 0)
      size = std::clamp<int64_t>(total.value - part * static_cast<int64_t>(i), 0, part);
    if (size < 0 || size > (*from)[0] - at) return;
    std::vector<Pick> picks;
    for (int64_t k = 0; k < size; ++k) picks.push_back({0, at + k});
    follow_picks(c, i, {size}, picks);
    at += size;
  }
}

void pad_infer(Context& c) {
  const auto* x = c.shape(0);
  if (!x) return c.set_dtype(0, c.dtype(0));
  std::vector<int64_t> pads, axes;
  bool given = false;
  std::vector<Dim> out = *x;
  if (!axes_from(c, "pads", 1, pads, given) || (c.has(3) && !c.all_ints(3, axes))) {
    return c.set(0, c.dtype(0), std::vector<Dim>(x->size()));
  }
  if (!c.has(3)) {
    for (size_t i = 0; i < x->size(); ++i) axes.push_back(static_cast<int64_t>(i));
  }
  if (pads.size() != 2 * axes.size()) return c.set(0, c.dtype(0), std::vector<Dim>(x->size()));
  for (size_t i = 0; i < axes.size(); ++i) {
    int64_t sum = 0;
    if (!normalize_axis(axes[i], x->size()) || __builtin_add_overflow(pads[i], pads[axes.size() + i], &sum)) {
      return c.set_dtype(0, c.dtype(0));
    }
    Dim& d = out[static_cast<size_t>(axes[i])];
    d = dim_add(d, sum);
  }
  c.set(0, c.dtype(0), std::move(out));
}

void depth_to_space_infer(Context& c) {
  const auto* x = c.shape(0);
  const int64_t b = c.node().int_or("blocksize", 0);
  if (!x || x->size() != 4 || b < 1 || b > 4096) return c.set_dtype(0, c.dtype(0));
  const Dim channels = (*x)[1].known() ? Dim((*x)[1].value / (b * b)) : Dim();
  c.set(0, c.dtype(0), {(*x)[0], channels, dim_mul((*x)[2], b), dim_mul((*x)[3], b)});
}

void space_to_depth_infer(Context& c) {
  const auto* x = c.shape(0);
  const int64_t b = c.node().int_or("blocksize", 0);
  if (!x || x->size() != 4 || b < 1 || b > 4096) return c.set_dtype(0, c.dtype(0));
  auto part = [b](const Dim& d) { return d.known() ? Dim(d.value / b) : Dim(); };
  c.set(0, c.dtype(0), {(*x)[0], dim_mul((*x)[1], b * b), part((*x)[2]), part((*x)[3])});
}

const Rule kMoveRules[] = {
    {"", "Transpose", transpose_infer},
    {"", "Concat", concat_infer},
    {"", "Split", split_infer},
    {"", "Pad", pad_infer},
    {"", "DepthToSpace", depth_to_space_infer},
    {"", "SpaceToDepth", space_to_depth_infer},
};
}  // namespace

Span<const Rule> move_rules() {
  return {kMoveRules, sizeof(kMoveRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
