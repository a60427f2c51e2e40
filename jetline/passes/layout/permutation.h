// Permutations of axes, in the sense of ONNX Transpose: axis i of the result is axis p[i] of the input. Plain
// values; no thread rules.
#pragma once

#include <cstdint>
#include <vector>

#include "jetline/graph/graph.h"

namespace jetline::passes {

using Perm = std::vector<int>;

Perm identity_perm(size_t rank);
bool is_identity(const Perm& p);
// Transposing by `first` and then by `second`.
Perm compose(const Perm& first, const Perm& second);
Perm inverse(const Perm& p);
// Where axis `a` of the input stands in the result.
int moved_axis(const Perm& p, int a);

// The permutation of a Transpose node; false when it is not valid or (without attribute) the rank is unknown.
bool transpose_perm(const Node& n, Perm& p);
// Whether transposing a value of this type by p leaves the bytes as they are: only axes of size 1 change
// their place among the others.
bool moves_no_data(const Perm& p, const ValueType& type);

template <typename T>
std::vector<T> permuted(const std::vector<T>& v, const Perm& p) {
  std::vector<T> out;
  out.reserve(p.size());
  for (int a : p) out.push_back(v[static_cast<size_t>(a)]);
  return out;
}
ValueType permuted_type(const ValueType& type, const Perm& p);
// The tensor's elements in their new order; memory is shared where nothing moves. tensor.type for elements
// that are not whole bytes.
Result<Tensor> permuted_tensor(const Tensor& t, const Perm& p);
void set_perm(Node& n, const Perm& p);

}  // namespace jetline::passes
