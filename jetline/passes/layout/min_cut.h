// The cheapest way to cut a network between a source and a sink (Dinic's algorithm), small and in memory.
// Here nodes of the network are decisions: on the source side the answer is "yes". Threads: none.
#pragma once

#include <cstdint>
#include <vector>

namespace jetline::passes {

class MinCut {
 public:
  static constexpr int kSource = 0, kSink = 1;
  static constexpr int64_t kForever = int64_t{1} << 60;  // never cut

  MinCut() : first_(2, -1) {}
  int add_node();
  // Cutting from a (source side) to b (sink side) costs `cost`.
  void add_edge(int a, int b, int64_t cost);
  // Runs; true for every node on the source side of a minimum cut (the smallest such side).
  std::vector<bool> source_side();

 private:
  struct Edge {
    int to, next;
    int64_t left;
  };
  bool levels();
  int64_t push(int64_t limit);
  std::vector<Edge> edges_;
  std::vector<int> first_, level_, at_;
};

}  // namespace jetline::passes
