// Operators that pick and place by index: GatherND, GatherElements, Scatter*, TopK, OneHot.
#include <algorithm>

#include "jetline/passes/opset/step.h"

namespace jetline::passes::opset {
namespace {

// Negative indices counted from the front; `sizes` broadcasts against the indices.
Value* index_from_front(Step& s, Value* indices, Value* sizes) {
  Value* negative = s.emit("Less", {indices, s.scalar(0, Step::dtype(indices))});
  return s.emit("Where", {negative, s.emit("Add", {indices, sizes}), indices});
}

// Index tuples as one index into the data with its leading axes (batch axes too) made one; then Gather.
std::string gather_nd_flat(Step& s, int64_t batch) {
  Value *data = s.in(0), *indices = s.in(1);
  const int rank = Step::rank(data), index_rank = Step::rank(indices);
  const int64_t length = s.dim(indices, -1);
  if (rank < 1 || index_rank < 1 || length < 1 || batch < 0 || batch + length > rank || batch >= index_rank)
    return "index tuples of unknown length";
  std::vector<int64_t> flat_dims = {-1}, sizes, strides;
  int64_t product = 1;
  for (int i = static_cast<int>(batch + length) - 1; i >= 0; --i) {
    const int64_t d = s.dim(data, i);
    // The size of the very first axis is only needed for negative indices.
    if (d < 0) return "picks by tuples from a tensor of unknown size";
    if (i >= batch) {
      sizes.insert(sizes.begin(), d);
      strides.insert(strides.begin(), product);
    }
    if (__builtin_mul_overflow(product, d, &product))
      return "picks by tuples from a tensor that is too large";
  }
  for (int i = static_cast<int>(batch + length); i < rank; ++i) flat_dims.push_back(s.dim(data, i));
  int open = 0;
  for (int64_t d : flat_dims) open += d < 0;
  if (open > 1) {
    flat_dims[0] = product;
    if (open > 2) return "picks by tuples from a tensor of unknown size";
  }
  Value* at = index_from_front(s, indices, s.int_list(sizes));
  at = s.emit("ReduceSum", {s.emit("Mul", {at, s.int_list(strides)})},
              {{"axes", {int64_t{index_rank} - 1}}, {"keepdims", 0}});
  int64_t inner = 1;
  for (int64_t d : sizes) inner *= d;
  if (batch > 0) {
    std::vector<int64_t> dims(static_cast<size_t>(index_rank) - 1, 1);
    std::vector<double> offsets;
    int64_t batches = 1;
    for (int64_t i = 0; i < batch; ++i) {
      dims[static_cast<size_t>(i)] = s.dim(data, static_cast<int>(i));
      if (__builtin_mul_overflow(batches, dims[static_cast<size_t>(i)], &batches) || batches > 1 << 20)
        return "too many batches";
    }
    for (int64_t i = 0; i < batches; ++i) offsets.push_back(static_cast<double>(i * inner));
    at = s.emit("Add", {at, s.tensor(DType::kI64, dims, offsets)});
  }
  Value* flat = s.emit("Reshape", {data, s.int_list(flat_dims)});
  return s.become(s.emit("Gather", {flat, at}, {{"axis", 0}}));
}

std::string gather_nd_down_12(Step& s) {
  if (s.node().int_or("batch_dims", 0) == 0) {
    s.node().remove_attribute("batch_dims");
    return "";
  }
  return gather_nd_flat(s, s.node().int_or("batch_dims", 0));
}

std::string gather_nd_down_11(Step& s) {
  return gather_nd_flat(s, 0);
}

// data[i][j] with one index replaced: positions of the others are constant.
std::string gather_elements_down(Step& s) {
  Value *data = s.in(0), *indices = s.in(1);
  const int rank = Step::rank(data);
  int64_t axis = s.node().int_or("axis", 0);
  axis += axis < 0 ? rank : 0;
  if (rank < 1 || axis < 0 || axis >= rank || !Step::is_static(data) || !Step::is_static(indices))
    return "picks single elements of a tensor of unknown size";
  const auto dims = Step::dims(data), shape = Step::dims(indices);
  const int64_t count = element_count(shape);
  if (count < 0 || count > 1 << 22 || element_count(dims) < 0 || shape.size() != dims.size())
    return "picks too many single elements";
  std::vector<double> offsets;
  int64_t along = 1;
  for (size_t k = static_cast<size_t>(axis) + 1; k < dims.size(); ++k) along *= dims[k];
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i, at = 0, stride = 1;
    for (size_t k = dims.size(); k-- > 0;) {
      if (static_cast<int64_t>(k) != axis) at += rest % shape[k] * stride;
      rest /= shape[k];
      stride *= dims[k];
    }
    offsets.push_back(static_cast<double>(at));
  }
  Value* at = s.cast(indices, DType::kI64);
  at = index_from_front(s, at, s.scalar(static_cast<double>(dims[static_cast<size_t>(axis)]), DType::kI64));
  at = s.emit("Mul", {at, s.scalar(static_cast<double>(along), DType::kI64)});
  at = s.emit("Add", {at, s.tensor(DType::kI64, shape, offsets)});
  return s.become(s.emit("Gather", {s.emit("Reshape", {data, s.int_list({-1})}), at}, {{"axis", 0}}));
}

std::string scatter_up(Step& s) {
  s.node().set_op("ScatterElements");
  return "";
}
std::string scatter_down(Step& s) {
  Node& n = s.node();
  int64_t axis = n.int_or("axis", 0);
  if (axis < 0) {
    if (Step::rank(s.in(0)) < 0) return "a negative axis of a tensor of unknown rank";
    axis += Step::rank(s.in(0));
  }
  const int64_t size = s.dim(s.in(0), static_cast<int>(axis));
  std::vector<int64_t> known;
  const bool front =
      s.ints(1, known) && std::all_of(known.begin(), known.end(), [](int64_t v) { return v >= 0; });
  if (!front) {
    if (size < 0) return "indices that may be negative, along an axis of unknown size";
    n.set_input(1, index_from_front(s, s.in(1), s.scalar(static_cast<double>(size), Step::dtype(s.in(1)))));
  }
  n.set_attribute(Attribute("axis", axis));
  n.set_op("Scatter");
  return "";
}

std::string scatter_reduction_down(Step& s) {
  if (s.node().string_or("reduction", "none") != "none") return "combines elements (reduction)";
  s.node().remove_attribute("reduction");
  return "";
}
std::string scatter_reduction_down_18(Step& s) {
  const std::string r = s.node().string_or("reduction", "none");
  return r == "max" || r == "min" ? "combines elements by " + r : "";
}

std::string top_k_up(Step& s) {
  const int64_t k = s.node().int_or("k", 0);
  s.node().remove_attribute("k");
  s.node().set_input(1, s.int_list({k}));
  return "";
}

std::string top_k_down_10(Step& s) {
  std::vector<int64_t> k;
  if (!s.ints(1, k) || k.size() != 1) return "the number of elements is computed, not constant";
  s.node().set_attribute(Attribute("k", k[0]));
  s.drop_inputs(1);
  return "";
}

// The least are the greatest of the negated.
std::string top_k_down_11(Step& s) {
  Node& n = s.node();
  const DType t = Step::dtype(s.in(0));
  if (n.int_or("largest", 1) == 0) {
    if (t != DType::kF32 && t != DType::kF64 && t != DType::kF16) return "the least of integers";
    auto found =
        s.emit_many("TopK", {s.emit("Neg", {s.in(0)}), s.in(1)}, 2, {{"axis", n.int_or("axis", -1)}});
    s.replace(1, found[1]);
    return s.become(s.emit("Neg", {found[0]}));
  }
  n.remove_attribute("largest");
  n.remove_attribute("sorted");  // the older one always sorts
  const bool narrow = t == DType::kI32 || t == DType::kI16 || t == DType::kU16 || t == DType::kI8 ||
                      t == DType::kU8 || t == DType::kU32;
  if (narrow) {
    auto found =
        s.emit_many("TopK", {s.cast(s.in(0), DType::kF64), s.in(1)}, 2, {{"axis", n.int_or("axis", -1)}});
    s.replace(1, found[1]);
    return s.become(s.cast(found[0], t));
  }
  return "";
}

const Change kGatherChanges[] = {
    {"GatherND", 12, nullptr, gather_nd_down_12},
    {"GatherND", 11, nullptr, gather_nd_down_11},
    {"GatherElements", 11, nullptr, gather_elements_down},
    {"Scatter", 11, scatter_up, nullptr},
    {"ScatterElements", 11, nullptr, scatter_down},
    {"ScatterElements", 16, nullptr, scatter_reduction_down},
    {"ScatterElements", 18, nullptr, scatter_reduction_down_18},
    {"ScatterND", 16, nullptr, scatter_reduction_down},
    {"ScatterND", 18, nullptr, scatter_reduction_down_18},
    {"TopK", 10, top_k_up, top_k_down_10},
    {"TopK", 11, nullptr, top_k_down_11},
};
}  // namespace

Span<const Change> gather_changes() {
  return {kGatherChanges, sizeof(kGatherChanges) / sizeof(Change)};
}
}  // namespace jetline::passes::opset
