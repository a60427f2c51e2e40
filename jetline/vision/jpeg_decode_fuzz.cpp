// The JPEG decoder from hostile bytes: an answer or an error, in bounded memory and time.
#include "jetline/vision/exif.h"
#include "jetline/vision/image_codecs.h"
#include "jetline/vision/image_io.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const jetline::ByteView bytes(data, size);
  const jetline::ImageHeader header = jetline::read_image_header(bytes);
  // Large pictures are legal; here they would only make every input slow.
  if (header.width > 4096 || header.height > 4096 || header.width * header.height > 1 << 20) return 0;
  jetline::Image image;
  (void)jetline::decode_image_into(bytes, "fuzz", image);
  return 0;
}
