// Which predicate a Merge joins the two sides of: each node's state is the set of predicates, with their
// values, that must hold for it to run; a Switch adds one, control edges count (a constant inside a branch
// hangs on its branch by one), and a Merge takes away the one its inputs disagree on.
#include <map>

#include "jetline/importers/tensorflow/control/frame_graph.h"

namespace jetline::tf::frames {
namespace {

using MergeState = std::map<std::string_view, bool>;
using MergeStatePtr = std::shared_ptr<const MergeState>;
constexpr size_t kMergeDepth = 64;  // conditionals within conditionals; deeper ones stay as they are

// The predicate's name: Identity nodes in between do not make another one of it.
std::string_view merge_predicate(const FrameGraph& g, std::string_view input) {
  for (int hops = 0; hops < 16; ++hops) {
    const Edge e = g.edge(input);
    if (e.node < 0 || e.control || g.node(e.node).op != "Identity" || g.node(e.node).inputs.empty()) break;
    input = g.node(e.node).inputs[0];
  }
  return input;
}

MergeStatePtr merge_union(const MergeStatePtr& a, const MergeStatePtr& b) {
  if (!a || a->empty() || a == b) return b;
  if (!b || b->empty()) return a;
  auto out = std::make_shared<MergeState>(*a);
  out->insert(b->begin(), b->end());
  return out->size() > kMergeDepth ? a : MergeStatePtr(out);
}

bool merge_disagree(const MergeState& a, const MergeState& b, std::string_view& key, bool& a_is_true) {
  for (const auto& [k, v] : a) {
    const auto other = b.find(k);
    if (other != b.end() && other->second != v) {
      key = k;
      a_is_true = v;
      return true;
    }
  }
  // One side may come from outside the conditional. Then only one predicate may be in question.
  const MergeState* one = &a;
  const MergeState* two = &b;
  if (a.size() < b.size()) std::swap(one, two);
  int found = 0;
  for (const auto& [k, v] : *one) {
    if (two->count(k)) continue;
    ++found;
    key = k;
    a_is_true = one == &a ? v : !v;
  }
  return found == 1;
}

class MergeWalk {
 public:
  explicit MergeWalk(FrameGraph& g) : g_(g), states_(g.size()), done_(g.size(), 0) {}

  void run() {
    for (size_t i = 0; i < states_.size(); ++i) visit(static_cast<int>(i));
  }

 private:
  void visit(int root) {
    if (done_[static_cast<size_t>(root)]) return;
    std::vector<std::pair<int, size_t>> stack{{root, 0}};
    done_[static_cast<size_t>(root)] = 1;
    while (!stack.empty()) {
      const int at = stack.back().first;
      const NodeDef& n = g_.node(at);
      if (stack.back().second < n.inputs.size()) {
        const Edge e = g_.edge(n.inputs[stack.back().second++]);
        if (e.node < 0 || done_[static_cast<size_t>(e.node)] || is_next(g_.node(e.node).op)) continue;
        done_[static_cast<size_t>(e.node)] = 1;
        stack.emplace_back(e.node, 0);
        continue;
      }
      stack.pop_back();
      finish(at);
    }
  }

  MergeStatePtr state(std::string_view input) const {
    const Edge e = g_.edge(input);
    if (e.node < 0) return nullptr;
    const NodeDef& n = g_.node(e.node);
    const MergeStatePtr& s = states_[static_cast<size_t>(e.node)];
    if (!is_switch(n.op) || e.control || n.inputs.size() < 2) return s;
    auto out = s ? std::make_shared<MergeState>(*s) : std::make_shared<MergeState>();
    if (out->size() < kMergeDepth) (*out)[merge_predicate(g_, n.inputs[1])] = e.port == 1;
    return out;
  }

  void finish(int i) {
    NodeDef& n = g_.node(i);
    MergeStatePtr& own = states_[static_cast<size_t>(i)];
    if (!is_merge(n.op)) {
      for (std::string_view input : n.inputs) own = merge_union(own, state(input));
      return;
    }
    std::vector<std::string_view> data;
    for (std::string_view input : n.inputs)
      if (!input.empty() && input[0] != '^') data.push_back(input);
    if (data.size() != 2 || n.attr("_true_input")) return;
    const MergeStatePtr a = state(data[0]), b = state(data[1]);
    static const MergeState kNone;
    std::string_view predicate;
    bool first_is_true = false;
    if (!merge_disagree(a ? *a : kNone, b ? *b : kNone, predicate, first_is_true)) return;
    auto common = std::make_shared<MergeState>();
    for (const auto& [k, v] : a ? *a : kNone) {
      if (k == predicate) continue;
      if (!b || !b->count(k) || b->at(k) == v) common->emplace(k, v);
    }
    own = common;
    data.push_back(predicate);
    n.inputs = std::move(data);
    n.attrs.emplace_back("_true_input", int_attr(first_is_true ? 0 : 1));
  }

  FrameGraph& g_;
  std::vector<MergeStatePtr> states_;
  std::vector<uint8_t> done_;
};

}  // namespace

void annotate_merges(FrameGraph& g) {
  MergeWalk(g).run();
}

}  // namespace jetline::tf::frames
