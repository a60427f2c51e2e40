// One training run, step by step: weights, averages, moments, loader and history. train() in train.cpp is a
// thin caller. One thread at a time; owns its loader threads. Ids: those of train.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jetline/base/clock.h"
#include "jetline/train/backend.h"
#include "jetline/train/checkpoint.h"
#include "jetline/train/loader.h"
#include "jetline/train/loss.h"
#include "jetline/train/optimizer.h"

namespace jetline {

class Trainer {
 public:
  // All referenced objects outlive the Trainer. `api` null: the torch module.
  Trainer(const TrainOptions& options, const Dataset& training, const Dataset& validation, Progress& progress,
          CancelToken& cancel, const jl_torch_api* api = nullptr);
  ~Trainer();

  Status run();
  TrainResult result() const;

 private:
  Status prepare();                           // caches, network, weights (fresh or resumed)
  int64_t window_steps(int64_t total) const;  // of `total`, those on windows
  Status one_step();
  Status evaluate(TrainPoint& point);
  Status after_step(double elapsed);  // history, evaluation, checkpoints
  Status save_last();
  void plan(double elapsed);  // the number of steps of a run bounded by time
  double elapsed_seconds() const;
  FileSystem& fs() const { return options_.fs ? *options_.fs : real_file_system(); }

  const TrainOptions& options_;
  const Dataset &training_, &validation_;
  Progress& progress_;
  CancelToken& cancel_;
  const jl_torch_api* api_;
  std::string last_path_, best_path_, curve_path_;
  NetSpec net_;
  ImageCache cache_, validation_cache_;
  std::unique_ptr<NetBackend> backend_;
  std::unique_ptr<BatchLoader> loader_;
  std::unique_ptr<DetectionLoss> loss_, window_loss_;  // of whole pictures, of windows
  AdamW optimizer_;
  Checkpoint state_;  // everything that is saved; the moments live in optimizer_ between saves
  std::vector<float> predictions_, gradient_, parameter_gradient_;
  double last_loss_ = 0, last_lr_ = 0;
  int64_t first_step_ = 0, evaluate_every_ = 0, point_every_ = 1;
  int64_t windows_until_ = 0, pace_step_ = 0;  // where windows end; since when the pace is measured
  double pace_elapsed_ = 0;
  int evaluations_ = 0;  // of a run bounded by time
  Nanos started_ = 0;
};

}  // namespace jetline
