#include "jetline/passes/layout/min_cut.h"

#include <algorithm>

namespace jetline::passes {

int MinCut::add_node() {
  first_.push_back(-1);
  return static_cast<int>(first_.size()) - 1;
}

void MinCut::add_edge(int a, int b, int64_t cost) {
  if (a == b || cost <= 0) return;
  edges_.push_back({b, first_[static_cast<size_t>(a)], cost});
  first_[static_cast<size_t>(a)] = static_cast<int>(edges_.size()) - 1;
  edges_.push_back({a, first_[static_cast<size_t>(b)], 0});
  first_[static_cast<size_t>(b)] = static_cast<int>(edges_.size()) - 1;
}

// Distances from the source along edges with room; false when the sink is out of reach.
bool MinCut::levels() {
  level_.assign(first_.size(), -1);
  level_[kSource] = 0;
  std::vector<int> queue = {kSource};
  for (size_t q = 0; q < queue.size(); ++q) {
    for (int e = first_[static_cast<size_t>(queue[q])]; e >= 0; e = edges_[static_cast<size_t>(e)].next) {
      const Edge& edge = edges_[static_cast<size_t>(e)];
      if (edge.left <= 0 || level_[static_cast<size_t>(edge.to)] >= 0) continue;
      level_[static_cast<size_t>(edge.to)] = level_[static_cast<size_t>(queue[q])] + 1;
      queue.push_back(edge.to);
    }
  }
  return level_[kSink] >= 0;
}

// One path from source to sink, walked without recursion (networks are as deep as models). 0: none is left.
int64_t MinCut::push(int64_t limit) {
  std::vector<int> path;  // edges
  int v = kSource;
  while (v != kSink) {
    int& e = at_[static_cast<size_t>(v)];
    while (e >= 0 && !(edges_[static_cast<size_t>(e)].left > 0 &&
                       level_[static_cast<size_t>(edges_[static_cast<size_t>(e)].to)] ==
                           level_[static_cast<size_t>(v)] + 1)) {
      e = edges_[static_cast<size_t>(e)].next;
    }
    if (e >= 0) {
      path.push_back(e);
      v = edges_[static_cast<size_t>(e)].to;
      continue;
    }
    if (path.empty()) return 0;
    level_[static_cast<size_t>(v)] = -1;
    v = edges_[static_cast<size_t>(path.back() ^ 1)].to;
    path.pop_back();
  }
  int64_t room = limit;
  for (int e : path) room = std::min(room, edges_[static_cast<size_t>(e)].left);
  for (int e : path) {
    edges_[static_cast<size_t>(e)].left -= room;
    edges_[static_cast<size_t>(e ^ 1)].left += room;
  }
  return room;
}

std::vector<bool> MinCut::source_side() {
  while (levels()) {
    at_ = first_;
    while (push(kForever) > 0) {
    }
  }
  std::vector<bool> side(first_.size());
  for (size_t i = 0; i < side.size(); ++i) side[i] = level_[i] >= 0;
  return side;
}

}  // namespace jetline::passes
