// Turns an episode into a picture (top view with the path, camera frames with detections) and a video. Frames
// for the picture are thinned out while they come, so that memory stays bounded for any length.
//
// Threads: the DriveObserver's. Errors that happen while driving are kept and returned by finish(). Ids:
// those of image_io.h and video.h.
#pragma once

#include <memory>
#include <string>

#include "jetline/sim/drive.h"
#include "jetline/sim/top_view.h"
#include "jetline/vision/video.h"

namespace jetline::sim {

class DriveRecorder : public DriveObserver {
 public:
  // Either path may be empty. The video is opened at once, so that a missing codec is known before the drive.
  static Result<std::unique_ptr<DriveRecorder>> create(const std::string& picture, const std::string& video,
                                                       FileSystem& fs = real_file_system());
  void on_start(const Episode& episode, const Lens& lens) override;
  void on_frame(const Image& image, const std::vector<Detection>& detections, const Pose2& pose,
                const char* state, Nanos time) override;
  void on_end(const EpisodeResult& result, const std::vector<Pose2>& path) override;
  // Writes the picture and completes the video.
  Status finish();

 private:
  struct Shot {
    Image image;
    std::string state;
    Pose2 pose;
    Nanos time = 0;
    bool detected = false;
  };
  DriveRecorder(std::string picture, FileSystem& fs) : picture_path_(std::move(picture)), fs_(fs) {}
  void keep_shot(const Image& image, bool detected, const Pose2& pose, const char* state, Nanos time);
  Image compose_picture() const;

  std::string picture_path_;
  FileSystem& fs_;
  std::unique_ptr<VideoWriter> video_;
  std::unique_ptr<TopView> large_, small_;
  Lens lens_;
  Image marked_, canvas_, plan_;
  std::vector<Pose2> trail_, path_;
  std::vector<Shot> shots_;
  int64_t frames_ = 0, every_ = 1;
  EpisodeResult result_;
  bool ended_ = false;
  Status status_;
};

}  // namespace jetline::sim
