// Reshape, Flatten, Resize and Expand under another batch size, broadcasting, and the axis of a single
// picture.
#include <algorithm>

#include "jetline/passes/edit.h"
#include "jetline/surgery/batch_trace.h"

namespace jetline::surgery {
namespace {

std::vector<int64_t> numbers(const ValueType& t) {
  return t.has_shape ? t.dims() : std::vector<int64_t>();
}

// Product of the first `n` dimensions; -1 when one is open.
int64_t product(const std::vector<int64_t>& dims, size_t n) {
  int64_t p = 1;
  for (size_t k = 0; k < n; ++k) {
    if (dims[k] < 0) return -1;
    p *= dims[k];
  }
  return p;
}

// The axis of a reshaped value on which the pictures lie: what stands in front of them stays in front.
int axis_after_reshape(const std::vector<int64_t>& from, int axis, const std::vector<int64_t>& to,
                       int64_t batch) {
  const int64_t front = product(from, static_cast<size_t>(axis));
  if (front < 0) return -1;
  int merged = -1;
  for (size_t k = 0; k < to.size(); ++k) {
    if (product(to, k) != front) continue;
    if (to[k] == batch) return static_cast<int>(k);
    if (merged < 0 && to[k] > 0 && to[k] % batch == 0 && to[k] != 1) merged = static_cast<int>(k);
  }
  return merged;
}

}  // namespace

Status batch_reshape(BatchTrace& trace, Node& n) {
  const int axis = trace.input_axis(n, 0);
  if (trace.input_axis(n, 1) >= 0) return trace.refuse(n, "its target is data");
  const std::vector<int64_t> from = numbers(trace.old_type(n.input(0))),
                             to = numbers(trace.old_type(n.output(0)));
  const int64_t old_batch = from[static_cast<size_t>(axis)];
  const int at = axis_after_reshape(from, axis, to, trace.old_size());
  if (at < 0) {
    return trace.refuse(n, "it mixes the pictures with other axes (" + to_string(trace.old_type(n.input(0))) +
                               " to " + to_string(trace.old_type(n.output(0))) + ")");
  }
  std::vector<int64_t> target, now;
  const bool fixed = trace.new_ints(n, 1, now);
  if (!trace.old_ints(n, 1, target) || target.size() != to.size()) {
    // Computed from shapes that are not known: the exporter's own arithmetic decides.
    return fixed || !n.input(1) ? trace.refuse(n, "its target is not known") : Status();
  }
  const auto k = static_cast<size_t>(at);
  // -1 takes up the batch by itself where it stands at its axis, 0 copies it.
  if (target[k] == -1 || (target[k] == 0 && n.int_or("allowzero", 0) == 0 && at == axis)) return Status();
  if (fixed && now != target && now.size() == to.size() && now[k] == trace.scaled(to[k])) return Status();
  const bool copies = n.int_or("allowzero", 0) == 0;
  if (at == axis && copies && to[k] == old_batch) {
    target[k] = 0;  // the dimension of the input, which is the whole of this axis
    n.set_input(1, passes::add_ints(*n.graph(), target, n.input(1)->name() + "_batch"));
    trace.patched(n, "its target copies the batch (0 at axis " + std::to_string(at) + ")");
    return Status();
  }
  bool others_known = true;
  for (size_t i = 0; i < to.size(); ++i) others_known = others_known && (i == k || to[i] > 0);
  if (others_known) {
    std::vector<int64_t> open = to;
    open[k] = -1;
    n.set_input(1, passes::add_ints(*n.graph(), open, n.input(1)->name() + "_batch"));
    trace.patched(n, "its target leaves the batch open (-1 at axis " + std::to_string(at) + ")");
    return Status();
  }
  target[k] = to[k];
  return trace.set_shape_input(n, 1, target, k);
}

Status batch_flatten(BatchTrace& trace, Node& n) {
  const std::vector<int64_t> from = numbers(trace.old_type(n.input(0)));
  const int axis = trace.input_axis(n, 0);
  int64_t split = n.int_or("axis", 1);
  if (split < 0) split += static_cast<int64_t>(from.size());
  const auto first = static_cast<size_t>(axis < split ? 0 : split);
  for (size_t k = first; k < static_cast<size_t>(axis); ++k) {
    if (from[k] != 1) return trace.refuse(n, "it merges the pictures into an axis that another one leads");
  }
  return Status();
}

Status batch_resize(BatchTrace& trace, Node& n) {
  if (trace.input_axis(n, 0) != 0) return trace.refuse(n, "the pictures do not lie on its first axis");
  const bool sized = n.is("Resize") && n.input(3) && n.attribute("axes") == nullptr;
  if (!sized) {
    const std::vector<int64_t> axes = n.ints_or("axes", {});
    if (n.input(3) && std::count(axes.begin(), axes.end(), 0) > 0) {
      return trace.refuse(n, "its sizes name the batch axis");
    }
    return Status();
  }
  std::vector<int64_t> sizes, now;
  if (!trace.old_ints(n, 3, sizes)) return Status();
  if (trace.new_ints(n, 3, now) && !now.empty() && now[0] == trace.scaled(sizes[0])) return Status();
  return trace.set_shape_input(n, 3, sizes, 0);
}

Status batch_expand(BatchTrace& trace, Node& n) {
  std::vector<int64_t> shape;
  const int axis = trace.input_axis(n, 0);
  if (!trace.old_ints(n, 1, shape)) return Status();
  const int rank = passes::rank_of(n.input(0));
  const int64_t at = axis + static_cast<int64_t>(shape.size()) - rank;
  if (at < 0 || shape[static_cast<size_t>(at)] == 1) return Status();
  std::vector<int64_t> now;
  const auto k = static_cast<size_t>(at);
  if (trace.new_ints(n, 1, now) && now.size() == shape.size() && now[k] == trace.scaled(shape[k]))
    return Status();
  return trace.set_shape_input(n, 1, shape, k);
}

Status batch_broadcast(BatchTrace& trace, Node& n) {
  int right = -1;  // axes from the pictures' to the last, counted in values that have them
  for (size_t i = 0; i < n.inputs().size(); ++i) {
    const int axis = trace.input_axis(n, i);
    if (axis < 0) continue;
    const int from_right = passes::rank_of(n.input(i)) - axis;
    if (right >= 0 && from_right != right)
      return trace.refuse(n, "its inputs have the pictures on different axes");
    right = from_right;
  }
  int64_t size = 0;
  for (size_t i = 0; i < n.inputs().size(); ++i) {
    const int axis = trace.input_axis(n, i);
    if (axis >= 0) size = std::max(size, trace.old_type(n.input(i)).shape[static_cast<size_t>(axis)].value);
  }
  for (size_t i = 0; i < n.inputs().size(); ++i) {
    const Value* v = n.input(i);
    if (!v) continue;
    const int axis = trace.input_axis(n, i);
    if (axis >= 0) {
      if (trace.old_type(v).shape[static_cast<size_t>(axis)].value != size) {
        return trace.refuse(n, "its inputs have different numbers of elements a picture");
      }
      continue;
    }
    const int rank = passes::rank_of(v);
    if (rank < 0) return trace.refuse(n, "the rank of '" + v->name() + "' is not known");
    if (rank < right) continue;
    const Dim& d = v->type.shape[static_cast<size_t>(rank - right)];
    if (d.known() && d.value == 1) continue;
    JETLINE_RETURN_IF_ERROR(trace.spread_constant(n, i, rank - right));
  }
  return Status();
}

namespace {

// Removes the axis of the only picture: Gather with index 0, or Squeeze, on axis 0 of `v`.
bool picks_the_picture(const Node& n, const Value* v) {
  if (n.input(0) != v) return false;
  std::vector<int64_t> axes;
  bool given = false;
  if (n.is("Squeeze"))
    return passes::axes_of(n, 1, passes::rank_of(v), axes, given) && axes == std::vector<int64_t>{0};
  const Tensor* index = n.is("Gather") ? passes::constant_of(n.input(1)) : nullptr;
  if (!index || !index->dims().empty() || n.int_or("axis", 0) != 0) return false;
  const auto i = index->to_ints();
  return i.ok() && ((*i)[0] == 0 || (*i)[0] == -1);
}

bool adds_the_axis(const Node& n) {
  std::vector<int64_t> axes;
  bool given = false;
  return n.is("Unsqueeze") && passes::axes_of(n, 1, passes::rank_of(n.output(0)), axes, given) &&
         axes == std::vector<int64_t>{0};
}

// Element-wise with constants that broadcast below the picture's rank: right with one axis more in front.
bool works_on_elements(const Node& n, const Value* v) {
  static const char* const kOps[] = {"Cast", "Mul",  "Add",     "Sub",      "Div",
                                     "Relu", "Clip", "Sigmoid", "Identity", "Neg"};
  if (std::none_of(std::begin(kOps), std::end(kOps), [&](const char* op) { return n.is(op); })) return false;
  for (const Value* in : n.inputs()) {
    if (in && in != v && (!passes::constant_of(in) || passes::rank_of(in) > passes::rank_of(v))) return false;
  }
  return n.graph() == v->graph();
}

}  // namespace

int keep_single_picture_axis(Model& model, const std::vector<Value*>& inputs) {
  int changes = 0;
  // Values with all pictures: inputs and what works on them element by element.
  std::vector<Value*> work = inputs;
  for (size_t w = 0; w < work.size(); ++w) {
    std::vector<Node*> users;
    for (const Use& use : work[w]->uses()) {
      if (use.node && use.node->graph() == &model.graph()) users.push_back(use.node);
    }
    for (Node* n : users) {
      if (works_on_elements(*n, work[w])) work.push_back(n->output(0));
      if (!picks_the_picture(*n, work[w])) continue;
      // From here to the Unsqueezes everything has to be element-wise.
      std::vector<Value*> single = {n->output(0)};
      std::vector<Node*> ends;
      bool closed = true;
      for (size_t k = 0; k < single.size() && closed; ++k) {
        for (const Use& use : single[k]->uses()) {
          if (use.node && adds_the_axis(*use.node) && !use.node->output(0)->is_output()) {
            ends.push_back(use.node);
          } else if (use.node && works_on_elements(*use.node, single[k])) {
            if (std::find(single.begin(), single.end(), use.node->output(0)) == single.end()) {
              single.push_back(use.node->output(0));
            }
          } else {
            closed = false;
          }
        }
      }
      if (!closed || ends.empty()) continue;
      model.graph().replace_all_uses(n->output(0), work[w]);
      for (Node* end : ends) {
        model.graph().replace_all_uses(end->output(0), end->input(0));
      }
      for (Value* v : single) v->type = ValueType::tensor(v->type.dtype);
      ++changes;
    }
  }
  if (changes > 0) model.graph().remove_dead();
  return changes;
}

}  // namespace jetline::surgery
