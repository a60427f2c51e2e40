// From a Verb to the CLI11 application that parses its words: the verb's own options, the flags every verb
// shares, and its examples. Used to run a verb and to list its words for shell completion.
#pragma once

#include <memory>

#include "apps/jetline/verb.h"

namespace jetline::cli {

struct VerbApp {
  std::unique_ptr<CLI::App> app;
  VerbRun run;  // after app->parse() succeeded
};
// `io` must outlive the result.
VerbApp make_verb_app(const Verb& verb, Io& io);

}  // namespace jetline::cli
