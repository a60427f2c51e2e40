// The options that every verb with a detector shares: engine, head, card, thresholds.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "jetline/base/status.h"
#include "jetline/vision/detector.h"

namespace jetline::cli {

struct DetectorFlags {
  DetectorOptions options;
  std::string size;         // "WxH"
  std::string labels_file;  // one label a line
  bool throughput = false, latency = false;

  void add_to(CLI::App& app);
  // Translates the flags; `many` pictures make throughput the default mode.
  Result<DetectorOptions> resolve(bool many) const;
};

}  // namespace jetline::cli
