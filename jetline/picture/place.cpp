#include "jetline/picture/place.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace jetline::picture {
namespace {

constexpr double kLayerGap = 34, kItemGap = 26, kDummyGap = 12, kLane = 7, kColumnGap = 30;
constexpr double kWantedRatio = 1.5, kRibbon = 1.6, kTall = 900;

// The neighbours of each cell, above and below.
struct Neighbours {
  std::vector<std::vector<int>> up, down;
};

Neighbours neighbours_of(const Level& level) {
  Neighbours n;
  n.up.resize(level.cells.size());
  n.down.resize(level.cells.size());
  std::set<std::pair<int, int>> seen;
  for (const Run& r : level.runs) {
    for (size_t k = 0; k + 1 < r.cells.size(); ++k) {
      if (!seen.emplace(r.cells[k], r.cells[k + 1]).second) continue;
      n.down[static_cast<size_t>(r.cells[k])].push_back(r.cells[k + 1]);
      n.up[static_cast<size_t>(r.cells[k + 1])].push_back(r.cells[k]);
    }
  }
  return n;
}

double gap_between(const Level& level, int a, int b) {
  const bool thin = level.cells[static_cast<size_t>(a)].kind != Cell::Kind::kItem ||
                    level.cells[static_cast<size_t>(b)].kind != Cell::Kind::kItem;
  return thin ? kDummyGap : kItemGap;
}

// The positions nearest to `wanted` (weighted least squares) that keep order and gaps.
void fit_layer(const Level& level, const std::vector<int>& layer, const std::vector<double>& wanted,
               const std::vector<double>& weight, const std::vector<double>& w, std::vector<double>& x) {
  struct Pool {
    double sum, weight;
    size_t count;
  };
  std::vector<Pool> pools;
  std::vector<double> offset(layer.size(), 0);
  for (size_t i = 0; i < layer.size(); ++i) {
    if (i > 0) {
      offset[i] = offset[i - 1] + gap_between(level, layer[i - 1], layer[i]) +
                  (w[static_cast<size_t>(layer[i - 1])] + w[static_cast<size_t>(layer[i])]) / 2;
    }
    pools.push_back({(wanted[i] - offset[i]) * weight[i], weight[i], 1});
    while (pools.size() > 1) {
      Pool& b = pools[pools.size() - 1];
      Pool& a = pools[pools.size() - 2];
      if (a.sum / a.weight <= b.sum / b.weight) break;
      a.sum += b.sum;
      a.weight += b.weight;
      a.count += b.count;
      pools.pop_back();
    }
  }
  size_t i = 0;
  for (const Pool& p : pools) {
    for (size_t k = 0; k < p.count; ++k, ++i) x[static_cast<size_t>(layer[i])] = p.sum / p.weight + offset[i];
  }
}

void sweep(const Level& level, const Neighbours& n, const std::vector<double>& w, bool down, bool both,
           std::vector<double>& x) {
  const size_t count = level.layers.size();
  for (size_t k = 0; k < count; ++k) {
    const std::vector<int>& layer = level.layers[down ? k : count - 1 - k];
    std::vector<double> wanted, weight;
    for (int cell : layer) {
      const auto c = static_cast<size_t>(cell);
      double sum = 0, total = 0;
      const auto add = [&](const std::vector<int>& list) {
        for (int other : list) {
          const bool straight = level.cells[c].kind == Cell::Kind::kDummy ||
                                level.cells[static_cast<size_t>(other)].kind == Cell::Kind::kDummy;
          const double f = straight ? 3 : 1;
          sum += f * x[static_cast<size_t>(other)];
          total += f;
        }
      };
      if (down || both) add(n.up[c]);
      if (!down || both) add(n.down[c]);
      wanted.push_back(total > 0 ? sum / total : x[c]);
      weight.push_back(total > 0 ? total : 0.1);
    }
    fit_layer(level, layer, wanted, weight, w, x);
  }
}

struct Extent {
  double left = 0, right = 0, height = 0;
};

// First layers of the columns for `columns` of them: near equal heights, at places that few wires cross.
std::vector<size_t> break_layers(const std::vector<Extent>& e, const std::vector<int>& crossing,
                                 int columns) {
  double total = 0;
  for (const Extent& x : e) total += x.height + kLayerGap;
  std::vector<size_t> starts = {0};
  double at = 0;
  std::vector<double> ends;
  for (const Extent& x : e) ends.push_back(at += x.height + kLayerGap);
  for (int c = 1; c < columns; ++c) {
    const double target = total * c / columns, window = 0.2 * total / columns;
    size_t best = 0;
    double least = INFINITY;
    for (size_t l = starts.back() + 1; l < e.size(); ++l) {
      const double off = (ends[l - 1] - target) / window;
      const double cost = crossing[l - 1] * 0.12 + off * off;
      if (cost < least) {
        least = cost;
        best = l;
      }
    }
    if (best == 0) break;
    starts.push_back(best);
  }
  return starts;
}

struct Columns {
  std::vector<size_t> starts;
  double width = 0, height = 0;
};

Columns measure(const std::vector<Extent>& e, const std::vector<int>& crossing, int columns) {
  Columns c;
  c.starts = columns > 1 ? break_layers(e, crossing, columns) : std::vector<size_t>{0};
  for (size_t k = 0; k < c.starts.size(); ++k) {
    const size_t end = k + 1 < c.starts.size() ? c.starts[k + 1] : e.size();
    double left = INFINITY, right = -INFINITY, height = 0;
    for (size_t l = c.starts[k]; l < end; ++l) {
      left = std::min(left, e[l].left);
      right = std::max(right, e[l].right);
      height += e[l].height + kLayerGap;
    }
    c.width += right - left + (k ? kColumnGap + kLane * crossing[c.starts[k] - 1] : 0);
    c.height = std::max(c.height, height);
  }
  return c;
}

}  // namespace

