// `jetline data synth`: the data verb registers this subcommand.
#pragma once

#include "apps/jetline/verb.h"

namespace jetline::cli {

// Declares the options on `app` (the subcommand) and returns what runs it.
VerbRun setup_data_synth(CLI::App& app, Io& io);

}  // namespace jetline::cli
