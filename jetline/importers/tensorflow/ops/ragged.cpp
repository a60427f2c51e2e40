// Ragged tensors are a flat list of values and, level by level, where each row begins (row splits) or which
// row each value is in (row ids). Rows are found by comparing, so that everything also works on computed
// splits.
#include <cstdint>

#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// One level. For each of its values: the row (int64 [n]), and the place in that row.
struct RaggedLevel {
  Value *row = nullptr, *place = nullptr;
  Value *rows = nullptr, *longest = nullptr;  // int64 [1]: how many rows, the length of the longest
};

Value* ragged_count_of(OpContext& c, Value* v) {
  return dim_vector(c, v, 0);
}

// splits [rows + 1] over `count` ([1]) values.
RaggedLevel ragged_by_splits(OpContext& c, Value* splits, Value* count) {
  RaggedLevel level;
  Value* starts = sliced(c, splits, 0, 0, -1);
  Value* ends = sliced(c, splits, 0, 1, INT64_MAX);
  Value* numbers = iota(c, count, DType::kI64);
  // Value i is in the last row that begins at or before it and is not empty: as many rows end at or before i.
  Value* over = c.emit("LessOrEqual", {c.unsqueeze(ends, {0}), c.unsqueeze(numbers, {1})});
  level.row = c.emit("ReduceSum", {c.to_i64(over), c.ints({1})}, {{"keepdims", 0}});
  level.place = c.emit("Sub", {numbers, c.emit("Gather", {starts, level.row}, {{"axis", 0}})});
  level.rows = ragged_count_of(c, starts);
  Value* lengths = concatenated(c, {c.ints({0}), c.emit("Sub", {ends, starts})}, 0);
  level.longest = c.emit("ReduceMax", {lengths}, {{"axes", {0}}, {"keepdims", 1}});
  return level;
}

// ids [n], ascending; `rows` [1].
RaggedLevel ragged_by_ids(OpContext& c, Value* ids, Value* rows) {
  RaggedLevel level;
  Value* before = c.emit("Less", {c.unsqueeze(ids, {0}), c.unsqueeze(ids, {1})});
  Value* start = c.emit("ReduceSum", {c.to_i64(before), c.ints({1})}, {{"keepdims", 0}});
  level.row = ids;
  level.place = c.emit("Sub", {iota(c, ragged_count_of(c, ids), DType::kI64), start});
  level.rows = rows;
  Value* lengths = concatenated(c, {c.ints({0}), c.emit("Add", {level.place, c.int_scalar(1)})}, 0);
  level.longest = c.emit("ReduceMax", {lengths}, {{"axes", {0}}, {"keepdims", 1}});
  return level;
}

// Coordinates of the innermost values: one column for the rows of the outermost level, one for each level.
std::vector<Value*> ragged_columns(OpContext& c, const std::vector<RaggedLevel>& levels) {
  std::vector<Value*> columns(levels.size() + 1);
  Value* at = nullptr;  // null: every value of the level
  for (size_t l = levels.size(); l-- > 0;) {
    const auto pick = [&](Value* v) { return at ? c.emit("Gather", {v, at}, {{"axis", 0}}) : v; };
    columns[l + 1] = pick(levels[l].place);
    at = pick(levels[l].row);
  }
  columns[0] = at;
  return columns;
}

Value* ragged_stacked(OpContext& c, const std::vector<Value*>& columns) {
  std::vector<Value*> parts;
  for (Value* v : columns) parts.push_back(c.unsqueeze(v, {1}));
  return concatenated(c, parts, 1);
}

// Inputs [first, first + n) as levels of nested splits over `values`.
Status ragged_levels(OpContext& c, size_t first, size_t n, Value* values, std::vector<RaggedLevel>& levels) {
  for (size_t l = 0; l < n; ++l) {
    Value* splits = c.tensor(first + l);
    if (!splits) return c.wrong_input(first + l);
    Value* count = nullptr;
    if (l + 1 < n) {
      if (!c.tensor(first + l + 1)) return c.wrong_input(first + l + 1);
      count = c.emit("Sub", {dim_vector(c, c.tensor(first + l + 1), 0), c.int_scalar(1)});
    } else {
      count = ragged_count_of(c, values);
    }
    levels.push_back(ragged_by_splits(c, c.to_i64(splits), count));
  }
  return Status();
}

