// Gather, GatherV2, GatherNd, ResourceGather, ResourceGatherNd. An index outside of the range is an error in
// TensorFlow on a CPU, and is not looked for here.
#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Value* gather_indices(OpContext& c, Value* indices) {
  const DType t = c.dtype(indices);
  return t == DType::kI32 || t == DType::kI64 ? indices : c.cast(indices, DType::kI64);
}

// params [B…, P…], indices [B…, I…] with `batch` leading dimensions in common: every batch entry is indexed
// for itself. ONNX's GatherND counts its batch dimensions, and indexes the one after them, so that the wanted
// axis is brought there and what stood before it is put back.
Value* gather_batched(OpContext& c, Value* params, Value* indices, int64_t axis, int64_t batch) {
  const int rank = c.rank(params), index_rank = c.rank(indices);
  std::vector<int64_t> perm;
  for (int64_t i = 0; i < batch; ++i) perm.push_back(i);
  perm.push_back(axis);
  for (int64_t i = batch; i < rank; ++i)
    if (i != axis) perm.push_back(i);
  params = c.transpose(params, perm);
  Value* wide = c.unsqueeze(c.to_i64(indices), {-1});
  Value* y = c.emit("GatherND", {params, wide}, {{"batch_dims", batch}});
  if (axis == batch) return y;
  // [B…, I…, M…, R…] -> [B…, M…, I…, R…]
  std::vector<int64_t> back;
  const int64_t taken = index_rank - batch, middle = axis - batch, rest = rank - axis - 1;
  for (int64_t i = 0; i < batch; ++i) back.push_back(i);
  for (int64_t i = 0; i < middle; ++i) back.push_back(batch + taken + i);
  for (int64_t i = 0; i < taken; ++i) back.push_back(batch + i);
  for (int64_t i = 0; i < rest; ++i) back.push_back(batch + taken + middle + i);
  return c.transpose(y, back);
}

Status gather_from(OpContext& c, Value* params, int64_t axis, int64_t batch) {
  Value* indices = c.tensor(1);
  if (!indices) return c.wrong_input(1);
  indices = gather_indices(c, indices);
  if (c.rank(params) >= 0 && !normalize_axis(axis, c.rank(params)))
    return c.unsupported("the axis is outside of the input's rank");
  if (batch != 0) {
    if (c.rank(params) < 0 || c.rank(indices) < 0)
      return c.unsupported("batch_dims on inputs of unknown rank");
    if (batch < 0) batch += c.rank(indices);
    if (batch < 0 || batch > c.rank(indices) || batch > axis) return c.unsupported("batch_dims out of range");
  }
  if (batch == 0) return c.set(0, c.emit("Gather", {params, indices}, {{"axis", axis}}));
  return c.set(0, gather_batched(c, params, indices, axis, batch));
}

Status convert_gather(OpContext& c) {
  Value* params = c.tensor(0);
  if (!params) return c.wrong_input(0);
  int64_t axis = 0;
  if (c.inputs() > 2 && (!c.tensor(2) || !c.known_int(c.tensor(2), axis)))
    return c.unsupported("an axis that is computed while the model runs");
  return gather_from(c, params, axis, c.int_attr("batch_dims"));
}

Value* gather_variable(OpContext& c) {
  const auto r = c.in(0).resource();
  return r && r->kind == Resource::Kind::kVariable ? c.converter().variable(*r) : c.tensor(0);
}

Status convert_resource_gather(OpContext& c) {
  Value* params = gather_variable(c);
  if (!params) return c.wrong_input(0);
  const int64_t batch = c.int_attr("batch_dims");
  return gather_from(c, params, batch, batch);
}

Status gather_nd_from(OpContext& c, Value* params) {
  Value* indices = c.tensor(1);
  if (!params || !indices) return c.wrong_input(params ? 1 : 0);
  if (c.rank(indices) < 1) return c.unsupported("indices of unknown rank");
  const int64_t depth = c.dim(indices, -1);
  if (depth == 0) {
    // An empty index is the whole of params, once for each.
    Value* lead =
        c.emit("Slice", {c.shape_of(indices), c.ints({0}), c.ints({c.rank(indices) - 1}), c.ints({0})});
    return c.set(0, expand_to(c, params, concatenated(c, {lead, c.shape_of(params)}, 0)));
  }
  return c.set(0, c.emit("GatherND", {params, c.to_i64(indices)}, {{"batch_dims", 0}}));
}
Status convert_gather_nd(OpContext& c) {
  return gather_nd_from(c, c.tensor(0));
}
Status convert_resource_gather_nd(OpContext& c) {
  return gather_nd_from(c, gather_variable(c));
}

constexpr const char* kGatherNote = "an index outside of the range is not looked for";

const OpRule kGatherRules[] = {
    {"Gather", convert_gather, "", kGatherNote},
    {"GatherNd", convert_gather_nd, "", kGatherNote},
    {"GatherV2", convert_gather, "", "constant axis; an index outside of the range is not looked for"},
    {"ResourceGather", convert_resource_gather, "", kGatherNote},
    {"ResourceGatherNd", convert_resource_gather_nd, "", kGatherNote},
};
}  // namespace

Span<const OpRule> gather_rules() {
  return {kGatherRules, sizeof(kGatherRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
