// ScatterND, ScatterElements and Scatter without scattering. Every written row is known by the flat place it
// goes to. With constant indices the result is one Gather from [data; updates] (reductions: one pass for each
// repetition of a place). With computed ones the places are compared with 0, 1, 2, …, which gives a matrix
// of zeros and ones, and the updates are multiplied by it.
#include <algorithm>

#include "jetline/fix/place.h"

namespace jetline::fix {
namespace {

// data as [places, width], updates as [count, width]; exactly one of `fixed` and `at` says where they go.
struct ScatterPlan {
  int64_t places = 0, count = 0, width = 1;
  bool constant = false;
  std::vector<int64_t> fixed;
  Value* at = nullptr;  // int64 [count]
  std::string reduction = "none";
};

Value* scatter_combine(Place& p, const std::string& reduction, Value* a, Value* b) {
  if (reduction == "add") return p.add(a, b);
  if (reduction == "mul") return p.mul(a, b);
  return p.emit(reduction == "max" ? "Max" : "Min", {a, b});
}

// Rows picked from data and updates: the last update of a place counts.
Value* scatter_pick(Place& p, const ScatterPlan& plan, Value* data, Value* updates) {
  std::vector<int64_t> from = iota(plan.places);
  for (int64_t i = 0; i < plan.count; ++i)
    from[static_cast<size_t>(plan.fixed[static_cast<size_t>(i)])] = plan.places + i;
  return p.gather(p.emit("Concat", {data, updates}, {{"axis", 0}}), from, 0);
}

// One pass for the first update of every place, one for the second, …: in the order in which they stand.
Value* scatter_passes(Place& p, const ScatterPlan& plan, Value* data, Value* updates, std::string& why) {
  std::vector<std::vector<int64_t>> passes;
  std::vector<size_t> depth(static_cast<size_t>(plan.places), 0);
  // A place without an update takes a row that changes nothing: for extremes its own.
  const bool own = plan.reduction == "max" || plan.reduction == "min";
  for (int64_t i = 0; i < plan.count; ++i) {
    const auto at = static_cast<size_t>(plan.fixed[static_cast<size_t>(i)]);
    if (depth[at] == passes.size()) {
      if (passes.size() >= 64) return why = "combines more than 64 updates at one place", nullptr;
      passes.emplace_back(static_cast<size_t>(plan.places), -1);
    }
    passes[depth[at]++][at] = i;
  }
  Value* y = data;
  Value* neutral = own ? nullptr
                       : p.tensor(Place::dtype(data), {1, plan.width},
                                  std::vector<double>(static_cast<size_t>(plan.width),
                                                      plan.reduction == "mul" ? 1.0 : 0.0));
  for (auto& pass : passes) {
    Value* rows = p.emit("Concat", {updates, own ? y : neutral}, {{"axis", 0}});
    for (size_t k = 0; k < pass.size(); ++k) {
      if (pass[k] < 0) pass[k] = plan.count + (own ? static_cast<int64_t>(k) : 0);
    }
    y = scatter_combine(p, plan.reduction, y, p.gather(rows, pass, 0));
  }
  return y;
}

// hit[place, update] = 1 where the update goes there. No place may be hit twice, except by sums.
Value* scatter_compare(Place& p, const ScatterPlan& plan, Value* data, Value* updates, std::string& why) {
  const DType t = Place::dtype(data);
  if (!is_floating(t)) return why = "writes integers to computed places", nullptr;
  if (plan.reduction != "none" && plan.reduction != "add")
    return why = "combines by " + plan.reduction + " at computed places", nullptr;
  if (plan.places > kMaxFixConstant / std::max<int64_t>(plan.count, 1))
    return why = "compares " + std::to_string(plan.count) + " computed places with " +
                 std::to_string(plan.places),
           nullptr;
  Value* places = p.reshape(p.int_list(iota(plan.places)), {plan.places, 1});
  Value* hit = p.cast(p.emit("Equal", {places, p.reshape(plan.at, {1, plan.count})}), t);
  Value* written = p.emit("MatMul", {hit, updates});
  if (plan.reduction == "add") return p.add(data, written);
  Value* rest = p.sub(p.number(1, data), p.reduce("ReduceMax", hit, {1}, true));
  return p.add(p.mul(data, rest), written);
}

Outcome scatter_apply(Place& p, const ScatterPlan& plan) {
  if (plan.places > kMaxFixConstant || plan.count > kMaxFixConstant)
    return Outcome::refused("writes to " + std::to_string(plan.places) + " places, too many to list");
  if (plan.count == 0) return p.done(p.in(0));
  const auto dims = Place::dims(p.in(0));
  Value* data = p.reshape(p.in(0), {plan.places, plan.width});
  Value* updates = p.reshape(p.in(2), {plan.count, plan.width});
  std::string why;
  Value* y = !plan.constant             ? scatter_compare(p, plan, data, updates, why)
             : plan.reduction == "none" ? scatter_pick(p, plan, data, updates)
                                        : scatter_passes(p, plan, data, updates, why);
  if (!y) return Outcome::refused(why);
  return p.done(p.reshape(y, dims));
}

// Negative indices count from the end.
Value* scatter_from_front(Place& p, Value* indices, Value* sizes) {
  Value* negative = p.emit("Less", {indices, p.scalar(0, DType::kI64)});
  return p.where(negative, p.add(indices, sizes), indices);
}

Outcome scatter_nd(Place& p) {
  Value *data = p.in(0), *indices = p.in(1);
  if (!Place::is_static(data) || !Place::is_static(indices) || !Place::is_static(p.in(2)))
    return Outcome::refused("writes to a tensor of unknown size");
  const auto dims = Place::dims(data), tuple = Place::dims(indices);
  if (tuple.empty() || tuple.back() < 1 || tuple.back() > static_cast<int64_t>(dims.size()))
    return Outcome::refused("its tuples do not fit");
  const auto length = static_cast<size_t>(tuple.back());
  ScatterPlan plan;
  plan.reduction = p.node().string_or("reduction", "none");
  plan.places = element_count({dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(length)});
  plan.width = element_count({dims.begin() + static_cast<std::ptrdiff_t>(length), dims.end()});
  plan.count = element_count({tuple.begin(), tuple.end() - 1});
  std::vector<int64_t> strides(length, 1),
      sizes(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(length));
  for (size_t i = length - 1; i-- > 0;) strides[i] = strides[i + 1] * sizes[i + 1];
  std::vector<double> known;
  plan.constant = p.known(1, known);
  if (plan.constant) {
    for (int64_t i = 0; i < plan.count; ++i) {
      int64_t at = 0;
      for (size_t k = 0; k < length; ++k) {
        auto v = static_cast<int64_t>(known[static_cast<size_t>(i) * length + k]);
        v += v < 0 ? sizes[k] : 0;
        if (v < 0 || v >= sizes[k]) return Outcome::refused("an index is out of range");
        at += v * strides[k];
      }
      plan.fixed.push_back(at);
    }
  } else {
    plan.at = p.reshape(p.flat_index(indices, sizes), {plan.count});
  }
  return scatter_apply(p, plan);
}

Outcome scatter_elements(Place& p) {
  Value *data = p.in(0), *indices = p.in(1);
  if (!Place::is_static(data) || !Place::is_static(indices))
    return Outcome::refused("writes to a tensor of unknown size");
  const auto dims = Place::dims(data), shape = Place::dims(indices);
  int64_t axis = p.node().int_or("axis", 0);
  axis += axis < 0 ? static_cast<int64_t>(dims.size()) : 0;
  if (dims.size() != shape.size() || axis < 0 || axis >= static_cast<int64_t>(dims.size()))
    return Outcome::refused("its indices do not fit");
  ScatterPlan plan;
  plan.reduction = p.node().string_or("reduction", "none");
  plan.places = element_count(dims);
  plan.count = element_count(shape);
  if (plan.count > kMaxFixConstant) return Outcome::refused("writes too many single elements");
  std::vector<int64_t> strides(dims.size(), 1);
  for (size_t k = dims.size() - 1; k-- > 0;) strides[k] = strides[k + 1] * dims[k + 1];
  // Where each element goes along the other axes.
  std::vector<double> known, offsets;
  for (int64_t i = 0; i < plan.count; ++i) {
    int64_t rest = i, at = 0;
    for (size_t k = dims.size(); k-- > 0;) {
      if (static_cast<int64_t>(k) != axis) at += rest % shape[k] * strides[k];
      rest /= shape[k];
    }
    offsets.push_back(static_cast<double>(at));
  }
  const int64_t size = dims[static_cast<size_t>(axis)], along = strides[static_cast<size_t>(axis)];
  plan.constant = p.known(1, known);
  if (plan.constant) {
    for (size_t i = 0; i < offsets.size(); ++i) {
      auto v = static_cast<int64_t>(known[i]);
      v += v < 0 ? size : 0;
      if (v < 0 || v >= size) return Outcome::refused("an index is out of range");
      plan.fixed.push_back(static_cast<int64_t>(offsets[i]) + v * along);
    }
  } else {
    Value* at =
        scatter_from_front(p, p.cast(indices, DType::kI64), p.scalar(static_cast<double>(size), DType::kI64));
    at = p.mul(at, p.scalar(static_cast<double>(along), DType::kI64));
    plan.at = p.reshape(p.add(at, p.tensor(DType::kI64, shape, offsets)), {plan.count});
  }
  return scatter_apply(p, plan);
}

}  // namespace

Result<int> run_scatter_nd(Model&, FixContext& c) {
  return rewrite_places(c, {"ScatterND"}, scatter_nd);
}
Result<int> run_scatter_elements(Model&, FixContext& c) {
  return rewrite_places(c, {"ScatterElements", "Scatter"}, scatter_elements);
}

}  // namespace jetline::fix
