// Detection over many pictures: the work behind `jetline detect`. Still images are decoded on several threads
// while the network runs; videos are read ahead of it. Results keep the order of the inputs whatever the
// threads do.
//
// Stills: `detectors` clones run side by side (as many as the engine says keep the device busy), each image
// is decoded, detected and, where asked, drawn and saved by one worker. Videos: one reader thread, the rest
// in order. An unreadable picture is listed and skipped (or ends the run when `strict`); a cancelled run
// keeps and writes what is finished.
//
// Ids: detect.no-input, detect.output (an output that does not fit the inputs), detect.skipped (some pictures
// could not be read), file.exists, those of the image, video and engine seams. Threads: call from one thread;
// the functions given are called from one thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/base/progress.h"
#include "jetline/base/status.h"
#include "jetline/vision/detect_inputs.h"
#include "jetline/vision/detect_results.h"
#include "jetline/vision/detector.h"
#include "jetline/vision/video.h"

namespace jetline {

struct DetectRunOptions {
  std::vector<std::string> inputs;
  // NAME.json: COCO results. NAME.mp4 or .avi: annotated video of the one video or camera. An image name: the
  // annotated picture of the one still. Anything else: a folder for annotated pictures and videos.
  std::vector<std::string> outputs;
  bool strict = false;
  bool force = false;           // outputs may be overwritten; an input never is
  bool ids_from_names = false;  // image ids are the numbers in the file names (COCO's naming)
  int64_t max_frames = 0;       // of each video or camera; 0: all
  FileSystem* fs = &real_file_system();
  // How streams are opened; tests give their own.
  std::function<Result<std::unique_ptr<FrameSource>>(const std::string&)> open_stream;
  // Called after each picture, in completion order.
  std::function<void(const DetectedImage&)> on_image;
};

struct SkippedImage {
  std::string path;
  Status why;
};

struct DetectReport {
  std::vector<DetectedImage> images;  // in input order; skipped ones are absent
  std::vector<SkippedImage> skipped;
  std::vector<std::string> written;  // files that appeared
  StageTimes sum;                    // over all pictures
  bool cancelled = false;
  // OK, detect.skipped (kNegative), or cancelled.
  Status status() const;
};

// An error only when nothing useful can be said (usage, outputs, engine, strict); else a report, whose
// status() gives the exit code.
Result<DetectReport> run_detect(Detector& detector, const DetectRunOptions& options,
                                Progress* progress = nullptr, CancelToken* cancel = nullptr);

}  // namespace jetline
