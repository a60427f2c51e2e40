// DynamicPartition takes rows apart by a label, DynamicStitch puts rows together by an index.
#include <algorithm>
#include <cstdint>

#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// data [I…, R…] with indices [I…] as [-1, R…].
Value* stitch_rows(OpContext& c, Value* data, int index_rank) {
  if (index_rank == 1) return data;
  if (index_rank == 0) return c.unsqueeze(data, {0});
  Value* shape = c.shape_of(data);
  Value* rest = c.emit("Slice", {shape, c.ints({index_rank}), c.ints({INT64_MAX}), c.ints({0})});
  return reshape_like(c, data,
                      c.rank(data) == index_rank ? c.ints({-1}) : concatenated(c, {c.ints({-1}), rest}, 0));
}

// The last of several rows for one place counts; a place that no index names holds zeros.
Status convert_dynamic_stitch(OpContext& c) {
  const size_t n = c.inputs() / 2;
  if (n == 0) return c.wrong_input(0);
  std::vector<Value*> rows, indices;
  std::vector<int64_t> order;  // place -> row, when every index is constant
  bool known = true;
  int64_t count = 0;
  for (size_t i = 0; i < n; ++i) {
    Value *at = c.tensor(i), *data = c.tensor(n + i);
    if (!at || !data) return c.wrong_input(at ? n + i : i);
    if (c.rank(at) < 0 || c.rank(data) < 0) return c.unsupported("inputs of unknown rank");
    rows.push_back(stitch_rows(c, data, c.rank(at)));
    indices.push_back(as_vector(c, at));
    std::vector<int64_t> places;
    known = known && c.known_ints(at, places);
    for (int64_t p : places) {
      if (p < 0 || p > (int64_t{1} << 20)) return c.unsupported("an index of " + std::to_string(p));
      if (p >= static_cast<int64_t>(order.size())) order.resize(static_cast<size_t>(p) + 1, -1);
      order[static_cast<size_t>(p)] = count++;
    }
  }
  Value* all = concatenated(c, rows, 0);
  const bool gaps = std::count(order.begin(), order.end(), -1) > 0;
  if (known && !gaps && !order.empty()) {
    bool in_order = count == static_cast<int64_t>(order.size());
    for (size_t i = 0; i < order.size(); ++i) in_order = in_order && order[i] == static_cast<int64_t>(i);
    return c.set(0, in_order ? all : c.emit("Gather", {all, c.ints(order)}, {{"axis", 0}}));
  }
  Value* places = concatenated(c, indices, 0);
  Value* most =
      known
          ? c.ints({static_cast<int64_t>(order.size())})
          : c.emit("Add", {c.emit("ReduceMax", {places}, {{"axes", {0}}, {"keepdims", 1}}), c.int_scalar(1)});
  Value* rest = c.emit("Slice", {c.shape_of(all), c.ints({1}), c.ints({INT64_MAX}), c.ints({0})});
  Value* zeros = filled(c, c.rank(all) == 1 ? most : concatenated(c, {most, rest}, 0), 0, c.dtype(all));
  return c.set(0, c.emit("ScatterND", {zeros, c.unsqueeze(places, {1}), all}));
}

Status convert_dynamic_partition(OpContext& c) {
  Value *data = c.tensor(0), *labels = c.tensor(1);
  if (!data || !labels) return c.wrong_input(data ? 1 : 0);
  const int64_t n = c.int_attr("num_partitions");
  if (n < 1 || n > 65536) return c.unsupported("num_partitions is " + std::to_string(n));
  if (c.rank(labels) < 0) return c.unsupported("labels of unknown rank");
  Value* rows = stitch_rows(c, data, c.rank(labels));
  Value* flat = c.rank(labels) == 1 ? labels : c.reshape(labels, {-1});
  for (int64_t i = 0; i < n; ++i) {
    Value* mine = c.emit("Equal", {flat, c.int_scalar(i, c.dtype(flat))});
    Value* at = c.squeeze(c.emit("NonZero", {mine}), {0});
    Status set = c.set(static_cast<size_t>(i), c.emit("Gather", {rows, at}, {{"axis", 0}}));
    if (!set.ok()) return set;
  }
  return Status();
}

const OpRule kDynamicStitchRules[] = {
    {"DynamicPartition", convert_dynamic_partition, "outputs*num_partitions",
     "the sizes of the results depend on the data"},
    {"DynamicStitch", convert_dynamic_stitch, "",
     "computed indices: the result's size depends on the data, and no two may be equal"},
    {"ParallelDynamicStitch", convert_dynamic_stitch, "", "as DynamicStitch"},
};
}  // namespace

Span<const OpRule> dynamic_stitch_rules() {
  return {kDynamicStitchRules, sizeof(kDynamicStitchRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
