// Inside of validate.h: reading what is known of one node. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "jetline/graph/graph.h"

namespace jetline::validate {

struct Subject {
  const Node& node;
  int64_t opset;

  bool has(size_t i) const { return node.input(i) != nullptr; }
  // -1: not known, or no such input.
  int rank(size_t i) const {
    const Value* v = node.input(i);
    return v && v->type.is_tensor() && v->type.has_shape ? static_cast<int>(v->type.shape.size()) : -1;
  }
  int64_t dim(size_t i, int axis) const {
    const int r = rank(i);
    if (axis < 0) axis += r;
    if (axis < 0 || axis >= r) return -1;
    const Dim& d = node.input(i)->type.shape[static_cast<size_t>(axis)];
    return d.known() ? d.value : -1;
  }
  DType dtype(size_t i) const {
    const Value* v = node.input(i);
    return v && v->type.is_tensor() ? v->type.dtype : DType::kUndefined;
  }
  // All numbers of a constant list of integers; false when it is none.
  bool list(size_t i, std::vector<int64_t>& out) const;
};

// Why the node cannot be computed; empty when nothing is wrong, or nothing is known.
using Judge = std::string (*)(const Subject&);
struct Rule {
  const char* op;
  int min_inputs;
  Judge judge;  // may be null
};
Span<const Rule> layer_rules();     // convolutions, products, normalisation, recurrent layers
Span<const Rule> movement_rules();  // shapes, axes, lists
std::string judge_broadcast(const Subject& s);
std::string judge_bodies(const Subject& s);

// "has 3 dimensions".
std::string dimensions_text(int rank);
// Empty, or why `axis` does not fit a tensor of `rank` (-1: unknown) axes; `extra`: the end counts too.
std::string judge_axis(int64_t axis, int rank, int extra = 0);

}  // namespace jetline::validate
