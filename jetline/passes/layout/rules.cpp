// The table of all layout rules and what they share.
#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "jetline/passes/layout/rule.h"

namespace jetline::passes {
namespace {

using LayoutTable = std::unordered_map<std::string_view, const LayoutRule*>;

LayoutTable layout_make_table() {
  LayoutTable table;
  for (const auto& group : {layout_elementwise_rules(), layout_axis_rules(), layout_reduce_rules(),
                            layout_reshape_rules(), layout_vector_rules()}) {
    for (const LayoutRule& r : group) table.emplace(r.op, &r);
  }
  return table;
}

}  // namespace

const LayoutRule* layout_rule(const Node& n) {
  static const LayoutTable table = layout_make_table();
  if (!n.domain().empty()) return nullptr;
  const auto it = table.find(n.op());
  return it == table.end() ? nullptr : it->second;
}

int layout_axis(const Node& n, const char* name, int64_t other, int rank) {
  int64_t a = n.int_or(name, other);
  if (a < 0) a += rank;
  return a >= 0 && a < rank ? static_cast<int>(a) : -1;
}

Value* layout_picked(PassContext& c, Node& user, Value* v, const std::vector<int64_t>& indices) {
  Graph& g = *user.graph();
  const std::string name = v->name() + "_permuted";
  if (const Tensor* t = constant_of(v)) {
    const size_t width = static_cast<size_t>(dtype_bits(t->dtype())) / 8;
    std::vector<uint8_t> bytes;
    for (int64_t i : indices) {
      const uint8_t* p = t->bytes().data() + static_cast<size_t>(i) * width;
      bytes.insert(bytes.end(), p, p + width);
    }
    auto picked = Tensor::own(t->dtype(), {static_cast<int64_t>(indices.size())}, std::move(bytes));
    return picked.ok() ? add_constant(g, std::move(*picked), name) : nullptr;
  }
  Value* picked = add_before(c, g, "Gather", {v, add_ints(g, indices, name + "_order")}, name, &user);
  picked->type = ValueType::tensor(v->type.dtype, {Dim(static_cast<int64_t>(indices.size()))});
  return picked;
}

bool layout_vector_of(const Value* v, int64_t n) {
  return v && v->type.has_shape && v->type.shape.size() == 1 && v->type.shape[0].known() &&
         v->type.shape[0].value == n && dtype_bits(v->type.dtype) >= 8;
}

Perm layout_without(const Perm& label, const std::vector<int64_t>& gone) {
  Perm out;
  for (int a : label) {
    int before = 0;
    bool is_gone = false;
    for (int64_t g : gone) {
      is_gone = is_gone || g == a;
      before += g < a;
    }
    if (!is_gone) out.push_back(a - before);
  }
  return out;
}

Perm layout_with(const Perm& order, const std::vector<int64_t>& gone, size_t rank) {
  std::vector<bool> is_gone(rank, false);
  for (int64_t g : gone) is_gone[static_cast<size_t>(g)] = true;
  std::vector<int> kept;
  for (size_t a = 0; a < rank; ++a) {
    if (!is_gone[a]) kept.push_back(static_cast<int>(a));
  }
  Perm out;
  if (kept.size() != order.size()) return out;
  size_t next = 0;
  for (size_t a = 0; a < rank; ++a) {
    out.push_back(is_gone[a] ? static_cast<int>(a) : kept[static_cast<size_t>(order[next++])]);
  }
  return out;
}

}  // namespace jetline::passes
