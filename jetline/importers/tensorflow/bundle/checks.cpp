#include "jetline/importers/tensorflow/bundle/checks.h"

#include <system_error>

#include "jetline/base/hash.h"
#include "jetline/importers/tensorflow/bundle/table.h"

namespace jetline::tf {

uint32_t stored_crc(ByteView bytes) {
  return masked_crc(crc32c(bytes));
}

ChecksumQueue::~ChecksumQueue() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
    items_.clear();
  }
  changed_.notify_all();
  if (worker_.joinable()) worker_.join();
}

void ChecksumQueue::add(std::string name, ByteView bytes, uint32_t stored) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    items_.push_back({std::move(name), bytes, stored, added_++});
  }
  if (!worker_.joinable()) {
    try {
      worker_ = std::thread([this] { work(); });
    } catch (const std::system_error&) {  // no thread to be had: wrong() does it all
    }
  }
  changed_.notify_all();
}

void ChecksumQueue::take_one(std::unique_lock<std::mutex>& lock) {
  const Item item = std::move(items_.front());
  items_.pop_front();
  ++running_;
  lock.unlock();
  const bool fits = stored_crc(item.bytes) == item.stored;
  lock.lock();
  --running_;
  if (!fits && (wrong_.empty() || item.number < wrong_number_)) {
    wrong_ = item.name;
    wrong_number_ = item.number;
  }
  changed_.notify_all();
}

void ChecksumQueue::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stop_) {
    if (items_.empty()) {
      changed_.wait(lock);
    } else {
      take_one(lock);
    }
  }
}

std::string ChecksumQueue::wrong() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!items_.empty() || running_ > 0) {
    if (items_.empty()) {
      changed_.wait(lock);
    } else {
      take_one(lock);
    }
  }
  return wrong_;
}

}  // namespace jetline::tf
