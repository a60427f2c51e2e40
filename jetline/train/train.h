// Training our detector and turning a checkpoint into ONNX. This header is what the rest of jetline sees: no
// LibTorch type appears, the heavy library stays behind libjetline_torch.so (train/torch_abi.h), loaded at
// the first call. Everything but the network's arithmetic (data, augmentation, loss, optimiser, checkpoints)
// is plain C++ in this room.
//
// Same options, data, seed and thread count give the same weights byte for byte, also across kill and resume:
// every random choice is a pure function of (seed, step, index in batch), so a checkpoint needs no generator
// state. Exception: a run bounded by `minutes` depends on how fast the machine is. Threads: train() blocks
// its caller and starts its own loader threads, which end before it returns.
//
// Ids: module.not-installed (kMissing), train.options, train.no-data, train.resume-mismatch, train.diverged,
// checkpoint.syntax, checkpoint.truncated, checkpoint.version, checkpoint.weights, export.opset,
// torch.failed, those of load_dataset and of files.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/base/progress.h"
#include "jetline/base/status.h"
#include "jetline/data/dataset.h"
#include "jetline/graph/card.h"
#include "jetline/vision/detection.h"
#include "jetline/vision/image.h"

namespace jetline {

struct ValidationFigures {
  double AP = -1, AP50 = -1;
};
// The metric as a parameter, because eval/ stands below this room: detections of image i of `truth`.
using ValidationMetric = std::function<ValidationFigures(
    const Dataset& truth, const std::vector<std::vector<Detection>>& detections)>;

// Strengths of the random changes to a training image. Zero switches one off.
struct AugmentOptions {
  double flip = 0.5;         // probability of a mirror image
  double geometry = 0.6;     // probability of zoom, stretch and shift
  double zoom = 0.4;         // scale in [1 - zoom/2, 1 + zoom]
  double aspect = 0.1;       // ratio of the axes in [1 - aspect, 1 + aspect]
  double shift = 0.1;        // of the input size, each way
  double brightness = 0.15;  // of the full range, each way
  double contrast = 0.2;
  double saturation = 0.25;
  double hue = 0.015;  // of a full turn, each way
  double blur = 0.1;   // probability
  double noise = 0.2;  // probability; deviation up to 8 levels
  double mosaic = 0;   // probability of four images in one; none in the last fifth of a run
};

struct TrainOptions {
  std::string output;             // run folder: last.ckpt, best.ckpt, curve.svg
  std::string name;               // model name for the card
  int width = 320, height = 240;  // network input, multiples of 16
  int64_t epochs = 0, steps = 0;  // exactly one of epochs, steps, minutes is positive
  double minutes = 0;
  int batch = 8;
  double lr = 2e-3;  // peak of the schedule
  double weight_decay = 0.02;
  int64_t warmup_steps = 100;
  double ema_decay = 0.998;
  uint64_t seed = 1;
  int threads = 2;  // of the network's arithmetic
  int loader_threads = 1;
  int64_t evaluate_every = 0;      // steps; 0: about ten times a run, every 25 at most
  int64_t checkpoint_every = 200;  // steps; last.ckpt
  bool resume = false;             // continue output/last.ckpt
  // Training on windows: in the first `window_part` of the steps a sample is a window of this size instead of
  // a whole picture, mostly at the network's own scale and around an object (augment.h). A step then costs
  // the window's share of the area, and sees as many objects. 0 x 0: whole pictures from the first step.
  int window_width = 0, window_height = 0;  // multiples of 16, at most the input's
  double window_part = 0.85;                // of the steps, 0..1; the rest see whole pictures
  AugmentOptions augment;
  ValidationMetric metric;                        // unset: no best checkpoint by AP, the last one is the best
  std::string size = "default";                   // network widths, see network.h
  std::map<std::string, std::string> provenance;  // carried into card and checkpoint
  int64_t kill_at_step = -1;  // for tests: the process kills itself with SIGKILL before this step
  FileSystem* fs = nullptr;   // null: the real one
};

struct TrainPoint {
  int64_t step = 0;
  double epoch = 0, loss = 0, lr = 0;
  double AP = -1, AP50 = -1;  // -1: not measured at this step
};

struct TrainResult {
  std::string checkpoint;       // output/best.ckpt
  std::string last_checkpoint;  // output/last.ckpt
  std::string curve;            // output/curve.svg
  int64_t parameters = 0, steps = 0, images = 0, validation_images = 0;
  double seconds = 0;  // of this call
  double images_per_second = 0;
  TrainPoint best;
  std::vector<TrainPoint> history;
  std::map<std::string, std::string> conditions;
};

// Trains from scratch (or resumes). `validation` may be empty. When `cancel` is set the step in hand is
// finished, last.ckpt written and Status::cancelled() returned.
Result<TrainResult> train(const Dataset& training, const Dataset& validation, const TrainOptions& options,
                          Progress& progress, CancelToken& cancel);

// Divides a data set that has no validation split: `fraction` of its images, chosen by `seed`, go to the
// second.
std::pair<Dataset, Dataset> split_for_validation(const Dataset& all, double fraction, uint64_t seed);

struct ExportOptions {
  int opset = 13;       // 11..17
  bool use_ema = true;  // the averaged weights, as evaluated
  FileSystem* fs = nullptr;
};
struct ExportResult {
  std::string output;
  int opset = 0;
  int64_t nodes = 0, parameters = 0, macs = 0;
};
// Checkpoint to ONNX: batch-norm folded, decode in the graph, card embedded. Needs no LibTorch.
Result<ExportResult> export_onnx(const std::string& checkpoint, const std::string& output,
                                 const ExportOptions& options);

// What a checkpoint says about the model; needs no LibTorch.
Result<Card> checkpoint_card(const std::string& checkpoint);

// Raw outputs of a checkpoint's network computed by LibTorch: `images` is [batch,3,H,W] float32 as the card's
// InputSpec describes; the answer [batch, N, 4 + C] is what the exported graph's output `detections` holds.
struct ForwardResult {
  std::vector<int64_t> shape;
  std::vector<float> values;
};
Result<ForwardResult> checkpoint_forward(const std::string& checkpoint, const float* images, int batch,
                                         int threads = 2);

}  // namespace jetline
