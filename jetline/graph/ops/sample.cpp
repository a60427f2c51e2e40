// Operators that sample pictures and regions: RoiAlign, GridSample, Col2Im, CenterCropPad and the like.
#include "jetline/graph/ops/types.h"

namespace jetline::ops {
namespace {

Dim sample_size(int64_t v) {
  return v >= 0 ? Dim(v) : Dim();
}

void roi_align_infer(Context& c) {
  const auto *x = c.shape(0), *rois = c.shape(1);
  c.set(0, c.dtype(0),
        {rois && !rois->empty() ? (*rois)[0] : Dim(), x && x->size() > 1 ? (*x)[1] : Dim(),
         sample_size(c.node().int_or("output_height", 1)), sample_size(c.node().int_or("output_width", 1))});
}

void max_roi_pool_infer(Context& c) {
  const auto *x = c.shape(0), *rois = c.shape(1);
  const auto pooled = c.node().ints_or("pooled_shape", {});
  if (pooled.size() != 2) return c.set_dtype(0, c.dtype(0));
  c.set(0, c.dtype(0),
        {rois && !rois->empty() ? (*rois)[0] : Dim(), x && x->size() > 1 ? (*x)[1] : Dim(),
         sample_size(pooled[0]), sample_size(pooled[1])});
}

// X [N, C, D1 … Dr], grid [N, o1 … or, r] -> [N, C, o1 … or].
void grid_sample_infer(Context& c) {
  const auto *x = c.shape(0), *grid = c.shape(1);
  if (!x || !grid || x->size() != grid->size() || x->size() < 3) return c.set_dtype(0, c.dtype(0));
  std::vector<Dim> out = {(*x)[0], (*x)[1]};
  out.insert(out.end(), grid->begin() + 1, grid->end() - 1);
  c.set(0, c.dtype(0), std::move(out));
}

// size [N, C, (D,) H, W] -> [N, (D,) H, W, 2 or 3].
void affine_grid_infer(Context& c) {
  const KnownInts* size = c.ints(1);
  if (!size || size->elements.size() < 4 || size->elements.size() > 5) return c.set_dtype(0, c.dtype(0));
  std::vector<Dim> out = {size->elements[0]};
  out.insert(out.end(), size->elements.begin() + 2, size->elements.end());
  out.push_back(Dim(static_cast<int64_t>(size->elements.size()) - 2));
  for (Dim& d : out) d = d.known() && d.value < 0 ? Dim() : d;
  c.set(0, c.dtype(0), std::move(out));
}

// [N, C * product(block), L] -> [N, C, image...].
void col2im_infer(Context& c) {
  const auto* x = c.shape(0);
  const KnownInts *image = c.ints(1), *block = c.ints(2);
  if (!x || x->size() != 3 || !image) return c.set_dtype(0, c.dtype(0));
  Dim size(block ? 1 : 0);
  for (size_t i = 0; block && i < block->elements.size(); ++i) {
    const Dim& d = block->elements[i];
    size = d.known() ? dim_mul(size, d.value) : Dim();
  }
  const bool whole = (*x)[1].known() && size.known() && size.value > 0;
  std::vector<Dim> out = {(*x)[0], whole ? Dim((*x)[1].value / size.value) : Dim()};
  for (const Dim& d : image->elements) out.push_back(d.known() && d.value < 0 ? Dim() : d);
  c.set(0, c.dtype(0), std::move(out));
}

void center_crop_pad_infer(Context& c) {
  const auto* x = c.shape(0);
  const KnownInts* target = c.ints(1);
  if (!x) return c.set_dtype(0, c.dtype(0));
  std::vector<int64_t> axes;
  for (size_t i = 0; i < x->size(); ++i) axes.push_back(static_cast<int64_t>(i));
  axes = c.node().ints_or("axes", axes);
  std::vector<Dim> out = *x;
  for (size_t i = 0; i < axes.size(); ++i) {
    if (!normalize_axis(axes[i], x->size())) return c.set_dtype(0, c.dtype(0));
    Dim& d = out[static_cast<size_t>(axes[i])];
    d = target && i < target->elements.size() ? target->elements[i] : Dim();
    if (d.known() && d.value < 0) d = Dim();
  }
  c.set(0, c.dtype(0), std::move(out));
}

// The size of the encoded picture is in its bytes, which are not read.
void image_decoder_infer(Context& c) {
  const bool gray = c.node().string_or("pixel_format", "RGB") == "Grayscale";
  c.set(0, DType::kU8, {Dim(), Dim(), Dim(gray ? 1 : 3)});
}

const Rule kSampleRules[] = {
    {"", "RoiAlign", roi_align_infer},
    {"", "MaxRoiPool", max_roi_pool_infer},
    {"", "GridSample", grid_sample_infer},
    {"", "AffineGrid", affine_grid_infer},
    {"", "Col2Im", col2im_infer},
    {"", "CenterCropPad", center_crop_pad_infer},
    {"", "ImageDecoder", image_decoder_infer},
};
}  // namespace

Span<const Rule> sample_rules() {
  return {kSampleRules, sizeof(kSampleRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
