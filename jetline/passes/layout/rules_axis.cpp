// Operators that work along one axis and keep the rank: the axis is renumbered.
#include "jetline/passes/layout/rule.h"

namespace jetline::passes {
namespace {

// Data inputs [0, kInputs) (all when 0) and all outputs share the label.
template <size_t kInputs>
bool axis_ports_with(const LayoutNode& l, const Perm& label, LayoutPorts& p, int64_t other) {
  const int rank = static_cast<int>(label.size());
  if (layout_axis(l.n, "axis", other, rank) < 0) return false;
  const size_t n = kInputs ? kInputs : l.n.inputs().size();
  for (size_t i = 0; i < n; ++i) {
    if (l.in_rank(i) != rank) return false;
    p.in[i] = label;
  }
  for (Perm& out : p.out) out = label;
  return true;
}
template <size_t kInputs, int kDefault>
bool axis_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  return axis_ports_with<kInputs>(l, label, p, kDefault);
}
template <int kDefault>
Status axis_apply(PassContext&, Node& n, const Perm& label) {
  const int axis = layout_axis(n, "axis", kDefault, static_cast<int>(label.size()));
  n.set_attribute(Attribute("axis", int64_t{moved_axis(label, axis)}));
  return Status();
}

// Before opset 13 everything from the axis on was one.
bool axis_softmax_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  return l.opset >= 13 && axis_ports_with<1>(l, label, p, -1);
}

bool axis_cumsum_axis(const Node& n, int rank, int& axis) {
  std::vector<int64_t> a;
  if (!constant_ints(n.input(1), a) || a.size() != 1) return false;
  axis = static_cast<int>(a[0] < 0 ? a[0] + rank : a[0]);
  return axis >= 0 && axis < rank;
}
bool axis_cumsum_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  int axis = 0;
  if (l.in_rank(0) != static_cast<int>(label.size()) || !axis_cumsum_axis(l.n, l.in_rank(0), axis)) {
    return false;
  }
  p.in[0] = label;
  p.out[0] = label;
  return true;
}
Status axis_cumsum_apply(PassContext&, Node& n, const Perm& label) {
  int axis = 0;
  if (!axis_cumsum_axis(n, static_cast<int>(label.size()), axis)) return Status();
  auto t = Tensor::ints({}, {moved_axis(label, axis)});
  JETLINE_RETURN_IF_ERROR(t.status());
  n.set_input(1, add_constant(*n.graph(), std::move(*t), n.output(0)->name() + "_axis"));
  return Status();
}

// Gather of data [r axes] with indices [q axes]: the axes of the indices stand where the axis stood.
struct AxisGather {
  int rank = -1, axis = -1, indices = -1;
  explicit AxisGather(const Node& n) : rank(rank_of(n.input(0))), indices(rank_of(n.input(1))) {
    if (rank >= 0) axis = layout_axis(n, "axis", 0, rank);
  }
  bool ok() const { return rank > 0 && axis >= 0 && indices >= 0; }
};
bool axis_gather_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  const AxisGather g(l.n);
  if (!g.ok() || g.rank != static_cast<int>(label.size())) return false;
  p.in[0] = label;
  for (int a : label) {
    if (a == g.axis) {
      for (int i = 0; i < g.indices; ++i) p.out[0].push_back(a + i);
    } else {
      p.out[0].push_back(a < g.axis ? a : a - 1 + g.indices);
    }
  }
  return true;
}
bool axis_gather_from_output(const LayoutNode& l, size_t, const Perm& wanted, Perm& label) {
  const AxisGather g(l.n);
  if (!g.ok() || static_cast<int>(wanted.size()) != g.rank - 1 + g.indices) return false;
  if (g.indices == 0) {
    label = layout_with(wanted, {g.axis}, static_cast<size_t>(g.rank));
    return !label.empty();
  }
  label.clear();
  for (size_t i = 0; i < wanted.size(); ++i) {
    const int a = wanted[i];
    if (a < g.axis) {
      label.push_back(a);
    } else if (a >= g.axis + g.indices) {
      label.push_back(a + 1 - g.indices);
    } else {
      // The axes of the indices must stay together and in order.
      for (int k = 0; k < g.indices; ++k, ++i) {
        if (i >= wanted.size() || wanted[i] != g.axis + k) return false;
      }
      --i;
      label.push_back(g.axis);
    }
  }
  return static_cast<int>(label.size()) == g.rank;
}

const LayoutRule kAxisLayoutRules[] = {
    {"Concat", axis_ports<0, 0>, axis_apply<0>},
    {"Split", axis_ports<1, 0>, axis_apply<0>},
    {"TopK", axis_ports<1, -1>, axis_apply<-1>},
    {"LpNormalization", axis_ports<1, -1>, axis_apply<-1>},
    {"GatherElements", axis_ports<2, 0>, axis_apply<0>},
    {"ScatterElements", axis_ports<3, 0>, axis_apply<0>},
    {"Softmax", axis_softmax_ports, axis_apply<-1>},
    {"LogSoftmax", axis_softmax_ports, axis_apply<-1>},
    {"Hardmax", axis_softmax_ports, axis_apply<-1>},
    {"CumSum", axis_cumsum_ports, axis_cumsum_apply},
    {"Gather", axis_gather_ports, axis_apply<0>, nullptr, axis_gather_from_output},
};

}  // namespace

Span<const LayoutRule> layout_axis_rules() {
  return {kAxisLayoutRules, sizeof(kAxisLayoutRules) / sizeof(LayoutRule)};
}

}  // namespace jetline::passes
