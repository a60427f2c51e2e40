// Checksums computed beside the conversion, by a thread of its own: hundreds of megabytes of weights are checked
// while the graph that uses them is read.
//
// Threads: one caller; the views must outlive the object.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "jetline/base/span.h"
#include "jetline/base/status.h"

namespace jetline::tf {

// CRC-32C as LevelDB and TensorFlow store it.
uint32_t stored_crc(ByteView bytes);

class ChecksumQueue {
 public:
  ~ChecksumQueue();
  void add(std::string name, ByteView bytes, uint32_t stored);
  // Waits for all that was added, and helps. The first that did not fit, in the order of adding; "" if all did.
  std::string wrong();

 private:
  struct Item {
    std::string name;
    ByteView bytes;
    uint32_t stored;
    size_t number;
  };
  void take_one(std::unique_lock<std::mutex>& lock);
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  size_t added_ = 0, running_ = 0, wrong_number_ = 0;
  std::string wrong_;
  bool stop_ = false;
  std::thread worker_;
};

}  // namespace jetline::tf
