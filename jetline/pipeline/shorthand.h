// The usual stages as tables of jetline.toml: which keys each takes and how it becomes a general stage. One
// row of the table in shorthand.cpp is one kind. For this room only. Ids: pipeline.field,
// pipeline.unknown-key.
#pragma once

#include <toml++/toml.h>
#include <string>
#include <vector>

#include "jetline/base/status.h"
#include "jetline/pipeline/config.h"

namespace jetline {

// Names of the kinds, in the order in which they run.
std::vector<std::string> shorthand_names();

// Appends the stages that the tables of `root` named after kinds describe.
Status read_shorthands(const toml::table& root, const std::string& file, std::vector<StageSpec>& stages);

}  // namespace jetline
