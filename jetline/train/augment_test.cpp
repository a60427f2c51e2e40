#include "jetline/train/augment.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "jetline/train/loader.h"
#include "jetline/train/testing_set.h"

namespace jetline {
namespace {

InputSpec test_input(int w, int h) {
  InputSpec s;
  s.width = w;
  s.height = h;
  s.mean = {127.5f, 127.5f, 127.5f};
  s.scale = {1 / 64.f, 1 / 64.f, 1 / 64.f};
  return s;
}

ImageCache load_boxes(const TemporaryDirectory& dir, const InputSpec& spec, int count) {
  testing::SilentProgress progress;
  CancelToken cancel;
  const Dataset d = testing::make_boxes(dir.path(), count, 160, 120);
  auto r = ImageCache::load(d, spec, 2, "read", progress, cancel);
  EXPECT_TRUE(r.ok()) << r.status().to_string();
  return std::move(r).value();
}

TEST(ImageCacheTest, IsWhatPreprocessingGives) {
  TemporaryDirectory dir;
  InputSpec spec = test_input(96, 96);  // letterbox bars above and below
  const ImageCache cache = load_boxes(dir, spec, 3);
  spec.layout = Layout::kNHWC;
  JETLINE_ASSERT_OK_AND_ASSIGN(Preprocessor pre, Preprocessor::create(spec));
  std::vector<float> expected(3 * 96 * 96), got(3 * 96 * 96);
  for (int i = 0; i < 3; ++i) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const Image image,
                                 load_image(join_path(dir.path(), "box" + std::to_string(i) + ".png")));
    pre.run(image, expected.data());
    place_unchanged(cache.images()[static_cast<size_t>(i)], spec, got.data());
    for (size_t k = 0; k < got.size(); ++k) ASSERT_NEAR(got[k], expected[k], 1.001 / 64) << k;
  }
}

TEST(AugmenterTest, SwitchedOffItChangesNothing) {
  TemporaryDirectory dir;
  const InputSpec spec = test_input(96, 80);
  const ImageCache cache = load_boxes(dir, spec, 2);
  AugmentOptions off;
  off.flip = off.geometry = off.brightness = off.contrast = off.saturation = off.hue = off.blur = off.noise =
      off.mosaic = 0;
  Augmenter augmenter(cache.images(), spec, off);
  std::vector<float> got(3 * 96 * 80), expected(3 * 96 * 80);
  std::vector<TrainBox> boxes;
  Random random(1);
  augmenter.run(1, true, random, got.data(), boxes);
  place_unchanged(cache.images()[1], spec, expected.data());
  for (size_t k = 0; k < got.size(); ++k) ASSERT_NEAR(got[k], expected[k], 1e-5) << k;
  ASSERT_EQ(boxes.size(), cache.images()[1].boxes.size());
  EXPECT_NEAR(boxes[0].box.x1, cache.images()[1].boxes[0].box.x1 + cache.images()[1].geometry.offset_x, 1e-4);
}

// The boxes must follow the pixels: inside a box the box's colour channel is far brighter than outside.
TEST(AugmenterTest, BoxesFollowThePixels) {
  TemporaryDirectory dir;
  const InputSpec spec = test_input(160, 128);
  const ImageCache cache = load_boxes(dir, spec, 6);
  AugmentOptions o;
  o.brightness = o.contrast = o.saturation = o.hue = o.noise = o.blur = 0;
  o.geometry = 1;
  o.mosaic = 0.5;
  Augmenter augmenter(cache.images(), spec, o);
  std::vector<float> got(3 * 160 * 128);
  std::vector<TrainBox> boxes;
  int seen = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed);
    augmenter.run(seed % 6, true, random, got.data(), boxes);
    for (const TrainBox& b : boxes) {
      ASSERT_GE(b.box.x1, 0);
      ASSERT_LE(b.box.x2, 160);
      ASSERT_LE(b.box.y2, 128);
      const auto level = [&](float x, float y) {
        const int u = static_cast<int>(x), v = static_cast<int>(y);
        return got[static_cast<size_t>((v * 160 + u) * 3 + b.class_id)] * 64 + 127.5f;
      };
      const float cx = (b.box.x1 + b.box.x2) / 2, cy = (b.box.y1 + b.box.y2) / 2;
      EXPECT_GT(level(cx, cy), 180) << "seed " << seed;
      if (b.box.width() < 8 || b.box.height() < 8) continue;
      // Two pixels inside each edge is object, two outside (where the picture goes on) is not.
      EXPECT_GT(level(b.box.x1 + 2, cy), 180) << "seed " << seed;
      EXPECT_GT(level(cx, b.box.y2 - 2.5f), 180) << "seed " << seed;
      ++seen;
    }
  }
  EXPECT_GT(seen, 40);
}

