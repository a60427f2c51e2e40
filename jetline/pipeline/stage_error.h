// From what a stage's process did to a Status or its JSON, and small text helpers. For this room only.
// Ids: pipeline.stage-timeout, pipeline.stage-failed, pipeline.stage-output, and the id the stage itself
// reported.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "jetline/base/subprocess.h"

namespace jetline {

// OK for exit code 0; else the stage's own error (kind from the exit code, id and hint from its --json
// output).
Status stage_status(const std::string& stage, const ProcessSpec& spec, const ProcessResult& result);
// The JSON a successful stage printed: an object, or a list (detect's COCO results).
Result<nlohmann::ordered_json> stage_result(const std::string& stage, const ProcessResult& result);

// The words as one line that a shell reads back as these words.
std::string shell_line(const std::vector<std::string>& argv);
std::string last_lines(const std::string& text, size_t count);

}  // namespace jetline
