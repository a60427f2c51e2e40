// From placements to boxes and lines, group inside group.
#include <algorithm>
#include <map>

#include "jetline/picture/place.h"

namespace jetline::picture {
namespace {

constexpr double kPad = 12, kHead = 24, kRadius = 6, kLaneStep = 7;

size_t columns_of(const std::string& s) {
  size_t n = 0;
  for (char c : s) n += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return n;
}

std::string coordinate(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", v);
  std::string s = text;
  for (char& c : s) c = c == ',' ? '.' : c;
  if (s.size() > 2 && s.compare(s.size() - 2, 2, ".0") == 0) s.resize(s.size() - 2);
  return s;
}

struct Point {
  double x, y;
};

// Straight lines with round corners.
std::string rounded(const std::vector<Point>& points) {
  std::string d = "M" + coordinate(points[0].x) + " " + coordinate(points[0].y);
  for (size_t i = 1; i < points.size(); ++i) {
    const Point& b = points[i];
    if (i + 1 == points.size()) return d + "L" + coordinate(b.x) + " " + coordinate(b.y);
    const Point &a = points[i - 1], &c = points[i + 1];
    const auto toward = [&](const Point& to) {
      const double dx = to.x - b.x, dy = to.y - b.y;
      const double length = std::max(1e-6, std::abs(dx) + std::abs(dy)), r = std::min(kRadius, length / 2);
      return Point{b.x + dx / length * r, b.y + dy / length * r};
    };
    const Point in = toward(a), out = toward(c);
    d += "L" + coordinate(in.x) + " " + coordinate(in.y) + "Q" + coordinate(b.x) + " " + coordinate(b.y) +
         " " + coordinate(out.x) + " " + coordinate(out.y);
  }
  return d;
}

std::string curve(const Point& a, const Point& b) {
  std::string d = "M" + coordinate(a.x) + " " + coordinate(a.y);
  if (std::abs(a.x - b.x) < 0.6) return d + "L" + coordinate(b.x) + " " + coordinate(b.y);
  const double k = std::max(8.0, (b.y - a.y) * 0.5);
  return d + "C" + coordinate(a.x) + " " + coordinate(a.y + k) + " " + coordinate(b.x) + " " +
         coordinate(b.y - k) + " " + coordinate(b.x) + " " + coordinate(b.y);
}

class SceneBuilder {
 public:
  SceneBuilder(const Tree& tree, const std::vector<Level>& levels)
      : tree_(tree), levels_(levels), level_of_(tree.items.size(), -1), placed_(levels.size()) {
    for (size_t i = 0; i < levels.size(); ++i)
      level_of_[static_cast<size_t>(levels[i].group)] = static_cast<int>(i);
  }

  Scene build() {
    if (level_of_[0] < 0) return {};
    const auto [w, h] = place(0);
    scene_.width = w;
    scene_.height = h;
    draw(0, 0, 0);
    return std::move(scene_);
  }

 private:
  const Item& item(int i) const { return tree_.items[static_cast<size_t>(i)]; }
  bool is_open(int i) const {
    return item(i).kind == Item::Kind::kGroup && item(i).open && level_of_[static_cast<size_t>(i)] >= 0;
  }

  std::pair<double, double> place(int group) {
    const auto at = static_cast<size_t>(level_of_[static_cast<size_t>(group)]);
    const Level& level = levels_[at];
    std::vector<std::pair<double, double>> sizes;
    for (const Cell& c : level.cells) {
      if (c.kind != Cell::Kind::kItem) {
        sizes.emplace_back(2, 0);
      } else if (is_open(c.item)) {
        const auto [w, h] = place(c.item);
        sizes.emplace_back(std::max(w + 2 * kPad, item(c.item).width), h + kHead + kPad);
      } else {
        sizes.emplace_back(item(c.item).width, item(c.item).height);
      }
    }
    placed_[at] = place_level(level, sizes);
    return {placed_[at].width, placed_[at].height};
  }

