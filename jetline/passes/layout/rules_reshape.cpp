// Reshape and Flatten: where a reshape only merges, splits, adds or drops neighbouring axes, those groups of
// axes may come in another order, and the reshape does the same to them. What mixes axes whose neighbours
// change is left as it stands: the transpose before [N,H,W,A*C] -> [N,H*W*A,C] is a real one.
//
// The label is the permutation of the input followed by that of the output, counted on.
#include <algorithm>
#include <numeric>

#include "jetline/passes/layout/rule.h"

namespace jetline::passes {
namespace {

// in[in_begin, in_end) has as many elements as out[out_begin, out_end).
struct ReshapeGroup {
  int in_begin, in_end, out_begin, out_end;
};

// Dimensions as numbers: what has no number gets one of its own below zero, equal ones the same.
bool reshape_numbers(const ValueType& in, const ValueType& out, std::vector<int64_t>& a,
                     std::vector<int64_t>& b) {
  if (!in.has_shape || !out.has_shape) return false;
  std::vector<const Dim*> open;
  auto number = [&open](const Dim& d) -> int64_t {
    if (d.known()) return d.value;
    for (size_t i = 0; i < open.size(); ++i) {
      if (open[i]->same(d)) return -1 - static_cast<int64_t>(i);
    }
    open.push_back(&d);
    return -static_cast<int64_t>(open.size());
  };
  a.clear();
  b.clear();
  for (const Dim& d : in.shape) a.push_back(number(d));
  for (const Dim& d : out.shape) b.push_back(number(d));
  if (std::count(a.begin(), a.end(), 0) || std::count(b.begin(), b.end(), 0)) return false;
  // One open dimension on either side beside equal products: it is the same one.
  auto open_at = [](std::vector<int64_t>& v, int64_t& product) {
    int64_t* at = nullptr;
    product = 1;
    for (int64_t& x : v) {
      if (x > 0) {
        if (__builtin_mul_overflow(product, x, &product)) return static_cast<int64_t*>(nullptr);
      } else if (at) {
        return static_cast<int64_t*>(nullptr);
      } else {
        at = &x;
      }
    }
    return at;
  };
  int64_t pa = 0, pb = 0;
  int64_t *oa = open_at(a, pa), *ob = open_at(b, pb);
  if (oa && ob && pa == pb) *ob = *oa;
  return true;
}

bool reshape_groups(const Node& n, std::vector<ReshapeGroup>& groups) {
  std::vector<int64_t> a, b;
  if (!n.input(0) || !n.output(0) || !reshape_numbers(n.input(0)->type, n.output(0)->type, a, b))
    return false;
  const int na = static_cast<int>(a.size()), nb = static_cast<int>(b.size());
  groups.clear();
  int i = 0, j = 0;
  while (i < na && j < nb) {
    ReshapeGroup g{i, i + 1, j, j + 1};
    if (a[static_cast<size_t>(i)] != b[static_cast<size_t>(j)]) {
      int64_t pa = a[static_cast<size_t>(i)], pb = b[static_cast<size_t>(j)];
      while (pa != pb) {
        if (pa < 0 || pb < 0) return false;
        const bool left = pa < pb;
        int& end = left ? g.in_end : g.out_end;
        if (end >= (left ? na : nb)) return false;
        const int64_t next = (left ? a : b)[static_cast<size_t>(end++)];
        if (next < 0 || __builtin_mul_overflow(left ? pa : pb, next, left ? &pa : &pb)) return false;
      }
    }
    groups.push_back(g);
    i = g.in_end;
    j = g.out_end;
  }
  // What is left over can only be axes of size 1.
  for (; i < na; ++i) {
    if (a[static_cast<size_t>(i)] != 1 || groups.empty()) return false;
    groups.back().in_end = i + 1;
  }
  for (; j < nb; ++j) {
    if (b[static_cast<size_t>(j)] != 1 || groups.empty()) return false;
    groups.back().out_end = j + 1;
  }
  return !groups.empty();
}

// The order of the groups that a permutation of one side means; false when it tears a group apart. Axes of
// size 1 beside larger ones of their group may stand anywhere.
bool reshape_group_order(const std::vector<ReshapeGroup>& groups, const ValueType& type, bool out_side,
                         const Perm& p, std::vector<size_t>& order) {
  if (p.size() != type.shape.size()) return false;
  std::vector<size_t> group_of(p.size(), 0);
  std::vector<bool> counts(p.size(), false);
  for (size_t k = 0; k < groups.size(); ++k) {
    const int begin = out_side ? groups[k].out_begin : groups[k].in_begin;
    const int end = out_side ? groups[k].out_end : groups[k].in_end;
    bool any = false;
    for (int a = begin; a < end; ++a) {
      const Dim& d = type.shape[static_cast<size_t>(a)];
      group_of[static_cast<size_t>(a)] = k;
      counts[static_cast<size_t>(a)] = !d.known() || d.value != 1;
      any = any || counts[static_cast<size_t>(a)];
    }
    if (!any) counts[static_cast<size_t>(begin)] = true;  // a group of ones stands where its first one does
  }
  order.clear();
  int before = -1;
  for (int a : p) {
    if (!counts[static_cast<size_t>(a)]) continue;
    const size_t k = group_of[static_cast<size_t>(a)];
    if (order.empty() || order.back() != k) {
      if (std::find(order.begin(), order.end(), k) != order.end()) return false;
      order.push_back(k);
    } else if (a < before) {
      return false;
    }
    before = a;
  }
  return order.size() == groups.size();
}

Perm reshape_in_order(const std::vector<ReshapeGroup>& groups, const std::vector<size_t>& order,
                      bool out_side) {
  Perm p;
  for (size_t k : order) {
    const int end = out_side ? groups[k].out_end : groups[k].in_end;
    for (int a = out_side ? groups[k].out_begin : groups[k].in_begin; a < end; ++a) p.push_back(a);
  }
  return p;
}

Perm reshape_label(const Perm& in, const Perm& out) {
  Perm label = in;
  for (int a : out) label.push_back(a + static_cast<int>(in.size()));
  return label;
}
bool reshape_split_label(const LayoutNode& l, const Perm& label, Perm& in, Perm& out) {
  const int a = l.in_rank(0), b = l.out_rank();
  if (a < 0 || b < 0 || static_cast<int>(label.size()) != a + b) return false;
  in.assign(label.begin(), label.begin() + a);
  out.clear();
  for (int i = a; i < a + b; ++i) out.push_back(label[static_cast<size_t>(i)] - a);
  return true;
}

// The new target shape: numbers, and -1 for the one dimension that has none.
bool reshape_new_target(const ValueType& type, const Perm& p, std::vector<int64_t>& target) {
  target = permuted(type.dims(), p);
  return std::count(target.begin(), target.end(), -1) <= 1 && !std::count(target.begin(), target.end(), 0);
}

bool reshape_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  Perm in, out;
  std::vector<ReshapeGroup> groups;
  std::vector<size_t> in_order, out_order;
  std::vector<int64_t> target;
  if (!reshape_split_label(l, label, in, out) || l.opset < 5 || !reshape_groups(l.n, groups)) return false;
  if (!reshape_group_order(groups, l.n.input(0)->type, false, in, in_order) ||
      !reshape_group_order(groups, l.n.output(0)->type, true, out, out_order) || in_order != out_order ||
      !reshape_new_target(l.n.output(0)->type, out, target)) {
    return is_identity(label);
  }
  p.in[0] = in;
  p.out[0] = out;
  return true;
}
Status reshape_apply(PassContext&, Node& n, const Perm& label) {
  Perm in, out;
  std::vector<int64_t> target;
  const LayoutNode l{n, 13};
  if (!reshape_split_label(l, label, in, out) || !reshape_new_target(n.output(0)->type, out, target)) {
    return Status();
  }
  n.set_op("Reshape");
  n.remove_attribute("axis");
  n.remove_attribute("allowzero");
  n.set_input(1, add_ints(*n.graph(), target, n.output(0)->name() + "_shape"));
  return Status();
}
bool reshape_from(const LayoutNode& l, bool out_side, const Perm& wanted, Perm& label) {
  std::vector<ReshapeGroup> groups;
  std::vector<size_t> order;
  const Value* v = out_side ? l.n.output(0) : l.n.input(0);
  if (!reshape_groups(l.n, groups) || !reshape_group_order(groups, v->type, out_side, wanted, order)) {
    return false;
  }
  const Perm other = reshape_in_order(groups, order, !out_side);
  label = out_side ? reshape_label(other, wanted) : reshape_label(wanted, other);
  return true;
}
bool reshape_from_input(const LayoutNode& l, size_t, const Perm& wanted, Perm& label) {
  return reshape_from(l, false, wanted, label);
}
bool reshape_from_output(const LayoutNode& l, size_t, const Perm& wanted, Perm& label) {
  return reshape_from(l, true, wanted, label);
}

const LayoutRule kReshapeLayoutRules[] = {
    {"Reshape", reshape_ports, reshape_apply, reshape_from_input, reshape_from_output},
    {"Flatten", reshape_ports, reshape_apply, reshape_from_input, reshape_from_output},
};

}  // namespace

Span<const LayoutRule> layout_reshape_rules() {
  return {kReshapeLayoutRules, sizeof(kReshapeLayoutRules) / sizeof(LayoutRule)};
}

}  // namespace jetline::passes
