// The subcommands of `jetline data`; each declares its options and returns what runs it.
#pragma once

#include "apps/jetline/verb.h"
#include "jetline/data/dataset.h"

namespace jetline::cli {

VerbRun setup_data_inspect(CLI::App& app, Io& io);
VerbRun setup_data_convert(CLI::App& app, Io& io);
VerbRun setup_data_split(CLI::App& app, Io& io);
VerbRun setup_data_doctor(CLI::App& app, Io& io);

// --format, --labels, --classes, --skip-missing.
void add_data_options(CLI::App& app, DatasetOptions& options);

}  // namespace jetline::cli
