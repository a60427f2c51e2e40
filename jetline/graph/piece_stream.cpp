#include "jetline/graph/piece_stream.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace jetline {
namespace {

constexpr int64_t kStreamBlock = int64_t{512} << 10;      // bytes computed at a time, where the grain allows
constexpr int64_t kStreamLargest = int64_t{4} << 20;      // a larger grain is not kept
constexpr int64_t kStreamThreadsFrom = int64_t{2} << 20;  // less work is done by the writing thread alone
constexpr size_t kStreamSmall = size_t{64} << 10;
constexpr unsigned kStreamThreads = 4;  // with the writing one; the disk's cache takes no more

// The blocks of all deferred pieces, and who has got how far with them.
class BlockStream {
 public:
  explicit BlockStream(const std::vector<StreamPiece>& pieces) {
    int64_t total = 0, largest = 0;
    for (const StreamPiece& p : pieces) {
      if (!p.later) continue;
      const int64_t grain = p.later->grain(), size = p.later->size();
      int64_t step = grain < kStreamBlock ? kStreamBlock / grain * grain : grain;
      if (step > kStreamLargest) step = kStreamBlock;
      for (int64_t at = 0; at < size; at += step) blocks_.push_back({p.later, at, std::min(step, size - at)});
      total += size;
      largest = std::max(largest, std::min(step, size));
    }
    unsigned threads = 1;
    if (total >= kStreamThreadsFrom) {
      threads = std::min(kStreamThreads, std::max(1u, std::thread::hardware_concurrency()));
    }
    slots_.resize(std::min<size_t>(blocks_.size(), 2 * threads));
    for (auto& s : slots_) s.reset(new uint8_t[static_cast<size_t>(largest)]);
    try {
      for (unsigned i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {  // no thread to be had: this one does it
    }
  }

  ~BlockStream() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      next_ = blocks_.size();
    }
    changed_.notify_all();
    for (std::thread& t : workers_) t.join();
  }

  // The next block in order, computed. Valid until the next call.
  ByteView take() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (taken_ > 0) {
      written_ = taken_;
      changed_.notify_all();
    }
    const size_t mine = taken_++;
    while (!blocks_[mine].done) {
      if (claimable()) {
        compute(lock);
      } else {
        changed_.wait(lock);
      }
    }
    return {slot(mine), static_cast<size_t>(blocks_[mine].n)};
  }

 private:
  struct Block {
    const DeferredBytes* from;
    int64_t at, n;
    bool done = false;
  };

  uint8_t* slot(size_t block) const { return slots_[block % slots_.size()].get(); }
  bool claimable() const { return next_ < blocks_.size() && next_ < written_ + slots_.size(); }
  void compute(std::unique_lock<std::mutex>& lock) {
    const size_t i = next_++;
    lock.unlock();
    Block& b = blocks_[i];
    b.from->read(b.at, slot(i), b.n);
    lock.lock();
    b.done = true;
    changed_.notify_all();
  }
  void work() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (next_ < blocks_.size()) {
      if (claimable()) {
        compute(lock);
      } else {
        changed_.wait(lock);
      }
    }
  }

  std::vector<Block> blocks_;
  std::vector<std::unique_ptr<uint8_t[]>> slots_;  // a ring
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t next_ = 0;     // the first block that nobody works on
  size_t taken_ = 0;    // blocks handed out
  size_t written_ = 0;  // of these, so many may be overwritten
  std::vector<std::thread> workers_;
};

}  // namespace

Status append_pieces(AtomicFile& file, const std::vector<StreamPiece>& pieces) {
  BlockStream blocks(pieces);
  std::vector<uint8_t> small;  // short pieces in a row go out together
  const auto flush = [&]() -> Status {
    const Status s = file.append(ByteView(small.data(), small.size()));
    small.clear();
    return s;
  };
  for (const StreamPiece& p : pieces) {
    if (!p.later && p.bytes.size() < kStreamSmall) {
      small.insert(small.end(), p.bytes.begin(), p.bytes.end());
      if (small.size() >= kStreamSmall) JETLINE_RETURN_IF_ERROR(flush());
      continue;
    }
    if (!small.empty()) JETLINE_RETURN_IF_ERROR(flush());
    if (!p.later) {
      JETLINE_RETURN_IF_ERROR(file.append(p.bytes));
      continue;
    }
    for (int64_t left = p.later->size(); left > 0;) {
      const ByteView block = blocks.take();
      JETLINE_RETURN_IF_ERROR(file.append(block));
      left -= static_cast<int64_t>(block.size());
    }
  }
  return small.empty() ? Status() : flush();
}

}  // namespace jetline
