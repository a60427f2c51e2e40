// Sequences and optionals.
#include <algorithm>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

Result<std::vector<Item>> sequence_items(const Call& c, size_t input) {
  if (c.item(input).kind != Item::Kind::kSequence) return c.bad_input("the input is no sequence");
  return *c.item(input).items;
}

// Position from input i, `missing` where it is left out; may be the length itself when `end`.
Result<int64_t> sequence_position(Call& c, size_t input, size_t length, int64_t missing, bool end) {
  const auto n = static_cast<int64_t>(length);
  int64_t p = missing;
  if (c.has(input)) {
    JETLINE_ASSIGN_OR_RETURN(p, c.scalar_int(input));
    if (p < 0) p += n;
  }
  if (p < 0 || p >= n + (end ? 1 : 0)) return c.bad_input("a position outside the sequence");
  return p;
}

Status run_sequence_empty(Call& c) {
  c.set(0, Item::sequence({}));
  return {};
}

Status run_sequence_construct(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(c.input_count()));
  std::vector<Item> items;
  for (size_t i = 0; i < c.input_count(); ++i) items.push_back(c.item(i));
  c.set(0, Item::sequence(std::move(items)));
  return {};
}

Status run_sequence_at(Call& c) {
  JETLINE_ASSIGN_OR_RETURN(auto items, sequence_items(c, 0));
  JETLINE_ASSIGN_OR_RETURN(const int64_t p, sequence_position(c, 1, items.size(), -1, false));
  c.set(0, std::move(items[static_cast<size_t>(p)]));
  return {};
}

Status run_sequence_insert(Call& c) {
  JETLINE_ASSIGN_OR_RETURN(auto items, sequence_items(c, 0));
  const auto n = static_cast<int64_t>(items.size());
  JETLINE_ASSIGN_OR_RETURN(const int64_t p, sequence_position(c, 2, items.size(), n, true));
  items.insert(items.begin() + p, c.item(1));
  c.set(0, Item::sequence(std::move(items)));
  return {};
}

Status run_sequence_erase(Call& c) {
  JETLINE_ASSIGN_OR_RETURN(auto items, sequence_items(c, 0));
  const auto n = static_cast<int64_t>(items.size());
  JETLINE_ASSIGN_OR_RETURN(const int64_t p, sequence_position(c, 1, items.size(), n - 1, false));
  items.erase(items.begin() + p);
  c.set(0, Item::sequence(std::move(items)));
  return {};
}

Status run_sequence_length(Call& c) {
  JETLINE_ASSIGN_OR_RETURN(const auto items, sequence_items(c, 0));
  JETLINE_ASSIGN_OR_RETURN(Tensor t, Tensor::ints({}, {static_cast<int64_t>(items.size())}));
  c.set(0, std::move(t));
  return {};
}

Status run_concat_from_sequence(Call& c) {
  JETLINE_ASSIGN_OR_RETURN(const auto items, sequence_items(c, 0));
  std::vector<const Tensor*> parts;
  for (const Item& i : items) {
    if (i.kind != Item::Kind::kTensor) return c.bad_input("the sequence holds other than tensors");
    parts.push_back(&i.tensor);
  }
  if (parts.empty()) return c.bad_input("the sequence is empty");
  const int64_t axis = c.int_or("axis", 0);
  const bool stack = c.int_or("new_axis", 0) != 0;
  JETLINE_ASSIGN_OR_RETURN(Tensor y, stack ? stack_tensors(c, items, axis) : concat_tensors(c, parts, axis));
  c.set(0, std::move(y));
  return {};
}

Status run_split_to_sequence(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Tensor& x = *c.tensor(0);
  int64_t axis = c.int_or("axis", 0);
  if (!fix_axis(axis, x.dims().size())) return c.bad_input("axis is out of range");
  const auto at = static_cast<size_t>(axis);
  const int64_t n = x.dims()[at];
  Dims sizes;
  int64_t step = 1;
  if (c.has(1)) {
    JETLINE_ASSIGN_OR_RETURN(sizes, c.ints(1));
    step = c.tensor(1)->dims().empty() && !sizes.empty() ? sizes[0] : 0;
  }
  if (!c.has(1) || step > 0) {
    JETLINE_RETURN_IF_ERROR(c.charge(n / step));
    sizes.clear();
    for (int64_t left = n; left > 0; left -= step) sizes.push_back(std::min(step, left));
  }
  JETLINE_ASSIGN_OR_RETURN(auto pieces, split_tensor(c, x, axis, sizes));
  const bool drop = !c.has(1) && c.int_or("keepdims", 1) == 0;
  std::vector<Item> items;
  for (Tensor& t : pieces) {
    Dims dims = t.dims();
    if (drop) dims.erase(dims.begin() + axis);
    items.emplace_back(drop ? with_dims(t, std::move(dims)) : std::move(t));
  }
  c.set(0, Item::sequence(std::move(items)));
  return {};
}

Status run_optional(Call& c) {
  c.set(0, c.has(0) ? Item::optional({c.item(0)}) : Item::optional({}));
  return {};
}

Status run_optional_has_element(Call& c) {
  const Item& x = c.item(0);
  const bool has = x.kind == Item::Kind::kOptional ? !x.items->empty() : x.kind != Item::Kind::kNone;
  JETLINE_ASSIGN_OR_RETURN(Tensor t, Tensor::own(DType::kBool, {}, {static_cast<uint8_t>(has)}));
  c.set(0, std::move(t));
  return {};
}

Status run_optional_get_element(Call& c) {
  const Item& x = c.item(0);
  if (x.kind == Item::Kind::kNone || (x.kind == Item::Kind::kOptional && x.items->empty())) {
    return c.bad_input("the optional is empty");
  }
  c.set(0, x.kind == Item::Kind::kOptional ? (*x.items)[0] : x);
  return {};
}

const Rule kSequenceRules[] = {
    {"SequenceEmpty", run_sequence_empty},
    {"SequenceConstruct", run_sequence_construct},
    {"SequenceAt", run_sequence_at},
    {"SequenceInsert", run_sequence_insert},
    {"SequenceErase", run_sequence_erase},
    {"SequenceLength", run_sequence_length},
    {"ConcatFromSequence", run_concat_from_sequence},
    {"SplitToSequence", run_split_to_sequence},
    {"Optional", run_optional},
    {"OptionalHasElement", run_optional_has_element},
    {"OptionalGetElement", run_optional_get_element},
};

}  // namespace

Span<const Rule> sequence_rules() {
  return {kSequenceRules, sizeof kSequenceRules / sizeof *kSequenceRules};
}

}  // namespace jetline::calc
