// Batches of augmented pictures, made ahead of time by threads of its own. What batch `step` holds depends on
// nothing but (seed, step): the pictures are dealt from one shuffled deck an epoch, and each sample has its
// own stream of random numbers. So any number of threads gives the same batches, and a resumed run goes on
// exactly.
//
// Threads: next() from one thread; the destructor stops and joins the loader threads.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "jetline/train/augment.h"

namespace jetline {

struct Batch {
  int64_t step = -1;
  int width = 0, height = 0;  // of each sample: the input's, or a window's
  std::vector<float> images;  // batch x height x width x 3
  std::vector<std::vector<TrainBox>> truths;
};

struct LoaderOptions {
  int batch = 16;
  uint64_t seed = 1;
  int threads = 1;
  int window_width = 0, window_height = 0;  // of the samples before step `windows_until`
  int64_t windows_until = 0;
};

// Index of sample `n` (counted over the whole run) among `count` pictures.
class Deck {
 public:
  Deck(uint64_t seed, size_t count) : seed_(seed), count_(count) {}
  size_t at(int64_t n);

 private:
  uint64_t seed_;
  size_t count_;
  int64_t epoch_ = -1;
  std::vector<uint32_t> order_;
};

class BatchLoader {
 public:
  BatchLoader(const ImageCache& cache, const InputSpec& spec, const AugmentOptions& augment,
              const LoaderOptions& options, int64_t first_step, int64_t mosaic_until);
  ~BatchLoader();
  // The batch of the next step; valid until the next call.
  const Batch& next();
  // Batches of step `step` and later come without mosaic. Exact for batches not yet begun.
  void stop_mosaic_at(int64_t step) { mosaic_until_ = step; }
  // Likewise whole pictures instead of windows.
  void stop_windows_at(int64_t step) { windows_until_ = step; }

 private:
  void work();
  void make(int64_t step, Augmenter& augmenter, Deck& deck, Batch& batch) const;

  const ImageCache& cache_;
  const InputSpec spec_;
  const AugmentOptions augment_;
  const LoaderOptions options_;
  std::atomic<int64_t> mosaic_until_, windows_until_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Batch> slots_;  // batch of step s lives in slot s % size
  std::vector<bool> ready_;
  int64_t next_make_, next_take_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace jetline
