#include "jetline/sim/recorder.h"

#include <algorithm>
#include <cmath>

#include "jetline/vision/image_io.h"

namespace jetline::sim {
namespace {

constexpr size_t kMaxShots = 48;
constexpr int kPlanSize = 800, kShotWidth = 512, kShotHeight = 384, kMargin = 24, kTitle = 64;
constexpr int kVideoWidth = 1120, kVideoHeight = 480;
constexpr Rgb kPathColor{20, 110, 235}, kRobotColor{16, 76, 170}, kTargetColor{235, 60, 30}, kInk{36, 40, 48};

void fill_all(Image& image, Rgb c) {
  fill_rectangle(image, {0, 0, static_cast<float>(image.width()), static_cast<float>(image.height())}, c);
}

// Bilinear resize; enough for a strip of small pictures.
Image resized(const Image& in, int w, int h) {
  Image out(w, h, in.format());
  for (int y = 0; y < h; ++y) {
    const float v = std::max(
        (static_cast<float>(y) + 0.5f) * static_cast<float>(in.height()) / static_cast<float>(h) - 0.5f,
        0.0f);
    const int y0 = static_cast<int>(v), y1 = std::min(y0 + 1, in.height() - 1);
    for (int x = 0; x < w; ++x) {
      const float u = std::max(
          (static_cast<float>(x) + 0.5f) * static_cast<float>(in.width()) / static_cast<float>(w) - 0.5f,
          0.0f);
      const int x0 = static_cast<int>(u), x1 = std::min(x0 + 1, in.width() - 1);
      const float fx = u - static_cast<float>(x0), fy = v - static_cast<float>(y0);
      for (int c = 0; c < in.channels(); ++c) {
        const float top = mixf(in.at(x0, y0)[c], in.at(x1, y0)[c], fx),
                    low = mixf(in.at(x0, y1)[c], in.at(x1, y1)[c], fx);
        out.at(x, y)[c] = static_cast<uint8_t>(mixf(top, low, fy) + 0.5f);
      }
    }
  }
  return out;
}

std::string text_of(const char* format, double value) {
  char text[96];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

double half_view_of(const Lens& lens) {
  return lens.bearing(lens.width, lens.cy);
}

}  // namespace

Result<std::unique_ptr<DriveRecorder>> DriveRecorder::create(const std::string& picture,
                                                             const std::string& video, FileSystem& fs) {
  std::unique_ptr<DriveRecorder> r(new DriveRecorder(picture, fs));
  if (!video.empty()) {
    JETLINE_ASSIGN_OR_RETURN(r->video_, VideoWriter::create(video, kVideoWidth, kVideoHeight, 30, fs));
  }
  return r;
}

void DriveRecorder::on_start(const Episode& episode, const Lens& lens) {
  lens_ = lens;
  large_ = std::make_unique<TopView>(episode, kPlanSize);
  small_ = std::make_unique<TopView>(episode, kVideoHeight);
}

void DriveRecorder::keep_shot(const Image& image, bool detected, const Pose2& pose, const char* state,
                              Nanos time) {
  if (frames_ % every_ != 0) return;
  if (shots_.size() == kMaxShots) {
    for (size_t i = 1; i < kMaxShots / 2; ++i) shots_[i] = std::move(shots_[2 * i]);
    shots_.resize(kMaxShots / 2);
    every_ *= 2;
    if (frames_ % every_ != 0) return;
  }
  Shot s;
  s.image = image;
  s.state = state;
  s.pose = pose;
  s.time = time;
  s.detected = detected;
  shots_.push_back(std::move(s));
}

void DriveRecorder::on_frame(const Image& image, const std::vector<Detection>& detections, const Pose2& pose,
                             const char* state, Nanos time) {
  marked_ = image;
  DrawOptions options;
  options.thickness = 3;
  options.text_height = 14;
  draw_detections(marked_, detections, {"can"}, options);
  if (!picture_path_.empty()) keep_shot(marked_, !detections.empty(), pose, state, time);
  ++frames_;
  if (trail_.empty() || std::hypot(pose.x - trail_.back().x, pose.y - trail_.back().y) > 0.01)
    trail_.push_back(pose);
  if (!video_ || !status_.ok()) return;
  plan_ = small_->room();
  small_->draw_view(plan_, pose, half_view_of(lens_), 1.2, {255, 255, 255});
  small_->draw_path(plan_, trail_, kPathColor);
  small_->draw_target(plan_, kTargetColor);
  small_->draw_robot(plan_, pose, kRobotColor);
  canvas_.resize(kVideoWidth, kVideoHeight);
  paste(canvas_, marked_, 0, 0);
  paste(canvas_, plan_, 640, 0);
  draw_label(canvas_, 12, 12, text_of("%.1f s  ", static_cast<double>(time) / kSecond) + state, 14, kInk);
  // 30 pictures a second of the episode's time: frames that the detector left out are filled with this one.
  do {
    status_ = video_->write(canvas_);
  } while (status_.ok() && video_->frames() * kSecond < time * 30);
}

void DriveRecorder::on_end(const EpisodeResult& result, const std::vector<Pose2>& path) {
  result_ = result;
  path_ = path;
  ended_ = true;
}

Image DriveRecorder::compose_picture() const {
  const int width = kPlanSize + 2 * kShotWidth + 4 * kMargin, height = kTitle + kPlanSize + kMargin;
  Image out(width, height);
  fill_all(out, {250, 250, 251});
  char title[160];
  std::snprintf(title, sizeof title,
                "find the can: %s after %.1f s, %.2f m in front of it   (seed %llu, start %.2f m away at "
                "%.0f degrees, %d distractors)",
                result_.outcome.c_str(), result_.seconds, result_.distance_m,
                static_cast<unsigned long long>(result_.seed), result_.start_distance_m,
                result_.start_bearing_deg, result_.distractors);
  draw_text(out, kMargin, 22, title, 17, kInk);

  Image plan = large_->room();
  if (!path_.empty()) {
    large_->draw_view(plan, path_.back(), half_view_of(lens_), 0.8, {255, 255, 255});
    large_->draw_path(plan, path_, kPathColor);
    large_->draw_target(plan, kTargetColor);
    large_->draw_robot(plan, path_.front(), {120, 130, 145});
    large_->draw_robot(plan, path_.back(), kRobotColor);
  }
  paste(out, plan, kMargin, kTitle);
  if (shots_.empty()) return out;

  // Four moments: the start, the first sight of it, half of the way from there, the end.
  size_t first = 0;
  while (first + 1 < shots_.size() && !shots_[first].detected) ++first;
  const size_t last = shots_.size() - 1;
  const size_t picks[4] = {0, first == 0 ? last / 3 : first, first + (last - first) * 6 / 10, last};
  for (int i = 0; i < 4; ++i) {
    const Shot& s = shots_[picks[i]];
    Image small = resized(s.image, kShotWidth, kShotHeight);
    draw_label(small, 10, 10, text_of("%.1f s  ", static_cast<double>(s.time) / kSecond) + s.state, 12, kInk);
    const int x = kPlanSize + 2 * kMargin + (i % 2) * (kShotWidth + kMargin);
    const int y = kTitle + (i / 2) * (kPlanSize - kShotHeight);
    paste(out, small, x, y);
  }
  return out;
}

Status DriveRecorder::finish() {
  JETLINE_RETURN_IF_ERROR(status_);
  if (!ended_) return Status();
  if (!picture_path_.empty()) JETLINE_RETURN_IF_ERROR(save_image(picture_path_, compose_picture(), fs_));
  return video_ ? video_->finish() : Status();
}

}  // namespace jetline::sim
