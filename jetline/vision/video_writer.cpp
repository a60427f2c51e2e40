// VideoWriter over the media module: a temporary name until the file is complete and was read back.
#include <unistd.h>

#include <atomic>
#include <cmath>

#include "jetline/base/module.h"
#include "jetline/vision/image_io.h"
#include "jetline/vision/media/media_api.h"
#include "jetline/vision/video.h"

namespace jetline {
namespace {

// The encoder chooses the container by the extension, so the temporary name keeps it.
std::string video_temporary_name(const std::string& path, const std::string& extension) {
  static std::atomic<int> serial{0};
  return join_path(parent_path(path), "." + file_stem(path) + ".part-" + std::to_string(getpid()) + "-" +
                                          std::to_string(serial.fetch_add(1)) + extension);
}

struct VideoWriterEntries {
  JetlineMediaCreateFile create;
  JetlineMediaWrite write;
  JetlineMediaCloseWriter close;
};

class ModuleVideoWriter : public VideoWriter {
 public:
  ModuleVideoWriter(FileSystem& fs, std::string path, std::string temporary, int width, int height,
                    const VideoWriterEntries& entries, void* handle)
      : fs_(fs),
        path_(std::move(path)),
        temporary_(std::move(temporary)),
        width_(width),
        height_(height),
        entries_(entries),
        handle_(handle) {}

  ~ModuleVideoWriter() override {
    close();
    if (!done_) (void)fs_.remove(temporary_);
  }

  Status write(const ImageView& frame) override {
    if (!handle_) return Status::usage("video.write-failed", "a frame was written after the end of " + path_);
    if (frame.width != width_ || frame.height != height_) {
      return Status::usage("video.frame-size",
                           "a frame of " + std::to_string(frame.width) + " x " +
                               std::to_string(frame.height) + " does not fit the video of " +
                               std::to_string(width_) + " x " + std::to_string(height_),
                           "all frames of a video have one size", path_);
    }
    JetlineMediaError error = {};
    if (!entries_.write(handle_, frame.data, frame.stride, channels_of(frame.format),
                        frame.format == PixelFormat::kBGR, &error)) {
      return Status::bad_input(error.id, path_ + ": " + error.message, "", path_);
    }
    ++frames_;
    return Status();
  }

  Status finish() override {
    if (!handle_) return Status::usage("video.write-failed", path_ + " was finished before");
    close();
    JETLINE_RETURN_IF_ERROR(check());
    JETLINE_RETURN_IF_ERROR(fs_.rename(temporary_, path_));
    done_ = true;
    return Status();
  }
  int64_t frames() const override { return frames_; }

 private:
  void close() {
    if (handle_) entries_.close(handle_);
    handle_ = nullptr;
  }

  // The encoder reports no failed write (a full disk), so the finished file is opened as a reader would.
  Status check() const {
    const char* hint = "is the disk full?";
    if (frames_ == 0) {
      return Status::bad_input("video.write-failed", "no frame was written to " + path_,
                               "a video needs a frame", path_);
    }
    auto source = FrameSource::open(temporary_);
    Image frame;
    auto first = source.ok() ? source.value()->next(frame) : Result<bool>(source.status());
    if (!first.ok() || !first.value()) {
      return Status::bad_input("video.write-failed", path_ + " cannot be read back", hint, path_);
    }
    const int64_t held = source.value()->info().frames;
    if (held > 0 && held < frames_) {
      return Status::bad_input(
          "video.write-failed",
          path_ + " holds " + std::to_string(held) + " of " + std::to_string(frames_) + " frames", hint,
          path_);
    }
    return Status();
  }

  FileSystem& fs_;
  std::string path_, temporary_;
  int width_, height_;
  VideoWriterEntries entries_;
  void* handle_;
  int64_t frames_ = 0;
  bool done_ = false;
};

}  // namespace

Result<std::unique_ptr<VideoWriter>> VideoWriter::create(const std::string& path, int width, int height,
                                                         double fps, FileSystem& fs) {
  const std::string extension = file_extension_lower(path);
  if (extension != ".mp4" && extension != ".avi") {
    return Status::usage("video.unknown-format", "videos cannot be written as '" + extension + "'",
                         "use a name that ends in .mp4 or .avi", path);
  }
  if (width < 2 || height < 2 || width > 16384 || height > 16384 || !(fps > 0) || fps > 1000) {
    return Status::usage("video.frame-size",
                         "a video of " + std::to_string(width) + " x " + std::to_string(height) + " at " +
                             std::to_string(fps) + " frames a second cannot be written",
                         "sides from 2 to 16384 and up to 1000 frames a second are possible", path);
  }
  VideoWriterEntries entries;
  JETLINE_ASSIGN_OR_RETURN(void* const create, module_symbol("media", "jetline_media_create_file"));
  JETLINE_ASSIGN_OR_RETURN(void* const write, module_symbol("media", "jetline_media_write"));
  JETLINE_ASSIGN_OR_RETURN(void* const close, module_symbol("media", "jetline_media_close_writer"));
  entries.create = reinterpret_cast<JetlineMediaCreateFile>(create);
  entries.write = reinterpret_cast<JetlineMediaWrite>(write);
  entries.close = reinterpret_cast<JetlineMediaCloseWriter>(close);

  // Created through the seam first: a missing folder or a lack of rights is told in its own words.
  const std::string temporary = video_temporary_name(path, extension);
  {
    JETLINE_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file, fs.create(temporary));
    JETLINE_RETURN_IF_ERROR(file->close());
  }
  JetlineMediaError error = {};
  // Odd sides lose a pixel: both codecs store colour at half the size.
  void* handle = entries.create(temporary.c_str(), extension.c_str(), width & ~1, height & ~1, fps, &error);
  if (!handle) {
    (void)fs.remove(temporary);
    return Status::bad_input("video.write-failed", path + ": " + error.message,
                             "try the other of .mp4 and .avi", path);
  }
  return std::unique_ptr<VideoWriter>(
      new ModuleVideoWriter(fs, path, temporary, width, height, entries, handle));
}

}  // namespace jetline
