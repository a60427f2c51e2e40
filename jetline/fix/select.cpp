// Choosing by number: GatherND, OneHot, EyeLike, Compress, ReverseSequence, TopK.
#include <algorithm>
#include <cstdint>

#include "jetline/fix/place.h"

namespace jetline::fix {
namespace {

constexpr int64_t kTopKLimit = 3840;  // TensorRT's own, every release (op_limits.md, TopK)

// indices == 0, 1, 2, … along a new axis, between the two values.
Outcome select_one_hot(Place& p) {
  Value* indices = p.in(0);
  const int rank = Place::rank(indices);
  std::vector<double> depth;
  if (rank < 0 || !p.known(1, depth) || depth.size() != 1 || depth[0] < 0 ||
      depth[0] > static_cast<double>(kMaxFixConstant))
    return Outcome::refused("its depth is computed, or its rank not known");
  const auto count = static_cast<int64_t>(depth[0]);
  int64_t axis = p.node().int_or("axis", -1);
  axis += axis < 0 ? rank + 1 : 0;
  if (axis < 0 || axis > rank) return Outcome::refused("an axis out of range");
  Value* at = p.cast(indices, DType::kI64);
  Value* negative = p.emit("Less", {at, p.scalar(0, DType::kI64)});
  at = p.where(negative, p.add(at, p.scalar(static_cast<double>(count), DType::kI64)), at);
  at = p.unsqueeze(at, {axis});
  std::vector<int64_t> dims(static_cast<size_t>(rank) + 1, 1);
  dims[static_cast<size_t>(axis)] = count;
  Value* hit = p.emit("Equal", {at, p.reshape(p.int_list(iota(count)), dims)});
  Value* off = p.slice(p.in(2), {0}, {0}, {1});
  Value* on = p.slice(p.in(2), {0}, {1}, {2});
  return p.done(p.where(hit, on, off));
}

Outcome select_eye_like(Place& p) {
  const int64_t rows = p.dim(p.in(0), 0), columns = p.dim(p.in(0), 1), k = p.node().int_or("k", 0);
  if (Place::rank(p.in(0)) != 2 || rows < 0 || columns < 0 ||
      rows > kMaxFixConstant / std::max<int64_t>(columns, 1))
    return Outcome::refused("of unknown or great size");
  const auto t = static_cast<DType>(p.node().int_or("dtype", static_cast<int64_t>(Place::dtype(p.in(0)))));
  std::vector<double> eye;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) eye.push_back(c - r == k ? 1 : 0);
  }
  return p.done(p.tensor(t, {rows, columns}, eye));
}

Outcome select_compress(Place& p) {
  std::vector<double> keep;
  if (!p.known(1, keep))
    return Outcome::refused("by a computed condition: the size of its result depends on data");
  Value* x = p.in(0);
  const Attribute* axis = p.node().attribute("axis");
  if (!axis) x = p.reshape(x, {-1});
  std::vector<int64_t> at;
  for (size_t i = 0; i < keep.size(); ++i) {
    if (keep[i] != 0) at.push_back(static_cast<int64_t>(i));
  }
  return p.done(p.gather(x, at, axis && axis->as_int() ? *axis->as_int() : 0));
}

// Place (b, t) reads (b, len - 1 - t) while t < len. [B, T, rest] as [B * T, rest], picked by rows.
Outcome select_reverse_sequence(Place& p) {
  Value* x = p.in(0);
  const int rank = Place::rank(x);
  const int64_t batch_axis = p.node().int_or("batch_axis", 1), time_axis = p.node().int_or("time_axis", 0);
  if (rank < 2 || batch_axis + time_axis != 1) return Outcome::refused("axes out of range");
  const int64_t batch = p.dim(x, static_cast<int>(batch_axis)), time = p.dim(x, static_cast<int>(time_axis));
  if (batch < 1 || time < 1 || batch > kMaxFixConstant / time || !Place::is_static(x))
    return Outcome::refused("of unknown or great size");
  std::vector<int64_t> perm = iota(rank);
  std::swap(perm[0], perm[static_cast<size_t>(batch_axis)]);
  Value* rows = p.transpose(x, perm);
  auto dims = Place::dims(x);
  std::swap(dims[0], dims[static_cast<size_t>(batch_axis)]);
  const int64_t width = element_count({dims.begin() + 2, dims.end()});
  rows = p.reshape(rows, {batch * time, width});
  Value* t = p.reshape(p.int_list(iota(time)), {1, time});
  Value* length = p.reshape(p.cast(p.in(1), DType::kI64), {batch, 1});
  Value* back = p.sub(p.sub(length, p.scalar(1, DType::kI64)), t);
  Value* at = p.where(p.emit("Less", {t, length}), back, t);
  std::vector<int64_t> starts;
  for (int64_t b = 0; b < batch; ++b) starts.push_back(b * time);
  at = p.add(at, p.reshape(p.int_list(starts), {batch, 1}));
  Value* y = p.gather(rows, p.reshape(at, {-1}), 0);
  return p.done(p.transpose(p.reshape(y, dims), perm));
}

