// Sequences and optional values. Where a sequence is built in the graph its elements are known one by one.
#include <algorithm>

#include "jetline/graph/ops/types.h"

namespace jetline::ops {
namespace {

using TypeKind = ValueType::Kind;

constexpr size_t kMaxFollowedElements = 256;

ValueType sequence_element(const Context& c, size_t input) {
  const ValueType* t = c.type(input);
  return t && t->kind == TypeKind::kSequence && t->element ? *t->element : ValueType();
}

// A sequence of these elements, whose common type is what all of them have.
void set_sequence(Context& c, std::vector<ValueType> elements) {
  if (elements.empty()) return;
  ValueType common = elements[0];
  for (const ValueType& e : elements) common = common_type(common, e);
  c.set_type(0, sequence_of(std::move(common)));
  if (elements.size() <= kMaxFollowedElements) c.set_elements(0, std::move(elements));
}

void sequence_construct_infer(Context& c) {
  std::vector<ValueType> elements;
  for (size_t i = 0; i < c.node().inputs().size(); ++i) {
    if (!c.type(i)) return;
    elements.push_back(*c.type(i));
  }
  set_sequence(c, std::move(elements));
}

void sequence_empty_infer(Context& c) {
  c.set_type(0, sequence_of(ValueType::tensor(dtype_attribute(c, "dtype", DType::kF32))));
  c.set_elements(0, {});
}

// The position given by an input: normalised, in [0, limit]; -1 when not known.
int64_t sequence_position(const Context& c, size_t input, size_t count, bool end_allowed, int64_t absent) {
  if (!c.has(input)) return absent;
  std::vector<int64_t> at;
  if (!c.all_ints(input, at) || at.size() != 1) return -1;
  const int64_t n = static_cast<int64_t>(count), i = at[0] < 0 ? at[0] + n : at[0];
  return i >= 0 && i < n + (end_allowed ? 1 : 0) ? i : -1;
}

void sequence_at_infer(Context& c) {
  c.set_type(0, sequence_element(c, 0));
  const auto* elements = c.elements(0);
  if (!elements) return;
  const int64_t i = sequence_position(c, 1, elements->size(), false, -1);
  if (i >= 0) c.set_type(0, (*elements)[static_cast<size_t>(i)]);
}

void sequence_insert_infer(Context& c) {
  const ValueType element = sequence_element(c, 0);
  const bool empty = c.elements(0) && c.elements(0)->empty();
  if (!c.type(1)) return;
  c.set_type(0, sequence_of(empty ? *c.type(1) : common_type(element, *c.type(1))));
  if (!c.elements(0) || c.elements(0)->size() >= kMaxFollowedElements) return;
  std::vector<ValueType> all = *c.elements(0);
  const int64_t i = sequence_position(c, 2, all.size(), true, static_cast<int64_t>(all.size()));
  if (i < 0) return;
  all.insert(all.begin() + i, *c.type(1));
  set_sequence(c, std::move(all));
}

void sequence_erase_infer(Context& c) {
  c.set_type(0, sequence_of(sequence_element(c, 0)));
  if (!c.elements(0) || c.elements(0)->empty()) return;
  std::vector<ValueType> all = *c.elements(0);
  const int64_t i = sequence_position(c, 1, all.size(), false, static_cast<int64_t>(all.size()) - 1);
  if (i < 0) return;
  all.erase(all.begin() + i);
  if (all.empty()) return c.set_elements(0, {});
  set_sequence(c, std::move(all));
}

void sequence_length_infer(Context& c) {
  c.set(0, DType::kI64, {});
  if (c.elements(0)) c.set_ints(0, {{}, {Dim(static_cast<int64_t>(c.elements(0)->size()))}});
}

void split_to_sequence_infer(Context& c) {
  const auto* x = c.shape(0);
  int64_t axis = c.node().int_or("axis", 0);
  if (!x || !normalize_axis(axis, x->size())) {
    return c.set_type(0, sequence_of(ValueType::tensor(c.dtype(0))));
  }
  const auto at = static_cast<size_t>(axis);
  std::vector<Dim> one = *x;
  one[at] = c.has(1) ? Dim() : Dim(1);
  const bool squeeze = !c.has(1) && c.node().int_or("keepdims", 1) == 0;
  if (squeeze) one.erase(one.begin() + axis);
  c.set_type(0, sequence_of(ValueType::tensor(c.dtype(0), one)));
  const Dim total = (*x)[at];
  if (!total.known()) return;
  std::vector<int64_t> sizes, parts;
  if (c.has(1)) {
    if (!c.all_ints(1, sizes) || !c.ints(1)) return;
    if (c.ints(1)->dims.empty()) {
      if (sizes[0] < 1) return;
      for (int64_t left = total.value; left > 0 && parts.size() <= kMaxFollowedElements; left -= sizes[0])
        parts.push_back(std::min(left, sizes[0]));
    } else {
      parts = sizes;
    }
  } else if (total.value <= static_cast<int64_t>(kMaxFollowedElements)) {
    parts.assign(static_cast<size_t>(total.value), 1);
  }
  std::vector<ValueType> elements;
  for (int64_t n : parts) {
    if (n < 0 || elements.size() >= kMaxFollowedElements) return;
    std::vector<Dim> s = one;
    if (!squeeze) s[at] = Dim(n);
    elements.push_back(ValueType::tensor(c.dtype(0), std::move(s)));
  }
  set_sequence(c, std::move(elements));
}

void concat_from_sequence_infer(Context& c) {
  const ValueType element = sequence_element(c, 0);
  const auto* all = c.elements(0);
  const bool stacked = c.node().int_or("new_axis", 0) != 0;
  int64_t axis = c.node().int_or("axis", 0);
  c.set_dtype(0, element.dtype);
  if (!element.has_shape || !normalize_axis(axis, element.shape.size() + (stacked ? 1 : 0))) return;
  std::vector<Dim> out = element.shape;
  if (stacked) {
    out.insert(out.begin() + axis, all ? Dim(static_cast<int64_t>(all->size())) : Dim());
  } else {
    Dim sum = all ? Dim(0) : Dim();
    for (size_t i = 0; all && i < all->size(); ++i) {
      const Dim& d = (*all)[i].has_shape ? (*all)[i].shape[static_cast<size_t>(axis)] : Dim();
      sum = d.known() ? dim_add(sum, d.value) : Dim();
    }
    out[static_cast<size_t>(axis)] = sum;
  }
  c.set(0, element.dtype, std::move(out));
}

void optional_infer(Context& c) {
  const Attribute* a = c.node().attribute("type");
  const auto* declared = a ? std::get_if<ValueType>(&a->storage()) : nullptr;
  if (c.type(0))
    c.set_type(0, optional_of(*c.type(0)));
  else if (declared)
    c.set_type(0, optional_of(*declared));
}

void optional_get_infer(Context& c) {
  const ValueType* t = c.type(0);
  if (!t) return;
  c.set_type(0, t->kind == TypeKind::kOptional && t->element ? *t->element : *t);
}

const Rule kSequenceRules[] = {
    {"", "SequenceConstruct", sequence_construct_infer},
    {"", "SequenceEmpty", sequence_empty_infer},
    {"", "SequenceAt", sequence_at_infer},
    {"", "SequenceInsert", sequence_insert_infer},
    {"", "SequenceErase", sequence_erase_infer},
    {"", "SequenceLength", sequence_length_infer},
    {"", "SplitToSequence", split_to_sequence_infer},
    {"", "ConcatFromSequence", concat_from_sequence_infer},
    {"", "Optional", optional_infer},
    {"", "OptionalGetElement", optional_get_infer},
    {"", "OptionalHasElement", [](Context& c) { c.set(0, DType::kBool, {}); }},
};
}  // namespace

Span<const Rule> sequence_rules() {
  return {kSequenceRules, sizeof(kSequenceRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
