// Law: a Slice with constant starts, ends, axes and steps gets one form, so that equal cuts are equal nodes
// and no number is larger than engines take: int64, axes listed in ascending order from 0 up, no steps where
// all are 1, starts and ends counted from the front and inside of dimensions that are known (what a negative
// step runs to in front of the first element is -size-1), beyond int32 elsewhere never, and axes that are
// kept whole not listed. Opset 10 and later. Exact for dimensions below 2^31. Measure: Slices not in this
// form.
#include <algorithm>
#include <set>

#include "jetline/passes/edit.h"

namespace jetline::passes {
namespace {

struct CanonicalCut {
  int64_t axis = 0, start = 0, end = 0, step = 1;
};

constexpr int64_t kCutFar = INT32_MAX;

void canonical_bounds(CanonicalCut& c, const Dim& d) {
  if (!d.known()) {
    c.start = std::max(-kCutFar, std::min(kCutFar, c.start));
    c.end = std::max(-kCutFar, std::min(kCutFar, c.end));
    return;
  }
  const int64_t n = d.value;
  const auto front = [n](int64_t v) { return v < 0 ? std::max(v, -n - 1) + n : std::min(v, n); };
  if (c.step > 0) {
    c.start = std::max<int64_t>(front(c.start), 0);
    c.end = std::max(std::max<int64_t>(front(c.end), 0), c.start);
  } else {
    c.start = std::max<int64_t>(std::min(front(c.start), n - 1), 0);
    c.end = front(c.end);
    // In front of the first element: only a number below -size says so.
    c.end = c.end < 0 ? -n - 1 : std::min(c.end, n - 1);
  }
}

bool canonical_cuts(const Node& n, std::vector<CanonicalCut>& cuts) {
  if (!n.is("Slice") || n.inputs().size() < 3 || !n.input(0) || !n.output(0)) return false;
  const int rank = rank_of(n.input(0));
  std::vector<int64_t> starts, ends, axes, steps;
  if (rank < 1 || !constant_ints(n.input(1), starts) || !constant_ints(n.input(2), ends)) return false;
  if (n.input(3) ? !constant_ints(n.input(3), axes) : static_cast<int>(starts.size()) > rank) return false;
  if (n.input(4) && !constant_ints(n.input(4), steps)) return false;
  if (!n.input(3)) {
    for (size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  }
  if (!n.input(4)) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    return false;
  for (size_t i = 0; i < starts.size(); ++i) {
    CanonicalCut c{axes[i] < 0 ? axes[i] + rank : axes[i], starts[i], ends[i], steps[i]};
    if (c.axis < 0 || c.axis >= rank || c.step == 0 || c.step == INT64_MIN) return false;
    const Dim& d = n.input(0)->type.shape[static_cast<size_t>(c.axis)];
    if (d.known() && (d.value >= kCutFar || d.value == 0)) return false;
    // Backwards from in front of the first element: runtimes do not agree on what that gives.
    if (c.step < 0 && d.known() && c.start < -d.value) return false;
    canonical_bounds(c, d);
    cuts.push_back(c);
  }
  std::sort(cuts.begin(), cuts.end(),
            [](const CanonicalCut& a, const CanonicalCut& b) { return a.axis < b.axis; });
  for (size_t i = 1; i < cuts.size(); ++i) {
    if (cuts[i].axis == cuts[i - 1].axis) return false;
  }
  const auto whole = [&](const CanonicalCut& c) {
    const Dim& d = n.input(0)->type.shape[static_cast<size_t>(c.axis)];
    return c.step == 1 && c.start == 0 && (d.known() ? c.end == d.value : c.end == kCutFar);
  };
  // What is kept whole on every axis is an Identity, which another pass takes out.
  if (std::all_of(cuts.begin(), cuts.end(), whole)) {
    cuts.resize(std::min<size_t>(cuts.size(), 1));
  } else {
    cuts.erase(std::remove_if(cuts.begin(), cuts.end(), whole), cuts.end());
  }
  return !cuts.empty();
}

bool canonical_is(const Value* v, const std::vector<int64_t>& wanted) {
  std::vector<int64_t> now;
  return v && v->initializer()->dtype() == DType::kI64 && constant_ints(v, now) && now == wanted;
}

}  // namespace

Result<int> run_canonical_slice(Model& model, PassContext& c) {
  int changes = 0;
  if (c.opset < 10) return changes;
  each_graph(model.graph(), [&](Graph& g) {
    for (Node* n : g.node_list()) {
      std::vector<CanonicalCut> cuts;
      if (!canonical_cuts(*n, cuts)) continue;
      std::vector<int64_t> wanted[4];  // starts, ends, axes, steps
      for (const CanonicalCut& cut : cuts) {
        wanted[0].push_back(cut.start);
        wanted[1].push_back(cut.end);
        wanted[2].push_back(cut.axis);
        wanted[3].push_back(cut.step);
      }
      const bool steps = std::any_of(wanted[3].begin(), wanted[3].end(), [](int64_t s) { return s != 1; });
      const size_t used = steps ? 5 : 4;
      bool same = n->inputs().size() == used;
      for (size_t i = 1; same && i < used; ++i) same = canonical_is(n->input(i), wanted[i - 1]);
      if (same) continue;
      const std::vector<Value*> old(n->inputs().begin() + 1, n->inputs().end());
      n->resize_inputs(used);
      static const char* const kNames[] = {"_starts", "_ends", "_axes", "_steps"};
      for (size_t i = 1; i < used; ++i)
        n->set_input(i, add_ints(g, wanted[i - 1], n->output(0)->name() + kNames[i - 1]));
      for (Value* v : std::set<Value*>(old.begin(), old.end())) {
        if (v) remove_unused_constant(c, v);
      }
      ++changes;
    }
  });
  return changes;
}

}  // namespace jetline::passes
