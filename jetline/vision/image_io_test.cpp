#include "jetline/vision/image_io.h"

#include <gtest/gtest.h>

#include "jetline/base/module.h"
#include "jetline/base/testing.h"
#include "jetline/vision/image_test_util.h"

namespace jetline {
namespace {
using namespace jetline::testing;  // NOLINT: a test file

TEST(ImageIo, JpegRoundTripIsCloseAndHeaderAgrees) {
  const Image image = gradient_image(67, 45);
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string jpeg, encode_image(image, ".jpg"));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image back, decode_image(bytes_of(jpeg), "memory"));
  // 4:2:0 smears the sharp blue corner; red and green are smooth.
  for (int y = 0; y < 45; ++y) {
    for (int x = 0; x < 67; ++x) EXPECT_NEAR(back.at(x, y)[1], image.at(x, y)[1], 40);
  }
  JETLINE_ASSERT_OK_AND_ASSIGN(const ImageSize size, probe_image_bytes(bytes_of(jpeg), "memory"));
  EXPECT_EQ(size.width, 67);
  EXPECT_EQ(size.height, 45);
}

TEST(ImageIo, PngRoundTripIsExactForEveryPixelFormat) {
  const Image rgb = random_image(31, 17, 1);
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string png, encode_image(rgb, ".png"));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image back, decode_image(bytes_of(png), "memory"));
  EXPECT_EQ(image_distance(rgb, back), 0);

  ImageView as_bgr = rgb.view();
  as_bgr.format = PixelFormat::kBGR;
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string png_bgr, encode_image(as_bgr, ".png"));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image swapped, decode_image(bytes_of(png_bgr), "memory"));
  EXPECT_EQ(swapped.at(3, 4)[0], rgb.at(3, 4)[2]);
  EXPECT_EQ(swapped.at(3, 4)[2], rgb.at(3, 4)[0]);

  const Image grey = random_image(9, 5, 2, PixelFormat::kGray);
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string png_grey, encode_image(grey, ".png"));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image grey_back, decode_image(bytes_of(png_grey), "memory"));
  EXPECT_EQ(grey_back.format(), PixelFormat::kRGB);
  for (int c = 0; c < 3; ++c) EXPECT_EQ(grey_back.at(8, 4)[c], grey.at(8, 4)[0]);
}

// Independent of the code under test: where the upright picture's pixel (x, y) lies in the stored one,
// written out from the table of the EXIF standard.
const uint8_t* stored_pixel(const Image& s, int orientation, int x, int y) {
  const int w = s.width(), h = s.height();
  switch (orientation) {
    case 1:
      return s.at(x, y);
    case 2:
      return s.at(w - 1 - x, y);
    case 3:
      return s.at(w - 1 - x, h - 1 - y);
    case 4:
      return s.at(x, h - 1 - y);
    case 5:
      return s.at(y, x);
    case 6:
      return s.at(y, h - 1 - x);
    case 7:
      return s.at(w - 1 - y, h - 1 - x);
    default:
      return s.at(w - 1 - y, x);
  }
}

void expect_upright(const std::string& file, const Image& stored, int orientation) {
  auto back = decode_image(bytes_of(file), "memory");
  ASSERT_TRUE(back.ok()) << back.status().to_string();
  const bool turned = orientation >= 5;
  ASSERT_EQ(back->width(), turned ? stored.height() : stored.width());
  ASSERT_EQ(back->height(), turned ? stored.width() : stored.height());
  for (int y = 0; y < back->height(); ++y) {
    for (int x = 0; x < back->width(); ++x) {
      ASSERT_EQ(std::memcmp(back->at(x, y), stored_pixel(stored, orientation, x, y), 3), 0)
          << "orientation " << orientation << " at " << x << "," << y;
    }
  }
  auto size = probe_image_bytes(bytes_of(file), "memory");
  ASSERT_TRUE(size.ok());
  EXPECT_EQ(size->width, back->width());
  EXPECT_EQ(size->height, back->height());
}

