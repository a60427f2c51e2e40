// Hash tables whose content the model holds: keys and values are constants, and a look-up compares with every
// key.
#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// Elements that comparing keys with a table may lay out at once.
constexpr int64_t kMostTableKeys = 1 << 20;

Status convert_hash_table(OpContext& c) {
  auto r = std::make_shared<Resource>();
  r->kind = Resource::Kind::kTable;
  r->node = c.name();
  r->shared_name = c.string_attr("shared_name");
  const auto& read = c.converter().state().table;
  if (!read || !read(c.node(), *r)) r->keys = Tensor();
  return c.set(0, Symbol::of(std::shared_ptr<const Resource>(std::move(r))));
}

std::shared_ptr<const Resource> table_of(const OpContext& c) {
  auto r = c.in(0).resource();
  return r && r->kind == Resource::Kind::kTable ? r : nullptr;
}

Status convert_lookup_find(OpContext& c) {
  const auto table = table_of(c);
  if (!table) return c.wrong_input(0);
  if (table->keys.dtype() == DType::kUndefined)
    return c.unsupported("the content of table '" + table->node + "' is not constant");
  if (table->keys.dtype() == DType::kString || table->values.dtype() == DType::kString)
    return c.unsupported("a table of strings",
                         "cut the model at the numbers: export a signature that takes or gives indices");
  Value *keys = c.tensor(1), *other = c.tensor(2);
  if (!keys || !other) return c.wrong_input(keys ? 2 : 1);
  if (c.rank(keys) < 0) return c.unsupported("keys of unknown rank");
  const int64_t n = table->keys.count();
  if (n > kMostTableKeys || table->values.dims().size() != 1 || table->values.count() != n)
    return c.unsupported("a table of " + std::to_string(n) + " keys");
  if (n == 0) return c.set(0, expand_to(c, other, c.shape_of(keys)));
  Value* known = c.constant(table->keys);
  Value* same = typed(c, "Equal", {c.unsqueeze(keys, {-1}), known}, {}, TypedResult::kOwn);
  same = c.cast(same, DType::kI32);
  Value* at = c.emit("ArgMax", {same}, {{"axis", -1}, {"keepdims", 0}});
  Value* found = c.cast(c.emit("ReduceMax", {same}, {{"axes", {-1}}, {"keepdims", 0}}), DType::kBool);
  Value* values = c.emit("Gather", {c.constant(table->values), at}, {{"axis", 0}});
  return c.set(0, where(c, found, values, other));
}

Status convert_lookup_size(OpContext& c) {
  const auto table = table_of(c);
  if (!table) return c.wrong_input(0);
  if (table->keys.dtype() == DType::kUndefined)
    return c.unsupported("the content of table '" + table->node + "' is not constant");
  return c.set(0, c.int_scalar(table->keys.count()));
}

Status convert_lookup_export(OpContext& c) {
  const auto table = table_of(c);
  if (!table) return c.wrong_input(0);
  const auto symbol = [&](const Tensor& t) {
    return t.dtype() == DType::kString ? Symbol::strings(t) : Symbol(c.constant(t));
  };
  if (table->keys.dtype() == DType::kUndefined)
    return c.unsupported("the content of table '" + table->node + "' is not constant");
  Status set = c.set(0, symbol(table->keys));
  return set.ok() ? c.set(1, symbol(table->values)) : set;
}

constexpr const char* kTableNote = "a table of constant numbers";

const OpRule kTableRules[] = {
    {"HashTable", convert_hash_table, "", kTableNote},
    {"HashTableV2", convert_hash_table, "", kTableNote},
    {"LookupTableExport", convert_lookup_export, "keys,values", kTableNote},
    {"LookupTableExportV2", convert_lookup_export, "keys,values", kTableNote},
    {"LookupTableFind", convert_lookup_find, "", kTableNote},
    {"LookupTableFindV2", convert_lookup_find, "", kTableNote},
    {"LookupTableSize", convert_lookup_size, "", kTableNote},
    {"LookupTableSizeV2", convert_lookup_size, "", kTableNote},
};
}  // namespace

Span<const OpRule> table_rules() {
  return {kTableRules, sizeof(kTableRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
