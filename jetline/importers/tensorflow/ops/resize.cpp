// ResizeNearestNeighbor and ResizeBilinear with the numbers of TensorFlow's kernels
// (tensorflow/core/kernels/image/resize_{nearest_neighbor,bilinear}_op.cc).
//
// TensorFlow takes in / out in float32 and multiplies; ONNX runtimes divide by out / in. Where both give the
// same pixels one Resize node is written. Elsewhere (ratios that are not neat, sizes known at run time only)
// the rows and columns are gathered and weighted, which is the same numbers everywhere.
#include <algorithm>
#include <cmath>

#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/ops/resize.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// How far a coordinate may be off for a Resize node to do: 255 levels times this is under 1e-3 of a level.
constexpr float kResizeCoordinateError = 2e-6f;

// The whole factor k of a size that is computed as k * size of the image; 0 when it is not.
int64_t resize_dynamic_factor(OpContext& c, const ResizeCall& r, int i) {
  // size = Mul(Slice or Gather(Shape(x)), constant), perhaps with casts between.
  const auto skip_casts = [](const Value* v) {
    while (v && v->producer() && v->producer()->is("Cast")) v = v->producer()->input(0);
    return v;
  };
  const Value* v = skip_casts(r.size);
  const Node* mul = v ? v->producer() : nullptr;
  if (!mul || !mul->is("Mul")) return 0;
  for (size_t side = 0; side < 2; ++side) {
    std::vector<int64_t> factor;
    if (!c.known_ints(mul->input(side), factor) || factor.empty()) continue;
    const Value* other = skip_casts(mul->input(1 - side));
    const Node* slice = other ? other->producer() : nullptr;
    if (!slice || !slice->is("Slice")) continue;
    std::vector<int64_t> starts, ends;
    if (!c.known_ints(slice->input(1), starts) || !c.known_ints(slice->input(2), ends)) continue;
    std::vector<int64_t> steps{1};
    if (slice->input(4)) c.known_ints(slice->input(4), steps);
    const Value* shape = skip_casts(slice->input(0));
    const Node* of = shape ? shape->producer() : nullptr;
    if (!of || !of->is("Shape") || of->input(0) != r.x) continue;
    if (starts != std::vector<int64_t>{1} || ends != std::vector<int64_t>{3} ||
        steps != std::vector<int64_t>{1})
      continue;
    return factor.size() == 2 ? factor[static_cast<size_t>(i)] : factor.size() == 1 ? factor[0] : 0;
  }
  return 0;
}

// Whole factors by which both axes grow; empty when they do not.
std::vector<int64_t> resize_factors(OpContext& c, const ResizeCall& r) {
  std::vector<int64_t> factors;
  for (int i = 0; i < 2; ++i) {
    const ResizeAxis& a = r.axes[i];
    int64_t k = a.known() && a.out % a.in == 0 ? a.out / a.in : 0;
    if (!a.known()) k = resize_dynamic_factor(c, r, i);
    if (k < 1) return {};
    factors.push_back(k);
  }
  return factors;
}

// The nearest input pixel of each output pixel of one axis, int64 [out].
Value* nearest_index_value(OpContext& c, const ResizeAxis& a, ResizeMode mode) {
  if (a.known()) return c.ints(nearest_indices(a.in, a.out, mode));
  Value* at = resize_positions(c, a);
  if (mode == ResizeMode::kHalfPixel) at = c.emit("Add", {at, c.scalar(0.5, at)});
  at = c.emit("Mul", {at, resize_scale_value(c, a, mode)});
  if (mode == ResizeMode::kAlignCorners) at = c.emit("Add", {at, c.scalar(0.5, at)});
  Value* index = c.to_i64(c.emit("Floor", {at}));
  Value* last = c.emit("Sub", {a.in_value, c.int_scalar(1)});
  return c.emit("Max", {c.emit("Min", {index, last}), c.int_scalar(0)});
}

Status convert_nearest(OpContext& c) {
  ResizeCall r;
  if (Status s = read_resize(c, &r); !s.ok()) return s;
  const DType type = c.dtype(r.x);
  const bool floating = type == DType::kF32 || type == DType::kF16;
  // Grown by a whole factor, every mode but aligned corners repeats each pixel.
  const std::vector<int64_t> factors = resize_factors(c, r);
  if (factors == std::vector<int64_t>{1, 1}) return c.set(0, r.x);
  if (floating && !factors.empty() && r.mode != ResizeMode::kAlignCorners)
    return c.set(0, resize_node(c, r, r.x, "nearest", "asymmetric", factors));
  Value* y = r.x;
  for (const ResizeAxis& a : r.axes)
    if (!a.known() || a.in != a.out)
      y = c.emit("Gather", {y, nearest_index_value(c, a, r.mode)}, {{"axis", a.axis}});
  return c.set(0, y);
}

