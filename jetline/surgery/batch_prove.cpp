#include <algorithm>
#include <cmath>
#include <limits>

#include "jetline/base/random.h"
#include "jetline/graph/evaluate.h"
#include "jetline/surgery/set_batch.h"

namespace jetline::surgery {
namespace {

int64_t bytes_behind(const std::vector<int64_t>& dims, size_t axis, size_t element) {
  int64_t n = static_cast<int64_t>(element);
  for (size_t k = axis; k < dims.size(); ++k) n *= dims[k];
  return n;
}

// Part `index` of `parts` equal ones along `axis`.
Result<Tensor> part_of(const Tensor& t, size_t axis, int64_t index, int64_t parts) {
  std::vector<int64_t> dims = t.dims();
  const auto element = static_cast<size_t>(dtype_bits(t.dtype()) / 8);
  const int64_t row = bytes_behind(dims, axis, element), part = row / parts;
  std::vector<uint8_t> bytes;
  for (int64_t at = index * part; at < static_cast<int64_t>(t.bytes().size()); at += row) {
    bytes.insert(bytes.end(), t.bytes().data() + at, t.bytes().data() + at + part);
  }
  dims[axis] /= parts;
  return Tensor::own(t.dtype(), std::move(dims), std::move(bytes));
}

Result<Tensor> random_tensor(const Value& v, int64_t batch, bool batched, Random& random) {
  std::vector<int64_t> dims = v.type.dims();
  if (batched) dims[0] = batch;
  for (int64_t& d : dims) d = d < 0 ? 16 : d;
  const int64_t n = element_count(dims);
  const DType t = v.type.dtype;
  std::vector<uint8_t> bytes;
  bytes.reserve(static_cast<size_t>(n) * 4);
  const auto add = [&](const auto& x) {
    const auto* p = reinterpret_cast<const uint8_t*>(&x);
    bytes.insert(bytes.end(), p, p + sizeof x);
  };
  for (int64_t i = 0; i < n; ++i) {
    const double u = random.uniform(0.0, 1.0);
    if (t == DType::kF32)
      add(static_cast<float>(u));
    else if (t == DType::kU8)
      add(static_cast<uint8_t>(u * 255));
    else if (t == DType::kBool)
      add(static_cast<uint8_t>(u < 0.5));
    else if (t == DType::kI64)
      add(static_cast<int64_t>(u * 4));
    else if (t == DType::kI32)
      add(static_cast<int32_t>(u * 4));
    else if (t == DType::kF64)
      add(u);
    else if (t == DType::kF16)
      add(static_cast<uint16_t>(0x3800 + static_cast<int>(u * 1023)));  // 0.5 to 1
    else
      return Status::bad_input("surgery.batch", "input '" + v.name() + "' has a type without random numbers");
  }
  return Tensor::own(t, std::move(dims), std::move(bytes));
}

double worst_difference(const Tensor& a, const Tensor& b) {
  if (a.dims() != b.dims() || a.dtype() != b.dtype()) return INFINITY;
  const auto x = a.to_doubles(), y = b.to_doubles();
  if (!x.ok() || !y.ok()) return INFINITY;
  double range = 1e-6, worst = 0;
  for (double v : *x) range = std::isfinite(v) ? std::max(range, std::abs(v)) : range;
  for (size_t i = 0; i < x->size(); ++i) {
    if ((*x)[i] == (*y)[i] || (std::isnan((*x)[i]) && std::isnan((*y)[i]))) continue;
    const double d = std::abs((*x)[i] - (*y)[i]);
    worst = std::max(worst, std::isnan(d) ? INFINITY : d / range);
  }
  return worst;
}

}  // namespace

Result<double> prove_batch(const Model& before, const SetBatchResult& after, uint64_t seed) {
  int64_t size = 2 * after.before;  // of an open batch
  for (const PortInfo& p : after.inputs) {
    const bool batched = std::count(after.batched_inputs.begin(), after.batched_inputs.end(), p.name) > 0;
    if (batched && p.type.shape[0].known()) size = p.type.shape[0].value;
  }
  if (size % after.before != 0) {
    return Status::bad_input("surgery.batch", "a batch of " + std::to_string(size) +
                                                  " cannot be split into batches of " +
                                                  std::to_string(after.before));
  }
  const int64_t runs = size / after.before;
  Random random(seed);
  std::unordered_map<const Value*, Tensor> whole;
  std::vector<std::unordered_map<const Value*, Tensor>> parts(static_cast<size_t>(runs));
  for (const Value* v : after.model->graph().free_inputs()) {
    const bool batched = std::count(after.batched_inputs.begin(), after.batched_inputs.end(), v->name()) > 0;
    JETLINE_ASSIGN_OR_RETURN(Tensor t, random_tensor(*v, size, batched, random));
    const Value* old = before.graph().find(v->name());
    for (int64_t r = 0; r < runs; ++r) {
      JETLINE_ASSIGN_OR_RETURN(parts[static_cast<size_t>(r)][old],
                               batched ? part_of(t, 0, r, runs) : Result<Tensor>(t));
    }
    whole[v] = std::move(t);
  }
  JETLINE_ASSIGN_OR_RETURN(const std::vector<Tensor> now, evaluate_graph(after.model->graph(), whole));
  double worst = 0;
  for (int64_t r = 0; r < runs; ++r) {
    JETLINE_ASSIGN_OR_RETURN(const std::vector<Tensor> then,
                             evaluate_graph(before.graph(), parts[static_cast<size_t>(r)]));
    for (size_t i = 0; i < now.size(); ++i) {
      const int axis = after.output_axes[i];
      if (axis < 0) {
        worst = std::max(worst, worst_difference(then[i], now[i]));
        continue;
      }
      if (static_cast<size_t>(axis) >= now[i].dims().size() ||
          now[i].dims()[static_cast<size_t>(axis)] % runs != 0) {
        return std::numeric_limits<double>::infinity();
      }
      JETLINE_ASSIGN_OR_RETURN(const Tensor mine, part_of(now[i], static_cast<size_t>(axis), r, runs));
      worst = std::max(worst, worst_difference(then[i], mine));
    }
  }
  return worst;
}

}  // namespace jetline::surgery