Placement place_level(const Level& level, const std::vector<std::pair<double, double>>& sizes) {
  Placement p;
  const size_t n = level.cells.size();
  p.x.assign(n, 0);
  p.y.assign(n, 0);
  for (const auto& [w, h] : sizes) {
    p.w.push_back(w);
    p.h.push_back(h);
  }
  for (const auto& layer : level.layers) {
    double at = 0;
    for (size_t i = 0; i < layer.size(); ++i) {
      const auto c = static_cast<size_t>(layer[i]);
      at += i ? gap_between(level, layer[i - 1], layer[i]) + p.w[c] / 2 : 0;
      p.x[c] = at;
      at += p.w[c] / 2;
    }
    for (int c : layer) p.x[static_cast<size_t>(c)] -= at / 2;
  }
  const Neighbours near = neighbours_of(level);
  for (int round = 0; round < 6; ++round) sweep(level, near, p.w, round % 2 == 0, false, p.x);
  sweep(level, near, p.w, true, true, p.x);
  sweep(level, near, p.w, false, true, p.x);

  std::vector<Extent> extents;
  std::vector<int> crossing(level.layers.size(), 0);  // wires from a layer to the next
  for (size_t l = 0; l < level.layers.size(); ++l) {
    Extent e{INFINITY, -INFINITY, 0};
    for (int cell : level.layers[l]) {
      const auto c = static_cast<size_t>(cell);
      e.left = std::min(e.left, p.x[c] - p.w[c] / 2);
      e.right = std::max(e.right, p.x[c] + p.w[c] / 2);
      e.height = std::max(e.height, p.h[c]);
      crossing[l] += static_cast<int>(near.down[c].size());
    }
    extents.push_back(e);
  }
  Columns chosen = measure(extents, crossing, 1);
  if (chosen.height > kTall && chosen.height > kRibbon * chosen.width && level.layers.size() >= 5) {
    double best = INFINITY;
    const int most = std::min<int>(24, static_cast<int>(level.layers.size() / 2));
    for (int k = 1; k <= most; ++k) {
      const Columns c = measure(extents, crossing, k);
      const double off = std::abs(std::log(c.width / (c.height + 1) / kWantedRatio));
      if (off < best) {
        best = off;
        chosen = c;
      }
    }
  }
  const size_t columns = chosen.starts.size();
  int lanes = 0;
  for (size_t k = 1; k < columns; ++k) lanes = std::max(lanes, crossing[chosen.starts[k] - 1]);
  p.top = columns > 1 ? 8 + kLane * lanes : 0;
  p.column.assign(level.layers.size(), 0);
  p.above.assign(level.layers.size(), 0);
  p.below.assign(level.layers.size(), 0);
  double left = 0;
  for (size_t k = 0; k < columns; ++k) {
    const size_t begin = chosen.starts[k], end = k + 1 < columns ? chosen.starts[k + 1] : level.layers.size();
    double lo = INFINITY, hi = -INFINITY, y = p.top;
    for (size_t l = begin; l < end; ++l) {
      lo = std::min(lo, extents[l].left);
      hi = std::max(hi, extents[l].right);
    }
    for (size_t l = begin; l < end; ++l) {
      p.column[l] = static_cast<int>(k);
      p.above[l] = y;
      p.below[l] = y + extents[l].height;
      for (int cell : level.layers[l]) {
        const auto c = static_cast<size_t>(cell);
        p.x[c] += left - lo;
        if (level.cells[c].kind == Cell::Kind::kDummy) p.h[c] = extents[l].height;
        p.y[c] = y + (extents[l].height - p.h[c]) / 2;
        if (level.cells[c].kind == Cell::Kind::kIn) p.y[c] = 0;
      }
      y += extents[l].height + (l + 1 < end ? kLayerGap : 0);
    }
    const int out = k + 1 < columns ? crossing[end - 1] : 0;
    left += hi - lo;
    p.bottom.push_back(y);
    p.gutter.push_back(left + kColumnGap / 2);
    p.height = std::max(p.height, y + (out ? 12 + kLane * out : 0));
    if (k + 1 < columns) left += kColumnGap + kLane * out;
  }
  p.width = left;
  for (size_t c = 0; c < n; ++c) {
    if (level.cells[c].kind == Cell::Kind::kOut) p.y[c] = p.height;
  }
  return p;
}

}  // namespace jetline::picture
