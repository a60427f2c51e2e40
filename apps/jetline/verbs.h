// The subcommands of the program.
#pragma once

#include <vector>

#include "apps/jetline/verb.h"

namespace jetline::cli {

const std::vector<const Verb*>& all_verbs();

}  // namespace jetline::cli
