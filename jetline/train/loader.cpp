#include "jetline/train/loader.h"

#include <numeric>

namespace jetline {

size_t Deck::at(int64_t n) {
  const int64_t epoch = n / static_cast<int64_t>(count_);
  if (epoch != epoch_) {
    epoch_ = epoch;
    order_.resize(count_);
    std::iota(order_.begin(), order_.end(), 0u);
    Random(seed_).fork(0x6465636b).fork(static_cast<uint64_t>(epoch)).shuffle(order_);
  }
  return order_[static_cast<size_t>(n % static_cast<int64_t>(count_))];
}

BatchLoader::BatchLoader(const ImageCache& cache, const InputSpec& spec, const AugmentOptions& augment,
                         const LoaderOptions& options, int64_t first_step, int64_t mosaic_until)
    : cache_(cache),
      spec_(spec),
      augment_(augment),
      options_(options),
      mosaic_until_(mosaic_until),
      windows_until_(options.windows_until),
      next_make_(first_step),
      next_take_(first_step) {
  // One more than the threads: the batch handed out stays untouched while the others are filled.
  slots_.resize(static_cast<size_t>(options.threads) + 2);
  ready_.assign(slots_.size(), false);
  for (int t = 0; t < options.threads; ++t) threads_.emplace_back([this] { work(); });
}

BatchLoader::~BatchLoader() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (std::thread& t : threads_) t.join();
}

const Batch& BatchLoader::next() {
  std::unique_lock<std::mutex> lock(mutex_);
  const int64_t step = next_take_++;
  changed_.notify_all();  // the slot handed out before is free now
  const size_t slot = static_cast<size_t>(step) % slots_.size();
  changed_.wait(lock, [&] { return ready_[slot] && slots_[slot].step == step; });
  return slots_[slot];
}

void BatchLoader::work() {
  Augmenter augmenter(cache_.images(), spec_, augment_);
  Deck deck(options_.seed, cache_.images().size());
  std::unique_lock<std::mutex> lock(mutex_);
  const auto size = static_cast<int64_t>(slots_.size());
  while (true) {
    // Step s may overwrite the slot of s - size, which is free once the taker has moved past it.
    changed_.wait(lock, [&] { return stop_ || next_make_ - size < next_take_ - 1; });
    if (stop_) return;
    const int64_t step = next_make_++;
    const size_t slot = static_cast<size_t>(step) % slots_.size();
    ready_[slot] = false;
    lock.unlock();
    make(step, augmenter, deck, slots_[slot]);
    lock.lock();
    ready_[slot] = true;
    changed_.notify_all();
  }
}

void BatchLoader::make(int64_t step, Augmenter& augmenter, Deck& deck, Batch& batch) const {
  const bool window = options_.window_width > 0 && step < windows_until_;
  batch.width = window ? options_.window_width : spec_.width;
  batch.height = window ? options_.window_height : spec_.height;
  const size_t values = size_t{3} * static_cast<size_t>(batch.width) * static_cast<size_t>(batch.height);
  batch.step = step;
  batch.images.resize(values * static_cast<size_t>(options_.batch));
  batch.truths.resize(static_cast<size_t>(options_.batch));
  const Random root = Random(options_.seed).fork(0x61756720);
  for (int i = 0; i < options_.batch; ++i) {
    const int64_t n = step * options_.batch + i;
    Random random = root.fork(static_cast<uint64_t>(n));
    float* out = batch.images.data() + values * static_cast<size_t>(i);
    std::vector<TrainBox>& boxes = batch.truths[static_cast<size_t>(i)];
    if (window) {
      augmenter.run_window(deck.at(n), batch.width, batch.height, random, out, boxes);
    } else {
      augmenter.run(deck.at(n), step < mosaic_until_, random, out, boxes);
    }
  }
}

}  // namespace jetline
