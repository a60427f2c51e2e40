#include "jetline/vision/exif.h"

#include <gtest/gtest.h>

#include "jetline/vision/image_test_util.h"

namespace jetline {
namespace {
using namespace jetline::testing;  // NOLINT: a test file

int exif_orientation_of(const std::string& tiff) {
  TiffFacts facts;
  return read_tiff_directory(bytes_of(tiff), facts) ? facts.orientation : -1;
}

TEST(Exif, BothByteOrders) {
  for (int o = 1; o <= 8; ++o) {
    EXPECT_EQ(exif_orientation_of(make_exif(o, false)), o);
    EXPECT_EQ(exif_orientation_of(make_exif(o, true)), o);
  }
}

TEST(Exif, NonsenseIsIgnored) {
  EXPECT_EQ(exif_orientation_of(make_exif(0, false)), 0);
  EXPECT_EQ(exif_orientation_of(make_exif(9, true)), 0);
  EXPECT_EQ(exif_orientation_of("not a tiff at all"), -1);
  EXPECT_EQ(exif_orientation_of(""), -1);
  std::string far = make_exif(6, false);
  far[4] = '\xFF';  // the directory lies past the end
  EXPECT_EQ(exif_orientation_of(far), 0);
  std::string many = make_exif(6, false);
  many[8] = many[9] = '\xFF';  // 65535 entries
  EXPECT_EQ(exif_orientation_of(many), 6);
  std::string two_values = make_exif(6, false);
  two_values[14] = 2;
  EXPECT_EQ(exif_orientation_of(two_values), 0);
  // An oriented picture with broken EXIF is read as it is stored.
  const std::string jpeg =
      with_exif(make_jpeg(gradient_image(16, 8)), std::string("II*\0\xFF\xFF\xFF\xFF", 8));
  const ImageHeader header = read_image_header(bytes_of(jpeg));
  EXPECT_TRUE(header.complete);
  EXPECT_EQ(header.orientation, 1);
}

TEST(Exif, EveryCutGivesTheTruthOrTruncated) {
  const std::string jpeg = with_exif(make_jpeg(gradient_image(33, 17)), make_exif(5, true));
  for (size_t n = 3; n <= jpeg.size(); ++n) {
    const ImageHeader h = read_image_header(bytes_of(jpeg.substr(0, n)));
    EXPECT_TRUE(h.truncated || (h.complete && h.width == 33 && h.height == 17 && h.orientation == 5)) << n;
  }
}

TEST(Exif, SizesFromHeadersOfOtherFormats) {
  struct HeaderCase {
    const char* what;
    std::string bytes;
    ImageFormat format;
    int64_t width, height;
  };
  const auto pad = [](std::string s, size_t n) { return s + std::string(n - s.size(), '\0'); };
  const HeaderCase cases[] = {
      {"BMP upside down",
       pad(std::string("BM", 2) + std::string(12, '\0') +
               std::string("\x28\0\0\0\x07\0\0\0\xFB\xFF\xFF\xFF", 12),
           60),
       ImageFormat::kBmp, 7, 5},
      {"old BMP",
       pad(std::string("BM", 2) + std::string(12, '\0') + std::string("\x0C\0\0\0\x07\0\x05\0", 8), 60),
       ImageFormat::kBmp, 7, 5},
      {"GIF", std::string("GIF89a\x2C\x01\x0A\0\0\0\0", 13), ImageFormat::kGif, 300, 10},
      {"WebP lossy",
       pad(std::string("RIFF\x20\0\0\0WEBPVP8 \x10\0\0\0\0\0\0\x9D\x01\x2A\x40\x01\xF0\0", 30), 40),
       ImageFormat::kWebp, 320, 240},
      {"WebP lossless", pad(std::string("RIFF\x20\0\0\0WEBPVP8L\x10\0\0\0\x2F\x3F\xC1\x3B\0", 25), 40),
       ImageFormat::kWebp, 320, 240},
      {"WebP extended",
       pad(std::string("RIFF\x20\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0\x3F\x01\0\xEF\0\0", 30), 40),
       ImageFormat::kWebp, 320, 240},
      {"PPM with a comment", "P6\n# made here\n 320\t240 # more\n255\nxxx", ImageFormat::kPnm, 320, 240},
  };
  for (const HeaderCase& c : cases) {
    const ImageHeader h = read_image_header(bytes_of(c.bytes));
    EXPECT_EQ(h.format, c.format) << c.what;
    EXPECT_TRUE(h.complete) << c.what;
    EXPECT_EQ(h.width, c.width) << c.what;
    EXPECT_EQ(h.height, c.height) << c.what;
  }
}

}  // namespace
}  // namespace jetline
