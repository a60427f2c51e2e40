// ImageProjectiveTransformV2 and V3 (tensorflow/core/kernels/image/image_ops.h): output pixel (x, y) reads
// the image at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k), k = c0 x + c1 y + 1, for the eight numbers
// (a0, a1, a2, b0, b1, b2, c0, c1) of its image.
#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Value* projective_number(OpContext& c, double v) {
  return c.scalar(v, DType::kF32);
}

Value* projective_clamp(OpContext& c, Value* x, Value* size) {
  Value* last = c.emit("Sub", {size, projective_number(c, 1)});
  return c.emit("Min", {c.emit("Max", {x, projective_number(c, 0)}), last});
}

// Whole part towards zero of a number that is not negative.
Value* projective_whole(OpContext& c, Value* x) {
  return c.emit("Floor", {x});
}

// Coordinates outside the image brought inside; `size` float32 [].
Value* projective_map(OpContext& c, Value* x, Value* size, const std::string& mode) {
  Value *zero = projective_number(c, 0), *one = projective_number(c, 1);
  if (mode == "CONSTANT") return x;
  if (mode == "NEAREST") return projective_clamp(c, x, size);
  Value* last = c.emit("Sub", {size, one});
  Value *low = nullptr, *high = nullptr;
  if (mode == "REFLECT") {
    Value* twice = c.emit("Mul", {size, projective_number(c, 2)});
    Value* turns = projective_whole(c, c.emit("Max", {c.emit("Div", {c.emit("Neg", {x}), twice}), zero}));
    low = c.emit("Add", {c.emit("Mul", {twice, turns}), x});
    low = c.emit("Where", {c.emit("Less", {low, c.emit("Neg", {size})}), c.emit("Add", {low, twice}),
                           c.emit("Sub", {c.emit("Neg", {low}), one})});
    turns = projective_whole(c, c.emit("Max", {c.emit("Div", {x, twice}), zero}));
    high = c.emit("Sub", {x, c.emit("Mul", {twice, turns})});
    high = c.emit("Where", {c.emit("GreaterOrEqual", {high, size}),
                            c.emit("Sub", {c.emit("Sub", {twice, high}), one}), high});
  } else {  // WRAP
    Value* span = c.emit("Max", {last, one});
    Value* turns = projective_whole(c, c.emit("Max", {c.emit("Div", {c.emit("Neg", {x}), span}), zero}));
    low = c.emit("Add", {x, c.emit("Mul", {size, c.emit("Add", {turns, one})})});
    turns = projective_whole(c, c.emit("Max", {c.emit("Div", {x, span}), zero}));
    high = c.emit("Sub", {x, c.emit("Mul", {size, turns})});
  }
  Value* y = c.emit(
      "Where", {c.emit("Less", {x, zero}), low, c.emit("Where", {c.emit("Greater", {x, last}), high, x})});
  return projective_clamp(c, y, size);  // a size of 1 ends at 0 too
}

struct ProjectiveImage {
  Value *flat, *channels;         // [N * H * W, C]
  Value *height, *width, *first;  // int64 []; number of each image's first pixel [N, 1, 1]
  Value* fill;
};

// The pixels at (y, x) (whole float32 [N, h, w]); `fill` outside.
Value* projective_read(OpContext& c, const ProjectiveImage& image, Value* y, Value* x) {
  Value *row = c.to_i64(y), *column = c.to_i64(x), *zero = c.int_scalar(0), *one = c.int_scalar(1);
  const auto inside = [&](Value* at, Value* size) {
    return c.emit("And", {c.emit("GreaterOrEqual", {at, zero}), c.emit("Less", {at, size})});
  };
  const auto safe = [&](Value* at, Value* size) {
    return c.emit("Max", {c.emit("Min", {at, c.emit("Sub", {size, one})}), zero});
  };
  Value* good = c.emit("And", {inside(row, image.height), inside(column, image.width)});
  Value* index =
      c.emit("Add", {c.emit("Mul", {safe(row, image.height), image.width}), safe(column, image.width)});
  Value* pixels = c.emit("Gather", {image.flat, c.emit("Add", {index, image.first})}, {{"axis", 0}});
  return c.emit("Where", {c.unsqueeze(good, {3}), pixels, image.fill});
}

