#include "jetline/vision/preprocess.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>

#include "jetline/base/random.h"
#include "jetline/base/testing.h"
#include "jetline/vision/image_test_util.h"
#include "jetline/vision/preprocess_values.h"
#include "jetline/vision/resize_rows.h"

namespace jetline {
namespace {
using namespace jetline::testing;  // NOLINT: a test file

InputSpec pre_spec(int w, int h, Fit fit) {
  InputSpec spec;
  spec.width = w;
  spec.height = h;
  spec.fit = fit;
  return spec;
}

std::vector<float> pre_run(const InputSpec& spec, const ImageView& image) {
  auto p = Preprocessor::create(spec);
  EXPECT_TRUE(p.ok()) << p.status().to_string();
  std::vector<float> tensor(static_cast<size_t>(p->tensor_bytes()) / sizeof(float), -12345.f);
  p->run(image, tensor.data());
  return tensor;
}

// OpenCV's resize + copyMakeBorder of the image in its own channel order, rows of the padded picture.
cv::Mat pre_oracle(const InputSpec& spec, const Image& image) {
  const FitGeometry g = fit_geometry(spec, image.width(), image.height());
  const cv::Mat in(image.height(), image.width(), image.channels() == 1 ? CV_8UC1 : CV_8UC3,
                   const_cast<uint8_t*>(image.data()));
  cv::Mat resized, padded;
  cv::resize(in, resized, cv::Size(g.content_w, g.content_h), 0, 0, cv::INTER_LINEAR);
  const int top = static_cast<int>(g.offset_y), left = static_cast<int>(g.offset_x);
  cv::copyMakeBorder(resized, padded, top, spec.height - g.content_h - top, left,
                     spec.width - g.content_w - left, cv::BORDER_CONSTANT, cv::Scalar::all(spec.pad));
  return padded;
}

double pre_worst_level(const InputSpec& spec, const Image& image) {
  const std::vector<float> ours = pre_run(spec, image);
  const cv::Mat theirs = pre_oracle(spec, image);
  double worst = 0;
  for (int y = 0; y < spec.height; ++y) {
    for (int x = 0; x < spec.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const float a = ours[static_cast<size_t>((c * spec.height + y) * spec.width + x)];
        const int source = image.channels() == 1 ? 0 : spec.order == ColorOrder::kBGR ? 2 - c : c;
        const int b = theirs.ptr(y)[x * image.channels() + source];
        worst = std::max(worst, std::abs(static_cast<double>(a) - b));
      }
    }
  }
  return worst;
}

TEST(Preprocess, WithinOneLevelOfOpenCvAtManySizes) {
  Random random(11);
  double worst = 0;
  for (const Fit fit : {Fit::kStretch, Fit::kLetterbox, Fit::kLetterboxTopLeft}) {
    for (int round = 0; round < 60; ++round) {
      const int w = static_cast<int>(random.integer(1, round % 3 ? 90 : 700));
      const int h = static_cast<int>(random.integer(1, round % 3 ? 90 : 500));
      const Image image =
          random_image(w, h, random.next(), round % 7 == 0 ? PixelFormat::kGray : PixelFormat::kRGB);
      InputSpec spec =
          pre_spec(static_cast<int>(random.integer(1, 200)), static_cast<int>(random.integer(1, 200)), fit);
      spec.order = round % 2 ? ColorOrder::kBGR : ColorOrder::kRGB;
      const double d = pre_worst_level(spec, image);
      EXPECT_LE(d, 1.0) << w << "x" << h << " to " << spec.width << "x" << spec.height << " fit " << int(fit);
      worst = std::max(worst, d);
    }
  }
  // Sizes that detectors meet, and the exact halves and doubles that OpenCV treats apart.
  const int sizes[][4] = {{1280, 720, 416, 416}, {640, 480, 320, 240}, {640, 480, 320, 320},
                          {320, 240, 640, 480},  {416, 416, 416, 416}, {1, 1, 32, 32},
                          {2, 3, 7, 5}};
  for (const auto& s : sizes) {
    for (const Fit fit : {Fit::kStretch, Fit::kLetterbox, Fit::kLetterboxTopLeft}) {
      const double d = pre_worst_level(pre_spec(s[2], s[3], fit), random_image(s[0], s[1], 5));
      EXPECT_LE(d, 1.0) << s[0] << "x" << s[1];
      worst = std::max(worst, d);
    }
  }
  std::printf("largest difference: %.0f level\n", worst);
}

TEST(Preprocess, SameSizeIsTheIdentity) {
  const Image image = random_image(37, 21, 3);
  const std::vector<float> t = pre_run(pre_spec(37, 21, Fit::kStretch), image);
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < 37 * 21; ++i)
      EXPECT_EQ(t[static_cast<size_t>(c * 37 * 21 + i)], image.data()[i * 3 + c]);
  }
}

