#include "jetline/base/random.h"
#include "jetline/base/testing.h"
#include "jetline/vision/preprocess.h"

namespace jetline {
namespace {

std::vector<float> float_tensor(const InputSpec& spec, const std::vector<uint8_t>& pixels, int w, int h,
                                PixelFormat format) {
  ImageView image;
  image.data = pixels.data();
  image.width = w;
  image.height = h;
  image.format = format;
  image.stride = w * channels_of(format);
  auto p = Preprocessor::create(spec);
  EXPECT_TRUE(p.ok()) << p.status().to_string();
  std::vector<float> out(static_cast<size_t>(p->tensor_bytes()) / 4);
  p->run(image, out.data());
  return out;
}

InputSpec float_spec(int w, int h, Fit fit, Resample resample) {
  InputSpec s;
  s.width = w;
  s.height = h;
  s.fit = fit;
  s.resample = resample;
  s.layout = Layout::kNHWC;
  return s;
}

// A row of grey levels 0 10 20 30 resized to three and to six: numbers of tf.image.resize (half-pixel
// centres) and of tf.compat.v1.image.resize_bilinear (neither option set).
TEST(PreprocessFloat, SamplesWhereTensorFlowDoes) {
  const std::vector<uint8_t> row = {0, 10, 20, 30};
  const struct {
    Resample resample;
    int n;
    std::vector<float> want;
  } kCases[] = {
      {Resample::kFloatCorners, 3, {0, 40.f / 3, 80.f / 3}},
      {Resample::kFloatCenters, 3, {5.f / 3, 15, 85.f / 3}},
      {Resample::kFloatCorners, 8, {0, 5, 10, 15, 20, 25, 30, 30}},
      {Resample::kFloatCenters, 8, {0, 2.5f, 7.5f, 12.5f, 17.5f, 22.5f, 27.5f, 30}},
  };
  for (const auto& c : kCases) {
    const auto got =
        float_tensor(float_spec(c.n, 1, Fit::kStretch, c.resample), row, 4, 1, PixelFormat::kGray);
    ASSERT_EQ(got.size(), static_cast<size_t>(c.n) * 3);
    for (size_t x = 0; x < c.want.size(); ++x) {
      for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(got[3 * x + k], c.want[x], 1e-4) << c.n << " " << x;
    }
  }
}

TEST(PreprocessFloat, OrderLayoutAndPadding) {
  const std::vector<uint8_t> bgr = {1, 2, 3, 4, 5, 6};  // two pixels
  InputSpec s = float_spec(2, 2, Fit::kLetterboxTopLeft, Resample::kFloatCorners);
  s.pad = 50;
  s.scale = {{2, 2, 2}};
  EXPECT_EQ(float_tensor(s, bgr, 2, 1, PixelFormat::kBGR),
            (std::vector<float>{6, 4, 2, 12, 10, 8, 100, 100, 100, 100, 100, 100}));
  s.layout = Layout::kNCHW;
  s.order = ColorOrder::kBGR;
  EXPECT_EQ(float_tensor(s, bgr, 2, 1, PixelFormat::kBGR),
            (std::vector<float>{2, 8, 100, 100, 4, 10, 100, 100, 6, 12, 100, 100}));
}

// Rounded to levels it is what the fixed-point way gives, but for one level.
TEST(PreprocessFloat, AgreesWithTheFixedPointWay) {
  Random random(7);
  std::vector<uint8_t> pixels(37 * 23 * 3);
  for (auto& v : pixels) v = static_cast<uint8_t>(random.next() % 256);
  const auto exact = float_tensor(float_spec(20, 31, Fit::kStretch, Resample::kFloatCenters), pixels, 37, 23,
                                  PixelFormat::kRGB);
  const auto fixed =
      float_tensor(float_spec(20, 31, Fit::kStretch, Resample::kLevels), pixels, 37, 23, PixelFormat::kRGB);
  for (size_t i = 0; i < exact.size(); ++i) ASSERT_NEAR(exact[i], fixed[i], 1.01f) << i;
}

}  // namespace
}  // namespace jetline
