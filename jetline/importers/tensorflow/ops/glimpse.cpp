// ExtractGlimpse (tensorflow/core/kernels/eigen_attention.h): a window of each image at a constant place.
// Windows that reach outside are filled with noise by TensorFlow, which only the mode "zero" makes
// repeatable.
#include <cmath>

#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// Where the window begins along one axis of n pixels.
int64_t glimpse_begin(OpContext& c, double offset, int64_t n, int64_t size) {
  const auto length = static_cast<float>(n);
  auto x = static_cast<float>(offset);
  if (c.bool_attr("normalized", true)) x *= length;
  if (c.bool_attr("centered", true)) {
    x /= 2.0f;
    x += length / 2.0f;
  }
  return static_cast<int64_t>(x - static_cast<float>(size) / 2.0f);
}

Status convert_glimpse(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  std::vector<int64_t> size;
  std::vector<double> offsets;
  if (!c.known_ints(c.tensor(1), size) || size.size() != 2 || !c.known_floats(c.tensor(2), offsets))
    return c.unsupported("a window whose size or place is only known at run time");
  const int64_t height = c.dim(x, 1), width = c.dim(x, 2);
  if (height < 1 || width < 1 || offsets.empty() || offsets.size() % 2 != 0)
    return c.unsupported("an image of unknown size", "give it with --shape");
  const auto batch = static_cast<int64_t>(offsets.size() / 2);
  std::vector<Value*> parts;
  for (int64_t i = 0; i < batch; ++i) {
    const int64_t y0 = glimpse_begin(c, offsets[static_cast<size_t>(2 * i)], height, size[0]);
    const int64_t x0 = glimpse_begin(c, offsets[static_cast<size_t>(2 * i) + 1], width, size[1]);
    if (y0 < 0 || x0 < 0 || y0 + size[0] > height || x0 + size[1] > width)
      return c.unsupported("a window that reaches outside the image, where TensorFlow makes up noise");
    parts.push_back(c.emit(
        "Slice", {x, c.ints({i, y0, x0}), c.ints({i + 1, y0 + size[0], x0 + size[1]}), c.ints({0, 1, 2})}));
  }
  return c.set(0, parts.size() == 1 ? parts[0] : c.emit("Concat", parts, {{"axis", 0}}));
}

const OpRule kGlimpseRules[] = {
    {"ExtractGlimpse", convert_glimpse, "", "constant places within the image"},
};

}  // namespace

Span<const OpRule> glimpse_rules() {
  return {kGlimpseRules, std::size(kGlimpseRules)};
}

}  // namespace jetline::tf
