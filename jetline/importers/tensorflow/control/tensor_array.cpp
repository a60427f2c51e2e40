// TensorArrays of TensorFlow 1. The flow output of each operator carries the list's state, as the order of
// flows is the order of writes; the handle only tells the element type. Stacks are refused.
#include "jetline/importers/tensorflow/control/list.h"
#include "jetline/importers/tensorflow/control/rules.h"
#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/ops/forms.h"

namespace jetline::tf {
namespace {

ListPtr tarray_flow(OpContext& c, size_t flow) {
  return c.in(flow).list();
}

Status convert_array(OpContext& c) {
  if (!c.tensor(0)) return c.wrong_input(0);
  const DType t = c.dtype_attr("dtype");
  if (t == DType::kUndefined || t == DType::kString)
    return c.unsupported("the array holds what is no tensor of numbers");
  const Attr* shape = c.attr("element_shape");
  const ListPtr l = make_list(c, t, shape ? shape->as_shape() : Shape{}, c.tensor(0));
  if (Status s = c.set(0, Symbol::of(l)); !s.ok()) return s;
  return c.set(1, Symbol::of(l));
}

Status convert_array_write(OpContext& c) {
  const ListPtr l = tarray_flow(c, 3);
  if (!l) return c.wrong_input(3);
  for (size_t i : {1, 2})
    if (!c.tensor(i)) return c.wrong_input(i);
  ListPtr out;
  if (Status s = list_set(c, l, c.tensor(1), c.tensor(2), out); !s.ok()) return s;
  return c.set(0, Symbol::of(out));
}

Status convert_array_read(OpContext& c) {
  const ListPtr l = tarray_flow(c, 2);
  if (!l || !c.tensor(1)) return c.wrong_input(l ? 1 : 2);
  Value* out = nullptr;
  if (Status s = list_get(c, l, c.tensor(1), out); !s.ok()) return s;
  return c.set(0, out);
}

Status convert_array_gather(OpContext& c) {
  const ListPtr l = tarray_flow(c, 2);
  Value* indices = c.tensor(1);
  if (!l || !indices) return c.wrong_input(l ? 1 : 2);
  std::vector<int64_t> known;
  Value* stack = nullptr;
  if (Status s = list_stack(c, l, stack); !s.ok()) return s;
  const int64_t n = known_length(c, *l);
  const bool whole = counts_up_from_zero(c, indices) &&
                     (!c.known_ints(indices, known) || static_cast<int64_t>(known.size()) == n);
  // Indices that count up do so to the array's length: that is how TensorFlow stacks an array. When both
  // lengths are known they are compared.
  const Node* range = under_casts(indices)->producer();
  const bool same_length =
      whole && (!known.empty() || n == 0 ||
                (range && under_casts(range->input(1)) == under_casts(list_length(c, *l))));
  if (same_length) return c.set(0, stack);
  return c.set(0, c.emit("Gather", {stack, indices}, {{"axis", 0}}));
}

Status convert_array_scatter(OpContext& c) {
  const ListPtr l = tarray_flow(c, 3);
  if (!l) return c.wrong_input(3);
  Value* indices = c.tensor(1);
  Value* value = c.tensor(2);
  if (!indices || !value) return c.wrong_input(indices ? 2 : 1);
  bool unwritten = list_form(*l) == ListForm::kLength;
  if (list_form(*l) == ListForm::kElements) {
    unwritten = true;
    for (const Value* v : l->elements) unwritten = unwritten && !v;
  }
  std::vector<int64_t> known;
  const bool is_known = c.known_ints(indices, known);
  const int64_t n = known_length(c, *l), rows = c.dim(value, 0);
  Shape shape = l->element_shape;
  if (!shape.known_rank && c.rank(value) > 0) {
    shape.known_rank = true;
    shape.dims = c.dims(value);
    shape.dims.erase(shape.dims.begin());
  }
  // As many rows as places: where a length is open, TensorFlow would fail unless they are as many.
  if (unwritten && counts_up_from_zero(c, indices) && (n < 0 || rows < 0 || n == rows))
    return c.set(0, Symbol::of(list_of(c, c.dtype(value), shape, value)));
  if (!is_known)
    return c.unsupported("an array is scattered to places that are only known when the model runs");
  ListPtr out = list_elements(c, l);
  for (size_t i = 0; i < known.size(); ++i) {
    Value* item = c.emit("Gather", {value, c.int_scalar(static_cast<int64_t>(i))}, {{"axis", 0}});
    ListPtr next;
    if (Status s = list_set(c, out, c.int_scalar(known[i]), item, next); !s.ok()) return s;
    out = next;
  }
  return c.set(0, Symbol::of(out));
}

Status convert_array_size(OpContext& c) {
  const ListPtr l = tarray_flow(c, 1);
  return l ? c.set(0, c.cast(list_length(c, *l), DType::kI32)) : c.wrong_input(1);
}

Status convert_array_concat(OpContext& c) {
  const ListPtr given = tarray_flow(c, 1);
  if (!given) return c.wrong_input(1);
  const ListPtr l = list_elements(c, given);
  if (list_form(*l) != ListForm::kElements || l->elements.empty())
    return c.unsupported("an array of unknown length is joined");
  std::vector<Value*> lengths;
  for (Value* v : l->elements) {
    if (!v) return c.unsupported("an array is joined before all of it is written");
    lengths.push_back(dim_vector(c, v, 0));
  }
  if (Status s = c.set(0, concatenated(c, l->elements, 0)); !s.ok()) return s;
  return c.set(1, concatenated(c, lengths, 0));
}

Status convert_array_split(OpContext& c) {
  const ListPtr l = tarray_flow(c, 3);
  if (!l) return c.wrong_input(3);
  std::vector<int64_t> n;
  if (!c.tensor(1) || !c.tensor(2)) return c.wrong_input(c.tensor(1) ? 2 : 1);
  if (!c.known_ints(c.tensor(2), n))
    return c.unsupported("an array is split at places that are only known when the model runs");
  auto out = std::make_shared<ListState>();
  out->dtype = l->dtype;
  out->element_shape = l->element_shape;
  int64_t at = 0;
  for (int64_t k : n) {
    if (k < 0) return Status::bad_input("tf.malformed", "an array is split at a negative length");
    out->elements.push_back(sliced(c, c.tensor(1), 0, at, at + k));
    at += k;
  }
  return c.set(0, Symbol::of(ListPtr(out)));
}

Status convert_array_close(OpContext&) {
  return Status();
}

}  // namespace

Span<const OpRule> tensor_array_rules() {
  static const OpRule kRules[] = {
      {"TensorArrayCloseV3", convert_array_close, "", "does nothing"},
      {"TensorArrayConcatV3", convert_array_concat, "value,lengths", "of known length"},
      {"TensorArrayGatherV3", convert_array_gather, "", ""},
      {"TensorArrayReadV3", convert_array_read, "", ""},
      {"TensorArrayScatterV3", convert_array_scatter, "", "to constant places, or 0, 1, …"},
      {"TensorArraySizeV3", convert_array_size, "", ""},
      {"TensorArraySplitV3", convert_array_split, "", "at constant lengths"},
      {"TensorArrayV3", convert_array, "handle,flow", "the array is known while converting"},
      {"TensorArrayWriteV3", convert_array_write, "", ""},
      {"TensorArrayGradV3", nullptr, "", "gradients are for training"},
      {"TensorArrayGradWithShape", nullptr, "", "gradients are for training"},
      {"StackV2", nullptr, "", "stacks are for training (gradients of loops)"},
      {"StackPushV2", nullptr, "", "stacks are for training (gradients of loops)"},
      {"StackPopV2", nullptr, "", "stacks are for training (gradients of loops)"},
  };
  return {kRules, sizeof kRules / sizeof *kRules};
}

}  // namespace jetline::tf
