// TrackableObjectGraph of a checkpoint (tensorflow/core/protobuf/trackable_object_graph.proto). Threads:
// plain function.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "jetline/base/span.h"

namespace jetline::tf {

// Full name of a variable -> its key; nothing where several variables have the name. Stops at what is broken.
void read_full_names(ByteView object_graph, std::unordered_map<std::string, std::optional<std::string>>& out);

}  // namespace jetline::tf
