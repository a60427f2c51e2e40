// jetline optimize: the same model with less in it.
#include <filesystem>

#include "apps/jetline/verb.h"
#include "jetline/base/strings.h"
#include "jetline/engine/prove.h"
#include "jetline/graph/infer.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/graph/validate.h"
#include "jetline/passes/optimize.h"

namespace jetline::cli {
namespace {

struct OptimizeArgs {
  std::string model, output;
  passes::OptimizeOptions passes;
  std::vector<std::string> shapes;
  bool exact = false, prove = false, keep_external = false, int32 = false;
  double tolerance = 1e-5;
};

struct OptimizeSummary {
  passes::OptimizeReport report;
  bool proven = false;
  Proof proof;
  OnnxSaveReport saved;
  int64_t bytes_before = 0, bytes_after = 0;  // with their data files
};

nlohmann::ordered_json optimize_json(const OptimizeArgs& a, const OptimizeSummary& s) {
  nlohmann::ordered_json j;
  j["model"] = a.model;
  j["output"] = a.output;
  j["nodes_before"] = s.report.nodes_before;
  j["nodes_after"] = s.report.nodes_after;
  j["transposes_before"] = s.report.transposes_before;
  j["transposes_after"] = s.report.transposes_after;
  j["bytes_before"] = s.bytes_before;
  j["bytes_after"] = s.bytes_after;
  j["bytes_kept_external"] = s.saved.kept_bytes;
  j["rounds"] = s.report.rounds;
  j["at_rest"] = s.report.at_rest;
  j["passes"] = nlohmann::ordered_json::array();
  for (const auto& p : s.report.passes) {
    j["passes"].push_back(
        {{"name", p.name}, {"changes", p.changes}, {"runs", p.runs}, {"ms", p.seconds * 1e3}});
  }
  j["proof"] = nullptr;
  if (s.proven) {
    nlohmann::ordered_json outputs = nlohmann::ordered_json::array();
    for (const ProofOutput& d : s.proof.outputs) {
      outputs.push_back({{"name", d.name}, {"max_abs", d.max_abs}, {"relative", d.relative}});
    }
    j["proof"] = {{"worst", s.proof.worst},
                  {"tolerance", a.tolerance},
                  {"outputs", std::move(outputs)},
                  {"conditions", s.proof.conditions}};
  }
  return j;
}

std::string optimize_figure(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", v);
  return text;
}

void optimize_print(Io& io, const OptimizeArgs& a, const OptimizeSummary& s) {
  Table table({"pass", "changes>", "ms>"});
  for (const auto& p : s.report.passes) {
    if (p.changes > 0) table.row({p.name, std::to_string(p.changes), optimize_figure(p.seconds * 1e3)});
  }
  std::string out = table.str();
  out += "\nnodes       " + std::to_string(s.report.nodes_before) + " -> " +
         std::to_string(s.report.nodes_after) + "\n";
  out += "transposes  " + std::to_string(s.report.transposes_before) + " -> " +
         std::to_string(s.report.transposes_after) + "\n";
  out += "size        " + human_bytes(static_cast<double>(s.bytes_before)) + " -> " +
         human_bytes(static_cast<double>(s.bytes_after)) + "\n";
  if (s.proven) {
    Table proof({"output", "largest difference>", "relative>"});
    for (const ProofOutput& d : s.proof.outputs) {
      proof.row({d.name, optimize_figure(d.max_abs), optimize_figure(d.relative)});
    }
    out += "\n" + proof.str();
  }
  out += "written: " + a.output + "\n";
  io.print(out);
  if (!s.report.at_rest) io.note("note: stopped after " + std::to_string(s.report.rounds) + " rounds");
}

Status run_optimize(const OptimizeArgs& a, Io& io) {
  JETLINE_RETURN_IF_ERROR(io.may_write(a.output));
  OptimizeSummary s;
  passes::OptimizeOptions options = a.passes;
  options.reorder_arithmetic = !a.exact;
  if (a.int32) options.also.push_back("narrow-integers");
  LoadReport loaded;
  JETLINE_ASSIGN_OR_RETURN(auto model, load_onnx(a.model, &loaded));
  for (const std::string& n : loaded.notes) io.note("note: " + n);
  infer_shapes(*model);
  const Status sound = check_nodes(*model);
  if (!sound.ok()) return sound.at(a.model);
  JETLINE_RETURN_IF_ERROR(passes::optimize(*model, options, &s.report));
  OnnxSaveOptions save;
  save.keep_external = a.keep_external;
  JETLINE_RETURN_IF_ERROR(save_onnx(*model, a.output, real_file_system(), save, &s.saved));
  std::error_code ignored;
  s.bytes_before = static_cast<int64_t>(std::filesystem::file_size(a.model, ignored)) + loaded.external_bytes;
  s.bytes_after = s.saved.file_bytes + s.saved.external_bytes + s.saved.kept_bytes;
  if (a.prove) {
    ProveOptions prove;
    for (const std::string& text : a.shapes) {
      JETLINE_RETURN_IF_ERROR(parse_shape_option(text, prove.engine.shapes));
    }
    prove.cancel = &io.cancel();
    JETLINE_ASSIGN_OR_RETURN(s.proof, prove_equal(a.model, a.output, prove));
    s.proven = true;
  }
  if (io.json) {
    io.emit_json(optimize_json(a, s));
  } else {
    optimize_print(io, a, s);
  }
  if (s.proven && !(s.proof.worst <= a.tolerance)) {
    return Status::negative("optimize.differs",
                            "the outputs differ by " + optimize_figure(s.proof.worst) + " of their range",
                            "--exact leaves out the passes that reorder arithmetic", a.output);
  }
  return Status();
}

VerbRun setup_optimize(CLI::App& app, Io& io) {
  auto a = std::make_shared<OptimizeArgs>();
  app.add_option("MODEL", a->model, "an ONNX file")->required();
  app.add_option("-o,--output", a->output, "where the optimised model goes")->required();
  app.add_option("--only", a->passes.only, "run only this pass; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--skip", a->passes.skip, "leave this pass out; may be given several times")
      ->allow_extra_args(false);
  app.add_flag("--exact", a->exact, "only passes that leave every number exactly as it is");
  app.add_flag("--int32", a->int32, "compute indices in int32 where they are known to fit");
  app.add_flag("--keep-external", a->keep_external,
               "weights in files beside the model stay there where they are not changed");
  app.add_option("--unroll", a->passes.unroll_nodes,
                 "a Loop of known turns becomes at most this many nodes; one turn always is unrolled")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--prove", a->prove, "run both models on random inputs and print how far they differ");
  app.add_option("--shape", a->shapes,
                 "NAME=1x3x320x320: a shape for an input that leaves it open, for --prove")
      ->allow_extra_args(false);
  app.add_option("--tolerance", a->tolerance, "largest relative difference that --prove accepts")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  return [a, &io] { return run_optimize(*a, io); };
}

}  // namespace

extern const Verb kOptimizeVerb;
const Verb kOptimizeVerb = {"optimize", "the same model with fewer nodes and transposes",
                            "  jetline optimize model.onnx -o small.onnx\n"
                            "  jetline optimize model.onnx -o small.onnx --prove --json",
                            setup_optimize};

}  // namespace jetline::cli
