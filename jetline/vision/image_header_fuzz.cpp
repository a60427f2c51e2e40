// Headers of all picture formats and EXIF directories, from hostile bytes.
#include "jetline/vision/exif.h"
#include "jetline/vision/image_io.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const jetline::ByteView bytes(data, size);
  const jetline::ImageHeader header = jetline::read_image_header(bytes);
  if (header.orientation < 1 || header.orientation > 8) __builtin_trap();
  if (header.complete && (header.width <= 0 || header.height <= 0)) __builtin_trap();
  jetline::TiffFacts facts;
  (void)jetline::read_tiff_directory(bytes, facts);
  const auto size_result = jetline::probe_image_bytes(bytes, "fuzz");
  if (size_result.ok() && int64_t{1} * size_result->width * size_result->height > jetline::kMaxImagePixels) {
    __builtin_trap();
  }
  return 0;
}
