// Reductions, ArgMax and ArgMin, Squeeze and Unsqueeze: axes are renumbered, and those that go away leave the
// order of the others.
#include <algorithm>

#include "jetline/passes/layout/rule.h"

namespace jetline::passes {
namespace {

// Which axes are reduced or squeezed, from the front; false when that is not known.
bool reduce_axes(const Node& n, std::vector<int64_t>& axes) {
  const int rank = rank_of(n.input(0));
  if (rank < 0) return false;
  if (n.is("ArgMax") || n.is("ArgMin")) {
    const int a = layout_axis(n, "axis", 0, rank);
    axes = {a};
    return a >= 0;
  }
  bool given = false;
  if (!axes_of(n, 1, rank, axes, given)) return false;
  if (!axes.empty()) return true;
  for (int a = 0; a < rank; ++a) {
    const Dim& d = n.input(0)->type.shape[static_cast<size_t>(a)];
    if (n.is("Squeeze")) {
      if (!d.known()) return false;
      if (d.value != 1) continue;
    }
    axes.push_back(a);
  }
  return n.int_or("noop_with_empty_axes", 0) == 0;
}
bool reduce_keeps(const Node& n) {
  return !n.is("Squeeze") && n.int_or("keepdims", 1) != 0;
}

void reduce_write_axes(Node& n, std::vector<int64_t> axes) {
  std::sort(axes.begin(), axes.end());
  if (n.is("ArgMax") || n.is("ArgMin")) {
    n.set_attribute(Attribute("axis", axes[0]));
  } else if (n.attribute("axes")) {
    n.set_attribute(Attribute("axes", std::move(axes)));
  } else if (n.input(1)) {
    n.set_input(1, add_ints(*n.graph(), axes, n.output(0)->name() + "_axes"));
  }  // without any, all axes are meant, whatever their order
}

bool reduce_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  std::vector<int64_t> axes;
  if (l.in_rank(0) != static_cast<int>(label.size()) || !reduce_axes(l.n, axes)) return false;
  p.in[0] = label;
  p.out[0] = reduce_keeps(l.n) ? label : layout_without(label, axes);
  return true;
}
Status reduce_apply(PassContext&, Node& n, const Perm& label) {
  std::vector<int64_t> axes;
  if (!reduce_axes(n, axes)) return Status();
  for (int64_t& a : axes) a = moved_axis(label, static_cast<int>(a));
  reduce_write_axes(n, std::move(axes));
  return Status();
}
bool reduce_from_output(const LayoutNode& l, size_t, const Perm& wanted, Perm& label) {
  std::vector<int64_t> axes;
  if (!reduce_axes(l.n, axes)) return false;
  label = reduce_keeps(l.n) ? wanted : layout_with(wanted, axes, static_cast<size_t>(l.in_rank(0)));
  return !label.empty();
}

// Unsqueeze: the label is the order of its output.
bool unsqueeze_axes(const Node& n, std::vector<int64_t>& axes) {
  bool given = false;
  const int rank = rank_of(n.output(0));
  return rank >= 0 && axes_of(n, 1, rank, axes, given) && given &&
         rank_of(n.input(0)) + static_cast<int>(axes.size()) == rank;
}
bool unsqueeze_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  std::vector<int64_t> axes;
  if (l.out_rank() != static_cast<int>(label.size()) || !unsqueeze_axes(l.n, axes)) return false;
  p.in[0] = layout_without(label, axes);
  p.out[0] = label;
  return true;
}
Status unsqueeze_apply(PassContext&, Node& n, const Perm& label) {
  std::vector<int64_t> axes;
  if (!unsqueeze_axes(n, axes)) return Status();
  for (int64_t& a : axes) a = moved_axis(label, static_cast<int>(a));
  reduce_write_axes(n, std::move(axes));
  return Status();
}
bool unsqueeze_from_input(const LayoutNode& l, size_t, const Perm& wanted, Perm& label) {
  std::vector<int64_t> axes;
  if (!unsqueeze_axes(l.n, axes)) return false;
  label = layout_with(wanted, axes, static_cast<size_t>(l.out_rank()));
  return !label.empty();
}

#define JETLINE_REDUCE(op) \
  { op, reduce_ports, reduce_apply, nullptr, reduce_from_output }
const LayoutRule kReduceLayoutRules[] = {
    JETLINE_REDUCE("ReduceSum"),
    JETLINE_REDUCE("ReduceMean"),
    JETLINE_REDUCE("ReduceMax"),
    JETLINE_REDUCE("ReduceMin"),
    JETLINE_REDUCE("ReduceProd"),
    JETLINE_REDUCE("ReduceL1"),
    JETLINE_REDUCE("ReduceL2"),
    JETLINE_REDUCE("ReduceLogSum"),
    JETLINE_REDUCE("ReduceLogSumExp"),
    JETLINE_REDUCE("ReduceSumSquare"),
    JETLINE_REDUCE("ArgMax"),
    JETLINE_REDUCE("ArgMin"),
    JETLINE_REDUCE("Squeeze"),
    {"Unsqueeze", unsqueeze_ports, unsqueeze_apply, unsqueeze_from_input, nullptr},
};
#undef JETLINE_REDUCE

}  // namespace

Span<const LayoutRule> layout_reduce_rules() {
  return {kReduceLayoutRules, sizeof(kReduceLayoutRules) / sizeof(LayoutRule)};
}

}  // namespace jetline::passes
