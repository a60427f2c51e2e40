// jetline cut: end or begin a model at a place.
#include "apps/jetline/surgery_files.h"
#include "apps/jetline/verb.h"
#include "jetline/base/strings.h"
#include "jetline/surgery/cut.h"

namespace jetline::cli {
namespace {

struct CutArgs {
  SurgeryFiles files;
  surgery::CutOptions options;
};

Status run_cut(const CutArgs& a, Io& io) {
  if (a.options.before.empty() && a.options.after.empty()) {
    return Status::usage("usage.options", "cut needs --before or --after", "see jetline cut --help");
  }
  JETLINE_ASSIGN_OR_RETURN(auto model, surgery_load(a.files, io));
  JETLINE_ASSIGN_OR_RETURN(surgery::CutModel cut, surgery::cut(*model, a.options));
  JETLINE_RETURN_IF_ERROR(surgery_save(*cut.model, a.files, cut.notes));
  surgery_report(cut, a.files, io);
  return Status();
}

VerbRun setup_cut(CLI::App& app, Io& io) {
  auto a = std::make_shared<CutArgs>();
  surgery_options(app, a->files);
  app.add_option("--before", a->options.before,
                 "end the model in front of this node or tensor: what it reads become the outputs; names, "
                 "op:TYPE, lists with commas")
      ->allow_extra_args(false);
  app.add_option("--after", a->options.after,
                 "end the model behind this node: what it gives become the outputs")
      ->allow_extra_args(false);
  app.add_flag("--upstream", a->options.upstream,
               "remove what lies in front of the cut instead of what lies behind");
  app.add_option("--keep", a->options.keep, "an output of the model to keep; may be given several times")
      ->allow_extra_args(false);
  app.add_flag("--keep-outputs", a->options.keep_outputs, "keep every output that does not need what goes");
  return [a, &io] { return run_cut(*a, io); };
}

}  // namespace

extern const Verb kCutVerb;
const Verb kCutVerb = {"cut", "end or begin a model at a node or tensor, for instance before its NMS",
                       "  jetline cut detector.onnx --before op:NonMaxSuppression -o raw.onnx\n"
                       "  jetline cut model.onnx --after stem --upstream -o rest.onnx",
                       setup_cut};

}  // namespace jetline::cli