// Leading axes (batch axes too) made one, and one index for every tuple.
Outcome select_gather_nd(Place& p) {
  Value *data = p.in(0), *indices = p.in(1);
  const int rank = Place::rank(data), index_rank = Place::rank(indices);
  const int64_t batch = p.node().int_or("batch_dims", 0), length = p.dim(indices, -1);
  if (rank < 1 || index_rank < 1 || length < 1 || batch < 0 || batch + length > rank || batch >= index_rank)
    return Outcome::refused("of tuples of unknown length");
  std::vector<int64_t> sizes, flat = {-1};
  int64_t batches = 1, inner = 1;
  for (int64_t i = 0; i < batch + length; ++i) {
    const int64_t d = p.dim(data, static_cast<int>(i));
    if (d < 1 || (i < batch ? batches : inner) > INT32_MAX / d)
      return Outcome::refused("from a tensor of unknown or great size");
    if (i >= batch) sizes.push_back(d);
    (i < batch ? batches : inner) *= d;
  }
  flat[0] = batches * inner;
  int open = 0;
  for (int64_t i = batch + length; i < rank; ++i) {
    flat.push_back(p.dim(data, static_cast<int>(i)));
    open += flat.back() < 0;
  }
  if (open > 1) return Outcome::refused("of rows of unknown size");
  Value* at = p.flat_index(indices, sizes);
  if (batch > 0) {
    if (batches > kMaxFixConstant) return Outcome::refused("of too many batches");
    std::vector<double> offsets;
    for (int64_t i = 0; i < batches; ++i) offsets.push_back(static_cast<double>(i * inner));
    std::vector<int64_t> dims(static_cast<size_t>(index_rank) - 1, 1);
    for (int64_t i = 0; i < batch; ++i) dims[static_cast<size_t>(i)] = p.dim(data, static_cast<int>(i));
    at = p.add(at, p.tensor(DType::kI64, dims, offsets));
  }
  return p.done(p.gather(p.reshape(data, flat), at, 0));
}

// Whole numbers that a float holds exactly.
bool select_fits_float(DType t) {
  return t == DType::kI8 || t == DType::kU8 || t == DType::kI16 || t == DType::kU16 || t == DType::kBool;
}

Outcome select_top_k(Place& p) {
  Node& n = p.node();
  if (p.opset() < 10) return Outcome::skipped();
  std::vector<int64_t> k;
  bool changed = false;
  if (!p.ints(1, k) || k.size() != 1) return Outcome::refused("its K depends on data");
  if (k[0] > kTopKLimit)
    return Outcome::refused("K is " + std::to_string(k[0]) + ", TensorRT takes at most " +
                            std::to_string(kTopKLimit));
  int64_t axis = n.int_or("axis", -1);
  const int64_t size = p.dim(p.in(0), static_cast<int>(axis));
  if (size >= 0 && k[0] > size) return Outcome::refused("K is greater than its axis");
  if (!p.in(1)->is_constant()) {
    n.set_input(1, p.int_list({k[0]}));
    changed = true;
  }
  if (n.int_or("sorted", 1) == 0) {
    n.set_attribute(Attribute("sorted", int64_t{1}));
    changed = true;
  }
  const DType t = Place::dtype(p.in(0));
  if (!is_floating(t)) {
    // What was a small integer or a float before fits as well.
    const Node* from = p.in(0)->producer();
    const bool fits =
        select_fits_float(t) || (from && from->is("Cast") && select_fits_float(Place::dtype(from->input(0))));
    if (!fits) return Outcome::refused("of " + std::string(dtype_name(t)) + ", which may not fit a float");
    auto found = p.emit_many("TopK", {p.cast(p.in(0), DType::kF32), p.in(1)}, 2,
                             {{"axis", axis}, {"largest", n.int_or("largest", 1)}});
    p.replace(1, found[1]);
    return p.done(p.cast(found[0], t));
  }
  return changed ? Outcome{} : Outcome::skipped();
}

}  // namespace

Result<int> run_one_hot(Model&, FixContext& c) {
  return rewrite_places(c, {"OneHot"}, select_one_hot);
}
Result<int> run_gather_nd(Model&, FixContext& c) {
  return rewrite_places(c, {"GatherND"}, select_gather_nd);
}
Result<int> run_eye_like(Model&, FixContext& c) {
  return rewrite_places(c, {"EyeLike"}, select_eye_like);
}
Result<int> run_compress(Model&, FixContext& c) {
  return rewrite_places(c, {"Compress"}, select_compress);
}
Result<int> run_reverse_sequence(Model&, FixContext& c) {
  return rewrite_places(c, {"ReverseSequence"}, select_reverse_sequence);
}
Result<int> run_top_k(Model&, FixContext& c) {
  return rewrite_places(c, {"TopK"}, select_top_k);
}

}  // namespace jetline::fix
