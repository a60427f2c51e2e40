#include <algorithm>

#include "jetline/picture/level_edges.h"

namespace jetline::picture {
namespace {

constexpr int kMaxDummies = 60000;  // of a level; longer wires run straight beyond that

// Turns edges that close a cycle: those that lead back in a depth-first walk from the first cells.
void turn_backward(size_t cells, std::vector<LevelEdge>& edges) {
  std::vector<std::vector<int>> out(cells);
  for (size_t e = 0; e < edges.size(); ++e)
    out[static_cast<size_t>(edges[e].from)].push_back(static_cast<int>(e));
  std::vector<char> state(cells, 0);  // 1: on the path, 2: done
  std::vector<std::pair<int, size_t>> path;
  for (size_t start = 0; start < cells; ++start) {
    if (state[start]) continue;
    path.emplace_back(static_cast<int>(start), 0);
    state[start] = 1;
    while (!path.empty()) {
      auto& [cell, next] = path.back();
      if (next >= out[static_cast<size_t>(cell)].size()) {
        state[static_cast<size_t>(cell)] = 2;
        path.pop_back();
        continue;
      }
      LevelEdge& e = edges[static_cast<size_t>(out[static_cast<size_t>(cell)][next++])];
      const auto to = static_cast<size_t>(e.to);
      if (state[to] == 1) {
        e.backward = true;
      } else if (state[to] == 0) {
        state[to] = 1;
        path.emplace_back(e.to, 0);
      }
    }
  }
  for (LevelEdge& e : edges) {
    if (e.backward) std::swap(e.from, e.to);
  }
}

}  // namespace

void assign_layers(Level& level, std::vector<LevelEdge>& edges) {
  const size_t n = level.cells.size();
  turn_backward(n, edges);
  std::vector<std::vector<int>> out(n), in(n);
  std::vector<int> waiting(n, 0);
  for (size_t e = 0; e < edges.size(); ++e) {
    out[static_cast<size_t>(edges[e].from)].push_back(static_cast<int>(e));
    in[static_cast<size_t>(edges[e].to)].push_back(static_cast<int>(e));
    ++waiting[static_cast<size_t>(edges[e].to)];
  }
  // Longest path from the top, in topological order.
  std::vector<int> order;
  for (size_t i = 0; i < n; ++i) {
    if (waiting[i] == 0) order.push_back(static_cast<int>(i));
  }
  bool any_in = false;
  for (const Cell& c : level.cells) any_in = any_in || c.kind == Cell::Kind::kIn;
  for (size_t k = 0; k < order.size(); ++k) {
    Cell& c = level.cells[static_cast<size_t>(order[k])];
    if (c.kind != Cell::Kind::kIn && any_in) c.layer = std::max(c.layer, 1);
    for (int e : out[static_cast<size_t>(order[k])]) {
      Cell& to = level.cells[static_cast<size_t>(edges[static_cast<size_t>(e)].to)];
      to.layer = std::max(to.layer, c.layer + 1);
      if (--waiting[static_cast<size_t>(edges[static_cast<size_t>(e)].to)] == 0) {
        order.push_back(edges[static_cast<size_t>(e)].to);
      }
    }
  }
  int last = 0;
  for (const Cell& c : level.cells) last = std::max(last, c.layer);
  bool any_out = false;
  for (const Cell& c : level.cells) any_out = any_out || c.kind == Cell::Kind::kOut;
  int deepest_item = 0;
  for (const Cell& c : level.cells) {
    if (c.kind == Cell::Kind::kItem) deepest_item = std::max(deepest_item, c.layer);
  }
  const int out_layer = any_out ? std::max(last, deepest_item + 1) : last;
  for (Cell& c : level.cells) {
    if (c.kind == Cell::Kind::kOut) c.layer = out_layer;
  }
  // Down as far as wires get shorter: more of them leave below than enter above. Twice, as one move makes
  // room for the next.
  for (int round = 0; round < 2; ++round) {
    for (size_t k = order.size(); k-- > 0;) {
      const auto i = static_cast<size_t>(order[k]);
      Cell& c = level.cells[i];
      if (c.kind != Cell::Kind::kItem || out[i].size() <= in[i].size() || out[i].empty()) continue;
      int lowest = INT32_MAX;
      for (int e : out[i]) {
        lowest =
            std::min(lowest, level.cells[static_cast<size_t>(edges[static_cast<size_t>(e)].to)].layer - 1);
      }
      c.layer = std::max(c.layer, lowest);
    }
  }
}

void insert_dummies(Level& level, const std::vector<LevelEdge>& edges) {
  int dummies = 0;
  // The dummies of one wire from one cell are shared by all its targets: it branches where it has to.
  std::vector<std::vector<std::pair<int, int>>> shared(level.cells.size());  // of a source: wire, first dummy
  std::vector<int> below;                                                    // next dummy of a chain, by cell
  below.assign(level.cells.size(), -1);
  for (const LevelEdge& e : edges) {
    Run run;
    run.wire = e.wire;
    run.backward = e.backward;
    const int from = level.cells[static_cast<size_t>(e.from)].layer;
    const int to = level.cells[static_cast<size_t>(e.to)].layer;
    run.cells.push_back(e.from);
    int at = -1;
    for (int layer = from + 1; layer < to && dummies < kMaxDummies; ++layer) {
      int next = -1;
      if (at < 0) {
        for (const auto& [wire, first] : shared[static_cast<size_t>(e.from)]) {
          if (wire == e.wire) next = first;
        }
      } else {
        next = below[static_cast<size_t>(at)];
      }
      if (next < 0) {
        next = static_cast<int>(level.cells.size());
        Cell dummy;
        dummy.kind = Cell::Kind::kDummy;
        dummy.wire = e.wire;
        dummy.layer = layer;
        level.cells.push_back(dummy);
        below.push_back(-1);
        ++dummies;
        if (at < 0) {
          shared[static_cast<size_t>(e.from)].emplace_back(e.wire, next);
        } else {
          below[static_cast<size_t>(at)] = next;
        }
      }
      run.cells.push_back(next);
      at = next;
    }
    run.cells.push_back(e.to);
    level.runs.push_back(std::move(run));
  }
  int last = -1;
  for (const Cell& c : level.cells) last = std::max(last, c.layer);
  level.layers.assign(static_cast<size_t>(last + 1), {});
  for (size_t i = 0; i < level.cells.size(); ++i) {
    level.layers[static_cast<size_t>(level.cells[i].layer)].push_back(static_cast<int>(i));
  }
}

}  // namespace jetline::picture
