// Pictures from and to files. JPEG goes through libjpeg-turbo and PNG through libpng, in this process; every
// other format (BMP, WebP, TIFF, …) through libjetline_media.so, loaded when the first such file is met.
//
// What a decoder gives: 8-bit RGB, always three channels, upright (the EXIF orientation 1-8 of JPEG, PNG and
// TIFF is applied). Grey is repeated into three channels. 16-bit samples keep their high byte. CMYK and YCCK
// JPEGs become RGB by the naive ink formula (Adobe files store inverted inks; files without Adobe's marker do
// not). An alpha channel is dropped, the colour values below it stay as they are: what cv2.imread and
// Pillow's convert("RGB") do, hence what detectors saw in training. Colour profiles and gamma are ignored.
// The pixels equal those of cv2.imread.
//
// Half a picture is an error, never grey filling: a file that ends before its last pixel is image.truncated.
// The one exception is a JPEG that only lacks its end marker although every pixel is there.
//
// Limits: kMaxImagePixels and kMaxImageSide are checked on the header, before memory is taken; a progressive
// JPEG may have at most 500 scans.
//
// Ids: those of files.h, image.empty, image.unknown-format, image.truncated, image.corrupt,
// image.unsupported, image.too-large, image.encode-failed, and those of module.h where the media module is
// needed. Threads: all functions may be called from any thread at once.
#pragma once

#include <string>

#include "jetline/base/files.h"
#include "jetline/base/span.h"
#include "jetline/base/status.h"
#include "jetline/vision/image.h"

namespace jetline {

constexpr int64_t kMaxImagePixels = int64_t{1} << 27;  // 134 million, 403 MB of RGB
constexpr int kMaxImageSide = 65500;                   // libjpeg's own limit

struct ImageSize {
  int width = 0, height = 0;  // upright: after the EXIF orientation
};

Result<Image> load_image(const std::string& path);
// As load_image, into an Image whose memory is reused: no allocation for pixels when it is large enough. On
// failure `image` is unspecified.
Status load_image_into(const std::string& path, Image& image);

// `where` names the source in messages (a path, "entry 3 of x.zip").
Result<Image> decode_image(ByteView bytes, const std::string& where);
Status decode_image_into(ByteView bytes, const std::string& where, Image& image);

// Reads the header alone; no pixels are decoded for JPEG, PNG, BMP, GIF, WebP and TIFF.
Result<ImageSize> probe_image(const std::string& path);
Result<ImageSize> probe_image_bytes(ByteView bytes, const std::string& where);

// Format by extension: .jpg/.jpeg (quality 92, 4:2:0), .png; .bmp, .webp, .tif through the media module. The
// file appears complete or not at all.
Status save_image(const std::string& path, const ImageView& image, FileSystem& fs = real_file_system());
// `extension` with its dot, lower case.
Result<std::string> encode_image(const ImageView& image, const std::string& extension);

// True for the extensions of formats that load_image reads, any case. Looks at the name only.
bool has_image_extension(const std::string& path);

}  // namespace jetline
