// Video files by OpenCV's VideoWriter: .mp4 as H.264, which browsers play, or as MPEG-4 part 2 where FFmpeg
// was built without an H.264 encoder; .avi as motion JPEG.
#include <cstring>
#include <memory>
#include <opencv2/videoio.hpp>
#include <opencv2/videoio/registry.hpp>

#include "jetline/vision/media/media_common.h"

namespace jetline::media {
namespace {

struct Writer {
  cv::VideoWriter writer;
  cv::Mat frame;
  int width = 0, height = 0;
};

}  // namespace
}  // namespace jetline::media

JETLINE_MEDIA_EXPORT void* jetline_media_create_file(const char* path, const char* extension, int width,
                                                     int height, double fps, JetlineMediaError* error) {
  using namespace jetline::media;  // NOLINT: a C function of this module
  return guarded(error, "video.write-failed", static_cast<void*>(nullptr), [&]() -> void* {
    const bool mp4 = std::strcmp(extension, ".mp4") == 0;
    auto writer = std::make_unique<Writer>();
    writer->width = width;
    writer->height = height;
    const bool ffmpeg = cv::videoio_registry::hasBackend(cv::CAP_FFMPEG);
    const int api = ffmpeg ? cv::CAP_FFMPEG : mp4 ? cv::CAP_ANY : cv::CAP_OPENCV_MJPEG;
    const auto open = [&](const char(&code)[5]) {
      const int fourcc = cv::VideoWriter::fourcc(code[0], code[1], code[2], code[3]);
      return writer->writer.open(path, api, fourcc, fps, cv::Size(width, height));
    };
    if (!(mp4 ? open("avc1") || open("mp4v") : open("MJPG"))) {
      set_error(error, "video.write-failed", "the encoder could not be started");
      return nullptr;
    }
    return writer.release();
  });
}

JETLINE_MEDIA_EXPORT int jetline_media_write(void* handle, const uint8_t* pixels, int64_t stride,
                                             int channels, int bgr, JetlineMediaError* error) {
  using namespace jetline::media;  // NOLINT: a C function of this module
  return guarded(error, "video.write-failed", 0, [&] {
    auto* w = static_cast<Writer*>(handle);
    if (bgr && channels == 3) {  // a view of the caller's pixels must not stay behind in w->frame
      cv::Mat view;
      take_in(pixels, w->width, w->height, stride, channels, bgr, view);
      w->writer.write(view);
      return 1;
    }
    take_in(pixels, w->width, w->height, stride, channels, bgr, w->frame);
    w->writer.write(w->frame);
    return 1;
  });
}

JETLINE_MEDIA_EXPORT void jetline_media_close_writer(void* handle) {
  using namespace jetline::media;  // NOLINT: a C function of this module
  JetlineMediaError ignored;
  guarded(&ignored, "video.write-failed", 0, [&] {
    std::unique_ptr<Writer> writer(static_cast<Writer*>(handle));
    writer->writer.release();
    return 0;
  });
}