Status convert_ragged_to_tensor(OpContext& c) {
  Value *shape = c.tensor(0), *values = c.tensor(1), *fill = c.tensor(2);
  if (!shape) return c.wrong_input(0);
  if (!values || !fill) return c.wrong_input(values ? 2 : 1);
  const Attr* attr = c.attr("row_partition_types");
  const std::vector<std::string_view> types = attr ? attr->strings() : std::vector<std::string_view>();
  if (types.empty() || c.inputs() != types.size() + 3 || c.rank(values) < 1)
    return c.unsupported("partitions that do not fit the inputs");
  std::vector<RaggedLevel> levels;
  if (types[0] == "ROW_SPLITS") {
    Status s = ragged_levels(c, 3, types.size(), values, levels);
    if (!s.ok()) return s;
  } else if (types[0] == "FIRST_DIM_SIZE") {
    Value* rows = c.tensor(3);
    if (!rows) return c.wrong_input(3);
    rows = as_vector(c, rows);
    for (size_t i = 1; i < types.size(); ++i) {
      if (types[i] != "VALUE_ROWIDS") return c.unsupported("a partition by " + std::string(types[i]));
      Value* ids = c.tensor(3 + i);
      if (!ids) return c.wrong_input(3 + i);
      levels.push_back(ragged_by_ids(c, c.to_i64(ids), rows));
      rows = ragged_count_of(c, ids);
    }
  } else {
    return c.unsupported("a partition by " + std::string(types[0]));
  }
  if (levels.empty()) return c.set(0, values);
  std::vector<Value*> columns = ragged_columns(c, levels);
  // Sizes: what `shape` says, else what the data needs. Only a size that is said can cut values off.
  std::vector<Dim> said;
  if (c.rank(shape) != 0 && !partly_known(c, shape, said)) return c.unsupported("a shape of unknown rank");
  Value* wanted = as_vector(c, shape);
  std::vector<Value*> sizes;
  Value* inside = nullptr;
  for (size_t i = 0; i < columns.size(); ++i) {
    Value* needed = i == 0 ? levels[0].rows : levels[i - 1].longest;
    const bool open = said.size() <= i || (said[i].known() && said[i].value < 0);
    if (open) {
      sizes.push_back(needed);
      continue;
    }
    const auto at = static_cast<int64_t>(i);
    Value* given = sliced(c, wanted, 0, at, at + 1);
    if (!said[i].known()) given = where(c, c.emit("Less", {given, c.int_scalar(0)}), needed, given);
    sizes.push_back(given);
    Value* fits = c.emit("Less", {columns[i], given});
    inside = inside ? c.emit("And", {inside, fits}) : fits;
  }
  Value* indices = ragged_stacked(c, columns);
  if (inside) {
    Value* kept = c.squeeze(c.emit("NonZero", {inside}), {0});
    indices = c.emit("Gather", {indices, kept}, {{"axis", 0}});
    values = c.emit("Gather", {values, kept}, {{"axis", 0}});
  }
  if (c.rank(values) > 1)
    sizes.push_back(c.emit("Slice", {c.shape_of(values), c.ints({1}), c.ints({INT64_MAX}), c.ints({0})}));
  Value* dense = expand_to(c, fill, concatenated(c, sizes, 0));
  return c.set(0, c.emit("ScatterND", {dense, indices, values}));
}

Status convert_ragged_to_sparse(OpContext& c) {
  if (c.inputs() < 2) return c.wrong_input(0);
  Value* values = c.tensor(c.inputs() - 1);
  if (!values) return c.wrong_input(c.inputs() - 1);
  if (c.rank(values) != 1) return c.unsupported("values that are no vector");
  std::vector<RaggedLevel> levels;
  Status s = ragged_levels(c, 0, c.inputs() - 1, values, levels);
  if (!s.ok()) return s;
  std::vector<Value*> sizes = {levels[0].rows};
  for (const RaggedLevel& l : levels) sizes.push_back(l.longest);
  s = c.set(0, ragged_stacked(c, ragged_columns(c, levels)));
  if (s.ok()) s = c.set(1, values);
  return s.ok() ? c.set(2, concatenated(c, sizes, 0)) : s;
}

// Splits of rows of these lengths (int64 [n]): 0 and the running sums.
Value* ragged_splits(OpContext& c, Value* lengths) {
  Value* sums = c.emit("CumSum", {lengths, c.int_scalar(0)});
  return concatenated(c, {c.ints({0}), sums}, 0);
}

