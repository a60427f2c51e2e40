#include "jetline/importers/tensorflow/ops/nn_window.h"
#include "jetline/importers/tensorflow/ops/resize.h"

namespace jetline::tf {

Status read_resize(OpContext& c, ResizeCall* r) {
  if (!c.tensor(0)) return c.wrong_input(0);
  if (!c.tensor(1)) return c.wrong_input(1);
  ResizeMode mode = ResizeMode::kLegacy;
  if (c.bool_attr("align_corners")) mode = ResizeMode::kAlignCorners;
  if (c.bool_attr("half_pixel_centers")) mode = ResizeMode::kHalfPixel;
  return make_resize(c, c.tensor(0), c.tensor(1), mode, r);
}

Status make_resize(OpContext& c, Value* x, Value* size, ResizeMode mode, ResizeCall* r) {
  r->x = x;
  r->mode = mode;
  r->size = c.to_i64(size);
  for (int i = 0; i < 2; ++i) {
    ResizeAxis& a = r->axes[i];
    a.axis = i + 1;
    a.in = c.rank(r->x) == 4 ? c.dim(r->x, i + 1) : -1;
    a.in_value = a.in >= 0 ? c.int_scalar(a.in)
                           : c.emit("Gather", {c.shape_of(r->x), c.int_scalar(i + 1)}, {{"axis", 0}});
    a.out_value = c.emit("Gather", {r->size, c.int_scalar(i)}, {{"axis", 0}});
    if (!c.known_int(a.out_value, a.out)) a.out = -1;
    if (a.in == 0 || a.out == 0) return c.unsupported("an image without pixels");
    if (a.out > kMostTableEntries)
      return c.unsupported("an image side of " + std::to_string(a.out) + " pixels");
  }
  return {};
}

Value* resize_scale_value(OpContext& c, const ResizeAxis& a, ResizeMode mode) {
  Value* in = c.cast(a.in_value, DType::kF32);
  Value* out = c.cast(a.out_value, DType::kF32);
  Value* plain = c.emit("Div", {in, out});
  if (mode != ResizeMode::kAlignCorners) return plain;
  Value* one = c.scalar(1, DType::kF32);
  Value* steps = c.emit("Sub", {out, one});
  Value* aligned = c.emit("Div", {c.emit("Sub", {in, one}), c.emit("Max", {steps, one})});
  return c.emit("Where", {c.emit("Greater", {out, one}), aligned, plain});
}

Value* resize_positions(OpContext& c, const ResizeAxis& a) {
  Value* range = c.emit("Range", {c.int_scalar(0), a.out_value, c.int_scalar(1)});
  return c.cast(range, DType::kF32);
}

Value* resample_axis(OpContext& c, Value* x, int axis, Value* index, Value* weight) {
  Value* taps = c.emit("Gather", {x, index}, {{"axis", axis}});  // [..., out, taps, ...]
  std::vector<int64_t> behind;
  for (int i = axis + 1; i < 4; ++i) behind.push_back(i + 1 - axis);
  taps = c.emit("Mul", {taps, c.unsqueeze(weight, behind)});
  return c.emit("ReduceSum", {taps, c.ints({axis + 1})}, {{"keepdims", 0}});
}

Value* resample_axis(OpContext& c, Value* x, int axis, const ResampleTable& t) {
  bool identity = t.taps == 1 && c.dim(x, axis) == t.out;
  for (int64_t i = 0; i < t.out && identity; ++i)
    identity = t.index[static_cast<size_t>(i)] == i && t.weight[static_cast<size_t>(i)] == 1.0f;
  if (identity) return x;
  Value* index = c.constant(Tensor::ints({t.out, t.taps}, t.index).value());
  return resample_axis(c, x, axis, index, c.floats({t.out, t.taps}, t.weight));
}

Value* resize_node(OpContext& c, const ResizeCall& r, Value* x, const char* mode, const char* coordinates,
                   const std::vector<int64_t>& factors) {
  Value* image = to_channels_first(c, x, true, 2);
  std::vector<AttrArg> attributes{{"mode", mode}, {"coordinate_transformation_mode", coordinates}};
  if (std::string_view(mode) == "nearest") attributes.push_back({"nearest_mode", "floor"});
  Value* y = nullptr;
  if (!factors.empty()) {
    Value* scales = c.floats({4}, {1, 1, static_cast<float>(factors[0]), static_cast<float>(factors[1])});
    y = c.emit("Resize", {image, nullptr, scales}, attributes);
  } else {
    Value* front = c.emit("Slice", {c.shape_of(image), c.ints({0}), c.ints({2}), c.ints({0})});
    Value* sizes = c.emit("Concat", {front, r.size}, {{"axis", 0}});
    y = c.emit("Resize", {image, nullptr, nullptr, sizes}, attributes);
  }
  return from_channels_first(c, y, true, 2);
}

}  // namespace jetline::tf
