// Operators that take one number an axis in a vector (pads, sizes, repeats, …): the vector is reordered with
// the axes; and Shape and Size, which only look at the axes.
#include <numeric>

#include "jetline/passes/layout/rule.h"

namespace jetline::passes {
namespace {

std::vector<int64_t> vector_order(const Perm& label) {
  return {label.begin(), label.end()};
}
// Of a vector with a beginning and an end an axis.
std::vector<int64_t> vector_order_twice(const Perm& label) {
  std::vector<int64_t> out = vector_order(label);
  const int64_t n = static_cast<int64_t>(label.size());
  for (int a : label) out.push_back(a + n);
  return out;
}
bool vector_left_out(const Value* v) {
  return !v || (v->type.is_static() && v->type.shape.size() == 1 && v->type.count() == 0);
}
bool vector_same(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  if (l.in_rank(0) != static_cast<int>(label.size())) return false;
  p.in[0] = label;
  p.out[0] = label;
  return true;
}
void vector_cost(const Value* v, LayoutPorts& p) {
  p.extra_nodes += !vector_left_out(v) && !constant_of(v);
}

// Renumbers axes in constant input i.
bool vector_axes(const Node& n, size_t i, int rank, std::vector<int64_t>& axes) {
  if (!constant_ints(n.input(i), axes)) return false;
  for (int64_t& a : axes) {
    if (a < 0) a += rank;
    if (a < 0 || a >= rank) return false;
  }
  return true;
}
void vector_write_axes(Node& n, size_t i, std::vector<int64_t> axes, const Perm& label) {
  for (int64_t& a : axes) a = moved_axis(label, static_cast<int>(a));
  n.set_input(i, add_ints(*n.graph(), axes, n.output(0)->name() + "_axes"));
}

bool vector_pad_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  const int64_t n = static_cast<int64_t>(label.size());
  if (!vector_same(l, label, p)) return false;
  if (l.opset < 11) return l.n.ints_or("pads", {}).size() == 2 * label.size();
  std::vector<int64_t> axes;
  if (l.n.input(3)) return vector_axes(l.n, 3, l.in_rank(0), axes);
  vector_cost(l.n.input(1), p);
  return layout_vector_of(l.n.input(1), 2 * n);
}
Status vector_pad_apply(PassContext& c, Node& n, const Perm& label) {
  std::vector<int64_t> axes;
  if (n.input(3)) {
    if (vector_axes(n, 3, static_cast<int>(label.size()), axes)) vector_write_axes(n, 3, axes, label);
  } else if (n.input(1)) {
    n.set_input(1, layout_picked(c, n, n.input(1), vector_order_twice(label)));
  } else {
    const std::vector<int64_t> pads = n.ints_or("pads", {});
    std::vector<int64_t> moved;
    for (int64_t i : vector_order_twice(label)) moved.push_back(pads[static_cast<size_t>(i)]);
    n.set_attribute(Attribute("pads", std::move(moved)));
  }
  return Status();
}

// Inputs of Resize since 11: X, roi, scales, sizes; in 10: X, scales. Which of them hold one number an axis.
bool vector_resize_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  if (l.opset < 10 || !vector_same(l, label, p)) return false;
  const int64_t n = static_cast<int64_t>(label.size());
  if (const Attribute* a = l.n.attribute("axes")) {
    if (!a->as_ints() || !vector_left_out(l.n.input(1))) return false;
    for (int64_t axis : *a->as_ints()) {
      if (axis < -n || axis >= n) return false;
    }
    return true;
  }
  for (size_t i = 1; i < l.n.inputs().size(); ++i) {
    if (vector_left_out(l.n.input(i))) continue;
    const bool roi = l.opset >= 11 && i == 1;
    if (!layout_vector_of(l.n.input(i), roi ? 2 * n : n)) return false;
    vector_cost(l.n.input(i), p);
  }
  return true;
}
Status vector_resize_apply(PassContext& c, Node& n, const Perm& label) {
  const int64_t rank = static_cast<int64_t>(label.size());
  if (const Attribute* a = n.attribute("axes")) {
    std::vector<int64_t> axes = *a->as_ints();
    for (int64_t& x : axes) x = moved_axis(label, static_cast<int>(x < 0 ? x + rank : x));
    n.set_attribute(Attribute("axes", std::move(axes)));
    return Status();
  }
  for (size_t i = 1; i < n.inputs().size(); ++i) {
    if (vector_left_out(n.input(i))) continue;
    const bool roi = c.opset >= 11 && i == 1;
    n.set_input(i, layout_picked(c, n, n.input(i), roi ? vector_order_twice(label) : vector_order(label)));
  }
  return Status();
}

