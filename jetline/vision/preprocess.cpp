#include "jetline/vision/preprocess.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "jetline/vision/preprocess_float.h"
#include "jetline/vision/preprocess_values.h"
#include "jetline/vision/resize_rows.h"

namespace jetline {

using resize_rows::Kernels;
using resize_rows::RowPlan;

namespace {

constexpr int kMaxTensorSide = 16384;

}  // namespace

struct Preprocessor::State {
  // Where each output sample of one axis reads: `at` may lie outside of 0..n-1 (the caller clamps), w0 + w1 =
  // 2048.
  struct PreSample {
    int at;
    int16_t w0, w1;
  };

  InputSpec spec;
  const Kernels* kernels = nullptr;
  PreValues values;
  FitGeometry geometry;
  int planned_w = 0, planned_h = 0, planned_channels = 0;  // the image size that the tables are for

  std::vector<int32_t> x_offset;
  std::vector<int16_t> x_weights;
  std::vector<PreSample> y_samples;
  RowPlan row_plan = {};

  // Two horizontally resized source rows, three planes each, and one blended row of levels.
  std::array<std::vector<int16_t>, 2> rows;
  std::array<int, 2> row_of = {{-1, -1}};
  std::vector<uint8_t> levels;

  static PreSample sample(int out, int n_out, int n_in);
  void plan(int width, int height, int channels);
  int16_t* plane(int slot, int c) { return rows[static_cast<size_t>(slot)].data() + c * spec.width; }
  int resized_row(const ImageView& image, int y, int keep_slot);
};

// As OpenCV computes it: the scale is the inverse of the rounded inverse, positions are float.
Preprocessor::State::PreSample Preprocessor::State::sample(int out, int n_out, int n_in) {
  const double scale = 1.0 / (static_cast<double>(n_out) / n_in);
  float f = static_cast<float>((out + 0.5) * scale - 0.5);
  const int at = static_cast<int>(std::floor(f));
  f -= static_cast<float>(at);
  return {at, static_cast<int16_t>(std::lrintf((1.f - f) * 2048.f)),
          static_cast<int16_t>(std::lrintf(f * 2048.f))};
}

void Preprocessor::State::plan(int width, int height, int channels) {
  if (width == planned_w && height == planned_h && channels == planned_channels) return;
  geometry = fit_geometry(spec, width, height);
  row_plan = {x_offset.data(), x_weights.data(), geometry.content_w, 0, width > 1 ? channels : 0};
  for (int x = 0; x < geometry.content_w; ++x) {
    PreSample s = sample(x, geometry.content_w, width);
    if (s.at < 0) s = {0, 2048, 0};
    if (s.at >= width - 1) {  // the last pixel alone, read as the right one of a pair
      s = width > 1 ? PreSample{width - 2, 0, 2048} : PreSample{0, 2048, 0};
    }
    const auto i = static_cast<size_t>(x);
    x_offset[i] = s.at * channels;
    x_weights[2 * i] = s.w0;
    x_weights[2 * i + 1] = s.w1;
    if (x_offset[i] + 8 <= width * channels) row_plan.wide_count = x + 1;
  }
  for (int y = 0; y < geometry.content_h; ++y) {
    y_samples[static_cast<size_t>(y)] = sample(y, geometry.content_h, height);
  }
  planned_w = width;
  planned_h = height;
  planned_channels = channels;
}

// Slot that holds source row y; computes it into the slot other than `keep_slot` when it is in none.
int Preprocessor::State::resized_row(const ImageView& image, int y, int keep_slot) {
  if (row_of[0] == y) return 0;
  if (row_of[1] == y) return 1;
  const int slot = keep_slot == 0 ? 1 : 0;
  if (image.format == PixelFormat::kGray) {
    kernels->row1(image.row(y), row_plan, plane(slot, 0));
  } else {
    kernels->row3(image.row(y), row_plan, plane(slot, 0), plane(slot, 1), plane(slot, 2));
  }
  row_of[static_cast<size_t>(slot)] = y;
  return slot;
}

Result<Preprocessor> Preprocessor::create(const InputSpec& spec) {
  if (spec.width < 1 || spec.height < 1 || spec.width > kMaxTensorSide || spec.height > kMaxTensorSide) {
    return Status::bad_input("preprocess.size",
                             "an input of " + std::to_string(spec.width) + " x " +
                                 std::to_string(spec.height) + " is outside of 1 to " +
                                 std::to_string(kMaxTensorSide),
                             "give the input size in the card or with --size");
  }
  if (spec.dtype != DType::kF32 && spec.dtype != DType::kF16 && spec.dtype != DType::kU8) {
    return Status::bad_input("preprocess.dtype",
                             "a picture cannot become a tensor of " + std::string(dtype_name(spec.dtype)),
                             "float, float16 and uint8 inputs are supported");
  }
  auto state = std::make_unique<State>();
  state->spec = spec;
  state->kernels = &resize_rows::best_kernels();
  state->values = PreValues(spec);
  // All memory is taken here: the content is never larger than the tensor.
  const auto w = static_cast<size_t>(spec.width), h = static_cast<size_t>(spec.height);
  state->x_offset.resize(w);
  state->x_weights.resize(2 * w);
  state->y_samples.resize(h);
  for (auto& row : state->rows) row.resize(3 * w);
  state->levels.resize(3 * w);
  return Preprocessor(std::move(state));
}

void Preprocessor::run(const ImageView& image, void* tensor) {
  State& s = *state_;
  const InputSpec& spec = s.spec;
  if (spec.resample != Resample::kLevels) {
    s.geometry = fit_geometry(spec, image.width, image.height);
    return resample_float(image, spec, s.geometry, s.values, tensor);
  }
  s.plan(image.width, image.height, channels_of(image.format));
  s.row_of = {{-1, -1}};
  const FitGeometry& g = s.geometry;
  const int left = static_cast<int>(g.offset_x), top = static_cast<int>(g.offset_y);
  for (int y = 0; y < top; ++y) s.values.pad_row(tensor, y, 0, spec.width);
  for (int y = top + g.content_h; y < spec.height; ++y) s.values.pad_row(tensor, y, 0, spec.width);

  const bool grey_image = image.format == PixelFormat::kGray, grey_tensor = spec.order == ColorOrder::kGray;
  // Plane of the source that channel c of an RGB triple stands in.
  const std::array<int, 3> rgb_plane = grey_image                          ? std::array<int, 3>{{0, 0, 0}}
                                       : image.format == PixelFormat::kBGR ? std::array<int, 3>{{2, 1, 0}}
                                                                           : std::array<int, 3>{{0, 1, 2}};
  const bool direct =
      spec.dtype == DType::kF32 && spec.layout == Layout::kNCHW && !(grey_tensor && !grey_image);
  const int channels = grey_tensor ? 1 : 3;
  for (int y = 0; y < g.content_h; ++y) {
    const State::PreSample& at = s.y_samples[static_cast<size_t>(y)];
    const int last = image.height - 1;
    const int y0 = std::min(std::max(at.at, 0), last), y1 = std::min(std::max(at.at + 1, 0), last);
    const int keep = s.row_of[0] == y1 ? 0 : s.row_of[1] == y1 ? 1 : -1;
    const int slot0 = s.resized_row(image, y0, keep);
    const int slot1 = s.resized_row(image, y1, slot0);
    if (left > 0) s.values.pad_row(tensor, top + y, 0, left);
    if (left + g.content_w < spec.width) s.values.pad_row(tensor, top + y, left + g.content_w, spec.width);
    if (direct) {
      for (int c = 0; c < channels; ++c) {
        const auto i = static_cast<size_t>(c);
        const int p = rgb_plane[spec.order == ColorOrder::kBGR ? 2 - i : i];
        float* out = static_cast<float*>(tensor) +
                     (static_cast<int64_t>(c) * spec.height + top + y) * spec.width + left;
        s.kernels->blend_f32(s.plane(slot0, p), s.plane(slot1, p), at.w0, at.w1, g.content_w, spec.mean[i],
                             spec.scale[i], out);
      }
      continue;
    }
    std::array<const uint8_t*, 3> planes;
    const int source_planes = grey_image ? 1 : 3;
    for (int p = 0; p < source_planes; ++p) {
      uint8_t* out = s.levels.data() + p * spec.width;
      s.kernels->blend_u8(s.plane(slot0, p), s.plane(slot1, p), at.w0, at.w1, g.content_w, out);
    }
    for (size_t c = 0; c < 3; ++c) planes[c] = s.levels.data() + rgb_plane[c] * spec.width;
    s.values.content_row(tensor, top + y, left, g.content_w, planes, grey_image);
  }
}

Preprocessor::Preprocessor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Preprocessor::~Preprocessor() = default;
Preprocessor::Preprocessor(Preprocessor&&) noexcept = default;
Preprocessor& Preprocessor::operator=(Preprocessor&&) noexcept = default;
const FitGeometry& Preprocessor::geometry() const {
  return state_->geometry;
}
const InputSpec& Preprocessor::spec() const {
  return state_->spec;
}
int Preprocessor::channels() const {
  return state_->spec.order == ColorOrder::kGray ? 1 : 3;
}
int64_t Preprocessor::tensor_bytes() const {
  return dtype_bytes(state_->spec.dtype, int64_t{1} * state_->spec.width * state_->spec.height * channels());
}

}  // namespace jetline
