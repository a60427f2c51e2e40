// Formats beyond JPEG and PNG, by way of libjetline_media.so.
#include "jetline/base/module.h"
#include "jetline/vision/image_codecs.h"
#include "jetline/vision/media/media_api.h"

namespace jetline::codecs {
namespace {

struct MediaTarget {
  Image* image;
  int64_t width, height;  // what the header promised, either way round
};

uint8_t* media_image_allocate(void* context, int width, int height) {
  auto* t = static_cast<MediaTarget*>(context);
  const bool as_promised =
      (width == t->width && height == t->height) || (width == t->height && height == t->width);
  if (!as_promised) return nullptr;
  t->image->resize(width, height);
  return t->image->data();
}

void media_image_append(void* context, const uint8_t* bytes, size_t size) {
  static_cast<std::string*>(context)->append(reinterpret_cast<const char*>(bytes), size);
}

// A file that is shorter than its own header says.
bool media_image_is_cut(ByteView bytes, const ImageHeader& header) {
  const auto u32 = [&](size_t at) {
    return static_cast<uint64_t>(bytes[at]) | static_cast<uint64_t>(bytes[at + 1]) << 8 |
           static_cast<uint64_t>(bytes[at + 2]) << 16 | static_cast<uint64_t>(bytes[at + 3]) << 24;
  };
  if (header.format == ImageFormat::kWebp) return bytes.size() >= 8 && u32(4) + 8 > bytes.size();
  if (header.format == ImageFormat::kBmp && bytes.size() >= 34) {
    const uint64_t bits = bytes[28] | bytes[29] << 8, compression = u32(30);
    const uint64_t row = (static_cast<uint64_t>(header.width) * bits + 31) / 32 * 4;
    return compression == 0 && u32(10) + row * static_cast<uint64_t>(header.height) > bytes.size();
  }
  return false;
}

}  // namespace

Status decode_by_module(ByteView bytes, const ImageHeader& header, const std::string& where, Image& image) {
  const char* format = image_format_name(header.format);
  if (header.format == ImageFormat::kGif) {
    return Status::bad_input("image.unsupported", where + ": GIF pictures are not read", "convert it to PNG",
                             where);
  }
  if (media_image_is_cut(bytes, header)) return truncated_image(where, format);
  JETLINE_ASSIGN_OR_RETURN(void* const symbol, module_symbol("media", "jetline_media_decode_image"));
  MediaTarget target{&image, header.width, header.height};
  JetlineMediaError error = {};
  const auto decode = reinterpret_cast<JetlineMediaDecodeImage>(symbol);
  if (!decode(bytes.data(), bytes.size(), media_image_allocate, &target, &error)) {
    return corrupt_image(where, format, error.message);
  }
  return Status();
}

Result<std::string> encode_by_module(const ImageView& image, const std::string& extension) {
  JETLINE_ASSIGN_OR_RETURN(void* const symbol, module_symbol("media", "jetline_media_encode_image"));
  std::string out;
  JetlineMediaError error = {};
  const auto encode = reinterpret_cast<JetlineMediaEncodeImage>(symbol);
  if (!encode(image.data, image.width, image.height, image.stride, channels_of(image.format),
              image.format == PixelFormat::kBGR, extension.c_str(), media_image_append, &out, &error)) {
    return Status::bad_input("image.encode-failed", "cannot encode as " + extension + ": " + error.message);
  }
  return out;
}

}  // namespace jetline::codecs
