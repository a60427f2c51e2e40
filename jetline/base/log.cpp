#include "jetline/base/log.h"

#include <memory>
#include <mutex>

namespace jetline {
namespace {
std::mutex& sink_mutex() {
  static std::mutex* const m = new std::mutex();
  return *m;
}
std::shared_ptr<LogSink>& sink_slot() {
  static auto* const slot = new std::shared_ptr<LogSink>();
  return *slot;
}
}  // namespace

void set_log_sink(LogSink sink) {
  std::lock_guard<std::mutex> lock(sink_mutex());
  sink_slot() = sink ? std::make_shared<LogSink>(std::move(sink)) : nullptr;
}

void log(LogLevel level, std::string_view room, std::string_view message) {
  std::shared_ptr<LogSink> sink;
  {
    std::lock_guard<std::mutex> lock(sink_mutex());
    sink = sink_slot();
  }
  if (sink) (*sink)(level, room, message);
}

}  // namespace jetline
