// Colour operators of tf.image: RGBToHSV, HSVToRGB, AdjustContrastv2, AdjustHue, AdjustSaturation. Formulas:
// tensorflow/core/kernels/image/{colorspace_op.h,adjust_contrast_op.cc,adjust_hue_op.cc,adjust_saturation_op.cc}.
#include "jetline/importers/tensorflow/ops/nn_window.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

struct Colour {
  Value* v[3];  // [..., 1] each
};

Colour colour_split(OpContext& c, Value* x) {
  const std::vector<Value*> parts = c.emit_many("Split", {x, c.ints({1, 1, 1})}, 3, {{"axis", -1}});
  return {{parts[0], parts[1], parts[2]}};
}

Value* colour_join(OpContext& c, const Colour& x) {
  return c.emit("Concat", {x.v[0], x.v[1], x.v[2]}, {{"axis", -1}});
}

// Hue in [0, 1), saturation, value.
Colour colour_to_hsv(OpContext& c, const Colour& rgb) {
  Value *r = rgb.v[0], *g = rgb.v[1], *b = rgb.v[2];
  const auto number = [&](double v) { return c.scalar(v, r); };
  Value* v = c.emit("Max", {r, g, b});
  Value* range = c.emit("Sub", {v, c.emit("Min", {r, g, b})});
  Value* dark = c.emit("LessOrEqual", {v, number(0)});
  Value* s =
      c.emit("Where", {dark, number(0), c.emit("Div", {range, c.emit("Where", {dark, number(1), v})})});
  Value* grey = c.emit("LessOrEqual", {range, number(0)});
  Value* norm = c.emit("Div", {number(1.0 / 6), c.emit("Where", {grey, number(1), range})});
  const auto sector = [&](Value* a, Value* d, double offset) {
    return c.emit("Add", {c.emit("Mul", {norm, c.emit("Sub", {a, d})}), number(offset)});
  };
  Value* h = c.emit("Where", {c.emit("Equal", {g, v}), sector(b, r, 2.0 / 6), sector(r, g, 4.0 / 6)});
  h = c.emit("Where", {c.emit("Equal", {r, v}), c.emit("Mul", {norm, c.emit("Sub", {g, b})}), h});
  h = c.emit("Where", {grey, number(0), h});
  h = c.emit("Where", {c.emit("Less", {h, number(0)}), c.emit("Add", {h, number(1)}), h});
  return {{h, s, v}};
}

Colour colour_to_rgb(OpContext& c, const Colour& hsv) {
  Value *s = hsv.v[1], *v = hsv.v[2];
  const auto number = [&](double n) { return c.scalar(n, s); };
  Value* h = c.emit("Mul", {hsv.v[0], number(6)});
  const auto away = [&](double from) { return c.emit("Abs", {c.emit("Sub", {h, number(from)})}); };
  const auto unit = [&](Value* x) { return c.emit("Clip", {x, number(0), number(1)}); };
  Value* dr = unit(c.emit("Sub", {away(3), number(1)}));
  Value* dg = unit(c.emit("Sub", {number(2), away(2)}));
  Value* db = unit(c.emit("Sub", {number(2), away(4)}));
  Value* white = c.emit("Sub", {number(1), s});
  const auto mix = [&](Value* d) {
    return c.emit("Mul", {c.emit("Add", {white, c.emit("Mul", {s, d})}), v});
  };
  return {{mix(dr), mix(dg), mix(db)}};
}

template <typename Fn>
Status colour_map(OpContext& c, const Fn& fn) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  return c.set(0, c.via(x, {DType::kF32, DType::kF16, DType::kF64}, DType::kF32,
                        [&](Value* v) { return colour_join(c, fn(colour_split(c, v))); }));
}

Status convert_rgb_to_hsv(OpContext& c) {
  return colour_map(c, [&](const Colour& x) { return colour_to_hsv(c, x); });
}

Status convert_hsv_to_rgb(OpContext& c) {
  return colour_map(c, [&](const Colour& x) { return colour_to_rgb(c, x); });
}

// The hue turns by delta; the kernel takes whole turns away.
Status convert_adjust_hue(OpContext& c) {
  Value* delta = c.tensor(1);
  if (!delta) return c.wrong_input(1);
  return colour_map(c, [&](const Colour& x) {
    Colour hsv = colour_to_hsv(c, x);
    Value* h = c.emit("Add", {hsv.v[0], c.cast(delta, c.dtype(hsv.v[0]))});
    hsv.v[0] = c.emit("Sub", {h, c.emit("Floor", {h})});
    return colour_to_rgb(c, hsv);
  });
}

Status convert_adjust_saturation(OpContext& c) {
  Value* scale = c.tensor(1);
  if (!scale) return c.wrong_input(1);
  return colour_map(c, [&](const Colour& x) {
    Colour hsv = colour_to_hsv(c, x);
    Value* s = c.emit("Mul", {hsv.v[1], c.cast(scale, c.dtype(hsv.v[1]))});
    hsv.v[1] = c.emit("Clip", {s, c.scalar(0, s), c.scalar(1, s)});
    return colour_to_rgb(c, hsv);
  });
}

// (x - mean) * factor + mean, the mean of each image and channel.
Status convert_adjust_contrast(OpContext& c) {
  Value* x = c.tensor(0);
  Value* factor = c.tensor(1);
  if (!x) return c.wrong_input(0);
  if (!factor) return c.wrong_input(1);
  const auto adjust = [&](Value* v) {
    Value* mean = c.emit("ReduceMean", {v}, {{"axes", {-3, -2}}, {"keepdims", 1}});
    Value* off = c.emit("Mul", {c.emit("Sub", {v, mean}), c.cast(factor, c.dtype(v))});
    return c.emit("Add", {off, mean});
  };
  return c.set(0, in_float(c, x, adjust));
}

const OpRule kColourRules[] = {
    {"RGBToHSV", convert_rgb_to_hsv},
    {"HSVToRGB", convert_hsv_to_rgb},
    {"AdjustHue", convert_adjust_hue},
    {"AdjustSaturation", convert_adjust_saturation},
    {"AdjustContrastv2", convert_adjust_contrast},
};

}  // namespace

Span<const OpRule> colour_rules() {
  return {kColourRules, std::size(kColourRules)};
}

}  // namespace jetline::tf
