#include "jetline/passes/layout/permutation.h"

#include <algorithm>
#include <numeric>

namespace jetline::passes {
namespace {

// Copies in the order of the result: the innermost loop runs along the last axis of the result.
template <size_t kWidth>
void permutation_copy(const uint8_t* from, uint8_t* to, const std::vector<int64_t>& dims,
                      const std::vector<int64_t>& strides, size_t width) {
  const size_t w = kWidth ? kWidth : width;
  std::vector<int64_t> at(dims.size(), 0);
  const size_t last = dims.size() - 1;
  const int64_t n = dims[last], step = strides[last] * static_cast<int64_t>(w);
  int64_t offset = 0;
  while (true) {
    const uint8_t* p = from + offset * static_cast<int64_t>(w);
    for (int64_t i = 0; i < n; ++i, p += step, to += w) std::memcpy(to, p, w);
    size_t axis = last;
    for (;;) {
      if (axis == 0) return;
      --axis;
      offset += strides[axis];
      if (++at[axis] < dims[axis]) break;
      offset -= strides[axis] * dims[axis];
      at[axis] = 0;
    }
  }
}

}  // namespace

Perm identity_perm(size_t rank) {
  Perm p(rank);
  std::iota(p.begin(), p.end(), 0);
  return p;
}

bool is_identity(const Perm& p) {
  for (size_t i = 0; i < p.size(); ++i) {
    if (p[i] != static_cast<int>(i)) return false;
  }
  return true;
}

Perm compose(const Perm& first, const Perm& second) {
  return permuted(first, second);
}

Perm inverse(const Perm& p) {
  Perm out(p.size());
  for (size_t i = 0; i < p.size(); ++i) out[static_cast<size_t>(p[i])] = static_cast<int>(i);
  return out;
}

int moved_axis(const Perm& p, int a) {
  for (size_t i = 0; i < p.size(); ++i) {
    if (p[i] == a) return static_cast<int>(i);
  }
  return -1;
}

bool transpose_perm(const Node& n, Perm& p) {
  if (!n.is("Transpose") || !n.input(0) || n.outputs().size() != 1 || !n.output(0)) return false;
  const Attribute* a = n.attribute("perm");
  p.clear();
  if (!a) {
    if (!n.input(0)->type.has_shape) return false;
    p = identity_perm(n.input(0)->type.shape.size());
    std::reverse(p.begin(), p.end());
    return true;
  }
  if (!a->as_ints()) return false;
  const size_t rank = a->as_ints()->size();
  if (n.input(0)->type.has_shape && n.input(0)->type.shape.size() != rank) return false;
  std::vector<bool> seen(rank, false);
  for (int64_t axis : *a->as_ints()) {
    if (axis < 0 || axis >= static_cast<int64_t>(rank) || seen[static_cast<size_t>(axis)]) return false;
    seen[static_cast<size_t>(axis)] = true;
    p.push_back(static_cast<int>(axis));
  }
  return true;
}

bool moves_no_data(const Perm& p, const ValueType& type) {
  if (!type.has_shape || type.shape.size() != p.size()) return is_identity(p);
  int before = -1;
  for (int a : p) {
    const Dim& d = type.shape[static_cast<size_t>(a)];
    if (d.known() && d.value == 1) continue;
    if (a < before) return false;
    before = a;
  }
  return true;
}

ValueType permuted_type(const ValueType& type, const Perm& p) {
  ValueType out = type;
  if (type.has_shape && type.shape.size() == p.size()) out.shape = permuted(type.shape, p);
  return out;
}

Result<Tensor> permuted_tensor(const Tensor& t, const Perm& p) {
  const int bits = dtype_bits(t.dtype());
  if (t.dims().size() != p.size() || bits < 8) {
    return Status::bad_input("tensor.type",
                             "a tensor of " + std::string(dtype_name(t.dtype())) + " cannot be transposed");
  }
  const std::vector<int64_t> dims = permuted(t.dims(), p);
  const ValueType type = ValueType::tensor(t.dtype(), std::vector<Dim>(t.dims().begin(), t.dims().end()));
  if (moves_no_data(p, type) || t.count() == 0) return t.reshaped(dims);
  if (t.byte_count() >= kDeferFrom) return permuted_later(t, {p.begin(), p.end()});
  std::vector<int64_t> strides(p.size(), 1);
  for (size_t i = p.size() - 1; i-- > 0;) strides[i] = strides[i + 1] * t.dims()[i + 1];
  strides = permuted(strides, p);
  std::vector<uint8_t> bytes(t.bytes().size());
  const size_t width = static_cast<size_t>(bits) / 8;
  const uint8_t* from = t.bytes().data();
  if (width == 4) {
    permutation_copy<4>(from, bytes.data(), dims, strides, width);
  } else {
    permutation_copy<0>(from, bytes.data(), dims, strides, width);
  }
  return Tensor::own(t.dtype(), dims, std::move(bytes));
}

void set_perm(Node& n, const Perm& p) {
  n.set_attribute(Attribute("perm", std::vector<int64_t>(p.begin(), p.end())));
}

}  // namespace jetline::passes
