// jetline extract: the part of a model between two sets of tensors.
#include "apps/jetline/surgery_files.h"
#include "apps/jetline/verb.h"

namespace jetline::cli {
namespace {

struct ExtractArgs {
  SurgeryFiles files;
  surgery::ExtractOptions options;
};

Status run_extract(const ExtractArgs& a, Io& io) {
  JETLINE_ASSIGN_OR_RETURN(auto model, surgery_load(a.files, io));
  JETLINE_ASSIGN_OR_RETURN(surgery::CutModel cut, surgery::extract(*model, a.options));
  JETLINE_RETURN_IF_ERROR(surgery_save(*cut.model, a.files, cut.notes));
  surgery_report(cut, a.files, io);
  return Status();
}

VerbRun setup_extract(CLI::App& app, Io& io) {
  auto a = std::make_shared<ExtractArgs>();
  surgery_options(app, a->files);
  app.add_option("--from", a->options.from,
                 "tensors that become the inputs, or nodes to begin with: names, op:TYPE, lists with commas; "
                 "without it the model's inputs")
      ->allow_extra_args(false);
  app.add_option("--to", a->options.to,
                 "tensors that become the outputs, or nodes to end with; without it the model's outputs")
      ->allow_extra_args(false);
  app.add_flag("--complete", a->options.complete,
               "where --from does not cut every path, take the other tensors that are needed as inputs too");
  return [a, &io] { return run_extract(*a, io); };
}

}  // namespace

extern const Verb kExtractVerb;
const Verb kExtractVerb = {"extract", "the part of a model between two sets of tensors",
                           "  jetline extract model.onnx --to conv5 -o backbone.onnx\n"
                           "  jetline extract model.onnx --from features --to boxes,scores -o head.onnx",
                           setup_extract};

}  // namespace jetline::cli
