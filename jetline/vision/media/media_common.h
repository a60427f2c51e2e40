// Shared by the files of libjetline_media.so: errors across the C border, and silence (OpenCV and FFmpeg
// print to stderr by themselves, which a library of ours never does).
#pragma once

#include <exception>
#include <opencv2/core.hpp>
#include <string>

#include "jetline/vision/media/media_api.h"

#define JETLINE_MEDIA_EXPORT extern "C" __attribute__((visibility("default")))

namespace jetline::media {

void set_error(JetlineMediaError* error, const char* id, const std::string& message);
void be_silent();  // idempotent, thread-safe

// Runs `body`; an exception becomes `error` and `failed`.
template <typename R, typename F>
R guarded(JetlineMediaError* error, const char* id, R failed, F&& body) {
  try {
    be_silent();
    return body();
  } catch (const cv::Exception& e) {
    set_error(error, id, e.err);
  } catch (const std::exception& e) {
    set_error(error, id, e.what());
  } catch (...) {
    set_error(error, id, "unknown failure");
  }
  return failed;
}

// BGR (as OpenCV decodes) into caller's RGB memory. False when the caller refused the size.
bool hand_out(const cv::Mat& bgr, JetlineMediaAllocate allocate, void* context);
// Caller's pixels as BGR in `out` (which may share them).
void take_in(const uint8_t* pixels, int width, int height, int64_t stride, int channels, int bgr,
             cv::Mat& out);

}  // namespace jetline::media