TEST(Preprocess, AllKernelsGiveTheSameNumbers) {
  const resize_rows::Kernels& portable = resize_rows::portable_kernels();
  for (const resize_rows::Kernels* k : {resize_rows::sse41_kernels(), resize_rows::avx2_kernels()}) {
    if (!k) {
      std::printf("notice: a kernel is not available on this processor\n");
      continue;
    }
    Random random(21);
    for (int n = 1; n < 70; ++n) {
      const Image row = random_image(n + 1, 1, random.next());
      std::vector<int32_t> offset;
      std::vector<int16_t> weights;
      for (int x = 0; x < n; ++x) {
        offset.push_back(3 * std::min(x, n - 1));
        const auto w = static_cast<int16_t>(random.integer(0, 2048));
        weights.push_back(w);
        weights.push_back(static_cast<int16_t>(2048 - w));
      }
      const resize_rows::RowPlan plan{offset.data(), weights.data(), n, std::max(0, n - 2), 3};
      const auto size = static_cast<size_t>(n);
      std::vector<int16_t> a(3 * size), b(3 * size);
      portable.row3(row.data(), plan, &a[0], &a[size], &a[2 * size]);
      k->row3(row.data(), plan, &b[0], &b[size], &b[2 * size]);
      EXPECT_EQ(a, b) << k->name << " " << n;
      std::vector<uint8_t> u(size), v(size);
      std::vector<float> f(size), g(size);
      const int b0 = static_cast<int>(random.integer(0, 2048));
      portable.blend_u8(&a[0], &a[size], b0, 2048 - b0, n, u.data());
      k->blend_u8(&a[0], &a[size], b0, 2048 - b0, n, v.data());
      EXPECT_EQ(u, v) << k->name << " " << n;
      portable.blend_f32(&a[0], &a[size], b0, 2048 - b0, n, 103.53f, 0.017429f, f.data());
      k->blend_f32(&a[0], &a[size], b0, 2048 - b0, n, 103.53f, 0.017429f, g.data());
      EXPECT_EQ(f, g) << k->name << " " << n;
    }
  }
}

TEST(Preprocess, LayoutsTypesAndNormalisationAgree) {
  const Image image = random_image(50, 30, 8);
  InputSpec spec = pre_spec(40, 40, Fit::kLetterbox);
  spec.order = ColorOrder::kBGR;
  spec.mean = {{104, 117, 123}};
  spec.scale = {{0.5f, 0.25f, 2.f}};
  const std::vector<float> planar = pre_run(spec, image);
  const InputSpec plain = [&] {
    InputSpec s = spec;
    s.mean = {{0, 0, 0}};
    s.scale = {{1, 1, 1}};
    return s;
  }();
  const std::vector<float> levels = pre_run(plain, image);
  const size_t n = 40 * 40;
  for (size_t i = 0; i < 3 * n; ++i) EXPECT_EQ(planar[i], (levels[i] - spec.mean[i / n]) * spec.scale[i / n]);
  EXPECT_EQ(levels[0], 114.f);  // the first row is padding

  InputSpec nhwc = spec;
  nhwc.layout = Layout::kNHWC;
  const std::vector<float> interleaved = pre_run(nhwc, image);
  for (size_t i = 0; i < n; ++i) {
    for (size_t c = 0; c < 3; ++c) EXPECT_EQ(interleaved[i * 3 + c], planar[c * n + i]);
  }

  InputSpec bytes = plain;
  bytes.dtype = DType::kU8;
  JETLINE_ASSERT_OK_AND_ASSIGN(Preprocessor p8, Preprocessor::create(bytes));
  ASSERT_EQ(p8.tensor_bytes(), 3 * 40 * 40);
  std::vector<uint8_t> u8(3 * n);
  p8.run(image, u8.data());
  for (size_t i = 0; i < 3 * n; ++i) EXPECT_EQ(u8[i], levels[i]);

  InputSpec half = spec;
  half.dtype = DType::kF16;
  JETLINE_ASSERT_OK_AND_ASSIGN(Preprocessor p16, Preprocessor::create(half));
  std::vector<uint16_t> f16(3 * n);
  p16.run(image, f16.data());
  for (size_t i = 0; i < 3 * n; ++i) EXPECT_EQ(f16[i], float_to_half(planar[i]));
}

