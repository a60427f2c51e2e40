// What a path that is no SavedModel holds, and what its owner can do about it. Threads: plain function.
#pragma once

#include <string>

#include "jetline/base/status.h"

namespace jetline::tf {

// tf.not-a-saved-model with a hint that fits, or file.not-found.
Status not_a_saved_model(const std::string& path);

}  // namespace jetline::tf
