// The list of subcommands, in the order of `jetline --help`. A new verb is one file and one line here.
#include "apps/jetline/verbs.h"

namespace jetline::cli {

extern const Verb kBenchVerb;
extern const Verb kBuildVerb;
extern const Verb kCheckVerb;
extern const Verb kTargetsVerb;
extern const Verb kConvertVerb;
extern const Verb kCutVerb;
extern const Verb kDataVerb;
extern const Verb kDetectVerb;
extern const Verb kDriveVerb;
extern const Verb kEvalVerb;
extern const Verb kDoctorVerb;
extern const Verb kExtractVerb;
extern const Verb kFixVerb;
extern const Verb kGraphVerb;
extern const Verb kInferVerb;
extern const Verb kInspectVerb;
extern const Verb kMergePreprocessVerb;
extern const Verb kOptimizeVerb;
extern const Verb kCompletionVerb;
extern const Verb kRunVerb;
extern const Verb kExportVerb;
extern const Verb kTrainVerb;
extern const Verb kRenameVerb;
extern const Verb kSetBatchVerb;
extern const Verb kSetOpsetVerb;
extern const Verb kVerifyVerb;

const std::vector<const Verb*>& all_verbs() {
  static const std::vector<const Verb*> kVerbs = {
      &kRunVerb,
      &kDoctorVerb,
      &kDataVerb,
      &kTrainVerb,
      &kExportVerb,
      &kConvertVerb,
      &kVerifyVerb,
      &kEvalVerb,
      &kDetectVerb,
      &kDriveVerb,
      &kBuildVerb,
      &kBenchVerb,
      &kInferVerb,
      &kInspectVerb,
      &kCheckVerb,
      &kFixVerb,
      &kTargetsVerb,
      &kOptimizeVerb,
      &kGraphVerb,
      &kExtractVerb,
      &kCutVerb,
      &kRenameVerb,
      &kSetBatchVerb,
      &kSetOpsetVerb,
      &kMergePreprocessVerb,
      &kCompletionVerb,
  };
  return kVerbs;
}

}  // namespace jetline::cli
