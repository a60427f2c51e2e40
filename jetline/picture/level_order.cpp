#include <algorithm>
#include <set>

#include "jetline/picture/level_edges.h"

namespace jetline::picture {
namespace {

constexpr int kSweeps = 12;
constexpr size_t kWork = 4000000;  // segments times sweeps; bounds the time of huge levels

struct Segments {
  std::vector<std::vector<int>> up, down;  // neighbours by cell
};

Segments segments_of(const Level& level) {
  Segments s;
  s.up.resize(level.cells.size());
  s.down.resize(level.cells.size());
  std::set<std::pair<int, int>> seen;
  for (const Run& r : level.runs) {
    for (size_t k = 0; k + 1 < r.cells.size(); ++k) {
      if (!seen.emplace(r.cells[k], r.cells[k + 1]).second) continue;
      s.down[static_cast<size_t>(r.cells[k])].push_back(r.cells[k + 1]);
      s.up[static_cast<size_t>(r.cells[k + 1])].push_back(r.cells[k]);
    }
  }
  return s;
}

std::vector<int> positions_of(const Level& level) {
  std::vector<int> position(level.cells.size(), 0);
  for (const auto& layer : level.layers) {
    for (size_t i = 0; i < layer.size(); ++i) position[static_cast<size_t>(layer[i])] = static_cast<int>(i);
  }
  return position;
}

// Inversions among the lower ends of segments sorted by their upper ends, with a Fenwick tree.
int64_t crossings_below(const Level& level, size_t layer, const Segments& s,
                        const std::vector<int>& position) {
  std::vector<int> ends;
  for (int cell : level.layers[layer]) {
    std::vector<int> mine;
    for (int d : s.down[static_cast<size_t>(cell)]) {
      if (level.cells[static_cast<size_t>(d)].layer == static_cast<int>(layer) + 1) {
        mine.push_back(position[static_cast<size_t>(d)]);
      }
    }
    std::sort(mine.begin(), mine.end());
    ends.insert(ends.end(), mine.begin(), mine.end());
  }
  if (layer + 1 >= level.layers.size()) return 0;
  std::vector<int> tree(level.layers[layer + 1].size() + 1, 0);
  int64_t crossings = 0;
  int total = 0;
  for (int e : ends) {
    int at_most = 0;
    for (int i = e + 1; i > 0; i -= i & -i) at_most += tree[static_cast<size_t>(i)];
    crossings += total - at_most;
    ++total;
    for (size_t i = static_cast<size_t>(e) + 1; i < tree.size(); i += i & (~i + 1)) ++tree[i];
  }
  return crossings;
}

int64_t all_crossings(const Level& level, const Segments& s) {
  const std::vector<int> position = positions_of(level);
  int64_t n = 0;
  for (size_t l = 0; l < level.layers.size(); ++l) n += crossings_below(level, l, s, position);
  return n;
}

double median_of(const std::vector<int>& neighbours, const std::vector<int>& position, double otherwise) {
  if (neighbours.empty()) return otherwise;
  std::vector<int> p;
  for (int n : neighbours) p.push_back(position[static_cast<size_t>(n)]);
  std::sort(p.begin(), p.end());
  const size_t m = p.size() / 2;
  return p.size() % 2 ? p[m] : (p[m - 1] + p[m]) / 2.0;
}

void sort_layer(std::vector<int>& layer, const std::vector<std::vector<int>>& neighbours,
                std::vector<int>& position) {
  std::vector<std::pair<double, int>> keyed;
  for (size_t i = 0; i < layer.size(); ++i) {
    const auto cell = static_cast<size_t>(layer[i]);
    keyed.emplace_back(median_of(neighbours[cell], position, static_cast<double>(i)), layer[i]);
  }
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 0; i < layer.size(); ++i) {
    layer[i] = keyed[i].second;
    position[static_cast<size_t>(layer[i])] = static_cast<int>(i);
  }
}

// Crossings between the segments of two neighbours in one layer when `a` stands left of `b`.
int64_t pair_crossings(const std::vector<int>& a, const std::vector<int>& b,
                       const std::vector<int>& position) {
  int64_t n = 0;
  for (int x : a) {
    for (int y : b) n += position[static_cast<size_t>(x)] > position[static_cast<size_t>(y)];
  }
  return n;
}

void swap_neighbours(Level& level, const Segments& s) {
  std::vector<int> position = positions_of(level);
  bool better = true;
  for (int round = 0; better && round < 40; ++round) {
    better = false;
    for (auto& layer : level.layers) {
      for (size_t i = 0; i + 1 < layer.size(); ++i) {
        const auto a = static_cast<size_t>(layer[i]), b = static_cast<size_t>(layer[i + 1]);
        if ((s.up[a].size() + s.down[a].size()) * (s.up[b].size() + s.down[b].size()) > 10000) continue;
        const int64_t now =
            pair_crossings(s.up[a], s.up[b], position) + pair_crossings(s.down[a], s.down[b], position);
        const int64_t then =
            pair_crossings(s.up[b], s.up[a], position) + pair_crossings(s.down[b], s.down[a], position);
        if (then >= now) continue;
        std::swap(layer[i], layer[i + 1]);
        std::swap(position[a], position[b]);
        better = true;
      }
    }
  }
}

}  // namespace

int64_t count_crossings(const Level& level) {
  return all_crossings(level, segments_of(level));
}

void reduce_crossings(Level& level) {
  const Segments s = segments_of(level);
  size_t segments = 0;
  for (const auto& d : s.down) segments += d.size();
  const int sweeps = std::min<int>(kSweeps, 2 + static_cast<int>(kWork / (segments + 1)));
  int64_t best = all_crossings(level, s);
  auto best_layers = level.layers;
  for (int sweep = 0; sweep < sweeps && best > 0; ++sweep) {
    std::vector<int> position = positions_of(level);
    if (sweep % 2 == 0) {
      for (size_t l = 1; l < level.layers.size(); ++l) sort_layer(level.layers[l], s.up, position);
    } else {
      for (size_t l = level.layers.size() - 1; l-- > 0;) sort_layer(level.layers[l], s.down, position);
    }
    if (segments < 20000) swap_neighbours(level, s);
    const int64_t now = all_crossings(level, s);
    if (now >= best) continue;
    best = now;
    best_layers = level.layers;
  }
  level.layers = best_layers;
}

}  // namespace jetline::picture
