// `{out}`, `{NAME}` and `{pick N PATH}` in the texts of a stage (see config.h). Pure but for `pick`, which
// lists a folder. Ids: pipeline.placeholder, pipeline.unknown-stage, pipeline.nothing-to-pick, and those of
// list_directory.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "jetline/base/status.h"

namespace jetline {

// The folder of stage NAME ("out": the stage's own), or an error for a name that is no stage.
using StageFolder = std::function<Result<std::string>(const std::string& name)>;

// Names of the stages that `text` mentions, without "out", in order of appearance.
Result<std::vector<std::string>> placeholder_stages(std::string_view text);

// Replaces the placeholders; `{pick …}` must stand alone and gives several words, everything else gives one.
// Picked files are listed below `folder_base` (paths relative to it are what comes out).
Result<std::vector<std::string>> expand_placeholders(std::string_view text, const StageFolder& folder,
                                                     const std::string& folder_base);

// `count` of `names`, evenly spaced, first and last included when count > 1.
std::vector<std::string> pick_evenly(const std::vector<std::string>& names, size_t count);

}  // namespace jetline
