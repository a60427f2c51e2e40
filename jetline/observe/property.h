// Observable values with scoped lifetimes. A subscriber holds a Connection; when that dies, the callback is
// gone, and disconnecting waits until a call in flight on another thread has returned, so that a callback
// never runs after its owner is destroyed. link() copies one property into another for as long as its
// Connection lives.
//
// Rules: set() stores the value, then calls the subscribers on the setting thread, in the order of
// subscription, without holding the property's lock, so that a callback may read, set or (dis)connect. A
// callback that throws is counted and skipped; the setter and the other callbacks do not notice. Setting an
// equal value calls nobody. Two-way links end by themselves, because the second set() finds an equal value. A
// subscriber is never called with a value older than one it was called with: when a callback sets the
// property again, those after it hear of the newer value only.
//
// Threads: everything may be called from any thread. A callback that disconnects itself does not wait for
// itself.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace jetline {

// Move-only handle of one subscription. Safe to outlive the property.
class [[nodiscard]] Connection {
 public:
  struct Slot {
    virtual ~Slot() = default;
    virtual void disconnect() = 0;
    virtual bool connected() const = 0;
  };
  Connection() = default;
  explicit Connection(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) {}
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&& o) noexcept {
    if (this != &o) {
      disconnect();
      slot_ = std::move(o.slot_);
    }
    return *this;
  }
  ~Connection() { disconnect(); }
  void disconnect() {
    if (slot_) slot_->disconnect();
    slot_.reset();
  }
  bool connected() const { return slot_ && slot_->connected(); }

 private:
  std::shared_ptr<Slot> slot_;
};

template <typename T>
class Property {
 public:
  using Callback = std::function<void(const T&)>;

  explicit Property(T value = T()) : value_(std::move(value)) {}
  Property(const Property&) = delete;
  Property& operator=(const Property&) = delete;

  T get() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return value_;
  }

  void set(T value) {
    std::vector<std::shared_ptr<Subscriber>> now;
    uint64_t version = 0;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (value_ == value) return;
      value_ = value;
      version = ++version_;
      now = live();
    }
    for (const auto& s : now) {
      if (!s->call(value, version)) failures_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  // Calls `callback` at every change from now on; with `at_once` also now, with the present value.
  Connection observe(Callback callback, bool at_once = false) {
    auto s = std::make_shared<Subscriber>(std::move(callback));
    T value;
    uint64_t version = 0;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      subscribers_ = live();
      subscribers_.push_back(s);
      value = value_;
      version = version_;
    }
    if (at_once && !s->call(value, version)) failures_.fetch_add(1, std::memory_order_relaxed);
    return Connection(s);
  }

  size_t observers() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return live().size();
  }
  // Callbacks that threw since the property was made.
  int64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  class Subscriber : public Connection::Slot {
   public:
    explicit Subscriber(Callback c) : callback_(std::move(c)) {}
    // No lock is held while the callback runs, so that properties linked both ways cannot wait for each
    // other.
    bool call(const T& value, uint64_t version) {
      const std::thread::id me = std::this_thread::get_id();
      {
        std::lock_guard<std::mutex> lock(mutex_);
        if (!connected_ || version < told_) return true;
        told_ = version;
        running_.push_back(me);
      }
      bool ok = true;
      try {
        callback_(value);
      } catch (...) {
        ok = false;
      }
      std::lock_guard<std::mutex> lock(mutex_);
      running_.erase(std::find(running_.begin(), running_.end(), me));
      returned_.notify_all();
      return ok;
    }
    void disconnect() override {
      std::unique_lock<std::mutex> lock(mutex_);
      connected_ = false;
      // Waits for calls in flight on other threads; those of this thread are its own callers.
      const std::thread::id me = std::this_thread::get_id();
      returned_.wait(lock, [&] {
        return std::all_of(running_.begin(), running_.end(), [&](std::thread::id id) { return id == me; });
      });
    }
    bool connected() const override {
      std::lock_guard<std::mutex> lock(mutex_);
      return connected_;
    }

   private:
    Callback callback_;
    mutable std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::thread::id> running_;  // threads inside the callback
    bool connected_ = true;
    uint64_t told_ = 0;  // version of the newest value it was called with
  };

  std::vector<std::shared_ptr<Subscriber>> live() const {
    std::vector<std::shared_ptr<Subscriber>> out;
    for (const auto& s : subscribers_) {
      if (s->connected()) out.push_back(s);
    }
    return out;
  }

  mutable std::mutex mutex_;
  T value_;
  uint64_t version_ = 0;
  std::vector<std::shared_ptr<Subscriber>> subscribers_;
  std::atomic<int64_t> failures_{0};
};

// Copies `from` into `to`, now and at every change, through `transform`. `to` must outlive the Connection.
template <typename A, typename B, typename Transform>
Connection link(Property<A>& from, Property<B>& to, Transform transform) {
  return from.observe([&to, transform](const A& v) { to.set(transform(v)); }, true);
}
template <typename T>
Connection link(Property<T>& from, Property<T>& to) {
  return link(from, to, [](const T& v) { return v; });
}

}  // namespace jetline
