// Moving pictures: video files and V4L2 cameras in, .mp4 and .avi files out, through libjetline_media.so,
// which is loaded when the first stream is opened. Frames are RGB Images. The fakes that tests and the
// simulator use are in fake_frame_source.h.
//
// Ownership: a stream owns its device or file until destroyed. Threads: one thread at a time per stream.
// Ids: those of files.h and module.h, video.open-failed, video.no-camera, video.camera-busy,
// video.read-failed (a camera that went away or a broken file), video.unknown-format, video.frame-size,
// video.write-failed.
#pragma once

#include <memory>
#include <string>

#include "jetline/base/clock.h"
#include "jetline/base/files.h"
#include "jetline/base/status.h"
#include "jetline/vision/image.h"

namespace jetline {

struct VideoInfo {
  int width = 0, height = 0;
  double fps = 0;           // 0: unknown
  int64_t frames = 0;       // 0: unknown or endless (cameras)
  bool live = false;        // a camera: frames come in their own time and are lost when not fetched
  std::string description;  // "V4L2", "FFMPEG h264"
};

struct FrameInfo {
  int64_t index = 0;    // 0 for the first frame; a camera's counts fetched frames
  Nanos timestamp = 0;  // files: position in the stream; cameras: when the frame was fetched, real_clock()
};

struct CameraOptions {
  int width = 0, height = 0;  // 0: as the camera likes
  double fps = 0;
};

class FrameSource {
 public:
  virtual ~FrameSource() = default;
  // "file.mp4", "/dev/video0" or "v4l2:0". `camera` is ignored for files.
  static Result<std::unique_ptr<FrameSource>> open(const std::string& uri, const CameraOptions& camera = {});

  // Fills `frame` and returns true; false at the end of the stream. `info` may be null. A camera blocks until
  // the next frame is there.
  virtual Result<bool> next(Image& frame, FrameInfo* info = nullptr) = 0;
  virtual VideoInfo info() const = 0;
};

// Names that open() takes for a camera, and extensions of video files. Look at the name only.
bool is_camera_uri(const std::string& uri);
bool has_video_extension(const std::string& path);

// Writes under a temporary name in the same folder; finish() completes the file, checks that it can be read
// again and renames it. Without finish() the destructor removes the temporary file.
class VideoWriter {
 public:
  virtual ~VideoWriter() = default;
  // .mp4 (H.264 where FFmpeg can encode it, else MPEG-4 part 2) or .avi (motion JPEG) by the extension. Sides
  // must be even for .mp4: an odd side is cut by one pixel. fps > 0.
  static Result<std::unique_ptr<VideoWriter>> create(const std::string& path, int width, int height,
                                                     double fps, FileSystem& fs = real_file_system());
  // Every frame has the size given to create(); any PixelFormat.
  virtual Status write(const ImageView& frame) = 0;
  virtual Status finish() = 0;  // call once
  virtual int64_t frames() const = 0;
};

}  // namespace jetline
