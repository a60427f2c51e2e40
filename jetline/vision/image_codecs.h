// The decoders and encoders behind image_io.h, one file each. Decoders get the header as already read and
// checked against the limits, and give RGB before the orientation is applied. Ids and limits: image_io.h.
#pragma once

#include <string>

#include "jetline/base/span.h"
#include "jetline/base/status.h"
#include "jetline/vision/exif.h"
#include "jetline/vision/image.h"

namespace jetline::codecs {

Status decode_jpeg(ByteView bytes, const ImageHeader& header, const std::string& where, Image& image);
Status decode_png(ByteView bytes, const ImageHeader& header, const std::string& where, Image& image);
// BMP, WebP, TIFF and PNM by the media module, which applies the orientation itself.
Status decode_by_module(ByteView bytes, const ImageHeader& header, const std::string& where, Image& image);

Result<std::string> encode_jpeg(const ImageView& image, int quality);
Result<std::string> encode_png(const ImageView& image);
Result<std::string> encode_by_module(const ImageView& image, const std::string& extension);

// Turns the stored picture upright: orientation as in EXIF (1-8).
void apply_orientation(const Image& stored, int orientation, Image& upright);

// Statuses that the decoders share.
Status truncated_image(const std::string& where, const char* format);
Status corrupt_image(const std::string& where, const char* format, const std::string& why);

}  // namespace jetline::codecs
