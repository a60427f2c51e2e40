// Video files by FFmpeg and cameras by V4L2, each through OpenCV's VideoCapture.
#include <memory>
#include <opencv2/videoio.hpp>
#include <opencv2/videoio/registry.hpp>

#include "jetline/vision/media/media_common.h"

namespace jetline::media {
namespace {

struct Reader {
  cv::VideoCapture capture;
  cv::Mat frame;
  bool live = false;
};

std::string codec_name(double fourcc) {
  const auto code = static_cast<uint32_t>(fourcc);
  std::string name;
  for (int shift = 0; shift < 32; shift += 8) {
    const char c = static_cast<char>(code >> shift & 0xFF);
    if (c > ' ' && c < 127) name += c;
  }
  return name;
}

void describe(Reader& reader, JetlineMediaVideoInfo* info) {
  *info = {};
  info->width = static_cast<int>(reader.capture.get(cv::CAP_PROP_FRAME_WIDTH));
  info->height = static_cast<int>(reader.capture.get(cv::CAP_PROP_FRAME_HEIGHT));
  const double fps = reader.capture.get(cv::CAP_PROP_FPS),
               frames = reader.capture.get(cv::CAP_PROP_FRAME_COUNT);
  info->fps = fps > 0 && fps < 10000 ? fps : 0;
  info->frames = !reader.live && frames > 0 && frames < 1e12 ? static_cast<int64_t>(frames) : 0;
  info->live = reader.live;
  std::snprintf(info->description, sizeof info->description, "%s %s", reader.capture.getBackendName().c_str(),
                codec_name(reader.capture.get(cv::CAP_PROP_FOURCC)).c_str());
}

}  // namespace
}  // namespace jetline::media

JETLINE_MEDIA_EXPORT void* jetline_media_open_file(const char* path, JetlineMediaVideoInfo* info,
                                                   JetlineMediaError* error) {
  using namespace jetline::media;  // NOLINT: a C function of this module
  return guarded(error, "video.open-failed", static_cast<void*>(nullptr), [&]() -> void* {
    auto reader = std::make_unique<Reader>();
    const bool ffmpeg = cv::videoio_registry::hasBackend(cv::CAP_FFMPEG);
    if (!reader->capture.open(path, ffmpeg ? cv::CAP_FFMPEG : cv::CAP_ANY)) {
      set_error(error, "video.open-failed", "no video stream that can be decoded was found");
      return nullptr;
    }
    describe(*reader, info);
    return reader.release();
  });
}

JETLINE_MEDIA_EXPORT void* jetline_media_open_camera(int device, int width, int height, double fps,
                                                     JetlineMediaVideoInfo* info, JetlineMediaError* error) {
  using namespace jetline::media;  // NOLINT: a C function of this module
  return guarded(error, "video.open-failed", static_cast<void*>(nullptr), [&]() -> void* {
    auto reader = std::make_unique<Reader>();
    reader->live = true;
    if (!reader->capture.open(device, cv::CAP_V4L2)) {
      set_error(error, "video.camera-busy", "the camera does not start; another program may be using it");
      return nullptr;
    }
    if (width > 0 && height > 0) {
      // Most USB cameras reach full rate at larger sizes only as motion JPEG.
      reader->capture.set(cv::CAP_PROP_FOURCC, cv::VideoWriter::fourcc('M', 'J', 'P', 'G'));
      reader->capture.set(cv::CAP_PROP_FRAME_WIDTH, width);
      reader->capture.set(cv::CAP_PROP_FRAME_HEIGHT, height);
    }
    if (fps > 0) reader->capture.set(cv::CAP_PROP_FPS, fps);
    reader->capture.set(cv::CAP_PROP_BUFFERSIZE, 1);  // old frames are worth nothing to a robot
    describe(*reader, info);
    return reader.release();
  });
}

JETLINE_MEDIA_EXPORT int jetline_media_read(void* handle, JetlineMediaAllocate allocate, void* context,
                                            double* milliseconds, JetlineMediaError* error) {
  using namespace jetline::media;  // NOLINT: a C function of this module
  return guarded(error, "video.read-failed", 0, [&] {
    auto* reader = static_cast<Reader*>(handle);
    if (!reader->capture.read(reader->frame) || reader->frame.empty()) {
      if (reader->live)
        set_error(error, "video.read-failed", "the camera gave no frame; it may have been unplugged");
      return 0;
    }
    *milliseconds = reader->live ? 0 : reader->capture.get(cv::CAP_PROP_POS_MSEC);
    if (!hand_out(reader->frame, allocate, context)) {
      set_error(error, "video.read-failed", "the frame is too large");
      return 0;
    }
    return 1;
  });
}

JETLINE_MEDIA_EXPORT void jetline_media_close_reader(void* handle) {
  using namespace jetline::media;  // NOLINT: a C function of this module
  JetlineMediaError ignored;
  guarded(&ignored, "video.read-failed", 0, [&] {
    delete static_cast<Reader*>(handle);
    return 0;
  });
}
