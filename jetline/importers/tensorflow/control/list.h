// Lists of tensors (TensorList, TensorArray) as values known while converting: reading, writing and stacking
// one in whichever form of ListState it is. Every function emits through the OpContext of the rule that asks
// and leaves its argument as it is.
//
// A list carried by a Loop under construction cannot be read: asking for its content marks it, and the loop
// is built anew with the list stacked in one carried tensor. Threads: one. Ids: tf.unsupported-form,
// tf.malformed, tf.poisoned (see LoopList).
#pragma once

#include <memory>
#include <vector>

#include "jetline/importers/tensorflow/op_context.h"

namespace jetline::tf {

using ListPtr = std::shared_ptr<const ListState>;

struct LoopList {
  int variable = 0;           // of the loop
  bool content = false;       // somebody asked for its content
  int64_t known_length = -1;  // -1: see length
  Value* length = nullptr;    // int64 []
};

enum class ListForm { kElements, kStacked, kLength, kLoop };
ListForm list_form(const ListState& l);
// Elements of an unwritten list: -1 dimensions of `shape` are not known.
ListPtr make_list(OpContext& c, DType dtype, Shape shape, Value* length);

int64_t known_length(OpContext& c, const ListState& l);  // -1 when not known
Value* list_length(OpContext& c, const ListState& l);    // int64 []

// `like` (may be null) has the shape of an element, for elements that nobody has written: TensorFlow reads
// zeros.
Status list_get(OpContext& c, const ListPtr& l, Value* index, Value*& out);
Status list_set(OpContext& c, const ListPtr& l, Value* index, Value* item, ListPtr& out);
Status list_push(OpContext& c, const ListPtr& l, Value* item, ListPtr& out);
Status list_pop(OpContext& c, const ListPtr& l, Value*& item, ListPtr& out);
Status list_stack(OpContext& c, const ListPtr& l, Value*& out, const Value* like = nullptr);
// A list of the slices of `stack` along its first dimension.
ListPtr list_of(OpContext& c, DType dtype, Shape shape, Value* stack);
// Replaces the form by kElements; l where the length is not known.
ListPtr list_elements(OpContext& c, const ListPtr& l);

// 0, 1, … up to some length, as a constant or as a Range node.
bool counts_up_from_zero(OpContext& c, const Value* indices);
// The value under Cast and Identity nodes.
const Value* under_casts(const Value* v);
// Merges what the input `shape` (an int vector, or -1) says into `known`.
void merge_shape(OpContext& c, const Value* shape, Shape& known);

}  // namespace jetline::tf
