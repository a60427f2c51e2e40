#include "jetline/vision/image_io.h"

#include <array>
#include <cstring>
#include <exception>
#include <new>

#include "jetline/base/module.h"
#include "jetline/base/strings.h"
#include "jetline/vision/exif.h"
#include "jetline/vision/image_codecs.h"
#include "jetline/vision/media/media_api.h"

namespace jetline {
namespace codecs {

Status truncated_image(const std::string& where, const char* format) {
  return Status::bad_input("image.truncated", where + ": the " + format + " ends before its last pixel",
                           "copy or download the file again", where);
}

Status corrupt_image(const std::string& where, const char* format, const std::string& why) {
  return Status::bad_input("image.corrupt", where + ": broken " + format + (why.empty() ? "" : ": " + why),
                           "copy or download the file again, or save it anew from another program", where);
}

}  // namespace codecs

namespace {

Status image_header_status(const ImageHeader& header, ByteView bytes, const std::string& where) {
  if (bytes.empty())
    return Status::bad_input("image.empty", where + " is empty", "copy the file again", where);
  const char* name = image_format_name(header.format);
  if (header.format == ImageFormat::kUnknown) {
    return Status::bad_input("image.unknown-format", where + " is not a picture that jetline knows",
                             "use JPEG or PNG; BMP, WebP, TIFF and PNM work with the media module", where);
  }
  if (!header.complete) {
    return header.truncated ? codecs::truncated_image(where, name)
                            : codecs::corrupt_image(where, name, "its header gives no size");
  }
  if (header.width > kMaxImageSide || header.height > kMaxImageSide ||
      header.width * header.height > kMaxImagePixels) {
    return Status::bad_input("image.too-large",
                             where + ": " + std::to_string(header.width) + " x " +
                                 std::to_string(header.height) + " pixels; at most " +
                                 std::to_string(kMaxImageSide) + " a side and " +
                                 std::to_string(kMaxImagePixels / 1000000) + " million in all are read",
                             "make the picture smaller", where);
  }
  return Status();
}

Status image_decode_any(ByteView bytes, const std::string& where, Image& image) {
  const ImageHeader header = read_image_header(bytes);
  JETLINE_RETURN_IF_ERROR(image_header_status(header, bytes, where));
  if (header.format == ImageFormat::kJpeg || header.format == ImageFormat::kPng) {
    const auto decode = header.format == ImageFormat::kJpeg ? codecs::decode_jpeg : codecs::decode_png;
    if (header.orientation == 1) return decode(bytes, header, where, image);
    Image stored;
    JETLINE_RETURN_IF_ERROR(decode(bytes, header, where, stored));
    codecs::apply_orientation(stored, header.orientation, image);
    return Status();
  }
  return codecs::decode_by_module(bytes, header, where, image);
}

}  // namespace

Status decode_image_into(ByteView bytes, const std::string& where, Image& image) {
  try {
    return image_decode_any(bytes, where, image);
  } catch (const std::bad_alloc&) {
    return Status::bad_input("image.too-large", where + ": not enough memory to decode it", "make it smaller",
                             where);
  } catch (const std::exception& e) {
    return Status::internal("image.codec", where + ": " + e.what(), "", where);
  }
}

Result<Image> decode_image(ByteView bytes, const std::string& where) {
  Image image;
  JETLINE_RETURN_IF_ERROR(decode_image_into(bytes, where, image));
  return image;
}

Status load_image_into(const std::string& path, Image& image) {
  JETLINE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MappedFile::open(path));
  return decode_image_into(file->bytes(), path, image);
}

Result<Image> load_image(const std::string& path) {
  Image image;
  JETLINE_RETURN_IF_ERROR(load_image_into(path, image));
  return image;
}

Result<ImageSize> probe_image_bytes(ByteView bytes, const std::string& where) {
  const ImageHeader header = read_image_header(bytes);
  JETLINE_RETURN_IF_ERROR(image_header_status(header, bytes, where));
  ImageSize size{static_cast<int>(header.width), static_cast<int>(header.height)};
  if (header.orientation >= 5) std::swap(size.width, size.height);
  return size;
}

Result<ImageSize> probe_image(const std::string& path) {
  JETLINE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MappedFile::open(path));
  return probe_image_bytes(file->bytes(), path);
}

Result<std::string> encode_image(const ImageView& image, const std::string& extension) {
  if (image.empty()) return Status::usage("image.encode-failed", "an empty picture cannot be saved");
  try {
    if (extension == ".jpg" || extension == ".jpeg") return codecs::encode_jpeg(image, 92);
    if (extension == ".png") return codecs::encode_png(image);
    if (has_image_extension(extension)) return codecs::encode_by_module(image, extension);
  } catch (const std::exception& e) {
    return Status::internal("image.encode-failed", std::string("cannot encode the picture: ") + e.what());
  }
  return Status::usage("image.unknown-format", "pictures cannot be saved as '" + extension + "'",
                       "use a name that ends in .jpg or .png");
}

Status save_image(const std::string& path, const ImageView& image, FileSystem& fs) {
  auto bytes = encode_image(image, file_extension_lower(path));
  if (!bytes.ok()) return bytes.status().at(path);
  return write_file(path, bytes.value(), fs);
}

bool has_image_extension(const std::string& path) {
  static constexpr std::array<const char*, 12> kKnown = {".jpg",  ".jpeg", ".jpe",  ".png", ".bmp", ".dib",
                                                         ".webp", ".tif",  ".tiff", ".ppm", ".pgm", ".pbm"};
  const std::string name = to_lower(path);
  for (const char* e : kKnown) {
    if (ends_with(name, e)) return true;
  }
  return false;
}

}  // namespace jetline
