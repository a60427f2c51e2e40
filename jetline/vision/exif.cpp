#include "jetline/vision/exif.h"

#include <cstring>

namespace jetline {
namespace {

// Numbers at any offset; outside of the bytes every read is 0 and `past_end` is set.
struct ExifReader {
  ByteView bytes;
  bool big_endian = false;
  mutable bool past_end = false;

  uint32_t u8(size_t at) const {
    if (at >= bytes.size()) {
      past_end = true;
      return 0;
    }
    return bytes[at];
  }
  uint32_t u16(size_t at) const {
    const uint32_t a = u8(at), b = u8(at + 1);
    return big_endian ? a << 8 | b : b << 8 | a;
  }
  uint32_t u32(size_t at) const {
    const uint32_t a = u16(at), b = u16(at + 2);
    return big_endian ? a << 16 | b : b << 16 | a;
  }
};

bool exif_matches(ByteView bytes, size_t at, const char* text, size_t n) {
  return at + n <= bytes.size() && std::memcmp(bytes.data() + at, text, n) == 0;
}

void exif_apply(ByteView tiff, ImageHeader& header) {
  TiffFacts facts;
  if (read_tiff_directory(tiff, facts) && facts.orientation) header.orientation = facts.orientation;
}

void read_jpeg(ByteView bytes, ImageHeader& header) {
  const ExifReader in{bytes, true};
  bool exif_seen = false;
  size_t at = 2;
  while (true) {
    if (in.u8(at) != 0xFF) {  // decoders skip stray bytes between segments, so do we
      if (in.past_end) break;
      ++at;
      continue;
    }
    const uint32_t marker = in.u8(at + 1);
    if (in.past_end) break;
    if (marker == 0xFF || marker == 0) {  // fill byte
      ++at;
      continue;
    }
    if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {  // no payload
      at += 2;
      continue;
    }
    if (marker == 0xD9 || marker == 0xDA) return;  // picture data: the header is over
    const uint32_t length = in.u16(at + 2);
    if (in.past_end) break;
    if (length < 2) return;
    const bool is_frame =
        marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (is_frame && !header.complete) {
      const uint32_t height = in.u16(at + 5), width = in.u16(at + 7);
      if (in.past_end) break;
      header.height = height;
      header.width = width;
      header.complete = width > 0 && height > 0;
    }
    if (marker == 0xE1 && !exif_seen && exif_matches(bytes, at + 4, "Exif\0\0", 6) && length >= 8) {
      exif_seen = true;
      exif_apply(bytes.subspan(at + 10, length - 8), header);
    }
    at += 2 + length;
  }
  header.truncated = true;
}

void read_png(ByteView bytes, ImageHeader& header) {
  const ExifReader in{bytes, true};
  if (!exif_matches(bytes, 12, "IHDR", 4)) {
    header.truncated = bytes.size() < 16;
    return;
  }
  header.width = in.u32(16);
  header.height = in.u32(20);
  if (in.past_end) {
    header.truncated = true;
    return;
  }
  header.complete = header.width > 0 && header.height > 0;
  // eXIf may stand before or after the picture data: walk the chunk list, at most as many steps as 12-byte
  // chunks.
  for (size_t at = 8; at + 12 <= bytes.size();) {
    const size_t length = in.u32(at);
    if (length > bytes.size() - at - 12) return;
    if (exif_matches(bytes, at + 4, "eXIf", 4)) {
      exif_apply(bytes.subspan(at + 8, length), header);
      return;
    }
    at += 12 + length;
  }
}

void read_bmp(ByteView bytes, ImageHeader& header) {
  const ExifReader in{bytes, false};
  const uint32_t info_size = in.u32(14);
  if (info_size == 12) {  // BITMAPCOREHEADER
    header.width = in.u16(18);
    header.height = in.u16(20);
  } else {
    header.width = static_cast<int32_t>(in.u32(18));
    const int64_t height = static_cast<int32_t>(in.u32(22));  // negative: rows from the top
    header.height = height < 0 ? -height : height;
  }
  header.truncated = in.past_end;
  header.complete = !in.past_end && header.width > 0 && header.height > 0;
}

void read_gif(ByteView bytes, ImageHeader& header) {
  const ExifReader in{bytes, false};
  header.width = in.u16(6);
  header.height = in.u16(8);
  header.truncated = in.past_end;
  header.complete = !in.past_end && header.width > 0 && header.height > 0;
}

void read_webp(ByteView bytes, ImageHeader& header) {
  const ExifReader in{bytes, false};
  if (exif_matches(bytes, 12, "VP8 ",
                   4)) {  // lossy: 14-bit sides after the 3-byte start code (RFC 6386, 9.1)
    header.width = in.u16(26) & 0x3FFF;
    header.height = in.u16(28) & 0x3FFF;
  } else if (exif_matches(bytes, 12, "VP8L", 4)) {
    const uint32_t bits = in.u32(21);
    header.width = (bits & 0x3FFF) + 1;
    header.height = (bits >> 14 & 0x3FFF) + 1;
  } else if (exif_matches(bytes, 12, "VP8X", 4)) {
    header.width = 1 + static_cast<int64_t>(in.u16(24) | in.u8(26) << 16);
    header.height = 1 + static_cast<int64_t>(in.u16(27) | in.u8(29) << 16);
  }
  header.truncated = in.past_end || bytes.size() < 16;
  header.complete = !in.past_end && header.width > 0 && header.height > 0;
}

void read_pnm(ByteView bytes, ImageHeader& header) {
  size_t at = 2;
  int64_t numbers[2] = {0, 0};
  for (int64_t& n : numbers) {
    // White space and comments, then digits.
    while (at < bytes.size() && (std::strchr(" \t\r\n\v\f", bytes[at]) || bytes[at] == '#')) {
      if (bytes[at] == '#') {
        while (at < bytes.size() && bytes[at] != '\n') ++at;
      } else {
        ++at;
      }
    }
    while (at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9' && n < (int64_t{1} << 31)) {
      n = n * 10 + bytes[at++] - '0';
    }
  }
  header.width = numbers[0];
  header.height = numbers[1];
  header.truncated = at >= bytes.size();
  header.complete = !header.truncated && header.width > 0 && header.height > 0;
}

}  // namespace

bool read_tiff_directory(ByteView tiff, TiffFacts& facts) {
  ExifReader in{tiff};
  if (exif_matches(tiff, 0, "MM\0*", 4)) {
    in.big_endian = true;
  } else if (!exif_matches(tiff, 0, "II*\0", 4)) {
    return false;
  }
  const size_t directory = in.u32(4);
  const uint32_t entries = in.u16(directory);
  for (uint32_t i = 0; i < entries && !in.past_end; ++i) {
    const size_t at = directory + 2 + size_t{12} * i;
    const uint32_t tag = in.u16(at), type = in.u16(at + 2), count = in.u32(at + 4);
    if (count != 1 || (type != 3 && type != 4)) continue;  // SHORT or LONG, one value, stored in place
    const uint32_t value = type == 3 ? in.u16(at + 8) : in.u32(at + 8);
    if (in.past_end) break;
    if (tag == 0x100) facts.width = value;
    if (tag == 0x101) facts.height = value;
    if (tag == 0x112 && value >= 1 && value <= 8) facts.orientation = static_cast<int>(value);
  }
  return true;
}

ImageFormat sniff_image(ByteView bytes) {
  if (exif_matches(bytes, 0, "\xFF\xD8\xFF", 3)) return ImageFormat::kJpeg;
  if (exif_matches(bytes, 0, "\x89PNG\r\n\x1A\n", 8)) return ImageFormat::kPng;
  if (exif_matches(bytes, 0, "RIFF", 4) && exif_matches(bytes, 8, "WEBP", 4)) return ImageFormat::kWebp;
  if (exif_matches(bytes, 0, "II*\0", 4) || exif_matches(bytes, 0, "MM\0*", 4)) return ImageFormat::kTiff;
  if (exif_matches(bytes, 0, "GIF87a", 6) || exif_matches(bytes, 0, "GIF89a", 6)) return ImageFormat::kGif;
  if (exif_matches(bytes, 0, "BM", 2)) return ImageFormat::kBmp;
  if (bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' &&
      std::strchr(" \t\r\n#", bytes[2]) && bytes[2]) {
    return ImageFormat::kPnm;
  }
  return ImageFormat::kUnknown;
}

const char* image_format_name(ImageFormat format) {
  static constexpr const char* kNames[] = {"unknown", "JPEG", "PNG", "BMP", "GIF", "WebP", "TIFF", "PNM"};
  return kNames[static_cast<size_t>(format)];
}

ImageHeader read_image_header(ByteView bytes) {
  ImageHeader header;
  header.format = sniff_image(bytes);
  switch (header.format) {
    case ImageFormat::kJpeg:
      read_jpeg(bytes, header);
      break;
    case ImageFormat::kPng:
      read_png(bytes, header);
      break;
    case ImageFormat::kBmp:
      read_bmp(bytes, header);
      break;
    case ImageFormat::kGif:
      read_gif(bytes, header);
      break;
    case ImageFormat::kWebp:
      read_webp(bytes, header);
      break;
    case ImageFormat::kPnm:
      read_pnm(bytes, header);
      break;
    case ImageFormat::kTiff: {
      TiffFacts facts;
      read_tiff_directory(bytes, facts);
      header.width = facts.width;
      header.height = facts.height;
      if (facts.orientation) header.orientation = facts.orientation;
      header.complete = facts.width > 0 && facts.height > 0;
      header.truncated = !header.complete;
      break;
    }
    case ImageFormat::kUnknown:
      break;
  }
  return header;
}

}  // namespace jetline