TEST(Preprocess, GreyTensorsAndViewsWithStrides) {
  const Image big = random_image(64, 48, 9);
  ImageView part = big.view();  // a window into a larger picture
  part.data = big.at(5, 7);
  part.width = 40;
  part.height = 30;
  Image copy(40, 30);
  for (int y = 0; y < 30; ++y) std::memcpy(copy.row(y), part.row(y), 120);
  const InputSpec spec = pre_spec(33, 29, Fit::kLetterbox);
  EXPECT_EQ(pre_run(spec, part), pre_run(spec, copy));

  InputSpec grey = pre_spec(20, 20, Fit::kStretch);
  grey.order = ColorOrder::kGray;
  Image flat(10, 10);
  for (int i = 0; i < 100; ++i) {
    flat.data()[i * 3] = 200;
    flat.data()[i * 3 + 1] = 100;
    flat.data()[i * 3 + 2] = 50;
  }
  for (const float v : pre_run(grey, flat)) EXPECT_NEAR(v, 0.299 * 200 + 0.587 * 100 + 0.114 * 50, 0.51);
  ImageView bgr = flat.view();
  bgr.format = PixelFormat::kBGR;
  for (const float v : pre_run(grey, bgr)) EXPECT_NEAR(v, 0.299 * 50 + 0.587 * 100 + 0.114 * 200, 0.51);
  const Image grey_image = random_image(20, 20, 10, PixelFormat::kGray);
  const std::vector<float> direct = pre_run(grey, grey_image);
  for (size_t i = 0; i < direct.size(); ++i) EXPECT_EQ(direct[i], grey_image.data()[i]);
}

TEST(Preprocess, SizesMayChangeFromFrameToFrame) {
  const InputSpec spec = pre_spec(96, 64, Fit::kLetterbox);
  JETLINE_ASSERT_OK_AND_ASSIGN(Preprocessor p, Preprocessor::create(spec));
  std::vector<float> tensor(3 * 96 * 64);
  for (const auto& size : {std::pair<int, int>{200, 50}, {40, 90}, {200, 50}, {1, 1}, {96, 64}}) {
    const Image image = random_image(size.first, size.second, 12);
    p.run(image, tensor.data());
    EXPECT_EQ(tensor, pre_run(spec, image)) << size.first;
    EXPECT_EQ(p.geometry().content_w, fit_geometry(spec, size.first, size.second).content_w);
  }
}

TEST(Preprocess, BadSpecsAreRefused) {
  EXPECT_EQ(Preprocessor::create(pre_spec(0, 10, Fit::kStretch)).status().id(), "preprocess.size");
  EXPECT_EQ(Preprocessor::create(pre_spec(10, 1 << 20, Fit::kStretch)).status().id(), "preprocess.size");
  InputSpec spec = pre_spec(10, 10, Fit::kStretch);
  spec.dtype = DType::kI64;
  EXPECT_EQ(Preprocessor::create(spec).status().id(), "preprocess.dtype");
}