// Expand broadcasts its input to a shape; the label is the order of the output.
bool vector_expand_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  const int rank = l.out_rank();
  if (rank != static_cast<int>(label.size()) || l.in_rank(0) < 0) return false;
  p.in[0] = label;
  p.out[0] = label;
  vector_cost(l.n.input(1), p);
  std::vector<int64_t> shape;
  return constant_ints(l.n.input(1), shape) ? static_cast<int>(shape.size()) <= rank
                                            : layout_vector_of(l.n.input(1), rank);
}
Status vector_expand_apply(PassContext& c, Node& n, const Perm& label) {
  std::vector<int64_t> shape;
  if (constant_ints(n.input(1), shape)) {
    shape.insert(shape.begin(), label.size() - shape.size(), 1);
    n.set_input(1, add_ints(*n.graph(), permuted(shape, label), n.output(0)->name() + "_shape"));
  } else {
    n.set_input(1, layout_picked(c, n, n.input(1), vector_order(label)));
  }
  return Status();
}

bool vector_tile_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  vector_cost(l.n.input(1), p);
  return l.opset >= 6 && vector_same(l, label, p) &&
         layout_vector_of(l.n.input(1), static_cast<int64_t>(label.size()));
}
Status vector_tile_apply(PassContext& c, Node& n, const Perm& label) {
  n.set_input(1, layout_picked(c, n, n.input(1), vector_order(label)));
  return Status();
}

bool vector_slice_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  if (!vector_same(l, label, p)) return false;
  std::vector<int64_t> axes;
  if (l.opset < 10) {
    bool given = false;
    return axes_of(l.n, 99, l.in_rank(0), axes, given);
  }
  if (l.n.input(3)) return vector_axes(l.n, 3, l.in_rank(0), axes);
  const Value* starts = l.n.input(1);
  return starts && starts->type.is_static() && starts->type.shape.size() == 1 &&
         starts->type.count() <= l.in_rank(0);
}
Status vector_slice_apply(PassContext& c, Node& n, const Perm& label) {
  const int rank = static_cast<int>(label.size());
  std::vector<int64_t> axes;
  if (c.opset < 10) {
    bool given = false;
    if (!axes_of(n, 99, rank, axes, given)) return Status();
    if (!given) axes.resize(n.ints_or("starts", {}).size());
    if (!given) std::iota(axes.begin(), axes.end(), 0);
    for (int64_t& a : axes) a = moved_axis(label, static_cast<int>(a));
    n.set_attribute(Attribute("axes", std::move(axes)));
    return Status();
  }
  if (!n.input(3)) {
    axes.resize(static_cast<size_t>(n.input(1)->type.count()));
    std::iota(axes.begin(), axes.end(), 0);
  } else if (!vector_axes(n, 3, rank, axes)) {
    return Status();
  }
  vector_write_axes(n, 3, std::move(axes), label);
  // Starts, ends and axes have one type.
  if (n.input(1)->type.dtype != DType::kI32) return Status();
  std::vector<int64_t> moved;
  if (!constant_ints(n.input(3), moved)) return Status();
  std::vector<uint8_t> bytes;
  for (int64_t a : moved) bytes.insert(bytes.end(), {static_cast<uint8_t>(a), 0, 0, 0});
  auto t = Tensor::own(DType::kI32, {static_cast<int64_t>(moved.size())}, std::move(bytes));
  JETLINE_RETURN_IF_ERROR(t.status());
  n.set_input(3, add_constant(*n.graph(), std::move(*t), n.output(0)->name() + "_axes"));
  return Status();
}

bool vector_shape_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  if (l.in_rank(0) != static_cast<int>(label.size())) return false;
  if (l.n.attribute("start") || l.n.attribute("end")) return false;
  p.in[0] = label;
  p.extra_nodes = 1;
  return true;
}
Status vector_shape_apply(PassContext& c, Node& n, const Perm& label) {
  Graph& g = *n.graph();
  Value* shape = n.output(0);
  const Perm back = inverse(label);
  Value* order = add_ints(g, {back.begin(), back.end()}, shape->name() + "_order");
  Node* gather = g.add_node("Gather", {nullptr, order}, &n);
  g.move_before(&n, gather);
  gather->name = n.name;
  Value* as_before = gather->add_output(g.unique_name(shape->name() + "_as_before"));
  as_before->type = shape->type;
  c.inference.forget(as_before);
  JETLINE_RETURN_IF_ERROR(g.replace_and_keep_name(shape, as_before));
  gather->set_input(0, shape);
  return Status();
}
bool vector_size_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  p.in[0] = label;
  return l.in_rank(0) == static_cast<int>(label.size());
}

const LayoutRule kVectorLayoutRules[] = {
    {"Pad", vector_pad_ports, vector_pad_apply},
    {"Resize", vector_resize_ports, vector_resize_apply},
    {"Expand", vector_expand_ports, vector_expand_apply},
    {"Tile", vector_tile_ports, vector_tile_apply},
    {"Slice", vector_slice_ports, vector_slice_apply},
    {"Shape", vector_shape_ports, vector_shape_apply},
    {"Size", vector_size_ports},
};

}  // namespace

Span<const LayoutRule> layout_vector_rules() {
  return {kVectorLayoutRules, sizeof(kVectorLayoutRules) / sizeof(LayoutRule)};
}

}  // namespace jetline::passes
