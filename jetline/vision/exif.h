// What the headers of picture files say, read without a decoder: size and EXIF orientation. Every reader
// takes bytes that may be hostile, looks at no more than the header, allocates nothing and is thread-safe.
//
// Sources: Exif 2.32 (CIPA DC-008), TIFF 6.0, JPEG (ITU-T T.81, annex B), PNG third edition, RIFF WebP
// container (RFC 9649), Microsoft's BITMAPINFOHEADER, GIF89a, Netpbm formats.
#pragma once

#include <cstdint>

#include "jetline/base/span.h"

namespace jetline {

enum class ImageFormat : uint8_t { kUnknown, kJpeg, kPng, kBmp, kGif, kWebp, kTiff, kPnm };

// By the first bytes.
ImageFormat sniff_image(ByteView bytes);
const char* image_format_name(ImageFormat format);

struct ImageHeader {
  ImageFormat format = ImageFormat::kUnknown;
  int64_t width = 0, height = 0;  // as stored, before the orientation; 0 when the header does not say
  int orientation = 1;            // EXIF 1-8
  bool truncated = false;         // the bytes end inside the header
  bool complete = false;          // width and height were found
};

// Reads the header of any format that sniff_image knows.
ImageHeader read_image_header(ByteView bytes);

// First directory of a TIFF stream, which is also the payload of EXIF. Absent or unusable fields stay 0.
struct TiffFacts {
  int64_t width = 0, height = 0;
  int orientation = 0;  // 1-8, 0 when absent or out of range
};
bool read_tiff_directory(ByteView tiff, TiffFacts& facts);  // false when it is no (classic) TIFF

}  // namespace jetline
