// The logging seam. The library never prints: it hands each line to a sink that the program installs (the CLI
// writes to stderr; the default drops everything). The sink may be called from any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace jetline {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

using LogSink = std::function<void(LogLevel, std::string_view room, std::string_view message)>;

// Replaces the sink for the whole process; an empty function drops lines. Call before threads start.
void set_log_sink(LogSink sink);
void log(LogLevel level, std::string_view room, std::string_view message);

}  // namespace jetline