  // x of the port of `wire` in an open group whose box is `width` wide; the middle where it has none.
  double port_x(int group, int wire, Cell::Kind kind, double width) const {
    const auto at = static_cast<size_t>(level_of_[static_cast<size_t>(group)]);
    const Level& level = levels_[at];
    for (const auto& layer : {level.layers.front(), level.layers.back()}) {
      for (int c : layer) {
        const Cell& cell = level.cells[static_cast<size_t>(c)];
        if (cell.kind == kind && cell.wire == wire) {
          return (width - placed_[at].width) / 2 + placed_[at].x[static_cast<size_t>(c)];
        }
      }
    }
    return width / 2;
  }

  struct Label {  // the shapes that leave a box
    double x, y;
    std::vector<std::string> shapes;
  };
  struct Segment {
    int a, b, wire;
    bool backward, ends;  // `ends`: reaches the target of a run
  };

  void draw(int group, double x0, double y0) {
    const auto at = static_cast<size_t>(level_of_[static_cast<size_t>(group)]);
    const Level& level = levels_[at];
    const Placement& p = placed_[at];
    for (size_t i = 0; i < level.cells.size(); ++i) {
      const Cell& c = level.cells[i];
      if (c.kind != Cell::Kind::kItem) continue;
      const double x = x0 + p.x[i] - p.w[i] / 2, y = y0 + p.y[i];
      scene_.boxes.push_back({c.item, x, y, p.w[i], p.h[i]});
      if (!is_open(c.item)) continue;
      const double inner = placed_[static_cast<size_t>(level_of_[static_cast<size_t>(c.item)])].width;
      draw(c.item, x + (p.w[i] - inner) / 2, y + kHead);
    }
    draw_lines(level, p, x0, y0);
  }

  // Every segment once, though several runs may share it.
  static std::vector<Segment> segments_of(const Level& level) {
    std::vector<Segment> segments;
    std::map<std::pair<int, int>, size_t> seen;
    for (const Run& r : level.runs) {
      for (size_t k = 0; k + 1 < r.cells.size(); ++k) {
        const bool ends = r.backward ? k == 0 : k + 2 == r.cells.size();
        const auto key = std::make_pair(r.cells[k], r.cells[k + 1]);
        const auto it = seen.find(key);
        if (it != seen.end() && segments[it->second].wire == r.wire) continue;
        seen[key] = segments.size();
        segments.push_back({r.cells[k], r.cells[k + 1], r.wire, r.backward, ends});
      }
    }
    return segments;
  }

  // Where wires touch a closed box: side by side in the order of their other ends.
  void spread(const Level& level, const Placement& p, const std::vector<Segment>& segments, bool bottom,
              std::map<std::pair<int, int>, double>& attach) const {
    std::map<int, std::map<int, std::pair<double, int>>>
        touching;  // cell -> wire -> sum and number of far ends
    for (const Segment& s : segments) {
      const int cell = bottom ? s.a : s.b, far = bottom ? s.b : s.a;
      if (level.cells[static_cast<size_t>(cell)].kind != Cell::Kind::kItem) continue;
      auto& t = touching[cell][s.wire];
      t.first += p.x[static_cast<size_t>(far)];
      ++t.second;
    }
    for (const auto& [cell, wires] : touching) {
      std::vector<std::pair<double, int>> order;
      for (const auto& [wire, t] : wires) order.emplace_back(t.first / t.second, wire);
      std::sort(order.begin(), order.end());
      const Cell& c = level.cells[static_cast<size_t>(cell)];
      const auto i = static_cast<size_t>(cell);
      const double step = std::min(18.0, p.w[i] / (static_cast<double>(order.size()) + 1));
      for (size_t k = 0; k < order.size(); ++k) {
        double x = p.x[i] + (static_cast<double>(k) - (static_cast<double>(order.size()) - 1) / 2) * step;
        if (is_open(c.item)) {
          x = p.x[i] - p.w[i] / 2 +
              port_x(c.item, order[k].second, bottom ? Cell::Kind::kOut : Cell::Kind::kIn, p.w[i]);
        }
        attach[{cell, order[k].second}] = x;
      }
    }
  }

