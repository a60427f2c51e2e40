// Small pictures that the tests of this room make for themselves, in encodings that save_image never writes.
#pragma once

#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <jpeglib.h>  // needs <cstdio> first

#include "jetline/base/random.h"
#include "jetline/base/span.h"
#include "jetline/vision/image.h"

namespace jetline::testing {

inline ByteView bytes_of(const std::string& s) {
  return ByteView(reinterpret_cast<const uint8_t*>(s.data()), s.size());
}

// Smooth colours with an unsymmetrical mark, so that a turned or mirrored picture is told apart.
inline Image gradient_image(int w, int h) {
  Image image(w, h);
  for (int y = 0; y < h; ++y) {
    for (int x = 0; x < w; ++x) {
      uint8_t* p = image.at(x, y);
      p[0] = static_cast<uint8_t>(255 * x / std::max(1, w - 1));
      p[1] = static_cast<uint8_t>(255 * y / std::max(1, h - 1));
      p[2] = static_cast<uint8_t>(x < w / 4 && y < h / 3 ? 230 : 40);
    }
  }
  return image;
}

inline Image random_image(int w, int h, uint64_t seed, PixelFormat format = PixelFormat::kRGB) {
  Image image(w, h, format);
  Random random(seed);
  for (int64_t i = 0; i < image.stride() * h; ++i) image.data()[i] = static_cast<uint8_t>(random.next());
  return image;
}

// Largest difference of two pictures' levels, 256 when their sizes or formats differ.
inline int image_distance(const Image& a, const Image& b) {
  if (a.width() != b.width() || a.height() != b.height() || a.format() != b.format()) return 256;
  int worst = 0;
  for (int64_t i = 0; i < a.stride() * a.height(); ++i)
    worst = std::max(worst, std::abs(a.data()[i] - b.data()[i]));
  return worst;
}

struct JpegRecipe {
  J_COLOR_SPACE in = JCS_RGB, file = JCS_YCbCr;
  int components = 3;
  bool progressive = false, arithmetic = false, adobe = true;
  int restart = 0;
};
// JPEG of raw interleaved samples, quality 95, chroma not subsampled.
inline std::string make_jpeg(const std::vector<uint8_t>& samples, int w, int h, const JpegRecipe& recipe) {
  jpeg_compress_struct info = {};
  jpeg_error_mgr errors = {};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* out = nullptr;
  unsigned long size = 0;  // NOLINT: libjpeg's type
  jpeg_mem_dest(&info, &out, &size);
  info.image_width = static_cast<JDIMENSION>(w);
  info.image_height = static_cast<JDIMENSION>(h);
  info.input_components = recipe.components;
  info.in_color_space = recipe.in;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, recipe.file);
  jpeg_set_quality(&info, 95, TRUE);
  for (int c = 0; c < info.num_components; ++c)
    info.comp_info[c].h_samp_factor = info.comp_info[c].v_samp_factor = 1;
  if (recipe.progressive) jpeg_simple_progression(&info);
  info.arith_code = recipe.arithmetic;
  info.restart_interval = static_cast<unsigned>(recipe.restart);
  if (!recipe.adobe) info.write_Adobe_marker = FALSE;
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    const size_t at = info.next_scanline * static_cast<size_t>(w) * static_cast<size_t>(recipe.components);
    JSAMPROW row = const_cast<uint8_t*>(samples.data() + at);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  const std::string bytes(reinterpret_cast<char*>(out), size);
  jpeg_destroy_compress(&info);
  std::free(out);
  return bytes;
}
inline std::string make_jpeg(const Image& image, JpegRecipe recipe = {}) {
  const std::vector<uint8_t> samples(image.data(), image.data() + image.stride() * image.height());
  return make_jpeg(samples, image.width(), image.height(), recipe);
}

// EXIF payload (a TIFF stream) with an orientation, in either byte order.
inline std::string make_exif(int orientation, bool big_endian) {
  const char o = static_cast<char>(orientation);
  if (big_endian) {
    return std::string("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 19) + o +
           std::string("\0\0\0\0\0\0", 6);
  }
  return std::string("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18) + o +
         std::string("\0\0\0\0\0\0\0", 7);
}
// `jpeg` with an APP1 segment right after its start marker.
inline std::string with_exif(const std::string& jpeg, const std::string& exif) {
  const size_t length = exif.size() + 8;
  std::string segment = "\xFF\xE1";
  segment += static_cast<char>(length >> 8);
  segment += static_cast<char>(length & 0xFF);
  segment += std::string("Exif\0\0", 6) + exif;
  return jpeg.substr(0, 2) + segment + jpeg.substr(2);
}

// PNG of packed rows in any colour type. `dress` may set a palette, transparency or other chunks before the
// header is written.
inline std::string make_png(const std::vector<std::vector<uint8_t>>& rows, int w, int depth, int color_type,
                            bool interlaced = false,
                            const std::function<void(png_structp, png_infop)>& dress = nullptr) {
  std::string out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &out,
      [](png_structp p, png_bytep bytes, size_t n) {
        static_cast<std::string*>(png_get_io_ptr(p))->append(reinterpret_cast<char*>(bytes), n);
      },
      [](png_structp) {});
  png_set_IHDR(png, info, static_cast<png_uint_32>(w), static_cast<png_uint_32>(rows.size()), depth,
               color_type, interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (dress) dress(png, info);
  png_write_info(png, info);
  std::vector<png_bytep> pointers;
  for (const auto& r : rows) pointers.push_back(const_cast<png_bytep>(r.data()));
  png_write_image(png, pointers.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return out;
}
inline std::string make_png(const Image& image, bool interlaced = false,
                            const std::function<void(png_structp, png_infop)>& dress = nullptr) {
  std::vector<std::vector<uint8_t>> rows;
  for (int y = 0; y < image.height(); ++y) rows.emplace_back(image.row(y), image.row(y) + image.stride());
  return make_png(rows, image.width(), 8, PNG_COLOR_TYPE_RGB, interlaced, dress);
}

}  // namespace jetline::testing
