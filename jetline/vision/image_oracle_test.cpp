#include "jetline/vision/image_io.h"

#include <gtest/gtest.h>

#include "jetline/base/hash.h"
#include "jetline/base/strings.h"
#include "jetline/base/testing.h"
#include "jetline/vision/image_test_util.h"
#include "tests/python_oracle.h"

namespace jetline {
namespace {
using namespace jetline::testing;  // NOLINT: a test file

// Every photograph of a real data set decodes to the very bytes that cv2.imread gives.
TEST(ImageOracle, EqualsOpenCvOnRealPhotographs) {
  JETLINE_REQUIRE_TEST_DATA(folder, "datasets/ds_raccoon/images");
  JETLINE_REQUIRE_ORACLE();
  const std::string script =
      "import cv2,sys,hashlib\n"
      "for p in sys.argv[1:]:\n"
      "  im=cv2.cvtColor(cv2.imread(p),cv2.COLOR_BGR2RGB)\n"
      "  print(im.shape[1],im.shape[0],hashlib.sha256(im.tobytes()).hexdigest())\n";
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto files, list_files_recursive(folder));
  ASSERT_GT(files.size(), 100u);
  const auto lines = split(trim(run_oracle(script, files)), '\n');
  ASSERT_EQ(lines.size(), files.size());
  for (size_t i = 0; i < files.size(); ++i) {
    const auto image = load_image(files[i]);
    ASSERT_TRUE(image.ok()) << image.status().to_string();
    const auto n = static_cast<size_t>(image->stride() * image->height());
    EXPECT_EQ(std::to_string(image->width()) + " " + std::to_string(image->height()) + " " +
                  sha256_hex(ByteView(image->data(), n)),
              lines[i])
        << files[i];
  }
}

// The same against files made here, which run everywhere that the oracle is.
TEST(ImageOracle, EqualsOpenCvOnMadePictures) {
  JETLINE_REQUIRE_ORACLE();
  const TemporaryDirectory dir;
  const Image image = gradient_image(101, 67);
  JpegRecipe cmyk;
  cmyk.in = cmyk.file = JCS_CMYK;
  cmyk.components = 4;
  std::vector<uint8_t> inks;
  for (int i = 0; i < 48 * 32 * 4; ++i) inks.push_back(static_cast<uint8_t>(i * 37 / 4 % 256));
  JpegRecipe progressive;
  progressive.progressive = true;
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string subsampled, encode_image(image, ".jpg"));
  const std::vector<uint8_t> deep = {1, 200, 3, 100, 250, 128, 0, 128, 127, 255, 9, 9};
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"444.jpg", make_jpeg(image)},
      {"420.jpg", subsampled},
      {"progressive.jpg", make_jpeg(image, progressive)},
      {"turned.jpg", with_exif(subsampled, make_exif(6, true))},
      {"cmyk.jpg", make_jpeg(inks, 48, 32, cmyk)},
      {"16.png", make_png({deep}, 2, 16, PNG_COLOR_TYPE_RGB)},
      {"alpha.png", make_png({{9, 8, 7, 0, 50, 60, 70, 128}}, 2, 8, PNG_COLOR_TYPE_RGB_ALPHA)},
      {"interlaced.png", make_png(image, true)},
  };
  std::vector<std::string> files;
  for (const auto& c : cases) {
    files.push_back(dir.file(c.first));
    JETLINE_ASSERT_OK(write_file(files.back(), c.second));
  }
  const std::string script =
      "import cv2,sys\n"
      "for p in sys.argv[1:]:\n"
      "  im=cv2.cvtColor(cv2.imread(p),cv2.COLOR_BGR2RGB)\n"
      "  open(p+'.raw','wb').write(im.tobytes())\n";
  run_oracle(script, files);
  for (const std::string& f : files) {
    const auto ours = load_image(f);
    ASSERT_TRUE(ours.ok()) << ours.status().to_string();
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string raw, read_file(f + ".raw"));
    const auto n = static_cast<size_t>(ours->stride() * ours->height());
    ASSERT_EQ(raw.size(), n) << f;
    int worst = 0;
    for (size_t i = 0; i < n; ++i)
      worst = std::max(worst, std::abs(static_cast<uint8_t>(raw[i]) - ours->data()[i]));
    EXPECT_EQ(worst, 0) << f;
  }
}

}  // namespace
}  // namespace jetline
