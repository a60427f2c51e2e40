// Transposition and what is made of it, and copies of a tensor repeated.
#include <algorithm>

#include "jetline/graph/deferred.h"
#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

// The input seen as an array of shape `view`, its axes in the order `perm`, as a tensor of shape `out`.
Status move_permuted(Call& c, const Dims& view, const Dims& perm, const Dims& out) {
  const Tensor& x = *c.tensor(0);
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, out));
  const Dims strides = row_strides(view);
  Dims dims, src;
  for (int64_t p : perm) {
    dims.push_back(view[static_cast<size_t>(p)]);
    src.push_back(strides[static_cast<size_t>(p)]);
  }
  copy_strided(cells.width, dims, y.data(), row_strides(dims), cells.data, src);
  c.set(0, from_cells(y, x.dtype(), out));
  return {};
}

Status run_transpose(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Dims& d = c.tensor(0)->dims();
  Dims perm;
  for (size_t i = d.size(); i-- > 0;) perm.push_back(static_cast<int64_t>(i));
  perm = c.ints_or("perm", perm);
  if (perm.size() != d.size() || !fix_axes(perm, d.size())) {
    return c.bad_input("perm " + dims_text(perm) + " does not fit " + dims_text(d));
  }
  Dims out;
  for (int64_t p : perm) out.push_back(d[static_cast<size_t>(p)]);
  if (std::is_sorted(perm.begin(), perm.end())) {
    c.set(0, with_dims(*c.tensor(0), out));
    return {};
  }
  const Tensor& x = *c.tensor(0);
  if (x.byte_count() >= c.budget().options.defer_bytes && dtype_bits(x.dtype()) >= 8) {
    JETLINE_ASSIGN_OR_RETURN(Tensor y, permuted_later(x, perm));
    c.set(0, std::move(y));
    return {};
  }
  return move_permuted(c, d, perm, out);
}

Status run_depth_to_space(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Dims& d = c.tensor(0)->dims();
  const int64_t b = c.int_or("blocksize", 0);
  if (d.size() != 4 || b <= 0 || b > 1 << 15 || d[1] % (b * b) != 0) {
    return c.bad_input("blocksize " + std::to_string(b) + " does not fit " + dims_text(d));
  }
  const int64_t depth = d[1] / (b * b);
  const Dims out = {d[0], depth, d[2] * b, d[3] * b};
  if (c.string_or("mode", "DCR") == "CRD") {
    return move_permuted(c, {d[0], depth, b, b, d[2], d[3]}, {0, 1, 4, 2, 5, 3}, out);
  }
  return move_permuted(c, {d[0], b, b, depth, d[2], d[3]}, {0, 3, 4, 1, 5, 2}, out);
}

Status run_space_to_depth(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Dims& d = c.tensor(0)->dims();
  const int64_t b = c.int_or("blocksize", 0);
  if (d.size() != 4 || b <= 0 || b > 1 << 15 || d[2] % b != 0 || d[3] % b != 0) {
    return c.bad_input("blocksize " + std::to_string(b) + " does not fit " + dims_text(d));
  }
  int64_t depth = 0;
  if (__builtin_mul_overflow(d[1], b * b, &depth)) return c.too_large("too many channels");
  const bool crd = c.string_or("mode", "DCR") == "CRD";
  return move_permuted(c, {d[0], d[1], d[2] / b, b, d[3] / b, b},
                       crd ? Dims{0, 1, 3, 5, 2, 4} : Dims{0, 3, 5, 1, 2, 4},
                       {d[0], depth, d[2] / b, d[3] / b});
}

Status run_expand(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor& x = *c.tensor(0);
  JETLINE_ASSIGN_OR_RETURN(const Dims shape, c.ints(1));
  Dims out;
  if (!broadcast_dims(x.dims(), shape, out)) {
    return c.bad_input("a tensor of shape " + dims_text(x.dims()) + " cannot be expanded to " +
                       dims_text(shape));
  }
  if (out == x.dims()) {
    c.set(0, x);
    return {};
  }
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, out));
  copy_strided(cells.width, out, y.data(), row_strides(out), cells.data, broadcast_strides(x.dims(), out));
  c.set(0, from_cells(y, x.dtype(), out));
  return {};
}

Status run_tile(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor& x = *c.tensor(0);
  JETLINE_ASSIGN_OR_RETURN(const Dims repeats, c.ints(1));
  const Dims& d = x.dims();
  if (repeats.size() != d.size()) return c.bad_input("repeats do not fit " + dims_text(d));
  // [r0, d0, r1, d1, ...] with stride 0 along the repeats.
  Dims out, dims, src;
  const Dims strides = row_strides(d);
  for (size_t i = 0; i < d.size(); ++i) {
    int64_t n = 0;
    if (repeats[i] < 0 || __builtin_mul_overflow(repeats[i], d[i], &n)) {
      return c.bad_input("repeats " + dims_text(repeats));
    }
    out.push_back(n);
    dims.insert(dims.end(), {repeats[i], d[i]});
    src.insert(src.end(), {0, strides[i]});
  }
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, out));
  copy_strided(cells.width, dims, y.data(), row_strides(dims), cells.data, src);
  c.set(0, from_cells(y, x.dtype(), out));
  return {};
}

const Rule kMoveRules[] = {
    {"Transpose", run_transpose},
    {"DepthToSpace", run_depth_to_space},
    {"SpaceToDepth", run_space_to_depth},
    {"Expand", run_expand},
    {"Tile", run_tile},
};

}  // namespace

Span<const Rule> move_rules() {
  return {kMoveRules, sizeof kMoveRules / sizeof *kMoveRules};
}

}  // namespace jetline::calc
