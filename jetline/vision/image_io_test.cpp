#include "jetline/vision/image_io.h"

#include <gtest/gtest.h>

#include "jetline/base/hash.h"
#include "jetline/base/module.h"
#include "jetline/base/strings.h"
#include "jetline/base/testing.h"
#include "jetline/vision/exif.h"
#include "jetline/vision/image_test_util.h"
#include "tests/python_oracle.h"

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

TEST(ImageIo, CutFilesAreErrorsAtEvery64thByte) {
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

TEST(ImageIo, JpegWithoutItsEndMarkerIsWhole) {
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

TEST(ImageIo, HugeHeadersTakeNoMemory) {
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

TEST(ImageIo, DamageIsAnErrorWithItsReason) {
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

// Every photograph of a real data set decodes to the very bytes that cv2.imread gives.
TEST(ImageIo, EqualsOpenCvOnRealPhotographs) {
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
TEST(ImageIo, EqualsOpenCvOnMadePictures) {
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
