// CropAndResize (tensorflow/core/kernels/image/crop_and_resize_op.cc): boxes of the images are sampled on a
// grid of crop_size points; a point outside the image gets the extrapolation value. All boxes at once, with
// Gather on the flattened images.
#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// Sample points of one axis for all boxes.
struct CropAxis {
  Value* at;             // float32 [boxes, n], in pixels
  Value* inside;         // bool [boxes, n]
  Value *lower, *upper;  // int64 [boxes, n], within the image
};

// at = low * (size - 1) + i * ((high - low) * (size - 1) / (n - 1)), or the middle when n is 1.
CropAxis crop_axis(OpContext& c, Value* low, Value* high, Value* size, int64_t n, bool nearest) {
  Value* last = c.emit("Sub", {size, c.int_scalar(1)});
  Value* span = c.cast(last, DType::kF32);
  CropAxis a{};
  if (n > 1) {
    std::vector<float> steps;
    for (int64_t i = 0; i < n; ++i) steps.push_back(static_cast<float>(i));
    Value* scale = c.emit("Mul", {c.emit("Sub", {high, low}), span});
    scale = c.emit("Div", {scale, c.scalar(static_cast<double>(n - 1), DType::kF32)});
    a.at = c.emit("Add", {c.emit("Mul", {low, span}), c.emit("Mul", {c.floats({1, n}, steps), scale})});
  } else {
    a.at = c.emit("Mul", {c.emit("Mul", {c.scalar(0.5, DType::kF32), c.emit("Add", {low, high})}), span});
  }
  Value* zero = c.scalar(0, DType::kF32);
  a.inside = c.emit("And", {c.emit("GreaterOrEqual", {a.at, zero}), c.emit("LessOrEqual", {a.at, span})});
  const auto pixel = [&](Value* v) {
    return c.emit("Max", {c.emit("Min", {c.to_i64(v), last}), c.int_scalar(0)});
  };
  if (nearest) {  // roundf: halves go up
    a.lower = a.upper = pixel(c.emit("Floor", {c.emit("Add", {a.at, c.scalar(0.5, DType::kF32)})}));
  } else {
    a.lower = pixel(c.emit("Floor", {a.at}));
    a.upper = pixel(c.emit("Ceil", {a.at}));
  }
  return a;
}

Status convert_crop_and_resize(OpContext& c) {
  Value* image = c.tensor(0);
  Value* boxes = c.tensor(1);
  Value* box_index = c.tensor(2);
  std::vector<int64_t> crop;
  if (!image) return c.wrong_input(0);
  if (!boxes) return c.wrong_input(1);
  if (!box_index) return c.wrong_input(2);
  if (!c.known_ints(c.tensor(3), crop) || crop.size() != 2 || crop[0] < 1 || crop[1] < 1 || crop[0] > 65536 ||
      crop[1] > 65536)
    return c.unsupported("a crop_size that is only known at run time, or is not sound");
  const std::string method = c.string_attr("method", "bilinear");
  if (method != "bilinear" && method != "nearest") return c.unsupported("method " + method);
  const bool nearest = method == "nearest";

  Value* shape = c.shape_of(image);
  const auto size = [&](int64_t axis) {
    return c.emit("Gather", {shape, c.int_scalar(axis)}, {{"axis", 0}});
  };
  Value *height = size(1), *width = size(2);
  Value* flat = c.reshape_to(c.cast(image, DType::kF32),
                             c.emit("Concat", {c.ints({-1}), c.unsqueeze(size(3), {0})}, {{"axis", 0}}));
  std::vector<Value*> corner =
      c.emit_many("Split", {c.cast(boxes, DType::kF32), c.ints({1, 1, 1, 1})}, 4, {{"axis", 1}});
  const CropAxis y = crop_axis(c, corner[0], corner[2], height, crop[0], nearest);
  const CropAxis x = crop_axis(c, corner[1], corner[3], width, crop[1], nearest);

  Value* first = c.emit("Mul", {c.to_i64(box_index), c.emit("Mul", {height, width})});
  first = c.unsqueeze(first, {1});
  const auto row = [&](Value* at) {  // number of the first pixel of a row
    return c.unsqueeze(c.emit("Add", {first, c.emit("Mul", {at, width})}), {2});
  };
  const auto pick = [&](Value* rows, Value* columns) {  // [boxes, h, w, channels]
    return c.emit("Gather", {flat, c.emit("Add", {rows, c.unsqueeze(columns, {1})})}, {{"axis", 0}});
  };
  Value* result = nullptr;
  if (nearest) {
    result = pick(row(y.lower), x.lower);
  } else {
    const auto lerp = [&](Value* a, Value* b, Value* w) {
      return c.emit("Add", {a, c.emit("Mul", {c.emit("Sub", {b, a}), w})});
    };
    Value* wx = c.unsqueeze(c.emit("Sub", {x.at, c.emit("Floor", {x.at})}), {1, 3});
    Value* wy = c.unsqueeze(c.emit("Sub", {y.at, c.emit("Floor", {y.at})}), {2, 3});
    Value *top = row(y.lower), *bottom = row(y.upper);
    result = lerp(lerp(pick(top, x.lower), pick(top, x.upper), wx),
                  lerp(pick(bottom, x.lower), pick(bottom, x.upper), wx), wy);
  }
  Value* inside = c.emit("And", {c.unsqueeze(y.inside, {2}), c.unsqueeze(x.inside, {1})});
  Value* outside = c.scalar(c.float_attr("extrapolation_value"), DType::kF32);
  return c.set(0, c.emit("Where", {c.unsqueeze(inside, {3}), result, outside}));
}

const OpRule kCropRules[] = {
    {"CropAndResize", convert_crop_and_resize, "", "bilinear and nearest; crop_size must be constant"},
};

}  // namespace

Span<const OpRule> crop_and_resize_rules() {
  return {kCropRules, std::size(kCropRules)};
}

}  // namespace jetline::tf