TEST(ImageIo, AppliesAllEightOrientationsOfJpegAndPng) {
  const Image image = gradient_image(37, 23);
  const std::string jpeg = make_jpeg(image);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image stored, decode_image(bytes_of(jpeg), "memory"));
  for (int o = 1; o <= 8; ++o) {
    expect_upright(with_exif(jpeg, make_exif(o, o % 2 == 0)), stored, o);
    const std::string exif = make_exif(o, o % 2 == 1);
    const std::string png = make_png(image, false, [&](png_structp p, png_infop info) {
      png_set_eXIf_1(p, info, static_cast<png_uint_32>(exif.size()),
                     reinterpret_cast<png_bytep>(const_cast<char*>(exif.data())));
    });
    expect_upright(png, image, o);
  }
}

TEST(ImageIo, GreyProgressiveAndRestartJpegs) {
  const Image image = gradient_image(50, 40);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image baseline, decode_image(bytes_of(make_jpeg(image)), "memory"));
  EXPECT_LE(image_distance(image, baseline), 16);
  JpegRecipe progressive;
  progressive.progressive = true;
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image p,
                               decode_image(bytes_of(make_jpeg(image, progressive)), "memory"));
  EXPECT_EQ(image_distance(p, baseline), 0);  // the same coefficients in another order
  JpegRecipe restart;
  restart.restart = 3;
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image r, decode_image(bytes_of(make_jpeg(image, restart)), "memory"));
  EXPECT_EQ(image_distance(r, baseline), 0);
  JpegRecipe arithmetic;
  arithmetic.arithmetic = true;
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image a, decode_image(bytes_of(make_jpeg(image, arithmetic)), "memory"));
  EXPECT_EQ(image_distance(a, baseline), 0);

  JpegRecipe grey;
  grey.in = grey.file = JCS_GRAYSCALE;
  grey.components = 1;
  std::vector<uint8_t> samples(16 * 16, 77);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image g,
                               decode_image(bytes_of(make_jpeg(samples, 16, 16, grey)), "memory"));
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(g.at(5, 5)[c], 77, 1);
}

TEST(ImageIo, InksBecomeRgb) {
  // Flat ink: C 20 %, M 60 %, Y 0, K 10 % (as 0..255 of ink).
  const uint8_t ink[4] = {51, 153, 0, 26};
  const int expected[3] = {(255 - 51) * (255 - 26) / 255, (255 - 153) * (255 - 26) / 255, 255 - 26};
  for (const bool adobe : {true, false}) {
    for (const J_COLOR_SPACE file : {JCS_CMYK, JCS_YCCK}) {
      if (!adobe && file == JCS_YCCK) continue;  // without the marker nothing tells YCCK from CMYK
      JpegRecipe recipe;
      recipe.in = JCS_CMYK;
      recipe.file = file;
      recipe.components = 4;
      recipe.adobe = adobe;
      std::vector<uint8_t> samples;
      for (int i = 0; i < 16 * 16; ++i) {
        for (const uint8_t v : ink) samples.push_back(static_cast<uint8_t>(adobe ? 255 - v : v));
      }
      JETLINE_ASSERT_OK_AND_ASSIGN(const Image image,
                                   decode_image(bytes_of(make_jpeg(samples, 16, 16, recipe)), "memory"));
      for (int c = 0; c < 3; ++c)
        EXPECT_NEAR(image.at(7, 9)[c], expected[c], 3) << "adobe " << adobe << " file " << file;
    }
  }
}

