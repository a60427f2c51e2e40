#include "jetline/vision/media/media_common.h"

#include <dlfcn.h>

#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/core/version.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio/registry.hpp>

namespace jetline::media {
namespace {

int drop_opencv_error(int, const char*, const char*, const char*, int, void*) {
  return 0;
}
void drop_ffmpeg_line(void*, int, const char*, va_list) {}

// FFmpeg is not linked: its log is reached through the copy that OpenCV has loaded already.
void silence_ffmpeg() {
  for (int version = 56; version <= 64; ++version) {
    const std::string name = "libavutil.so." + std::to_string(version);
    void* handle = dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    if (!handle) continue;
    using Callback = void (*)(void*, int, const char*, va_list);
    if (auto set = reinterpret_cast<void (*)(Callback)>(dlsym(handle, "av_log_set_callback")))
      set(drop_ffmpeg_line);
    dlclose(handle);
  }
}

}  // namespace

void set_error(JetlineMediaError* error, const char* id, const std::string& message) {
  std::snprintf(error->id, sizeof error->id, "%s", id);
  std::snprintf(error->message, sizeof error->message, "%s", message.c_str());
}

void be_silent() {
  static std::once_flag once;
  std::call_once(once, [] {
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    cv::redirectError(drop_opencv_error);
    silence_ffmpeg();
  });
}

bool hand_out(const cv::Mat& bgr, JetlineMediaAllocate allocate, void* context) {
  uint8_t* memory = allocate(context, bgr.cols, bgr.rows);
  if (!memory) return false;
  cv::Mat out(bgr.rows, bgr.cols, CV_8UC3, memory);
  cv::cvtColor(bgr, out, bgr.channels() == 1 ? cv::COLOR_GRAY2RGB : cv::COLOR_BGR2RGB);
  return true;
}

void take_in(const uint8_t* pixels, int width, int height, int64_t stride, int channels, int bgr,
             cv::Mat& out) {
  const cv::Mat in(height, width, channels == 1 ? CV_8UC1 : CV_8UC3, const_cast<uint8_t*>(pixels),
                   static_cast<size_t>(stride));
  if (channels == 1) {
    cv::cvtColor(in, out, cv::COLOR_GRAY2BGR);
  } else if (bgr) {
    out = in;
  } else {
    cv::cvtColor(in, out, cv::COLOR_RGB2BGR);
  }
}

}  // namespace jetline::media

JETLINE_MEDIA_EXPORT const char* jetline_module_version() {
  return JETLINE_VERSION;
}

JETLINE_MEDIA_EXPORT const char* jetline_module_backend() {
  static const std::string text = [] {
    std::string t = std::string("OpenCV ") + CV_VERSION;
    try {
      for (const cv::VideoCaptureAPIs api : {cv::CAP_FFMPEG, cv::CAP_V4L2}) {
        if (cv::videoio_registry::hasBackend(api)) t += " " + cv::videoio_registry::getBackendName(api);
      }
    } catch (...) {
      t += " (no video backends)";
    }
    return t;
  }();
  return text.c_str();
}