// Whether a runtime that divides by out / in finds the same coordinates.
bool bilinear_resize_is_exact(const ResizeAxis& a, ResizeMode mode) {
  const float scale = resize_scale(a.in, a.out, mode);
  const float grow = static_cast<float>(a.out) / static_cast<float>(a.in);
  for (int64_t i = 0; i < a.out; ++i) {
    const float x = static_cast<float>(i);
    float other = 0;
    if (mode == ResizeMode::kHalfPixel) other = (x + 0.5f) / grow - 0.5f;
    if (mode == ResizeMode::kLegacy) other = x / grow;
    if (mode == ResizeMode::kAlignCorners)
      other = a.out > 1 ? x * static_cast<float>(a.in - 1) / static_cast<float>(a.out - 1) : 0;
    if (std::abs(other - linear_coordinate(i, scale, mode)) > kResizeCoordinateError) return false;
  }
  return true;
}

// Lower and upper pixel (int64 [out]) and the upper one's weight (float32 [out]) of one axis.
struct BilinearAxis {
  Value *lower, *upper, *weight;
};

BilinearAxis bilinear_axis(OpContext& c, const ResizeAxis& a, ResizeMode mode) {
  if (a.known()) {
    const float scale = resize_scale(a.in, a.out, mode);
    std::vector<int64_t> lower, upper;
    std::vector<float> weight;
    for (int64_t i = 0; i < a.out; ++i) {
      const float at = linear_coordinate(i, scale, mode), whole = std::floor(at);
      lower.push_back(std::max<int64_t>(static_cast<int64_t>(whole), 0));
      upper.push_back(std::min<int64_t>(static_cast<int64_t>(std::ceil(at)), a.in - 1));
      weight.push_back(at - whole);
    }
    return {c.ints(lower), c.ints(upper), c.floats({a.out}, weight)};
  }
  Value* at = resize_positions(c, a);
  if (mode == ResizeMode::kHalfPixel) at = c.emit("Add", {at, c.scalar(0.5, at)});
  at = c.emit("Mul", {at, resize_scale_value(c, a, mode)});
  if (mode == ResizeMode::kHalfPixel) at = c.emit("Sub", {at, c.scalar(0.5, at)});
  Value* whole = c.emit("Floor", {at});
  Value* last = c.emit("Sub", {a.in_value, c.int_scalar(1)});
  Value* lower = c.emit("Max", {c.to_i64(whole), c.int_scalar(0)});
  Value* upper = c.emit("Min", {c.to_i64(c.emit("Ceil", {at})), last});
  return {lower, upper, c.emit("Sub", {at, whole})};
}

Status convert_bilinear(OpContext& c) {
  ResizeCall r;
  if (Status s = read_resize(c, &r); !s.ok()) return s;
  return c.set(0, emit_bilinear(c, r));
}

const OpRule kResizeRules[] = {
    {"ResizeNearestNeighbor", convert_nearest, "", "all three coordinate conventions; sizes may be open"},
    {"ResizeBilinear", convert_bilinear, "", "all three coordinate conventions; sizes may be open"},
};

}  // namespace

Value* emit_bilinear(OpContext& c, const ResizeCall& r) {
  Value* x = c.cast(r.x, DType::kF32);
  if (r.known() && r.axes[0].in == r.axes[0].out && r.axes[1].in == r.axes[1].out) return x;
  const bool halving = r.mode != ResizeMode::kAlignCorners || (r.axes[0].out > 1 && r.axes[1].out > 1);
  // Before opset 11 Resize takes scales alone, and its result may round to another size.
  if (r.known() && halving && c.converter().options().opset >= 11 &&
      bilinear_resize_is_exact(r.axes[0], r.mode) && bilinear_resize_is_exact(r.axes[1], r.mode)) {
    const char* coordinates = r.mode == ResizeMode::kHalfPixel ? "half_pixel"
                              : r.mode == ResizeMode::kLegacy  ? "asymmetric"
                                                               : "align_corners";
    return resize_node(c, r, x, "linear", coordinates, {});
  }
  for (const int i : {1, 0}) {  // columns first, as TensorFlow does
    const ResizeAxis& a = r.axes[i];
    if (a.known() && a.in == a.out) continue;
    const BilinearAxis b = bilinear_axis(c, a, r.mode);
    Value* low = c.emit("Gather", {x, b.lower}, {{"axis", a.axis}});
    Value* high = c.emit("Gather", {x, b.upper}, {{"axis", a.axis}});
    Value* weight = c.unsqueeze(b.weight, i == 1 ? std::vector<int64_t>{1} : std::vector<int64_t>{1, 2});
    x = c.emit("Add", {low, c.emit("Mul", {c.emit("Sub", {high, low}), weight})});
  }
  return x;
}

Span<const OpRule> resize_rules() {
  return {kResizeRules, std::size(kResizeRules)};
}

}  // namespace jetline::tf