TEST(ImageIo, PngOfEveryKind) {
  const auto first_pixel = [](const std::string& png) {
    auto image = decode_image(bytes_of(png), "memory");
    EXPECT_TRUE(image.ok()) << image.status().to_string();
    if (!image.ok()) return std::vector<int>();
    EXPECT_EQ(image->format(), PixelFormat::kRGB);
    const uint8_t* p = image->at(0, 0);
    return std::vector<int>{p[0], p[1], p[2]};
  };
  using V = std::vector<int>;
  // 16 bits keep the high byte.
  EXPECT_EQ(first_pixel(make_png({{0x12, 0xFF, 0x80, 0x00, 0xFF, 0x01}}, 1, 16, PNG_COLOR_TYPE_RGB)),
            (V{0x12, 0x80, 0xFF}));
  EXPECT_EQ(first_pixel(make_png({{0xAB, 0xCD}}, 1, 16, PNG_COLOR_TYPE_GRAY)), (V{0xAB, 0xAB, 0xAB}));
  // Alpha is dropped, the colour below it stays.
  EXPECT_EQ(first_pixel(make_png({{10, 20, 30, 0}}, 1, 8, PNG_COLOR_TYPE_RGB_ALPHA)), (V{10, 20, 30}));
  EXPECT_EQ(first_pixel(make_png({{99, 128}}, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA)), (V{99, 99, 99}));
  // Grey of 1, 2 and 4 bits spans 0..255.
  EXPECT_EQ(first_pixel(make_png({{0x80}}, 1, 1, PNG_COLOR_TYPE_GRAY)), (V{255, 255, 255}));
  EXPECT_EQ(first_pixel(make_png({{0x40}}, 1, 2, PNG_COLOR_TYPE_GRAY)), (V{85, 85, 85}));
  EXPECT_EQ(first_pixel(make_png({{0x30}}, 1, 4, PNG_COLOR_TYPE_GRAY)), (V{51, 51, 51}));
  // Palette, with and without transparency.
  for (const bool transparent : {false, true}) {
    const std::string png =
        make_png({{0x10}}, 1, 4, PNG_COLOR_TYPE_PALETTE, false, [&](png_structp p, png_infop info) {
          const png_color palette[2] = {{1, 2, 3}, {200, 100, 50}};
          png_set_PLTE(p, info, palette, 2);
          const png_byte alpha[2] = {255, 0};
          if (transparent) png_set_tRNS(p, info, alpha, 2, nullptr);
        });
    EXPECT_EQ(first_pixel(png), (V{200, 100, 50}));
  }
  const Image image = random_image(33, 29, 3);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image interlaced,
                               decode_image(bytes_of(make_png(image, true)), "memory"));
  EXPECT_EQ(image_distance(interlaced, image), 0);
}

TEST(ImageIo, NamesWithSpacesAndUtf8) {
  const TemporaryDirectory dir;
  const Image image = random_image(8, 6, 5);
  for (const char* name : {"a picture with spaces.png", "Käfer ☃ 图片.PNG", "%s%d.png", "-o.png"}) {
    JETLINE_ASSERT_OK(save_image(dir.file(name), image));
    JETLINE_ASSERT_OK_AND_ASSIGN(const Image back, load_image(dir.file(name)));
    EXPECT_EQ(image_distance(image, back), 0);
    JETLINE_ASSERT_OK_AND_ASSIGN(const ImageSize size, probe_image(dir.file(name)));
    EXPECT_EQ(size.width, 8);
    EXPECT_TRUE(has_image_extension(name));
  }
  EXPECT_FALSE(has_image_extension("a.txt"));
  EXPECT_FALSE(has_image_extension("jpg"));
}

TEST(ImageIo, SavingIsAllOrNothing) {
  const TemporaryDirectory dir;
  const Image image = random_image(64, 64, 6);
  FaultyFileSystem full;
  full.bytes_left = 1000;
  EXPECT_EQ(save_image(dir.file("a.png"), image, full).id(), "file.disk-full");
  FaultyFileSystem locked;
  locked.read_only = true;
  EXPECT_EQ(save_image(dir.file("a.jpg"), image, locked).id(), "file.permission");
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto left, list_directory(dir.path()));
  EXPECT_TRUE(left.empty());
  const Status s = save_image(dir.file("a.xyz"), image);
  EXPECT_EQ(s.id(), "image.unknown-format");
  EXPECT_EQ(s.exit_code(), 2);
  EXPECT_FALSE(save_image(dir.file("a.png"), ImageView()).ok());
}

