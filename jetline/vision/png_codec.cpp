// PNG by libpng: any bit depth, palette, grey, alpha and interlacing to 8-bit RGB, as OpenCV's reader makes
// them. Errors come by longjmp; functions with a setjmp hold only plain data (see jpeg_codec.cpp).
#include <png.h>

#include <csetjmp>
#include <cstring>

#include "jetline/vision/image_codecs.h"
#include "jetline/vision/image_io.h"

namespace jetline::codecs {
namespace {

struct PngReader {
  png_structp png;
  png_infop info;
  const uint8_t* next;
  size_t left;
  bool hit_end;
  char message[160];
};

void png_keep_message(png_structp png, png_const_charp text) {
  auto* r = static_cast<PngReader*>(png_get_error_ptr(png));
  std::strncpy(r->message, text, sizeof r->message - 1);
}
[[noreturn]] void png_on_error(png_structp png, png_const_charp text) {
  png_keep_message(png, text);
  png_longjmp(png, 1);
}
void png_on_warning(png_structp, png_const_charp) {}

void png_on_read(png_structp png, png_bytep out, size_t n) {
  auto* r = static_cast<PngReader*>(png_get_io_ptr(png));
  if (n > r->left) {
    r->hit_end = true;
    png_error(png, "the file ends too early");
  }
  std::memcpy(out, r->next, n);
  r->next += n;
  r->left -= n;
}

bool png_begin(PngReader& r) {
  if (setjmp(png_jmpbuf(r.png))) return false;
  png_set_read_fn(r.png, &r, png_on_read);
  png_set_user_limits(r.png, kMaxImageSide, kMaxImageSide);
  // Texts, profiles and the like are skipped unread: a compressed one can be a bomb. -1: all that do no harm.
  png_set_keep_unknown_chunks(r.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_chunk_malloc_max(r.png, 8 * 1024 * 1024);
  png_read_info(r.png, r.info);
  png_set_strip_16(r.png);
  png_set_palette_to_rgb(r.png);
  png_set_expand_gray_1_2_4_to_8(r.png);
  png_set_gray_to_rgb(r.png);
  png_set_strip_alpha(r.png);
  return true;
}

bool png_rows(PngReader& r, uint8_t* pixels, int64_t stride, int height) {
  if (setjmp(png_jmpbuf(r.png))) return false;
  const int passes = png_set_interlace_handling(r.png);
  png_read_update_info(r.png, r.info);
  if (png_get_rowbytes(r.png, r.info) != static_cast<size_t>(stride)) png_error(r.png, "unexpected row size");
  for (int pass = 0; pass < passes; ++pass) {
    for (int y = 0; y < height; ++y) png_read_row(r.png, pixels + y * stride, nullptr);
  }
  png_read_end(r.png, nullptr);
  return true;
}

Status png_failure(const PngReader& r, const std::string& where) {
  return r.hit_end ? truncated_image(where, "PNG") : corrupt_image(where, "PNG", r.message);
}

}  // namespace

Status decode_png(ByteView bytes, const ImageHeader& header, const std::string& where, Image& image) {
  // Deflate expands at most 1032 times and a pixel takes at least a bit: a tiny file with a huge header is
  // refused before memory is taken.
  if (static_cast<int64_t>(bytes.size()) < header.width * header.height / 8 / 1040)
    return truncated_image(where, "PNG");
  PngReader r = {};
  r.next = bytes.data();
  r.left = bytes.size();
  r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, png_on_error, png_on_warning);
  struct Guard {
    PngReader& r;
    ~Guard() { png_destroy_read_struct(&r.png, &r.info, nullptr); }
  } guard{r};
  r.info = r.png ? png_create_info_struct(r.png) : nullptr;
  if (!r.info) return Status::internal("image.codec", "libpng could not be started", "", where);
  if (!png_begin(r)) return png_failure(r, where);
  if (png_get_image_width(r.png, r.info) != header.width ||
      png_get_image_height(r.png, r.info) != header.height) {
    return corrupt_image(where, "PNG", "it states two different sizes");
  }
  image.resize(static_cast<int>(header.width), static_cast<int>(header.height));
  // Without a transparent background libpng leaves nothing unwritten, but an interlaced file that fails
  // midway does.
  if (!png_rows(r, image.data(), image.stride(), image.height())) return png_failure(r, where);
  return Status();
}

namespace {

struct PngWriter {
  png_structp png;
  png_infop info;
  std::string* out;
  bool no_memory;
  char message[160];
};

[[noreturn]] void png_on_write_error(png_structp png, png_const_charp text) {
  auto* w = static_cast<PngWriter*>(png_get_error_ptr(png));
  std::strncpy(w->message, text, sizeof w->message - 1);
  png_longjmp(png, 1);
}

void png_on_write(png_structp png, png_bytep bytes, size_t n) {
  auto* w = static_cast<PngWriter*>(png_get_io_ptr(png));
  try {  // an exception must not pass through libpng's frames
    w->out->append(reinterpret_cast<const char*>(bytes), n);
  } catch (...) {
    w->no_memory = true;
  }
  if (w->no_memory) png_error(png, "out of memory");
}
void png_on_flush(png_structp) {}

bool png_write(PngWriter& w, const ImageView& image) {
  if (setjmp(png_jmpbuf(w.png))) return false;
  png_set_write_fn(w.png, &w, png_on_write, png_on_flush);
  png_set_compression_level(w.png, 4);  // 6 takes twice the time for 3 % less on photographs
  const int color = image.format == PixelFormat::kGray ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB;
  png_set_IHDR(w.png, w.info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height),
               8, color, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(w.png, w.info);
  if (image.format == PixelFormat::kBGR) png_set_bgr(w.png);
  for (int y = 0; y < image.height; ++y) png_write_row(w.png, image.row(y));
  png_write_end(w.png, nullptr);
  return true;
}

}  // namespace

Result<std::string> encode_png(const ImageView& image) {
  std::string out;
  PngWriter w = {};
  w.out = &out;
  w.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &w, png_on_write_error, png_on_warning);
  struct Guard {
    PngWriter& w;
    ~Guard() { png_destroy_write_struct(&w.png, &w.info); }
  } guard{w};
  w.info = w.png ? png_create_info_struct(w.png) : nullptr;
  if (!w.info) return Status::internal("image.codec", "libpng could not be started");
  if (!png_write(w, image)) {
    return Status::bad_input("image.encode-failed", std::string("cannot encode as PNG: ") + w.message);
  }
  return out;
}

}  // namespace jetline::codecs
