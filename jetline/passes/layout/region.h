// The part of a graph whose layout one decision concerns. Starting from one Transpose, the two orders of axes
// that it stands between (frame 0 and frame 1) are carried along values and operators as far as rules
// (rule.h) allow; every operator reached may then work in either frame, everything else stays. Transposes
// between them vanish from the picture: a value behind Transposes is its *source* seen through a permutation.
//
// What a choice costs: for every source, each order in which somebody wants it, other than the one in which
// it is stored, is one Transpose, weighed by its elements (Transposes that move only axes of size 1 weigh
// next to nothing). choose() finds the cheapest choice as a minimum cut. It is the best there is as long as
// both frames fit together everywhere in the region, which they do unless permutations conflict around a
// loop; the cost of a choice is in any case counted exactly, so that a bad one is never taken.
//
// Ownership: points into the graph, which must not change until it is done. Threads: as the Model.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "jetline/passes/layout/rule.h"

namespace jetline::passes {

struct RegionNode {
  Node* n = nullptr;
  const LayoutRule* rule = nullptr;
  Perm label[2];
  LayoutPorts ports[2];
  int current = 0;                              // the frame in which it stands in the graph
  std::vector<std::pair<Value*, Perm>> inputs;  // source of each input and how it is seen; null: left out
};

struct RegionUse {
  Use use;
  Perm seen;      // the source as it comes there now
  int node = -1;  // in the region, when it can choose
};

struct RegionSource {
  Value* v = nullptr;
  Perm frame[2];
  int producer = -1;  // in the region
  std::vector<RegionUse> uses;
};

class LayoutRegion {
 public:
  LayoutRegion(Graph& g, int64_t opset) : g_(g), opset_(opset) {}
  // From Transpose `seed`. False when there is nothing to choose. At most `budget` nodes are looked at, and
  // counted off.
  bool grow(Node* seed, int64_t& budget);
  // Frame 0 or 1 for every node; the cheapest.
  std::vector<char> choose() const;
  std::vector<char> current() const;
  int64_t cost(const std::vector<char>& choice) const;

  Graph& graph() const { return g_; }
  const std::vector<RegionNode>& nodes() const { return nodes_; }
  const std::vector<RegionSource>& sources() const { return sources_; }
  // Transposes that stand between the two frames.
  const std::unordered_set<Node*>& covered() const { return covered_; }

  Perm stored(const RegionSource& s, const std::vector<char>& choice) const;
  Perm wanted(const RegionUse& u, const std::vector<char>& choice) const;

 private:
  bool add_source(Value* v, const Perm& f0, const Perm& f1);
  void add_node(Node* n, Perm l0, Perm l1);
  void follow_source(size_t index);
  void follow_node(size_t index);
  void find_uses(RegionSource& s);
  std::pair<Value*, Perm> resolve(Value* v) const;
  // Whether the user works element by element on this value and constants alone.
  bool prefers_early(const RegionUse& u) const;
  int64_t cost_of_node(const RegionNode& r, int frame) const;

  Graph& g_;
  int64_t opset_;
  std::vector<RegionNode> nodes_;
  std::vector<RegionSource> sources_;
  std::unordered_map<const Node*, int> node_index_;
  std::unordered_map<const Value*, int> source_index_;
  std::unordered_set<Node*> covered_;
  int64_t budget_ = 0;
};

// A Transpose of `g` itself whose permutation is sound.
bool layout_transpose(const Graph& g, const Node* n, Perm& p);

}  // namespace jetline::passes
