// What layouts of a region cost, and the cheapest choice.
#include <algorithm>

#include "jetline/passes/layout/min_cut.h"
#include "jetline/passes/layout/region.h"

namespace jetline::passes {
namespace {

// A Transpose costs a launch and the elements that it moves; one that moves none costs next to nothing. Of
// two places that cost the same, behind element-wise work is better than before it: a bias then stands next
// to the convolution that can take it. Unknown batches count as 1, other unknown dimensions as 32.
constexpr int64_t kCostPlace = 1, kCostSmall = 64, kCostLaunch = 65536, kCostUnknownDim = 32;
// Elements of small tensors weigh little against the launch.
constexpr int64_t kCostElement = 64;

int64_t region_elements(const ValueType& type) {
  int64_t n = 1;
  for (size_t i = 0; i < type.shape.size(); ++i) {
    const Dim& d = type.shape[i];
    const int64_t x = d.known() ? std::max<int64_t>(d.value, 1) : i == 0 ? 1 : kCostUnknownDim;
    if (__builtin_mul_overflow(n, x, &n) || n > (int64_t{1} << 36)) return int64_t{1} << 36;
  }
  return n;
}

int64_t region_transpose_cost(const ValueType& type, const Perm& from, const Perm& to) {
  if (from == to) return 0;
  const Perm p = compose(inverse(from), to);
  if (moves_no_data(p, permuted_type(type, from))) return kCostSmall;
  return kCostLaunch + kCostElement * region_elements(type);
}

}  // namespace

bool LayoutRegion::prefers_early(const RegionUse& u) const {
  if (u.node < 0) return false;
  const RegionNode& r = nodes_[static_cast<size_t>(u.node)];
  for (size_t i = 0; i < r.inputs.size(); ++i) {
    if (static_cast<int>(i) != u.use.index && r.inputs[i].first && !constant_of(r.inputs[i].first))
      return false;
  }
  return r.rule->element_wise;
}

// Small nodes that the label needs, and inputs of fewer axes that are widened first.
int64_t LayoutRegion::cost_of_node(const RegionNode& r, int frame) const {
  if (frame == r.current) return 0;
  int64_t sum = r.ports[frame].extra_nodes * kCostSmall;
  for (size_t i = 0; i < r.n->inputs().size(); ++i) {
    const Value* v = r.n->input(i);
    const Perm& p = r.ports[frame].in[i];
    if (!v || constant_of(v) || constant_of(r.inputs[i].first) || p.empty() ||
        static_cast<int>(p.size()) == rank_of(v)) {
      continue;
    }
    ValueType wide = v->type;
    wide.shape.insert(wide.shape.begin(), p.size() - v->type.shape.size(), Dim(1));
    sum += kCostSmall + region_transpose_cost(wide, identity_perm(p.size()), p);
  }
  return sum;
}

int64_t LayoutRegion::cost(const std::vector<char>& choice) const {
  int64_t sum = 0;
  for (size_t i = 0; i < nodes_.size(); ++i) sum += cost_of_node(nodes_[i], choice[i]);
  for (const RegionSource& s : sources_) {
    const Perm as = stored(s, choice);
    std::vector<Perm> paid = {as};
    for (const RegionUse& u : s.uses) {
      Perm p = wanted(u, choice);
      if (p != as && prefers_early(u)) sum += kCostPlace;
      int64_t least = INT64_MAX;
      for (const Perm& have : paid) least = std::min(least, region_transpose_cost(s.v->type, have, p));
      if (least == 0) continue;
      sum += least;
      paid.push_back(std::move(p));
    }
  }
  return sum;
}

std::vector<char> LayoutRegion::choose() const {
  // Node i of the region is node i + 2 of the network; the source side means frame 1.
  MinCut cut;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const int at = cut.add_node();
    cut.add_edge(MinCut::kSource, at, cost_of_node(nodes_[i], 0));
    cut.add_edge(at, MinCut::kSink, cost_of_node(nodes_[i], 1));
  }
  const auto side = [](int node, const Perm& in0, const Perm& in1, const RegionSource& s) {
    // The network's node that says in which frame this end is; -1 when it is in neither.
    if (in0 == s.frame[0] && in1 == s.frame[1]) return node >= 0 ? node + 2 : -1;
    if (in0 != in1) return -1;
    return in0 == s.frame[0] ? MinCut::kSink : in0 == s.frame[1] ? MinCut::kSource : -1;
  };
  const std::vector<char> zeros(nodes_.size(), 0), ones(nodes_.size(), 1);
  for (const RegionSource& s : sources_) {
    const int from = side(s.producer, stored(s, zeros), stored(s, ones), s);
    if (from < 0) continue;
    std::vector<int> to;
    for (const RegionUse& u : s.uses) {
      const int t = side(u.node, wanted(u, zeros), wanted(u, ones), s);
      if (t < 0) continue;
      to.push_back(t);
      if (!prefers_early(u)) continue;
      cut.add_edge(t, from, kCostPlace);
      cut.add_edge(from, t, kCostPlace);
    }
    std::sort(to.begin(), to.end());
    to.erase(std::unique(to.begin(), to.end()), to.end());
    const int64_t forth = region_transpose_cost(s.v->type, s.frame[0], s.frame[1]);
    const int64_t back = region_transpose_cost(s.v->type, s.frame[1], s.frame[0]);
    if (to.size() == 1) {
      cut.add_edge(to[0], from, forth);
      cut.add_edge(from, to[0], back);
    } else if (to.size() > 1) {
      // One Transpose serves all users of a frame: `any1` is on the source side when one of them is there,
      // `all1` when all of them are.
      const int any1 = cut.add_node(), all1 = cut.add_node();
      for (int t : to) {
        cut.add_edge(t, any1, MinCut::kForever);
        cut.add_edge(all1, t, MinCut::kForever);
      }
      cut.add_edge(any1, from, forth);
      cut.add_edge(from, all1, back);
    }
  }
  const std::vector<bool> yes = cut.source_side();
  std::vector<char> choice;
  for (size_t i = 0; i < nodes_.size(); ++i) choice.push_back(yes[i + 2] ? 1 : 0);
  return choice;
}

}  // namespace jetline::passes
