// The list of subcommands, in the order of `jetline --help`. A new verb is one file and one line here.
#include "apps/jetline/verbs.h"

namespace jetline::cli {

extern const Verb kDoctorVerb;

const std::vector<const Verb*>& all_verbs() {
  static const std::vector<const Verb*> kVerbs = {
      &kDoctorVerb,
  };
  return kVerbs;
}

}  // namespace jetline::cli