TEST(FitGeometryTest, EqualsTheReferenceProgramsAtEverySize) {
  Random random(31);
  for (int i = 0; i < 20000; ++i) {
    const int w = static_cast<int>(random.integer(1, 4000)), h = static_cast<int>(random.integer(1, 4000));
    const int W = static_cast<int>(random.integer(32, 1280)), H = static_cast<int>(random.integer(32, 1280));
    const double r = std::min(static_cast<double>(W) / w, static_cast<double>(H) / h);
    {  // Ultralytics' LetterBox: round to even, then split the padding by round(d -+ 0.1)
      const FitGeometry g = fit_geometry(pre_spec(W, H, Fit::kLetterbox), w, h);
      const int cw = std::max(1, static_cast<int>(std::nearbyint(w * r)));
      const int ch = std::max(1, static_cast<int>(std::nearbyint(h * r)));
      EXPECT_EQ(g.content_w, cw);
      EXPECT_EQ(g.content_h, ch);
      EXPECT_EQ(g.offset_x, std::nearbyint((W - cw) / 2.0 - 0.1));
      EXPECT_EQ(g.offset_y, std::nearbyint((H - ch) / 2.0 - 0.1));
    }
    {  // YOLOX preproc: int(), top left
      const FitGeometry g = fit_geometry(pre_spec(W, H, Fit::kLetterboxTopLeft), w, h);
      EXPECT_EQ(g.content_w, std::max(1, static_cast<int>(w * r)));
      EXPECT_EQ(g.content_h, std::max(1, static_cast<int>(h * r)));
      EXPECT_EQ(g.offset_x, 0);
      EXPECT_EQ(g.offset_y, 0);
    }
  }
}

TEST(FitGeometryTest, ToImageUndoesToTensor) {
  Random random(41);
  for (int i = 0; i < 3000; ++i) {
    const int w = static_cast<int>(random.integer(8, 3000)), h = static_cast<int>(random.integer(8, 3000));
    for (const Fit fit : {Fit::kStretch, Fit::kLetterbox, Fit::kLetterboxTopLeft}) {
      const FitGeometry g = fit_geometry(pre_spec(416, 320, fit), w, h);
      const double x1 = random.uniform(0, w), y1 = random.uniform(0, h);
      const Box b{static_cast<float>(x1), static_cast<float>(y1), static_cast<float>(random.uniform(x1, w)),
                  static_cast<float>(random.uniform(y1, h))};
      const Box t = g.to_tensor(b), back = g.to_image(t, w, h);
      // A float holds a tensor coordinate to 2^-15; scaled back up that is this much of a pixel.
      const float ex = static_cast<float>(6e-5 / g.scale_x + 1e-3),
                  ey = static_cast<float>(6e-5 / g.scale_y + 1e-3);
      EXPECT_NEAR(back.x1, b.x1, ex);
      EXPECT_NEAR(back.x2, b.x2, ex);
      EXPECT_NEAR(back.y1, b.y1, ey);
      EXPECT_NEAR(back.y2, b.y2, ey);
      float px, py;
      g.to_image(t.x1, t.y1, px, py);
      EXPECT_NEAR(px, b.x1, ex);
      EXPECT_NEAR(py, b.y1, ey);
      // The full image maps to the content rectangle and back.
      const Box full = g.to_tensor({0, 0, static_cast<float>(w), static_cast<float>(h)});
      EXPECT_NEAR(full.width(), g.content_w, 1e-3);
      EXPECT_NEAR(full.height(), g.content_h, 1e-3);
      // What lies in the padding is clamped to the image.
      const Box outside = g.to_image({-50, -50, 900, 900}, w, h);
      EXPECT_EQ(outside.x1, 0.f);
      EXPECT_EQ(outside.y2, static_cast<float>(h));
    }
  }
}

TEST(PreprocessValues, HalfFloatsRoundToNearestEven) {
  EXPECT_EQ(float_to_half(0.f), 0x0000);
  EXPECT_EQ(float_to_half(-0.f), 0x8000);
  EXPECT_EQ(float_to_half(1.f), 0x3C00);
  EXPECT_EQ(float_to_half(-2.f), 0xC000);
  EXPECT_EQ(float_to_half(65504.f), 0x7BFF);
  EXPECT_EQ(float_to_half(65520.f), 0x7C00);  // rounds up to infinity
  EXPECT_EQ(float_to_half(1e9f), 0x7C00);
  EXPECT_EQ(float_to_half(5.9604645e-8f), 0x0001);  // smallest subnormal
  EXPECT_EQ(float_to_half(6.1035156e-5f), 0x0400);  // smallest normal
  EXPECT_EQ(float_to_half(2049.f), 0x6800);         // a tie goes to even
  EXPECT_EQ(float_to_half(2051.f), 0x6802);
  EXPECT_EQ(float_to_half(std::nanf("")) & 0x7C00, 0x7C00);
  EXPECT_NE(float_to_half(std::nanf("")) & 0x03FF, 0);
}

}  // namespace
}  // namespace jetline