Status convert_projective(OpContext& c) {
  for (size_t i = 0; i < 3; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value *images = c.tensor(0), *transforms = c.cast(c.tensor(1), DType::kF32);
  std::vector<int64_t> out;
  if (!c.known_ints(c.tensor(2), out) || out.size() != 2 || out[0] < 1 || out[1] < 1 || out[0] > 65536 ||
      out[1] > 65536)
    return c.unsupported("an output size that is only known at run time, or is not sound");
  const std::string mode = c.string_attr("fill_mode", "CONSTANT"), how = c.string_attr("interpolation");
  if (how != "NEAREST" && how != "BILINEAR") return c.unsupported("interpolation " + how);
  if (mode != "CONSTANT" && mode != "NEAREST" && mode != "REFLECT" && mode != "WRAP")
    return c.unsupported("fill_mode " + mode);
  Value* shape = c.shape_of(images);
  const auto size = [&](int64_t i) { return c.emit("Gather", {shape, c.int_scalar(i)}, {{"axis", 0}}); };
  ProjectiveImage image{};
  image.height = size(1);
  image.width = size(2);
  image.flat = c.reshape_to(c.cast(images, DType::kF32),
                            c.emit("Concat", {c.ints({-1}), c.unsqueeze(size(3), {0})}, {{"axis", 0}}));
  Value* number = c.emit("Range", {c.int_scalar(0), size(0), c.int_scalar(1)});
  image.first = c.unsqueeze(c.emit("Mul", {number, c.emit("Mul", {image.height, image.width})}), {1, 2});
  image.fill = c.tensor(3) ? c.cast(c.tensor(3), DType::kF32) : projective_number(c, 0);

  std::vector<float> xs, ys;
  for (int64_t i = 0; i < out[1]; ++i) xs.push_back(static_cast<float>(i));
  for (int64_t i = 0; i < out[0]; ++i) ys.push_back(static_cast<float>(i));
  Value *gx = c.floats({1, 1, out[1]}, xs), *gy = c.floats({1, out[0], 1}, ys);
  const auto linear = [&](int64_t at, Value* rest) {  // t[at] x + t[at + 1] y + rest
    const auto t = [&](int64_t i) {
      return c.unsqueeze(c.emit("Gather", {transforms, c.ints({i})}, {{"axis", 1}}), {2});
    };
    Value* sum = c.emit("Add", {c.emit("Mul", {t(at), gx}), c.emit("Mul", {t(at + 1), gy})});
    return c.emit("Add", {sum, rest ? rest : t(at + 2)});
  };
  Value* projection = linear(6, projective_number(c, 1));
  Value* infinite = c.emit("Equal", {projection, projective_number(c, 0)});
  projection = c.emit("Where", {infinite, projective_number(c, 1), projection});
  Value *height = c.cast(image.height, DType::kF32), *width = c.cast(image.width, DType::kF32);
  Value* x = projective_map(c, c.emit("Div", {linear(0, nullptr), projection}), width, mode);
  Value* y = projective_map(c, c.emit("Div", {linear(3, nullptr), projection}), height, mode);
  Value* result = nullptr;
  if (how == "NEAREST") {  // halves away from zero
    const auto round = [&](Value* v) {
      Value* half = projective_number(c, 0.5);
      Value* up = c.emit("Floor", {c.emit("Add", {v, half})});
      return c.emit("Where", {c.emit("Less", {v, projective_number(c, 0)}),
                              c.emit("Ceil", {c.emit("Sub", {v, half})}), up});
    };
    result = projective_read(c, image, round(y), round(x));
  } else {
    Value *y0 = c.emit("Floor", {y}), *x0 = c.emit("Floor", {x}), *one = projective_number(c, 1);
    Value *y1 = c.emit("Add", {y0, one}), *x1 = c.emit("Add", {x0, one});
    const auto weight = [&](Value* a, Value* b) { return c.unsqueeze(c.emit("Sub", {a, b}), {3}); };
    const auto mix = [&](Value* a, Value* wa, Value* b, Value* wb) {
      return c.emit("Add", {c.emit("Mul", {wa, a}), c.emit("Mul", {wb, b})});
    };
    const auto line = [&](Value* row) {
      return mix(projective_read(c, image, row, x0), weight(x1, x), projective_read(c, image, row, x1),
                 weight(x, x0));
    };
    result = mix(line(y0), weight(y1, y), line(y1), weight(y, y0));
  }
  result = c.emit("Where", {c.unsqueeze(infinite, {3}), image.fill, result});
  return c.set(0, c.cast(result, c.dtype(images)));
}

const OpRule kProjectiveRules[] = {
    {"ImageProjectiveTransformV2", convert_projective, "", "the output size must be known"},
    {"ImageProjectiveTransformV3", convert_projective, "", "the output size must be known"},
};

}  // namespace

Span<const OpRule> projective_rules() {
  return {kProjectiveRules, std::size(kProjectiveRules)};
}

}  // namespace jetline::tf
