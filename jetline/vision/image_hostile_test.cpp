#include "jetline/vision/image_io.h"

#include <gtest/gtest.h>

#include "jetline/base/testing.h"
#include "jetline/vision/image_test_util.h"

namespace jetline {
namespace {
using namespace jetline::testing;  // NOLINT: a test file

// `tail`: so many last bytes may be missing (the end marker of a one-scan JPEG, see below).
void expect_cut_fails(const std::string& file, const char* what, size_t step, size_t tail = 0) {
  for (size_t n = 0; n + tail < file.size(); n += step) {
    const auto r = decode_image(bytes_of(file.substr(0, n)), "cut.img");
    ASSERT_FALSE(r.ok()) << what << " cut at " << n << " of " << file.size();
    const std::string id = r.status().id();
    EXPECT_TRUE(id == "image.truncated" || (n == 0 && id == "image.empty") ||
                (n < 8 && id == "image.unknown-format"))
        << what << " cut at " << n << ": " << r.status().to_string();
    EXPECT_EQ(r.status().exit_code(), 3);
    EXPECT_EQ(r.status().where(), "cut.img");
  }
}

TEST(ImageHostile, CutFilesAreErrorsAtEvery64thByte) {
  const Image image = random_image(96, 80, 4);
  expect_cut_fails(make_jpeg(image), "baseline JPEG", 64, 2);
  JpegRecipe recipe;
  recipe.progressive = true;
  expect_cut_fails(make_jpeg(image, recipe), "progressive JPEG", 64);
  recipe.progressive = false;
  recipe.arithmetic = true;
  expect_cut_fails(make_jpeg(image, recipe), "arithmetic JPEG", 64);
  recipe.arithmetic = false;
  recipe.restart = 5;
  expect_cut_fails(make_jpeg(image, recipe), "JPEG with restarts", 64, 2);
  expect_cut_fails(make_png(image), "PNG", 64);
  expect_cut_fails(make_png(image, true), "interlaced PNG", 64);
  // Smooth pictures: little data, long runs.
  expect_cut_fails(make_jpeg(gradient_image(200, 150)), "smooth JPEG", 7, 2);
  expect_cut_fails(make_png(gradient_image(40, 30)), "smooth PNG", 3);
}

TEST(ImageHostile, JpegWithoutItsEndMarkerIsWhole) {
  const Image image = gradient_image(64, 48);
  const std::string jpeg = make_jpeg(image);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image whole, decode_image(bytes_of(jpeg), "memory"));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image cut,
                               decode_image(bytes_of(jpeg.substr(0, jpeg.size() - 2)), "memory"));
  EXPECT_EQ(image_distance(whole, cut), 0);
  EXPECT_EQ(decode_image(bytes_of(jpeg.substr(0, jpeg.size() - 3)), "memory").status().id(),
            "image.truncated");
  // An end marker that comes too early is the same as a cut.
  const std::string early = jpeg.substr(0, jpeg.size() - 40) + "\xFF\xD9";
  EXPECT_EQ(decode_image(bytes_of(early), "memory").status().id(), "image.truncated");
}

TEST(ImageHostile, HugeHeadersTakeNoMemory) {
  std::string jpeg = make_jpeg(gradient_image(16, 16));
  const size_t frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  const auto sized = [&](int w, int h) {
    std::string s = jpeg;
    s[frame + 5] = static_cast<char>(h >> 8);
    s[frame + 6] = static_cast<char>(h);
    s[frame + 7] = static_cast<char>(w >> 8);
    s[frame + 8] = static_cast<char>(w);
    return s;
  };
  EXPECT_EQ(decode_image(bytes_of(sized(60000, 60000)), "m").status().id(), "image.too-large");
  EXPECT_EQ(decode_image(bytes_of(sized(65535, 1)), "m").status().id(), "image.too-large");
  // Inside the limit, yet impossible for so few bytes.
  EXPECT_EQ(decode_image(bytes_of(sized(10000, 10000)), "m").status().id(), "image.truncated");
  EXPECT_EQ(decode_image(bytes_of(sized(0, 10)), "m").status().id(), "image.corrupt");

  std::string png = make_png(gradient_image(16, 16));
  png[16] = 0x01;  // 16 million wide
  EXPECT_EQ(decode_image(bytes_of(png), "m").status().id(), "image.too-large");
  EXPECT_EQ(probe_image_bytes(bytes_of(png), "m").status().id(), "image.too-large");
}

// A progressive JPEG whose first scan is repeated over and over.
TEST(ImageHostile, EndlessScansAreStopped) {
  JpegRecipe recipe;
  recipe.progressive = true;
  const std::string jpeg = make_jpeg(gradient_image(64, 48), recipe);
  const size_t first = jpeg.find("\xFF\xDA");
  size_t end = first + 2;
  while (jpeg[end] != '\xFF' || jpeg[end + 1] == '\0') ++end;  // the marker behind its data
  const std::string scan = jpeg.substr(first, end - first);
  const auto repeated = [&](int n) {
    std::string many = jpeg.substr(0, end);
    for (int i = 0; i < n; ++i) many += scan;
    return many + jpeg.substr(end);
  };
  JETLINE_EXPECT_OK(decode_image(bytes_of(repeated(40)), "odd.jpg").status());
  const Status s = decode_image(bytes_of(repeated(600)), "bomb.jpg").status();
  EXPECT_EQ(s.id(), "image.corrupt");
  EXPECT_NE(s.message().find("scans"), std::string::npos) << s.to_string();
}

// Megabytes of text in a small chunk are skipped, not unpacked.
TEST(ImageHostile, CompressedTextsInPngAreNotUnpacked) {
  const Image image = random_image(9, 7, 3);
  const std::string text(60 << 20, 'a');
  const std::string png = make_png(image, false, [&](png_structp p, png_infop info) {
    png_text t = {};
    t.compression = PNG_TEXT_COMPRESSION_zTXt;
    t.key = const_cast<char*>("Comment");
    t.text = const_cast<char*>(text.c_str());
    t.text_length = text.size();
    png_set_text(p, info, &t, 1);
  });
  ASSERT_LT(png.size(), size_t{1} << 20);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image back, decode_image(bytes_of(png), "texts.png"));
  EXPECT_EQ(image_distance(back, image), 0);
}

TEST(ImageHostile, DamageIsAnErrorWithItsReason) {
  std::string png = make_png(gradient_image(40, 30));
  png[png.find("IDAT") + 20] ^= 0x55;
  EXPECT_EQ(decode_image(bytes_of(png), "a.png").status().id(), "image.corrupt");
  EXPECT_EQ(decode_image(bytes_of(std::string("hello, world")), "a.txt").status().id(),
            "image.unknown-format");
  EXPECT_EQ(decode_image(ByteView(), "none").status().id(), "image.empty");
  EXPECT_EQ(load_image("/nowhere/at all.jpg").status().id(), "file.not-found");
  EXPECT_EQ(load_image("/").status().id(), "file.not-a-file");
  EXPECT_EQ(decode_image(bytes_of(std::string("GIF89a\x04\0\x04\0\0\0\0;", 14)), "a.gif").status().id(),
            "image.unsupported");
  std::string lossless = make_jpeg(gradient_image(16, 16));
  lossless[lossless.find("\xFF\xC0") + 1] = '\xC3';
  EXPECT_EQ(decode_image(bytes_of(lossless), "a.jpg").status().id(), "image.unsupported");
}

}  // namespace
}  // namespace jetline
