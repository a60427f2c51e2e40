// JPEG by libjpeg-turbo. Decoding uses libjpeg's defaults (integer "slow" DCT, smooth chroma upsampling), as
// OpenCV does, so that pixels are the same; the sources of speed are the mapped file and the direct RGB
// output.
//
// libjpeg reports fatal errors by longjmp. Every function that calls setjmp below holds only plain data, so
// that no destructor is skipped; memory that C++ owns is taken in between, outside of any setjmp region.
#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <new>

#include <jpeglib.h>  // needs <cstdio> first

#include <jerror.h>  // its numbers depend on what jpeglib.h defines

#include "jetline/vision/image_codecs.h"
#include "jetline/vision/image_io.h"

namespace jetline::codecs {
namespace {

// A usual progressive file has about ten scans; a hostile one repeats empty scans to burn time. The product
// of scans and pixels is bounded too: 64 scans of the largest picture.
constexpr int kMaxScans = 500;
constexpr int64_t kMaxScannedPixels = 64 * kMaxImagePixels;
constexpr long kMaxCodecMemory = 1024L * 1024 * 1024;  // NOLINT(google-runtime-int): libjpeg's type

enum class JpegEnd { kGood, kTruncated, kCorrupt, kUnsupported, kMemory, kScans };

struct JpegReader {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  jpeg_source_mgr source;
  jpeg_progress_mgr progress;
  jmp_buf jump;
  bool hit_end;  // the bytes ran out and an end marker was made up
  bool ran_dry;  // a block needed bits that were not there
  JpegEnd end;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void jpeg_stop(JpegReader* r, JpegEnd end) {
  r->end = end;
  longjmp(r->jump, 1);
}

[[noreturn]] void jpeg_on_error(j_common_ptr info) {
  auto* r = static_cast<JpegReader*>(info->client_data);
  info->err->format_message(info, r->message);
  switch (info->err->msg_code) {
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
      jpeg_stop(r, JpegEnd::kUnsupported);
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE:
      jpeg_stop(r, JpegEnd::kMemory);
    default:
      jpeg_stop(r, r->hit_end ? JpegEnd::kTruncated : JpegEnd::kCorrupt);
  }
}

void jpeg_on_message(j_common_ptr info, int level) {
  if (level >= 0) return;  // trace
  auto* r = static_cast<JpegReader*>(info->client_data);
  switch (info->err->msg_code) {
    case JWRN_HIT_MARKER:  // from here on libjpeg would fill with grey
      r->ran_dry = true;
      jpeg_stop(r, JpegEnd::kTruncated);
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
      info->err->format_message(info, r->message);
      jpeg_stop(r, r->hit_end ? JpegEnd::kTruncated : JpegEnd::kCorrupt);
    default:
      break;  // stray bytes, odd JFIF versions, bad colour profiles: the pixels are whole
  }
}

void jpeg_on_output(j_common_ptr) {}
void jpeg_source_nothing(j_decompress_ptr) {}

boolean jpeg_source_fill(j_decompress_ptr info) {
  static const JOCTET kEnd[2] = {0xFF, JPEG_EOI};
  static_cast<JpegReader*>(info->client_data)->hit_end = true;
  info->src->next_input_byte = kEnd;
  info->src->bytes_in_buffer = 2;
  return TRUE;
}

void jpeg_source_skip(j_decompress_ptr info, long count) {  // NOLINT(google-runtime-int)
  if (count <= 0) return;
  if (static_cast<size_t>(count) > info->src->bytes_in_buffer) {
    jpeg_source_fill(info);
    return;
  }
  info->src->next_input_byte += count;
  info->src->bytes_in_buffer -= static_cast<size_t>(count);
}

void jpeg_on_progress(j_common_ptr info) {
  auto* r = static_cast<JpegReader*>(info->client_data);
  const int64_t scans = r->info.input_scan_number;
  const int64_t pixels = int64_t{1} * r->info.image_width * r->info.image_height;
  if (scans > kMaxScans || scans * pixels > kMaxScannedPixels) jpeg_stop(r, JpegEnd::kScans);
}

// Reads the header and starts decompression. On false r.end says why.
bool jpeg_begin(JpegReader& r, ByteView bytes) {
  r.info.err = jpeg_std_error(&r.errors);
  r.info.client_data = &r;
  r.errors.error_exit = jpeg_on_error;
  r.errors.emit_message = jpeg_on_message;
  r.errors.output_message = jpeg_on_output;
  if (setjmp(r.jump)) return false;
  jpeg_create_decompress(&r.info);
  r.info.client_data = &r;
  r.info.mem->max_memory_to_use = kMaxCodecMemory;
  r.source.init_source = jpeg_source_nothing;
  r.source.term_source = jpeg_source_nothing;
  r.source.fill_input_buffer = jpeg_source_fill;
  r.source.skip_input_data = jpeg_source_skip;
  r.source.resync_to_restart = jpeg_resync_to_restart;
  r.source.next_input_byte = bytes.data();
  r.source.bytes_in_buffer = bytes.size();
  r.info.src = &r.source;
  r.progress.progress_monitor = jpeg_on_progress;
  r.info.progress = &r.progress;
  jpeg_read_header(&r.info, TRUE);
  switch (r.info.jpeg_color_space) {
    case JCS_CMYK:
    case JCS_YCCK:
      r.info.out_color_space = JCS_CMYK;
      break;
    default:
      r.info.out_color_space = JCS_EXT_RGB;
      break;
  }
  jpeg_start_decompress(&r.info);
  return true;
}

// R = (255 - C)(255 - K) / 255 with inks C, K as stored. Adobe stores 255 - ink (and says so by its marker).
void jpeg_inks_to_rgb(const uint8_t* cmyk, uint8_t* rgb, int width, bool inverted) {
  const int flip = inverted ? 0 : 255;
  for (int x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    const int k = cmyk[3] ^ flip;
    for (int c = 0; c < 3; ++c) {
      const int paper = cmyk[c] ^ flip;
      rgb[c] = static_cast<uint8_t>(k - ((255 - paper) * k >> 8));  // OpenCV's rounding
    }
  }
}

// Decodes all rows. `inks` is a row of width * 4 bytes for CMYK, else null.
bool jpeg_rows(JpegReader& r, uint8_t* pixels, int64_t stride, uint8_t* inks) {
  if (setjmp(r.jump)) return false;
  const bool adobe = r.info.saw_Adobe_marker;
  while (r.info.output_scanline < r.info.output_height) {
    if (inks) {
      uint8_t* out = pixels + r.info.output_scanline * stride;
      JSAMPROW row = inks;
      if (jpeg_read_scanlines(&r.info, &row, 1) == 1) {
        jpeg_inks_to_rgb(inks, out, static_cast<int>(r.info.output_width), adobe);
      }
      continue;
    }
    JSAMPROW rows[16];
    const JDIMENSION left = std::min<JDIMENSION>(16, r.info.output_height - r.info.output_scanline);
    for (JDIMENSION i = 0; i < left; ++i) rows[i] = pixels + (r.info.output_scanline + i) * stride;
    jpeg_read_scanlines(&r.info, rows, left);
  }
  // A sequential Huffman picture in one scan is whole once its last block is; any other may still miss scans.
  const bool one_scan = !r.info.progressive_mode && !r.info.arith_code && !jpeg_has_multiple_scans(&r.info);
  if (r.hit_end && !one_scan) jpeg_stop(&r, JpegEnd::kTruncated);
  return true;
}

Status jpeg_status(const JpegReader& r, const std::string& where) {
  switch (r.end) {
    case JpegEnd::kTruncated:
      return truncated_image(where, "JPEG");
    case JpegEnd::kUnsupported:
      return Status::bad_input("image.unsupported", where + ": " + r.message,
                               "save the picture as an 8-bit baseline or progressive JPEG, or as PNG", where);
    case JpegEnd::kMemory:
      return Status::bad_input("image.too-large",
                               where + ": decoding this JPEG needs more than 1 GiB of working memory",
                               "save it in a smaller size or not progressive", where);
    case JpegEnd::kScans:
      return corrupt_image(where, "JPEG", "it has " + std::to_string(r.info.input_scan_number) + " scans");
    default:
      return corrupt_image(where, "JPEG", r.message);
  }
}

}  // namespace

Status decode_jpeg(ByteView bytes, const ImageHeader& header, const std::string& where, Image& image) {
  // Every 8x8 block of luma takes at least one bit: a tiny file with a huge header is refused before memory
  // is taken.
  if (static_cast<int64_t>(bytes.size()) < header.width * header.height / 512)
    return truncated_image(where, "JPEG");
  JpegReader r = {};
  struct Guard {
    JpegReader& r;
    ~Guard() { jpeg_destroy_decompress(&r.info); }
  } guard{r};
  if (!jpeg_begin(r, bytes)) return jpeg_status(r, where);
  if (r.info.output_width != header.width || r.info.output_height != header.height) {
    return corrupt_image(where, "JPEG", "it states two different sizes");
  }
  image.resize(static_cast<int>(header.width), static_cast<int>(header.height));
  std::string inks;
  if (r.info.out_color_space == JCS_CMYK) inks.resize(static_cast<size_t>(header.width) * 4);
  uint8_t* ink_row = inks.empty() ? nullptr : reinterpret_cast<uint8_t*>(&inks[0]);
  if (!jpeg_rows(r, image.data(), image.stride(), ink_row)) return jpeg_status(r, where);
  return Status();
}

namespace {

struct JpegWriter {
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
  unsigned char* bytes;
  unsigned long size;  // NOLINT(google-runtime-int): libjpeg's type
};

[[noreturn]] void jpeg_on_write_error(j_common_ptr info) {
  auto* w = static_cast<JpegWriter*>(info->client_data);
  info->err->format_message(info, w->message);
  longjmp(w->jump, 1);
}

bool jpeg_write(JpegWriter& w, const ImageView& image, int quality) {
  w.info.err = jpeg_std_error(&w.errors);
  w.info.client_data = &w;
  w.errors.error_exit = jpeg_on_write_error;
  w.errors.output_message = jpeg_on_output;
  if (setjmp(w.jump)) return false;
  jpeg_create_compress(&w.info);
  w.info.client_data = &w;
  jpeg_mem_dest(&w.info, &w.bytes, &w.size);
  w.info.image_width = static_cast<JDIMENSION>(image.width);
  w.info.image_height = static_cast<JDIMENSION>(image.height);
  w.info.input_components = channels_of(image.format);
  w.info.in_color_space = image.format == PixelFormat::kGray  ? JCS_GRAYSCALE
                          : image.format == PixelFormat::kBGR ? JCS_EXT_BGR
                                                              : JCS_EXT_RGB;
  jpeg_set_defaults(&w.info);
  jpeg_set_quality(&w.info, quality, TRUE);
  jpeg_start_compress(&w.info, TRUE);
  while (w.info.next_scanline < w.info.image_height) {
    JSAMPROW row = const_cast<uint8_t*>(image.row(static_cast<int>(w.info.next_scanline)));
    jpeg_write_scanlines(&w.info, &row, 1);
  }
  jpeg_finish_compress(&w.info);
  return true;
}

}  // namespace

Result<std::string> encode_jpeg(const ImageView& image, int quality) {
  JpegWriter w = {};
  struct Guard {
    JpegWriter& w;
    ~Guard() {
      jpeg_destroy_compress(&w.info);
      std::free(w.bytes);
    }
  } guard{w};
  if (!jpeg_write(w, image, quality)) {
    return Status::bad_input("image.encode-failed", std::string("cannot encode as JPEG: ") + w.message);
  }
  return std::string(reinterpret_cast<const char*>(w.bytes), w.size);
}

}  // namespace jetline::codecs
