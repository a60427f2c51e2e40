#include "jetline/picture/level.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

#include "jetline/picture/level_edges.h"

namespace jetline::picture {
namespace {

// Cells and edges of every group, from the wires.
class LevelCollector {
 public:
  explicit LevelCollector(const Tree& tree)
      : tree_(tree), slot_(tree.items.size(), -1), cell_(tree.items.size(), -1) {
    for (size_t i = 0; i < tree.items.size(); ++i) {
      if (tree.items[i].kind != Item::Kind::kGroup || tree.items[i].children.empty()) continue;
      slot_[i] = static_cast<int>(levels_.size());
      levels_.emplace_back();
      edges_.emplace_back();
      ports_.emplace_back();
      Level& level = levels_.back();
      level.group = static_cast<int>(i);
      for (int c : tree.items[i].children) {
        cell_[static_cast<size_t>(c)] = static_cast<int>(level.cells.size());
        Cell cell;
        cell.item = c;
        level.cells.push_back(cell);
      }
    }
    for (size_t w = 0; w < tree.wires.size(); ++w) {
      for (int to : tree.wires[w].to) connect(static_cast<int>(w), tree.wires[w].from, to);
    }
  }

  std::vector<Level> take() {
    for (size_t i = 0; i < levels_.size(); ++i) {
      assign_layers(levels_[i], edges_[i]);
      insert_dummies(levels_[i], edges_[i]);
      reduce_crossings(levels_[i]);
    }
    return std::move(levels_);
  }

 private:
  int parent(int i) const { return tree_.items[static_cast<size_t>(i)].parent; }
  int depth(int i) const {
    int d = 0;
    for (; i > 0; i = parent(i)) ++d;
    return d;
  }

  void connect(int wire, int from, int to) {
    // Up on both sides to the level where both ends are children of one group.
    int a = from, b = to;
    int da = depth(a), db = depth(b);
    const auto up_from = [&] {
      add_edge(wire, parent(a), cell_[static_cast<size_t>(a)], port(wire, parent(a), Cell::Kind::kOut));
      a = parent(a);
    };
    const auto up_to = [&] {
      add_edge(wire, parent(b), port(wire, parent(b), Cell::Kind::kIn), cell_[static_cast<size_t>(b)]);
      b = parent(b);
    };
    for (; da > db; --da) up_from();
    for (; db > da; --db) up_to();
    while (parent(a) != parent(b)) {
      up_from();
      up_to();
    }
    if (a != b) add_edge(wire, parent(a), cell_[static_cast<size_t>(a)], cell_[static_cast<size_t>(b)]);
  }

  int port(int wire, int group, Cell::Kind kind) {
    const auto slot = static_cast<size_t>(slot_[static_cast<size_t>(group)]);
    const int64_t key = int64_t{wire} * 2 + (kind == Cell::Kind::kOut);
    const auto [it, fresh] = ports_[slot].emplace(key, 0);
    if (fresh) {
      it->second = static_cast<int>(levels_[slot].cells.size());
      Cell cell;
      cell.kind = kind;
      cell.wire = wire;
      levels_[slot].cells.push_back(cell);
    }
    return it->second;
  }

  void add_edge(int wire, int group, int from, int to) {
    const auto slot = static_cast<size_t>(slot_[static_cast<size_t>(group)]);
    // A wire to several nodes of one group is one edge on the level of the group.
    if (!seen_.emplace(static_cast<int>(slot), wire, from, to).second) return;
    edges_[slot].push_back({wire, from, to, false});
  }

  const Tree& tree_;
  std::vector<int> slot_, cell_;
  std::vector<Level> levels_;
  std::vector<std::vector<LevelEdge>> edges_;
  std::vector<std::unordered_map<int64_t, int>> ports_;
  std::set<std::tuple<int, int, int, int>> seen_;
};

}  // namespace

std::vector<Level> build_levels(const Tree& tree) {
  return LevelCollector(tree).take();
}

}  // namespace jetline::picture