  void draw_lines(const Level& level, const Placement& p, double x0, double y0) {
    const std::vector<Segment> segments = segments_of(level);
    std::map<std::pair<int, int>, double> below, above;
    spread(level, p, segments, true, below);
    spread(level, p, segments, false, above);
    std::map<int, int> lane_of_break;
    std::map<int, Label> labels;
    for (const Segment& s : segments) {
      const auto a = static_cast<size_t>(s.a), b = static_cast<size_t>(s.b);
      const bool from_item = level.cells[a].kind == Cell::Kind::kItem;
      const bool to_item = level.cells[b].kind == Cell::Kind::kItem;
      Point from{x0 + p.x[a], y0 + p.y[a] + p.h[a]}, to{x0 + p.x[b], y0 + p.y[b]};
      if (from_item) from.x = x0 + below.at({s.a, s.wire});
      if (to_item) to.x = x0 + above.at({s.b, s.wire});
      // Through the head and the edge of the group.
      if (level.cells[a].kind == Cell::Kind::kIn) from.y = y0 - kHead;
      if (level.cells[b].kind == Cell::Kind::kOut) to.y = y0 + p.height + kPad;
      DrawnLine line;
      line.wire = s.wire;
      line.backward = s.backward;
      line.arrow = s.ends && (s.backward ? from_item && !is_open(level.cells[a].item)
                                         : to_item && !is_open(level.cells[b].item));
      const int ca = p.column[static_cast<size_t>(level.cells[a].layer)];
      const int cb = p.column[static_cast<size_t>(level.cells[b].layer)];
      if (ca == cb) {
        // Sideways only between the layers, where no box stands.
        const Point out{from.x, std::max(from.y, y0 + p.below[static_cast<size_t>(level.cells[a].layer)])};
        const Point in{to.x, std::min(to.y, y0 + p.above[static_cast<size_t>(level.cells[b].layer)])};
        line.path = curve(out, in);
        if (out.y > from.y)
          line.path = "M" + coordinate(from.x) + " " + coordinate(from.y) + "L" + line.path.substr(1);
        if (in.y < to.y) line.path += "V" + coordinate(to.y);
      } else {
        const int lane = lane_of_break[ca]++;
        const double low = y0 + p.bottom[static_cast<size_t>(ca)] + 12 + lane * kLaneStep;
        const double gx = x0 + p.gutter[static_cast<size_t>(ca)] + lane * kLaneStep;
        const double high = y0 + p.top - 8 - lane * kLaneStep;
        line.path = rounded({from, {from.x, low}, {gx, low}, {gx, high}, {to.x, high}, to});
      }
      if (level.cells[b].kind == Cell::Kind::kDummy && p.h[b] > 0)
        line.path += "V" + coordinate(to.y + p.h[b]);
      scene_.lines.push_back(std::move(line));
      const Wire& wire = tree_.wires[static_cast<size_t>(s.wire)];
      if (!from_item || is_open(level.cells[a].item) || s.backward || wire.shape.empty() ||
          item(level.cells[a].item).kind == Item::Kind::kInput) {
        continue;
      }
      Label& label = labels.emplace(s.a, Label{from.x, from.y, {}}).first->second;
      label.x = std::max(label.x, from.x);
      if (std::find(label.shapes.begin(), label.shapes.end(), wire.shape) == label.shapes.end()) {
        label.shapes.push_back(wire.shape);
      }
    }
    for (const auto& [cell, label] : labels) {
      std::string text;
      for (size_t i = 0; i < label.shapes.size() && i < 3; ++i) text += (i ? " · " : "") + label.shapes[i];
      scene_.texts.push_back({label.x + 4, label.y + 11, text + (label.shapes.size() > 3 ? " …" : "")});
    }
  }

  const Tree& tree_;
  const std::vector<Level>& levels_;
  std::vector<int> level_of_;
  std::vector<Placement> placed_;
  Scene scene_;
};

}  // namespace

void measure_items(Tree& tree) {
  for (Item& i : tree.items) {
    const double title = static_cast<double>(columns_of(i.title)) * 7.1;
    const double sub = static_cast<double>(std::max(columns_of(i.subtitle), columns_of(i.note))) * 5.7;
    i.width = std::max(54.0, std::max(title + (i.kind == Item::Kind::kGroup ? 34 : 18), sub + 18));
    i.height = 24 + (i.subtitle.empty() ? 0 : 14) + (i.note.empty() ? 0 : 14);
  }
}

Scene make_scene(const Tree& tree, const std::vector<Level>& levels) {
  return SceneBuilder(tree, levels).build();
}

}  // namespace jetline::picture
