// Unique, UniqueV2, UniqueWithCounts(V2), ListDiff: the values in the order in which they first appear.
#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// The type in which ONNX's Unique sees x; integers that do not fit keep their order of appearance in int64.
Status unique_of(OpContext& c, bool has_axis, bool has_counts) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  std::vector<AttrArg> attributes = {{"sorted", 0}};
  if (has_axis) {
    std::vector<int64_t> axis;
    if (!c.tensor(1) || !c.known_ints(c.tensor(1), axis) || axis.size() > 1)
      return c.unsupported("an axis that is computed while the model runs");
    if (c.rank(x) != 1 || !axis.empty()) {
      if (axis.empty()) return c.unsupported("no axis on an input that is no vector");
      attributes.emplace_back("axis", axis[0]);
    }
  }
  const DType own = c.dtype(x), kernel = kernel_type("Unique", own);
  const DType out = c.dtype_attr("out_idx", DType::kI32);
  // y, where each was first seen, which one each element is, how often.
  const std::vector<Value*> y = c.emit_many("Unique", {c.cast(x, kernel)}, 4, attributes);
  Status set = c.set(0, c.cast(y[0], own));
  if (set.ok()) set = c.set(1, c.cast(y[2], out));
  if (set.ok() && has_counts) set = c.set(2, c.cast(y[3], out));
  return set;
}
Status convert_unique(OpContext& c) {
  return unique_of(c, false, false);
}
Status convert_unique_v2(OpContext& c) {
  return unique_of(c, true, false);
}
Status convert_unique_with_counts(OpContext& c) {
  return unique_of(c, false, true);
}
Status convert_unique_with_counts_v2(OpContext& c) {
  return unique_of(c, true, true);
}

// What of x is not in y, and where it stands: every x is compared with every y.
Status convert_list_diff(OpContext& c) {
  Value *x = c.tensor(0), *y = c.tensor(1);
  if (!x || !y) return c.wrong_input(x ? 1 : 0);
  Value* same = typed(c, "Equal", {c.unsqueeze(x, {1}), c.unsqueeze(y, {0})}, {}, TypedResult::kOwn);
  Value* times = c.emit("ReduceSum", {c.cast(same, DType::kI32), c.ints({1})}, {{"keepdims", 0}});
  Value* absent = c.emit("Equal", {times, c.int_scalar(0, DType::kI32)});
  Value* at = c.squeeze(c.emit("NonZero", {absent}), {0});
  Status set = c.set(0, c.emit("Gather", {x, at}, {{"axis", 0}}));
  return set.ok() ? c.set(1, c.cast(at, c.dtype_attr("out_idx", DType::kI32))) : set;
}

constexpr const char* kUniqueNote = "the number of results depends on the data";

const OpRule kUniqueRules[] = {
    {"ListDiff", convert_list_diff, "out,idx", kUniqueNote},
    {"Unique", convert_unique, "y,idx", kUniqueNote},
    {"UniqueV2", convert_unique_v2, "y,idx", kUniqueNote},
    {"UniqueWithCounts", convert_unique_with_counts, "y,idx,count", kUniqueNote},
    {"UniqueWithCountsV2", convert_unique_with_counts_v2, "y,idx,count", kUniqueNote},
};
}  // namespace

Span<const OpRule> unique_rules() {
  return {kUniqueRules, sizeof(kUniqueRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
