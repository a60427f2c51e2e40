// FrameSource over the media module.
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>

#include "jetline/base/module.h"
#include "jetline/base/strings.h"
#include "jetline/vision/image_io.h"
#include "jetline/vision/media/media_api.h"
#include "jetline/vision/video.h"

namespace jetline {
namespace {

// Number of a camera named "/dev/video3" or "v4l2:3"; -1 for anything else.
int video_camera_number(const std::string& uri) {
  for (const char* prefix : {"/dev/video", "v4l2:"}) {
    if (!starts_with(uri, prefix)) continue;
    const std::string digits = uri.substr(std::string(prefix).size());
    if (digits.empty() || digits.size() > 4 || digits.find_first_not_of("0123456789") != std::string::npos)
      return -1;
    return std::atoi(digits.c_str());
  }
  return -1;
}

uint8_t* video_frame_allocate(void* context, int width, int height) {
  if (width <= 0 || height <= 0 || static_cast<int64_t>(width) * height > kMaxImagePixels) return nullptr;
  auto* frame = static_cast<Image*>(context);
  try {  // called from C
    frame->resize(width, height);
  } catch (...) {
    return nullptr;
  }
  return frame->data();
}

class ModuleFrameSource : public FrameSource {
 public:
  ModuleFrameSource(void* handle, JetlineMediaRead read, JetlineMediaCloseReader close, VideoInfo info,
                    std::string uri)
      : handle_(handle), read_(read), close_(close), info_(std::move(info)), uri_(std::move(uri)) {}
  ~ModuleFrameSource() override { close_(handle_); }

  Result<bool> next(Image& frame, FrameInfo* info) override {
    JetlineMediaError error = {};
    double milliseconds = 0;
    if (!read_(handle_, video_frame_allocate, &frame, &milliseconds, &error)) {
      if (error.id[0]) {
        return Status::bad_input(
            error.id, uri_ + ": " + error.message,
            info_.live ? "check the cable and that no other program uses the camera" : "", uri_);
      }
      // The decoder does not tell the end from a break; the container's own count does. It is an estimate in
      // some formats, so only a clear shortage counts.
      if (static_cast<double>(index_) < 0.9 * static_cast<double>(info_.frames) - 2) {
        return Status::bad_input("video.read-failed",
                                 uri_ + " ends after " + std::to_string(index_) + " of " +
                                     std::to_string(info_.frames) + " frames",
                                 "copy or download the file again", uri_);
      }
      return false;
    }
    if (info_.live) {
      at_ = real_clock().now();
    } else {
      // Decoders give no position for the last frames of a stream with reordered ones: count on at the frame
      // rate.
      const auto position = static_cast<Nanos>(std::llround(milliseconds * 1e6));
      const auto step = info_.fps > 0 ? static_cast<Nanos>(1e9 / info_.fps) : 0;
      at_ = index_ > 0 && position <= at_ ? at_ + step : position;
    }
    if (info) *info = {index_, at_};
    ++index_;
    return true;
  }
  VideoInfo info() const override { return info_; }

 private:
  void* handle_;
  JetlineMediaRead read_;
  JetlineMediaCloseReader close_;
  VideoInfo info_;
  std::string uri_;
  int64_t index_ = 0;
  Nanos at_ = 0;
};

VideoInfo video_info_from(const JetlineMediaVideoInfo& m) {
  return {m.width, m.height, m.fps, m.frames, m.live != 0, trim(m.description).empty() ? "" : m.description};
}

Status video_check_camera(int number, const std::string& uri) {
  const std::string device = "/dev/video" + std::to_string(number);
  if (access(device.c_str(), R_OK | W_OK) == 0) return Status();
  if (errno == ENOENT) {
    return Status::missing("video.no-camera", "there is no camera " + device,
                           "plug it in; `ls /dev/video*` lists the cameras", uri);
  }
  return Status::missing("video.open-failed", device + " may not be opened by this user",
                         "add the user to the group `video` and log in again", uri);
}

// An absolute path: nothing in a file's name is taken for a protocol.
Result<std::string> video_check_file(const std::string& path) {
  struct stat st;
  if (stat(path.c_str(), &st) != 0) return file_error("open", path);
  if (!S_ISREG(st.st_mode)) {
    return Status::bad_input("file.not-a-file", path + " is not a regular file", "give a video file", path);
  }
  if (access(path.c_str(), R_OK) != 0) return file_error("open", path);
  char* real = realpath(path.c_str(), nullptr);
  if (!real) return file_error("open", path);
  const std::string absolute = real;
  free(real);  // NOLINT: realpath's memory
  return absolute;
}

}  // namespace

Result<std::unique_ptr<FrameSource>> FrameSource::open(const std::string& uri, const CameraOptions& camera) {
  const int number = video_camera_number(uri);
  if (number < 0 && starts_with(uri, "v4l2:")) {
    return Status::usage("video.open-failed", "'" + uri + "' names no camera", "write v4l2:0 or /dev/video0",
                         uri);
  }
  std::string path;
  if (number >= 0) {
    JETLINE_RETURN_IF_ERROR(video_check_camera(number, uri));
  } else {
    JETLINE_ASSIGN_OR_RETURN(path, video_check_file(uri));
  }
  JETLINE_ASSIGN_OR_RETURN(void* const read, module_symbol("media", "jetline_media_read"));
  JETLINE_ASSIGN_OR_RETURN(void* const close, module_symbol("media", "jetline_media_close_reader"));
  JETLINE_ASSIGN_OR_RETURN(void* const open, module_symbol("media", number >= 0 ? "jetline_media_open_camera"
                                                                                : "jetline_media_open_file"));
  JetlineMediaVideoInfo info = {};
  JetlineMediaError error = {};
  void* handle = number >= 0 ? reinterpret_cast<JetlineMediaOpenCamera>(open)(
                                   number, camera.width, camera.height, camera.fps, &info, &error)
                             : reinterpret_cast<JetlineMediaOpenFile>(open)(path.c_str(), &info, &error);
  if (!handle) {
    const ErrorKind kind = number >= 0 ? ErrorKind::kMissing : ErrorKind::kBadInput;
    return Status::make(kind, error.id, uri + ": " + error.message,
                        number >= 0 ? "close other programs that use the camera"
                                    : "the file may be truncated or no video; `ffprobe` says what it holds",
                        uri);
  }
  return std::unique_ptr<FrameSource>(new ModuleFrameSource(handle, reinterpret_cast<JetlineMediaRead>(read),
                                                            reinterpret_cast<JetlineMediaCloseReader>(close),
                                                            video_info_from(info), uri));
}

bool is_camera_uri(const std::string& uri) {
  return video_camera_number(uri) >= 0;
}

bool has_video_extension(const std::string& path) {
  static constexpr std::array<const char*, 12> kKnown = {".mp4", ".avi", ".mov",  ".mkv", ".webm", ".m4v",
                                                         ".mpg", ".wmv", ".mpeg", ".ts",  ".flv",  ".mjpeg"};
  const std::string name = to_lower(path);
  for (const char* e : kKnown) {
    if (ends_with(name, e)) return true;
  }
  return false;
}

}  // namespace jetline