// Row r: start[r], start[r] + delta[r], … below limit[r]; single numbers serve every row.
Status convert_ragged_range(OpContext& c) {
  Value* in[3];
  Value* rows = c.ints({1});
  for (size_t i = 0; i < 3; ++i) {
    in[i] = c.tensor(i);
    if (!in[i]) return c.wrong_input(i);
    if (c.rank(in[i]) < 0) return c.unsupported("inputs of unknown rank");
    if (c.rank(in[i]) == 1) rows = dim_vector(c, in[i], 0);
  }
  for (Value*& v : in)
    if (c.rank(v) == 0) v = expand_to(c, v, rows);
  const DType own = c.dtype(in[0]);
  const bool floats = is_float(own);
  const DType wide = floats ? kernel_type("Div", own) : DType::kI64;
  Value *start = c.cast(in[0], wide), *limit = c.cast(in[1], wide), *delta = c.cast(in[2], wide);
  Value* span = c.emit("Sub", {limit, start});
  Value* count = nullptr;
  if (floats) {
    count = c.to_i64(c.emit("Ceil", {c.emit("Div", {span, delta})}));
  } else {
    // Rounded up: what is missing to a whole step joins the span first.
    count = c.emit("Div", {c.emit("Sub", {c.emit("Add", {span, delta}), c.emit("Sign", {delta})}), delta});
  }
  count = c.emit("Max", {count, c.int_scalar(0)});
  Value* splits = ragged_splits(c, count);
  Value* total = sliced(c, splits, 0, -1, INT64_MAX);
  const RaggedLevel level = ragged_by_splits(c, splits, total);
  const auto of_row = [&](Value* v) { return c.emit("Gather", {v, level.row}, {{"axis", 0}}); };
  Value* steps = c.emit("Mul", {c.cast(level.place, wide), of_row(delta)});
  Status s = c.set(0, c.cast(splits, c.dtype_attr("Tsplits", DType::kI64)));
  return s.ok() ? c.set(1, c.cast(c.emit("Add", {of_row(start), steps}), own)) : s;
}

// Rows of a ragged tensor by number: the splits of the picked rows, and the values row by row. One level.
Status convert_ragged_gather(OpContext& c) {
  const int64_t levels = c.int_attr("PARAMS_RAGGED_RANK", static_cast<int64_t>(c.inputs()) - 2);
  if (levels != 1 || c.inputs() != 3) return c.unsupported("more than one ragged dimension");
  Value *splits = c.tensor(0), *values = c.tensor(1), *indices = c.tensor(2);
  if (!splits) return c.wrong_input(0);
  if (!values || !indices) return c.wrong_input(values ? 2 : 1);
  if (c.rank(indices) != 1) return c.unsupported("indices that are no vector");
  Value* wide = c.to_i64(splits);
  indices = c.to_i64(indices);
  Value* start = c.emit("Gather", {wide, indices}, {{"axis", 0}});
  Value* end = c.emit("Gather", {wide, c.emit("Add", {indices, c.int_scalar(1)})}, {{"axis", 0}});
  Value* picked = ragged_splits(c, c.emit("Sub", {end, start}));
  const RaggedLevel level = ragged_by_splits(c, picked, sliced(c, picked, 0, -1, INT64_MAX));
  Value* at = c.emit("Add", {c.emit("Gather", {start, level.row}, {{"axis", 0}}), level.place});
  Status s = c.set(0, c.cast(picked, c.dtype(splits)));
  return s.ok() ? c.set(1, c.emit("Gather", {values, at}, {{"axis", 0}})) : s;
}

const OpRule kRaggedRules[] = {
    {"RaggedGather", convert_ragged_gather, "output_nested_splits*OUTPUT_RAGGED_RANK,output_dense_values",
     "one ragged dimension"},
    {"RaggedRange", convert_ragged_range, "rt_nested_splits,rt_dense_values"},
    {"RaggedTensorToSparse", convert_ragged_to_sparse, "sparse_indices,sparse_values,sparse_dense_shape",
     "a vector of values"},
    {"RaggedTensorToTensor", convert_ragged_to_tensor, "", "partitions by row splits or row ids"},
};
}  // namespace

Span<const OpRule> ragged_rules() {
  return {kRaggedRules, sizeof(kRaggedRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
