// jetline set-batch: another batch size, fixed or open.
#include "apps/jetline/surgery_files.h"
#include "apps/jetline/verb.h"
#include "jetline/base/strings.h"
#include "jetline/surgery/set_batch.h"

namespace jetline::cli {
namespace {

struct SetBatchArgs {
  SurgeryFiles files;
  std::string batch;
  std::vector<std::string> inputs;
  bool prove = false;
  double tolerance = 1e-5;
};

nlohmann::ordered_json set_batch_json(const SetBatchArgs& a, const surgery::SetBatchResult& r,
                                      const std::vector<std::string>& notes, const double* worst) {
  nlohmann::ordered_json j;
  j["model"] = a.files.model;
  j["output"] = a.files.output;
  j["batch_before"] = r.before;
  j["batch"] = a.batch;
  j["batched_inputs"] = r.batched_inputs;
  j["inputs"] = surgery_ports_json(r.inputs);
  j["outputs"] = surgery_ports_json(r.outputs);
  j["patches"] = nlohmann::ordered_json::array();
  for (const auto& p : r.patches) j["patches"].push_back({{"node", p.node}, {"op", p.op}, {"what", p.what}});
  j["notes"] = notes;
  j["proof"] = nullptr;
  if (worst) j["proof"] = {{"worst", *worst}, {"tolerance", a.tolerance}};
  return j;
}

Status run_set_batch(const SetBatchArgs& a, Io& io) {
  surgery::SetBatchOptions options;
  options.inputs = a.inputs;
  int64_t number = 0;
  if (parse_int(a.batch, number)) {
    if (number < 1) return Status::usage("usage.options", "a batch has at least one picture, not " + a.batch);
    options.size = number;
  } else {
    options.name = a.batch;
  }
  JETLINE_ASSIGN_OR_RETURN(auto model, surgery_load(a.files, io));
  JETLINE_ASSIGN_OR_RETURN(const surgery::SetBatchResult r, surgery::set_batch(*model, options));
  double worst = 0;
  if (a.prove) {
    JETLINE_ASSIGN_OR_RETURN(worst, surgery::prove_batch(*model, r));
    if (!(worst <= a.tolerance)) {
      return Status::negative(
          "surgery.batch-differs",
          "with the new batch the outputs differ by " + std::to_string(worst) + " of their range",
          "nothing was written", a.files.model);
    }
  }
  std::vector<std::string> notes = r.notes;
  JETLINE_RETURN_IF_ERROR(surgery_save(*r.model, a.files, notes));
  if (io.json) {
    io.emit_json(set_batch_json(a, r, notes, a.prove ? &worst : nullptr));
    return Status();
  }
  for (const std::string& n : notes) io.note("note: " + n);
  std::string out = surgery_ports_text("input    ", r.inputs) + surgery_ports_text("output   ", r.outputs);
  for (const auto& p : r.patches) out += "patched  " + p.op + " " + p.node + ": " + p.what + "\n";
  if (a.prove) {
    char text[64];
    std::snprintf(text, sizeof text, "%.3g", worst);
    out += std::string("proven   largest difference ") + text + " of the range\n";
  }
  io.print(out + "written: " + a.files.output + "\n");
  return Status();
}

VerbRun setup_set_batch(CLI::App& app, Io& io) {
  auto a = std::make_shared<SetBatchArgs>();
  surgery_options(app, a->files);
  app.add_option("BATCH", a->batch, "a number of pictures, or a name for an open batch")->required();
  app.add_option("--input", a->inputs,
                 "an input with a batch axis, where not all of rank 2 and more have one")
      ->allow_extra_args(false);
  app.add_flag("--prove", a->prove, "run both models on random pictures with the reference evaluator");
  app.add_option("--tolerance", a->tolerance, "largest relative difference that --prove accepts")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  return [a, &io] { return run_set_batch(*a, io); };
}

}  // namespace

extern const Verb kSetBatchVerb;
const Verb kSetBatchVerb = {"set-batch", "another batch size: a number, or a name that leaves it open",
                            "  jetline set-batch model.onnx 4 -o four.onnx\n"
                            "  jetline set-batch model.onnx batch -o open.onnx --prove",
                            setup_set_batch};

}  // namespace jetline::cli
