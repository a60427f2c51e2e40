// ResizeBicubic, ResizeArea and ScaleAndTranslate: each output pixel is a weighted sum of a few input pixels,
// with TensorFlow's weights (resample.h) as constants.
#include "jetline/importers/tensorflow/ops/nn_window.h"
#include "jetline/importers/tensorflow/ops/resize.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// Index and weight [out, 4] of one axis whose sizes are known at run time only; the weights come from
// TensorFlow's table of 1025 fractions.
void bicubic_values(OpContext& c, const ResizeAxis& a, ResizeMode mode, Value** index, Value** weight) {
  constexpr int64_t kSteps = 1024;
  const bool half = mode == ResizeMode::kHalfPixel;
  std::vector<float> near, far;  // by fraction, of the two inner and the two outer pixels
  cubic_coefficients(half, &near, &far);
  Value* at = resize_positions(c, a);
  if (half) at = c.emit("Add", {at, c.scalar(0.5, at)});
  at = c.emit("Mul", {at, resize_scale_value(c, a, mode)});
  if (half) at = c.emit("Sub", {at, c.scalar(0.5, at)});
  Value* whole = c.emit("Floor", {at});
  Value* fraction = c.emit("Mul", {c.emit("Sub", {at, whole}), c.scalar(kSteps, at)});
  Value* step = c.to_i64(c.emit("Round", {fraction}));
  Value* back = c.emit("Sub", {c.int_scalar(kSteps), step});
  Value* near_table = c.floats({kSteps + 1}, near);
  Value* far_table = c.floats({kSteps + 1}, far);
  const auto pick = [&](Value* table, Value* i) {
    return c.unsqueeze(c.emit("Gather", {table, i}, {{"axis", 0}}), {1});
  };
  *weight =
      c.emit("Concat",
             {pick(far_table, step), pick(near_table, step), pick(near_table, back), pick(far_table, back)},
             {{"axis", 1}});
  Value* wanted = c.emit("Add", {c.unsqueeze(c.to_i64(whole), {1}), c.ints({-1, 0, 1, 2})});
  Value* last = c.emit("Sub", {a.in_value, c.int_scalar(1)});
  *index = c.emit("Max", {c.emit("Min", {wanted, last}), c.int_scalar(0)});
  if (!half) return;
  Value* inside = c.cast(c.emit("Equal", {wanted, *index}), DType::kF32);
  *weight = c.emit("Mul", {*weight, inside});
  Value* sum = c.emit("ReduceSum", {*weight, c.ints({1})}, {{"keepdims", 1}});
  *weight = c.emit("Div", {*weight, sum});
}

Status convert_bicubic(OpContext& c) {
  ResizeCall r;
  if (Status s = read_resize(c, &r); !s.ok()) return s;
  Value* x = c.cast(r.x, DType::kF32);
  if (r.known() && r.axes[0].in == r.axes[0].out && r.axes[1].in == r.axes[1].out) return c.set(0, x);
  for (const ResizeAxis& a : r.axes) {
    if (a.known()) {
      x = resample_axis(c, x, a.axis, cubic_table(a.in, a.out, r.mode));
    } else {
      Value *index = nullptr, *weight = nullptr;
      bicubic_values(c, a, r.mode, &index, &weight);
      x = resample_axis(c, x, a.axis, index, weight);
    }
  }
  return c.set(0, x);
}

Status convert_area(OpContext& c) {
  ResizeCall r;
  if (Status s = read_resize(c, &r); !s.ok()) return s;
  if (!r.known())
    return c.unsupported("image sizes that are only known at run time", "give them with --shape");
  Value* x = c.cast(r.x, DType::kF32);
  const bool aligned = r.mode == ResizeMode::kAlignCorners;
  const int64_t down[2] = {r.axes[0].in / r.axes[0].out, r.axes[1].in / r.axes[1].out};
  if (!aligned && down[0] * r.axes[0].out == r.axes[0].in && down[1] * r.axes[1].out == r.axes[1].in) {
    if (down[0] == 1 && down[1] == 1) return c.set(0, x);
    Value* y = c.emit("AveragePool", {to_channels_first(c, x, true, 2)},
                      {{"kernel_shape", {down[0], down[1]}}, {"strides", {down[0], down[1]}}});
    return c.set(0, from_channels_first(c, y, true, 2));
  }
  for (const ResizeAxis& a : r.axes) {
    if (a.in > kMostTableEntries) return c.unsupported("an image of that size");
    if (aligned && a.in == 1) return c.unsupported("aligned corners of one pixel");
    x = resample_axis(c, x, a.axis, area_table(a.in, a.out, aligned));
  }
  return c.set(0, x);
}

// images, size [2], scale [2], translation [2]; what tf.image.resize with antialias or a Lanczos kernel
// makes.
Status convert_scale_and_translate(OpContext& c) {
  ResizeCall r;
  if (Status s = read_resize(c, &r); !s.ok()) return s;
  std::vector<double> scale, translate;
  if (!r.known() || !c.known_floats(c.tensor(2), scale) || !c.known_floats(c.tensor(3), translate) ||
      scale.size() != 2 || translate.size() != 2)
    return c.unsupported("sizes or scales that are only known at run time", "give image sizes with --shape");
  const std::string kernel = c.string_attr("kernel_type", "lanczos3");
  Value* x = c.cast(r.x, DType::kF32);
  for (size_t i = 0; i < 2; ++i) {
    const ResizeAxis& a = r.axes[i];
    // A strong reduction looks at a whole row for each pixel.
    if (a.in > (int64_t{1} << 16) || a.out > (int64_t{1} << 16))
      return c.unsupported("an image of that size");
    const ResampleTable t =
        scale_table(a.in, a.out, static_cast<float>(scale[i]), static_cast<float>(translate[i]), kernel,
                    c.bool_attr("antialias", true));
    if (t.out == 0) return c.unsupported("kernel_type " + kernel);
    x = resample_axis(c, x, a.axis, t);
  }
  return c.set(0, x);
}

const OpRule kResizeTableRules[] = {
    {"ResizeBicubic", convert_bicubic, "", "all three coordinate conventions; sizes may be open"},
    {"ResizeArea", convert_area, "", "image sizes must be known"},
    {"ScaleAndTranslate", convert_scale_and_translate, "", "sizes, scale and translation must be known"},
};

}  // namespace

Span<const OpRule> resize_table_rules() {
  return {kResizeTableRules, std::size(kResizeTableRules)};
}

}  // namespace jetline::tf
