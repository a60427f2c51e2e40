// Which groups are open when the drawing is made.
#include <queue>

#include "jetline/picture/tree.h"

namespace jetline::picture {
namespace {

Item& foldable(Tree& t, int i) {
  return t.items[static_cast<size_t>(i)];
}

}  // namespace

int shown_items(const Tree& tree) {
  int n = 0;
  std::vector<int> work = {0};
  while (!work.empty()) {
    const int g = work.back();
    work.pop_back();
    for (int c : tree.items[static_cast<size_t>(g)].children) {
      const Item& item = tree.items[static_cast<size_t>(c)];
      if (item.kind == Item::Kind::kGroup && item.open) {
        work.push_back(c);
      } else {
        ++n;
      }
    }
  }
  return n;
}

void open_groups(Tree& tree, int depth, int budget) {
  if (depth >= 0) {
    std::vector<std::pair<int, int>> work = {{0, 0}};
    while (!work.empty()) {
      const auto [g, d] = work.back();
      work.pop_back();
      foldable(tree, g).open = g == 0 || d <= depth;
      for (int c : foldable(tree, g).children) {
        if (foldable(tree, c).kind == Item::Kind::kGroup) work.emplace_back(c, d + 1);
      }
    }
    return;
  }
  const bool blocks = tree.node_count <= budget;
  std::priority_queue<std::pair<int, int>> closed;
  const auto offer = [&](int g) {
    for (int c : foldable(tree, g).children) {
      const Item& item = foldable(tree, c);
      if (item.kind == Item::Kind::kGroup && (!item.block || blocks)) closed.emplace(item.nodes, -c);
    }
  };
  offer(0);
  int shown = shown_items(tree);
  while (!closed.empty()) {
    const int g = -closed.top().second;
    closed.pop();
    const int more = static_cast<int>(foldable(tree, g).children.size()) - 1;
    if (shown + more > budget) continue;
    shown += more;
    foldable(tree, g).open = true;
    offer(g);
  }
}

}  // namespace jetline::picture
