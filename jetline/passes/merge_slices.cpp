// Law: a Slice whose input comes from a Slice along other axes takes both cuts from the first one's input,
// where all users of that input can. Constant starts, ends and steps; opset 10 and later. Exact. Measure:
// Slices behind Slices.
#include <algorithm>

#include "jetline/passes/edit.h"

namespace jetline::passes {
namespace {

struct SliceCut {
  std::vector<int64_t> starts, ends, axes, steps;
};

bool slice_cut(const Node& n, SliceCut& c) {
  if (!n.is("Slice") || n.inputs().size() < 3 || !n.input(0) || !n.output(0)) return false;
  const int rank = rank_of(n.input(0));
  if (rank < 0 || !constant_ints(n.input(1), c.starts) || !constant_ints(n.input(2), c.ends)) return false;
  if (n.input(3)) {
    if (!constant_ints(n.input(3), c.axes)) return false;
  } else {
    for (size_t i = 0; i < c.starts.size(); ++i) c.axes.push_back(static_cast<int64_t>(i));
  }
  if (n.input(4)) {
    if (!constant_ints(n.input(4), c.steps)) return false;
  } else {
    c.steps.assign(c.starts.size(), 1);
  }
  for (int64_t& a : c.axes) a += a < 0 ? rank : 0;
  return c.ends.size() == c.starts.size() && c.axes.size() == c.starts.size() &&
         c.steps.size() == c.starts.size();
}

bool slice_apart(const SliceCut& a, const SliceCut& b) {
  return std::none_of(a.axes.begin(), a.axes.end(),
                      [&](int64_t x) { return std::find(b.axes.begin(), b.axes.end(), x) != b.axes.end(); });
}

// Every user of the value is a Slice of it along axes that `inner` leaves alone.
bool slice_all_users(const Value* v, const SliceCut& inner) {
  return std::all_of(v->uses().begin(), v->uses().end(), [&](const Use& u) {
    SliceCut outer;
    return u.node && u.index == 0 && u.graph == v->graph() && slice_cut(*u.node, outer) &&
           slice_apart(inner, outer);
  });
}

}  // namespace

Result<int> run_merge_slices(Model& model, PassContext& c) {
  int changes = 0;
  if (c.opset < 10) return changes;
  each_graph(model.graph(), [&](Graph& g) {
    for (Node* n : g.node_list()) {
      SliceCut outer, inner;
      if (!slice_cut(*n, outer)) continue;
      Node* before = n->input(0)->producer();
      if (!before || before->graph() != &g || !slice_cut(*before, inner)) continue;
      if (!slice_all_users(before->output(0), inner)) continue;
      const auto join = [&](const std::vector<int64_t>& a, const std::vector<int64_t>& b, const char* name) {
        std::vector<int64_t> both = a;
        both.insert(both.end(), b.begin(), b.end());
        return add_ints(g, both, n->output(0)->name() + name);
      };
      n->set_input(1, join(inner.starts, outer.starts, "_starts"));
      n->set_input(2, join(inner.ends, outer.ends, "_ends"));
      n->set_input(3, join(inner.axes, outer.axes, "_axes"));
      n->set_input(4, join(inner.steps, outer.steps, "_steps"));
      n->set_input(0, before->input(0));
      remove_unused(c, before);
      ++changes;
    }
  });
  return changes;
}

}  // namespace jetline::passes
