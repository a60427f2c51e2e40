// TensorList operators on lists known while converting (list.h).
#include <algorithm>

#include "jetline/importers/tensorflow/control/list.h"
#include "jetline/importers/tensorflow/control/rules.h"
#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/ops/forms.h"

namespace jetline::tf {
namespace {

DType tlist_dtype(OpContext& c) {
  return c.dtype_attr("element_dtype");
}

// Lists of lists, of strings or of handles.
Status tlist_refuse(OpContext& c) {
  return c.unsupported("the list holds what is no tensor of numbers");
}

bool tlist_numeric(OpContext& c) {
  const DType t = tlist_dtype(c);
  return t != DType::kUndefined && t != DType::kString;
}

Status tlist_set(OpContext& c, size_t i, ListPtr l) {
  return c.set(i, Symbol::of(std::move(l)));
}

Shape tlist_shape(OpContext& c, size_t input, Shape known = {}) {
  merge_shape(c, c.tensor(input), known);
  return known;
}

// With the shape that this node says elements have.
ListPtr tlist_with_shape(OpContext& c, const ListPtr& l, size_t input) {
  auto out = std::make_shared<ListState>(*l);
  out->element_shape = tlist_shape(c, input, l->element_shape);
  return out;
}

Status convert_list_reserve(OpContext& c) {
  if (!tlist_numeric(c)) return tlist_refuse(c);
  if (!c.tensor(0) || !c.tensor(1)) return c.wrong_input(c.tensor(0) ? 1 : 0);
  return tlist_set(c, 0, make_list(c, tlist_dtype(c), tlist_shape(c, 0), c.tensor(1)));
}

Status convert_list_empty(OpContext& c) {
  if (!tlist_numeric(c)) return tlist_refuse(c);
  return tlist_set(c, 0, make_list(c, tlist_dtype(c), tlist_shape(c, 0), c.int_scalar(0)));
}

Status convert_list_from_tensor(OpContext& c) {
  Value* stack = c.tensor(0);
  if (!stack) return c.wrong_input(0);
  Shape shape = tlist_shape(c, 1);
  if (!shape.known_rank && c.rank(stack) > 0) {
    shape.known_rank = true;
    shape.dims = c.dims(stack);
    shape.dims.erase(shape.dims.begin());
  }
  return tlist_set(c, 0, list_of(c, c.dtype(stack), shape, stack));
}

Status convert_list_get(OpContext& c) {
  const ListPtr l = c.in(0).list();
  if (!l || !c.tensor(1)) return c.wrong_input(l ? 1 : 0);
  Value* out = nullptr;
  if (Status s = list_get(c, tlist_with_shape(c, l, 2), c.tensor(1), out); !s.ok()) return s;
  return c.set(0, out);
}

Status convert_list_set(OpContext& c) {
  ListPtr l = c.in(0).list();
  if (!l) return c.wrong_input(0);
  for (size_t i : {1, 2})
    if (!c.tensor(i)) return c.wrong_input(i);
  int64_t i = 0;
  if (list_form(*l) == ListForm::kElements && c.known_int(c.tensor(1), i) &&
      !c.bool_attr("resize_if_index_out_of_bounds") && (i < 0 || i >= known_length(c, *l)))
    return Status::bad_input("tf.malformed", "element " + std::to_string(i) + " of a list of " +
                                                 std::to_string(known_length(c, *l)) + " is written");
  ListPtr out;
  if (Status s = list_set(c, l, c.tensor(1), c.tensor(2), out); !s.ok()) return s;
  return tlist_set(c, 0, out);
}

Status convert_list_stack(OpContext& c) {
  const ListPtr l = c.in(0).list();
  if (!l) return c.wrong_input(0);
  Value* out = nullptr;
  if (Status s = list_stack(c, tlist_with_shape(c, l, 1), out); !s.ok()) return s;
  const int64_t n = c.int_attr("num_elements", -1), have = known_length(c, *l);
  if (n >= 0 && have >= 0 && n != have)
    return Status::bad_input(
        "tf.malformed", "a list of " + std::to_string(have) + " is stacked as one of " + std::to_string(n));
  return c.set(0, out);
}

Status convert_list_length(OpContext& c) {
  const ListPtr l = c.in(0).list();
  return l ? c.set(0, c.cast(list_length(c, *l), DType::kI32)) : c.wrong_input(0);
}

Status convert_list_push(OpContext& c) {
  const ListPtr l = c.in(0).list();
  if (!l || !c.tensor(1)) return c.wrong_input(l ? 1 : 0);
  ListPtr out;
  if (Status s = list_push(c, l, c.tensor(1), out); !s.ok()) return s;
  return tlist_set(c, 0, out);
}

Status convert_list_pop(OpContext& c) {
  const ListPtr l = c.in(0).list();
  if (!l) return c.wrong_input(0);
  ListPtr out;
  Value* item = nullptr;
  if (Status s = list_pop(c, tlist_with_shape(c, l, 1), item, out); !s.ok()) return s;
  if (Status s = tlist_set(c, 0, out); !s.ok()) return s;
  return c.set(1, item);
}

Status convert_list_resize(OpContext& c) {
  const ListPtr l = c.in(0).list();
  if (!l || !c.tensor(1)) return c.wrong_input(l ? 1 : 0);
  const ListPtr from = list_elements(c, l);
  int64_t n = 0;
  if (list_form(*from) != ListForm::kElements || !c.known_int(c.tensor(1), n) || n < 0 || n > (1 << 16))
    return c.unsupported("a list is resized to a length that is only known when the model runs");
  auto out = std::make_shared<ListState>(*from);
  out->elements.resize(static_cast<size_t>(n), nullptr);
  return tlist_set(c, 0, out);
}

Status convert_list_element_shape(OpContext& c) {
  const ListPtr l = c.in(0).list();
  if (!l) return c.wrong_input(0);
  const DType t = c.dtype_attr("shape_type", DType::kI32);
  if (!l->element_shape.known_rank) return c.set(0, c.int_scalar(-1, t));
  return c.set(0, c.cast(c.ints(l->element_shape.dims), t));
}

Status convert_list_gather(OpContext& c) {
  const ListPtr given = c.in(0).list();
  Value* indices = c.tensor(1);
  if (!given || !indices) return c.wrong_input(given ? 1 : 0);
  const ListPtr l = tlist_with_shape(c, given, 2);
  std::vector<int64_t> known;
  Value* out = nullptr;
  if (list_form(*l) == ListForm::kElements && c.known_ints(indices, known) && !known.empty()) {
    auto picked = std::make_shared<ListState>(*l);
    picked->elements.clear();
    for (int64_t i : known) {
      if (i < 0 || i >= static_cast<int64_t>(l->elements.size()))
        return Status::bad_input("tf.malformed", "a list is read past its end");
      picked->elements.push_back(l->elements[static_cast<size_t>(i)]);
    }
    if (Status s = list_stack(c, picked, out); !s.ok()) return s;
    return c.set(0, out);
  }
  if (Status s = list_stack(c, l, out); !s.ok()) return s;
  return c.set(0, c.emit("Gather", {out, indices}, {{"axis", 0}}));
}

// The slices of `tensor` to the places `indices` of `base`, or of a new list that is just long enough.
Status tlist_scatter(OpContext& c, ListPtr base, Value* tensor, Value* indices, const Shape& shape) {
  std::vector<int64_t> known;
  const bool is_known = c.known_ints(indices, known);
  if (!base && counts_up_from_zero(c, indices) &&
      (!is_known || static_cast<int64_t>(known.size()) == c.dim(tensor, 0)))
    return tlist_set(c, 0, list_of(c, c.dtype(tensor), shape, tensor));
  if (!is_known)
    return c.unsupported("a list is scattered to places that are only known when the model runs");
  int64_t length = 0;
  for (int64_t i : known) length = std::max(length, i + 1);
  if (!base) {
    base = make_list(c, c.dtype(tensor), shape, c.int_scalar(length));
  } else {
    base = list_elements(c, base);
    if (list_form(*base) == ListForm::kLoop || known_length(c, *base) < length)
      return c.unsupported("a list is scattered into past its end");
  }
  for (size_t i = 0; i < known.size(); ++i) {
    Value* item = c.emit("Gather", {tensor, c.int_scalar(static_cast<int64_t>(i))}, {{"axis", 0}});
    ListPtr next;
    if (Status s = list_set(c, base, c.int_scalar(known[i]), item, next); !s.ok()) return s;
    base = next;
  }
  return tlist_set(c, 0, base);
}

Status convert_list_scatter(OpContext& c) {
  if (!c.tensor(0) || !c.tensor(1)) return c.wrong_input(c.tensor(0) ? 1 : 0);
  ListPtr base;
  int64_t n = -1;
  if (c.inputs() > 3 && c.tensor(3) && c.known_int(c.tensor(3), n) && n >= 0 && n != c.dim(c.tensor(0), 0))
    base = make_list(c, tlist_dtype(c), tlist_shape(c, 2), c.tensor(3));
  return tlist_scatter(c, base, c.tensor(0), c.tensor(1), tlist_shape(c, 2));
}

Status convert_list_scatter_into(OpContext& c) {
  const ListPtr l = c.in(0).list();
  if (!l) return c.wrong_input(0);
  if (!c.tensor(1) || !c.tensor(2)) return c.wrong_input(c.tensor(1) ? 2 : 1);
  return tlist_scatter(c, l, c.tensor(1), c.tensor(2), l->element_shape);
}

// TensorListConcat: elements joined along their first dimension, and how long each was.
Status convert_list_concat(OpContext& c) {
  const ListPtr given = c.in(0).list();
  if (!given) return c.wrong_input(0);
  const ListPtr l = list_elements(c, given);
  if (list_form(*l) != ListForm::kElements || l->elements.empty()) {
    // Slices of one tensor are all equally long.
    Value* stack = nullptr;
    if (Status s = list_stack(c, l, stack); !s.ok()) return s;
    if (c.rank(stack) < 2) return c.unsupported("a list of unknown length is joined");
    Value* shape = c.shape_of(stack);
    Value* rest = c.emit("Slice", {shape, c.ints({2}), c.ints({c.rank(stack)})});
    Value* joined = c.reshape_to(stack, c.emit("Concat", {c.ints({-1}), rest}, {{"axis", 0}}));
    Value* n = c.emit("Slice", {shape, c.ints({0}), c.ints({1})});
    Value* one = c.emit("Slice", {shape, c.ints({1}), c.ints({2})});
    if (Status s = c.set(0, joined); !s.ok()) return s;
    return c.set(1, c.emit("Expand", {one, n}));
  }
  std::vector<Value*> lengths;
  for (Value* v : l->elements) {
    if (!v) return c.unsupported("a list is joined before all of it is written");
    lengths.push_back(dim_vector(c, v, 0));
  }
  if (Status s = c.set(0, concatenated(c, l->elements, 0)); !s.ok()) return s;
  return c.set(1, concatenated(c, lengths, 0));
}

Status convert_list_concat_lists(OpContext& c) {
  const ListPtr a = c.in(0).list(), b = c.in(1).list();
  if (!a || !b) return c.wrong_input(a ? 1 : 0);
  const ListPtr x = list_elements(c, a), y = list_elements(c, b);
  auto out = std::make_shared<ListState>(*x);
  if (list_form(*x) == ListForm::kElements && list_form(*y) == ListForm::kElements) {
    out->elements.insert(out->elements.end(), y->elements.begin(), y->elements.end());
    return tlist_set(c, 0, out);
  }
  Value *first = nullptr, *second = nullptr;
  if (Status s = list_stack(c, x, first); !s.ok()) return s;
  if (Status s = list_stack(c, y, second); !s.ok()) return s;
  return tlist_set(c, 0, list_of(c, a->dtype, a->element_shape, concatenated(c, {first, second}, 0)));
}

Status tlist_split(OpContext& c, Value* tensor, Value* lengths, const Shape& shape) {
  std::vector<int64_t> n;
  if (!c.known_ints(lengths, n))
    return c.unsupported("a list is split at places that are only known when the model runs");
  auto l = std::make_shared<ListState>();
  l->dtype = c.dtype(tensor);
  l->element_shape = shape;
  int64_t at = 0;
  for (int64_t k : n) {
    if (k < 0) return Status::bad_input("tf.malformed", "a list is split at a negative length");
    l->elements.push_back(sliced(c, tensor, 0, at, at + k));
    at += k;
  }
  return tlist_set(c, 0, l);
}

Status convert_list_split(OpContext& c) {
  if (!c.tensor(0) || !c.tensor(2)) return c.wrong_input(c.tensor(0) ? 2 : 0);
  return tlist_split(c, c.tensor(0), c.tensor(2), tlist_shape(c, 1));
}

}  // namespace

Span<const OpRule> tensor_list_rules() {
  static const OpRule kRules[] = {
      {"EmptyTensorList", convert_list_empty, "", "the list is known while converting"},
      {"TensorListConcat", convert_list_concat, "tensor,lengths", ""},
      {"TensorListConcatLists", convert_list_concat_lists, "", ""},
      {"TensorListConcatV2", convert_list_concat, "tensor,lengths", ""},
      {"TensorListElementShape", convert_list_element_shape, "", ""},
      {"TensorListFromTensor", convert_list_from_tensor, "", ""},
      {"TensorListGather", convert_list_gather, "", ""},
      {"TensorListGetItem", convert_list_get, "", ""},
      {"TensorListLength", convert_list_length, "", ""},
      {"TensorListPopBack", convert_list_pop, "output_handle,tensor", ""},
      {"TensorListPushBack", convert_list_push, "", ""},
      {"TensorListReserve", convert_list_reserve, "", ""},
      {"TensorListResize", convert_list_resize, "", "to a constant length"},
      {"TensorListScatter", convert_list_scatter, "", "to constant places, or 0, 1, …"},
      {"TensorListScatterIntoExistingList", convert_list_scatter_into, "", "to constant places"},
      {"TensorListScatterV2", convert_list_scatter, "", "to constant places, or 0, 1, …"},
      {"TensorListSetItem", convert_list_set, "", ""},
      {"TensorListSplit", convert_list_split, "", "at constant lengths"},
      {"TensorListStack", convert_list_stack, "", ""},
      {"TensorListPushBackBatch", nullptr, "", "batches of lists have no form in ONNX"},
  };
  return {kRules, sizeof kRules / sizeof *kRules};
}

}  // namespace jetline::tf
