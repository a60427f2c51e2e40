#include "apps/jetline/verb_app.h"

namespace jetline::cli {

VerbApp make_verb_app(const Verb& verb, Io& io) {
  VerbApp v;
  v.app = std::make_unique<CLI::App>(verb.summary, std::string("jetline ") + verb.name);
  v.app->footer(std::string("examples:\n") + verb.examples);
  v.app->add_flag("--json", io.json, "one JSON object on stdout and nothing else");
  v.app->add_flag("--quiet", io.quiet, "no notes and no progress on stderr");
  v.app->add_flag("--force", io.force, "overwrite outputs that are there already");
  v.app->fallthrough();
  v.run = verb.setup(*v.app, io);
  for (CLI::App* sub : v.app->get_subcommands({})) sub->fallthrough();
  return v;
}

}  // namespace jetline::cli