TEST(ImageIo, ReusesMemoryOfTheGivenImage) {
  const std::string png = make_png(random_image(40, 30, 7)), small = make_png(random_image(20, 10, 8));
  Image image;
  JETLINE_ASSERT_OK(decode_image_into(bytes_of(png), "m", image));
  const uint8_t* before = image.data();
  JETLINE_ASSERT_OK(decode_image_into(bytes_of(small), "m", image));
  EXPECT_EQ(image.data(), before);
  EXPECT_EQ(image.width(), 20);
}

TEST(ImageIo, OtherFormatsThroughTheMediaModule) {
  if (find_module("media").empty()) GTEST_SKIP() << "notice: libjetline_media.so was not built";
  const TemporaryDirectory dir;
  const Image image = random_image(37, 21, 9);
  for (const char* name : {"a.bmp", "a.tif", "a.ppm", "a.webp"}) {
    JETLINE_ASSERT_OK(save_image(dir.file(name), image));
    auto back = load_image(dir.file(name));
    ASSERT_TRUE(back.ok()) << name << " " << back.status().to_string();
    // OpenCV writes WebP lossless by default.
    EXPECT_EQ(image_distance(image, *back), 0) << name;
    JETLINE_ASSERT_OK_AND_ASSIGN(const ImageSize size, probe_image(dir.file(name)));
    EXPECT_EQ(size.width, 37) << name;
    EXPECT_EQ(size.height, 21) << name;
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string bytes, read_file(dir.file(name)));
    ::testing::internal::CaptureStderr();  // OpenCV prints its failures by itself; the module keeps it quiet
    for (size_t n = 0; n < bytes.size(); n += 64) {
      EXPECT_FALSE(decode_image(bytes_of(bytes.substr(0, n)), name).ok()) << name << " cut at " << n;
    }
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << name;
  }
}

// 3 x 2 uncompressed RGB with orientation 6: stored rows become columns from the right.
TEST(ImageIo, TiffOrientationIsApplied) {
  if (find_module("media").empty()) GTEST_SKIP() << "notice: libjetline_media.so was not built";
  std::string tiff("II*\0\x08\0\0\0", 8);
  const auto u16 = [](unsigned v) {
    return std::string{static_cast<char>(v & 255), static_cast<char>(v >> 8)};
  };
  const auto entry = [&](unsigned tag, unsigned type, unsigned count, unsigned value) {
    return u16(tag) + u16(type) + u16(count) + u16(0) + u16(value) + u16(0);
  };
  const unsigned fields = 10, data = 8 + 2 + fields * 12 + 4;
  tiff += u16(fields) + entry(0x100, 3, 1, 3) + entry(0x101, 3, 1, 2) + entry(0x102, 3, 3, data) +
          entry(0x103, 3, 1, 1) + entry(0x106, 3, 1, 2) + entry(0x111, 4, 1, data + 6) +
          entry(0x112, 3, 1, 6) + entry(0x115, 3, 1, 3) + entry(0x116, 3, 1, 2) + entry(0x117, 4, 1, 18) +
          std::string(4, '\0');
  tiff += u16(8) + u16(8) + u16(8);
  for (int i = 0; i < 18; ++i) tiff += static_cast<char>(10 * i);
  JETLINE_ASSERT_OK_AND_ASSIGN(const ImageSize size, probe_image_bytes(bytes_of(tiff), "a.tif"));
  EXPECT_EQ(size.width, 2);
  EXPECT_EQ(size.height, 3);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image image, decode_image(bytes_of(tiff), "a.tif"));
  ASSERT_EQ(image.width(), 2);
  ASSERT_EQ(image.height(), 3);
  EXPECT_EQ(image.at(1, 0)[0], 0);   // stored (0, 0)
  EXPECT_EQ(image.at(0, 0)[0], 90);  // stored (0, 1)
  EXPECT_EQ(image.at(1, 2)[1], 70);  // stored (2, 0)
}

}  // namespace
}  // namespace jetline
