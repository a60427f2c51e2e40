// The list of subcommands, in the order of `jetline --help`. A new verb is one file and one line here.
#include "apps/jetline/verbs.h"

namespace jetline::cli {

extern const Verb kBenchVerb;
extern const Verb kDetectVerb;
extern const Verb kDoctorVerb;
extern const Verb kInferVerb;
extern const Verb kRunVerb;

const std::vector<const Verb*>& all_verbs() {
  static const std::vector<const Verb*> kVerbs = {
      &kRunVerb,
      &kDoctorVerb,
      &kDetectVerb,
      &kBenchVerb,
      &kInferVerb,
  };
  return kVerbs;
}

}  // namespace jetline::cli