// Windows: the same, and they look at objects, of which the large ones are shown whole.
TEST(AugmenterTest, WindowsShowObjectsAtTheirPlace) {
  TemporaryDirectory dir;
  const InputSpec spec =
      test_input(320, 240);  // pictures of 160x120 enlarged: objects of 27 to 72 x 40 to 112
  const ImageCache cache = load_boxes(dir, spec, 6);
  AugmentOptions o;
  o.brightness = o.contrast = o.saturation = o.hue = o.noise = o.blur = 0;
  Augmenter augmenter(cache.images(), spec, o);
  std::vector<float> got(3 * 96 * 80), again(got.size());
  std::vector<TrainBox> boxes, same;
  int samples = 0, with_object = 0, not_cut = 0, own_scale = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed), repeat(seed);
    augmenter.run_window(seed % 6, 96, 80, random, got.data(), boxes);
    augmenter.run_window(seed % 6, 96, 80, repeat, again.data(), same);
    ASSERT_EQ(got, again);
    ++samples;
    with_object += !boxes.empty();
    for (const TrainBox& b : boxes) {
      ASSERT_GE(b.box.x1, 0);
      ASSERT_GE(b.box.y1, 0);
      ASSERT_LE(b.box.x2, 96);
      ASSERT_LE(b.box.y2, 80);
      const float cx = (b.box.x1 + b.box.x2) / 2, cy = (b.box.y1 + b.box.y2) / 2;
      const auto at = (static_cast<int>(cy) * 96 + static_cast<int>(cx)) * 3 + b.class_id;
      EXPECT_GT(got[static_cast<size_t>(at)] * 64 + 127.5f, 180) << "seed " << seed;
      not_cut += b.box.x1 > 0 && b.box.y1 > 0 && b.box.x2 < 96 && b.box.y2 < 80;
      own_scale += b.box.height() > 32;  // at the scale of the whole picture none is that high
    }
  }
  EXPECT_GT(with_object, samples * 7 / 10);
  EXPECT_GT(not_cut, samples / 2);
  EXPECT_GT(own_scale, samples / 5);
}

TEST(ColorMatrixTest, NeutralIsIdentityAndGreyStaysGrey) {
  const ColorMatrix same = color_matrix(0, 1, 1, 0);
  for (int i = 0; i < 9; ++i) EXPECT_NEAR(same.m[i], i % 4 == 0 ? 1 : 0, 1e-6);
  EXPECT_NEAR(same.bias, 0, 1e-6);
  const ColorMatrix turned = color_matrix(0, 1, 0.3, 0.2);
  for (int r = 0; r < 3; ++r)
    EXPECT_NEAR(turned.m[3 * r] + turned.m[3 * r + 1] + turned.m[3 * r + 2], 1, 1e-6);
  // A third of a turn takes red to green.
  const ColorMatrix third = color_matrix(0, 1, 1, 1.0 / 3);
  EXPECT_NEAR(third.m[3], 1, 1e-6);
  EXPECT_NEAR(third.m[0], 0, 1e-6);
}

TEST(DeckTest, EachEpochDealsEveryCardOnce) {
  Deck deck(3, 10);
  std::vector<size_t> first, second;
  for (int64_t n = 0; n < 10; ++n) first.push_back(deck.at(n));
  for (int64_t n = 10; n < 20; ++n) second.push_back(deck.at(n));
  EXPECT_NE(first, second);
  Deck again(3, 10);
  EXPECT_EQ(again.at(14), second[4]);  // without dealing what came before
  std::sort(first.begin(), first.end());
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(first[i], i);
}

TEST(BatchLoaderTest, AnyNumberOfThreadsAndAnyStartGiveTheSameBatches) {
  TemporaryDirectory dir;
  const InputSpec spec = test_input(96, 80);
  const ImageCache cache = load_boxes(dir, spec, 5);
  AugmentOptions o;
  o.mosaic = 0.5;
  std::vector<std::vector<float>> expected;
  {
    BatchLoader one(cache, spec, o, {3, 9, 1}, 0, 6);
    for (int s = 0; s < 8; ++s) expected.push_back(one.next().images);
  }
  BatchLoader three(cache, spec, o, {3, 9, 3}, 0, 6);
  for (size_t s = 0; s < 8; ++s) {
    const Batch& b = three.next();
    EXPECT_EQ(b.step, static_cast<int64_t>(s));
    EXPECT_EQ(b.images, expected[s]) << s;
  }
  BatchLoader late(cache, spec, o, {3, 9, 2}, 5, 6);
  EXPECT_EQ(late.next().images, expected[5]);
  EXPECT_NE(expected[4], expected[5]);
}

TEST(BatchLoaderTest, WindowsFirstThenWholePictures) {
  TemporaryDirectory dir;
  const InputSpec spec = test_input(96, 80);
  const ImageCache cache = load_boxes(dir, spec, 5);
  LoaderOptions o{2, 9, 1};
  o.window_width = 64;
  o.window_height = 48;
  o.windows_until = 3;
  LoaderOptions many = o;
  many.threads = 3;
  BatchLoader one(cache, spec, AugmentOptions(), o, 0, 0), three(cache, spec, AugmentOptions(), many, 0, 0);
  BatchLoader plain(cache, spec, AugmentOptions(), {2, 9, 1}, 0, 0);
  for (int s = 0; s < 6; ++s) {
    const Batch &a = one.next(), &b = three.next(), &c = plain.next();
    EXPECT_EQ(a.width, s < 3 ? 64 : 96);
    EXPECT_EQ(a.height, s < 3 ? 48 : 80);
    EXPECT_EQ(a.images.size(), static_cast<size_t>(2 * 3 * a.width * a.height));
    EXPECT_EQ(a.images, b.images) << s;
    EXPECT_EQ(a.images == c.images, s >= 3) << s;
  }
}

TEST(ImageCacheTest, BrokenPictureIsNamed) {
  TemporaryDirectory dir;
  Dataset d = testing::make_boxes(dir.path(), 3, 64, 64);
  JETLINE_ASSERT_OK(write_file(d.images[1].path, "not a picture"));
  testing::SilentProgress progress;
  CancelToken cancel;
  const auto r = ImageCache::load(d, test_input(64, 64), 2, "read", progress, cancel);
  ASSERT_FALSE(r.ok());
  EXPECT_NE(r.status().to_string().find("box1.png"), std::string::npos) << r.status().to_string();
}

}  // namespace
}  // namespace jetline
