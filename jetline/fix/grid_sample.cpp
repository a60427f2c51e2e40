// GridSample of pictures by Gathers from [N * H * W, C]: the grid is turned into pixels, each neighbour's
// place into one index, and the rows are weighted and added (torch.nn.functional.grid_sample, ONNX
// GridSample).
#include "jetline/fix/place.h"

namespace jetline::fix {
namespace {

struct GridPicture {
  int64_t batch = 0, channels = 0, height = 0, width = 0;
  std::string padding;
  bool align = false;
};

// Mirrored at both ends of [low, high], as often as needed.
Value* grid_reflect(Place& p, Value* x, double low, double high) {
  const double range = high - low;
  if (range <= 0) return p.mul(x, p.number(0, x));
  // Distance from the lower end in a period of twice the range, folded once.
  Value* away = p.emit("Abs", {p.sub(x, p.number(low, x))});
  Value* period = p.number(2 * range, x);
  Value* turns = p.emit("Floor", {p.div(away, period)});
  Value* at = p.sub(away, p.mul(turns, period));
  Value* folded = p.sub(period, at);
  return p.add(p.emit("Min", {at, folded}), p.number(low, x));
}

// Normalised [-1, 1] to pixels along an axis of n.
Value* grid_pixels(Place& p, const GridPicture& g, Value* x, int64_t n) {
  const auto size = static_cast<double>(n);
  Value* one = p.number(1, x);
  Value* two = p.number(2, x);
  Value* up = p.add(x, one);
  return g.align ? p.mul(p.div(up, two), p.number(size - 1, x))
                 : p.div(p.sub(p.mul(up, p.number(size, x)), one), two);
}

Value* grid_inside(Place& p, const GridPicture& g, Value* x, int64_t n, bool cubic = false) {
  const auto size = static_cast<double>(n);
  if (g.padding == "border") {
    // Half a pixel beyond the border is not outside yet; between two neighbours that are one and the same it
    // makes no difference, but a cubic curve sees it.
    Value* near = p.clip(x, 0, size - 1);
    if (g.align || !cubic) return near;
    Value* below = p.emit("Less", {x, p.number(-0.5, x)});
    Value* above = p.emit("Greater", {x, p.number(size - 0.5, x)});
    return p.where(p.emit("Or", {below, above}), near, x);
  }
  if (g.padding != "reflection") return x;
  x = g.align ? grid_reflect(p, x, 0, size - 1) : grid_reflect(p, x, -0.5, size - 0.5);
  return x;
}

// One neighbour along an axis: its index, and its weight where outside counts as nothing.
struct GridTap {
  Value *index, *weight;
};

GridTap grid_tap(Place& p, const GridPicture& g, Value* at, Value* weight, int64_t n) {
  const auto size = static_cast<double>(n);
  if (g.padding == "zeros") {
    Value* low = p.emit("Greater", {at, p.number(-0.5, at)});
    Value* high = p.emit("Less", {at, p.number(size - 0.5, at)});
    Value* inside = p.cast(p.emit("And", {low, high}), Place::dtype(at));
    weight = weight ? p.mul(weight, inside) : inside;
  }
  // Neighbours of cubic sampling lie beyond the fold again.
  if (g.padding == "reflection") at = p.emit("Floor", {p.add(grid_inside(p, g, at, n), p.number(0.25, at))});
  // Places are whole numbers from here on: half precision does not hold them.
  return {p.cast(p.clip(at, 0, size - 1), DType::kI32), weight};
}

std::vector<Value*> grid_cubic_weights(Place& p, Value* f) {
  const double a = -0.75;
  Value* one = p.number(1, f);
  const auto near = [&](Value* t) {  // ((a + 2) t - (a + 3)) t t + 1
    Value* inner = p.sub(p.mul(t, p.number(a + 2, f)), p.number(a + 3, f));
    return p.add(p.mul(p.mul(inner, t), t), one);
  };
  const auto far = [&](Value* t) {  // ((a t - 5 a) t + 8 a) t - 4 a
    Value* inner = p.sub(p.mul(t, p.number(a, f)), p.number(5 * a, f));
    inner = p.add(p.mul(inner, t), p.number(8 * a, f));
    return p.sub(p.mul(inner, t), p.number(4 * a, f));
  };
  Value* g = p.sub(one, f);
  return {far(p.add(f, one)), near(f), near(g), far(p.add(g, one))};
}

std::vector<GridTap> grid_taps(Place& p, const GridPicture& g, Value* normal, int64_t n,
                               const std::string& mode) {
  Value* x = grid_pixels(p, g, normal, n);
  if (mode == "nearest") {
    // To the even side at halves, as Round does.
    return {grid_tap(p, g, grid_inside(p, g, p.emit("Round", {x}), n), nullptr, n)};
  }
  x = grid_inside(p, g, x, n, mode == "cubic");
  Value* base = p.emit("Floor", {x});
  Value* f = p.sub(x, base);
  std::vector<Value*> weights =
      mode == "linear" ? std::vector<Value*>{p.sub(p.number(1, x), f), f} : grid_cubic_weights(p, f);
  std::vector<GridTap> taps;
  for (size_t k = 0; k < weights.size(); ++k) {
    const double shift = static_cast<double>(k) - (weights.size() == 4 ? 1 : 0);
    taps.push_back(grid_tap(p, g, p.add(base, p.number(shift, x)), weights[k], n));
  }
  return taps;
}

Outcome grid_sample(Place& p) {
  Value *x = p.in(0), *grid = p.in(1);
  if (Place::rank(x) != 4 || Place::rank(grid) != 4) return Outcome::refused("of other than pictures");
  GridPicture g{p.dim(x, 0),
                p.dim(x, 1),
                p.dim(x, 2),
                p.dim(x, 3),
                p.node().string_or("padding_mode", "zeros"),
                p.node().int_or("align_corners", 0) != 0};
  if (g.batch < 1 || g.channels < 1 || g.height < 1 || g.width < 1 || !Place::is_static(grid))
    return Outcome::refused("of unknown size");
  // Coordinates are floats, which hold whole numbers up to 2^24.
  if (g.height > (1 << 24) / g.width || g.batch > (1 << 24) / (g.height * g.width))
    return Outcome::refused("of a picture with more than 2^24 pixels");
  std::string mode = p.node().string_or("mode", "linear");
  if (mode == "bilinear") mode = "linear";
  if (mode == "bicubic") mode = "cubic";
  const auto points = Place::dims(grid);
  Value* at = p.cast(grid, DType::kF32);
  const std::vector<int64_t> flat = {g.batch, points[1] * points[2], 1};
  const auto columns = grid_taps(p, g, p.reshape(p.slice(at, {3}, {0}, {1}), flat), g.width, mode);
  const auto rows = grid_taps(p, g, p.reshape(p.slice(at, {3}, {1}, {2}), flat), g.height, mode);
  Value* data = p.reshape(p.transpose(x, {0, 2, 3, 1}), {g.batch * g.height * g.width, g.channels});
  std::vector<double> starts;
  for (int64_t n = 0; n < g.batch; ++n) starts.push_back(static_cast<double>(n * g.height * g.width));
  Value* first = g.batch > 1 ? p.tensor(DType::kI32, {g.batch, 1, 1}, starts) : nullptr;
  const DType t = Place::dtype(x);
  Value* sum = nullptr;
  for (const GridTap& r : rows) {
    Value* line = p.mul(r.index, p.scalar(static_cast<double>(g.width), DType::kI32));
    if (first) line = p.add(line, first);
    for (const GridTap& c : columns) {
      Value* index = p.reshape(p.add(line, c.index), {-1});
      Value* value = p.reshape(p.gather(data, index, 0), {g.batch, flat[1], g.channels});
      Value* weight = r.weight && c.weight ? p.mul(r.weight, c.weight) : r.weight ? r.weight : c.weight;
      if (weight) value = p.mul(value, p.cast(weight, t));
      sum = sum ? p.add(sum, value) : value;
    }
  }
  sum = p.transpose(p.reshape(sum, {g.batch, points[1], points[2], g.channels}), {0, 3, 1, 2});
  return p.done(sum);
}

}  // namespace

Result<int> run_grid_sample(Model&, FixContext& c) {
  return rewrite_places(c, {"GridSample"}, grid_sample);
}

}  // namespace jetline::fix
