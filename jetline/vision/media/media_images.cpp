#include <iostream>
#include <mutex>
#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "jetline/vision/media/media_common.h"

namespace jetline::media {
namespace {

// cv::imdecode writes what it caught to std::cerr, log level or not. While one of these lives the stream
// takes nothing; one thread decodes at a time, so that the stream's state is restored in order. (jetline
// itself writes through stdio.)
class QuietCerr {
 public:
  QuietCerr() : lock_(mutex()), state_(std::cerr.rdstate()) { std::cerr.setstate(std::ios::badbit); }
  ~QuietCerr() { std::cerr.clear(state_); }
  QuietCerr(const QuietCerr&) = delete;
  QuietCerr& operator=(const QuietCerr&) = delete;

 private:
  static std::mutex& mutex() {
    static std::mutex m;
    return m;
  }
  std::lock_guard<std::mutex> lock_;
  std::ios::iostate state_;
};

}  // namespace
}  // namespace jetline::media

JETLINE_MEDIA_EXPORT int jetline_media_decode_image(const uint8_t* bytes, size_t size,
                                                    JetlineMediaAllocate allocate, void* context,
                                                    JetlineMediaError* error) {
  using namespace jetline::media;  // NOLINT: a C function of this module
  return guarded(error, "image.corrupt", 0, [&] {
    const cv::Mat in(1, static_cast<int>(size), CV_8UC1, const_cast<uint8_t*>(bytes));
    cv::Mat image;
    {
      const QuietCerr quiet;
      image = cv::imdecode(in, cv::IMREAD_COLOR);
    }
    if (image.empty()) {
      set_error(error, "image.corrupt", "it cannot be decoded");
      return 0;
    }
    if (!hand_out(image, allocate, context)) {
      set_error(error, "image.corrupt", "its size differs from its header");
      return 0;
    }
    return 1;
  });
}

JETLINE_MEDIA_EXPORT int jetline_media_encode_image(const uint8_t* pixels, int width, int height,
                                                    int64_t stride, int channels, int bgr,
                                                    const char* extension,
                                                    void (*sink)(void*, const uint8_t*, size_t),
                                                    void* context, JetlineMediaError* error) {
  using namespace jetline::media;  // NOLINT: a C function of this module
  return guarded(error, "image.encode-failed", 0, [&] {
    cv::Mat image;
    take_in(pixels, width, height, stride, channels, bgr, image);
    std::vector<uint8_t> out;
    if (!cv::imencode(extension, image, out)) {
      set_error(error, "image.encode-failed", "OpenCV has no encoder for it");
      return 0;
    }
    sink(context, out.data(), out.size());
    return 1;
  });
}
