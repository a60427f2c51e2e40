// jetline build: ONNX to a TensorRT plan of this machine, proved right after.
#include <cmath>

#include "apps/jetline/this_board.h"
#include "apps/jetline/verb.h"
#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/check/check.h"
#include "jetline/engine/plan/build_plan.h"
#include "jetline/engine/plan/plan_check.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/vision/detector.h"

namespace jetline::cli {
namespace {

struct BuildArgs {
  BuildPlanRequest request;
  std::vector<std::string> shapes;
  std::string workspace, card;
  bool rebuild = false, no_check = false, no_verify = false;
  targets::TargetQuery query;
};

// "NAME=1x3x320x320" or "NAME=MIN:OPT:MAX".
Status build_shape(const std::string& word, std::map<std::string, ShapeRange>& shapes) {
  const size_t equals = word.rfind('=');
  const auto wrong = [&] {
    return Status::usage("build.shape",
                         "--shapes wants NAME=1x3x320x320 or NAME=MIN:OPT:MAX, not '" + word + "'",
                         "dimensions are numbers from 1");
  };
  if (equals == std::string::npos || equals == 0) return wrong();
  const std::vector<std::string> parts = split(word.substr(equals + 1), ':');
  std::vector<std::vector<int64_t>> dims(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!parse_dims(parts[i], dims[i])) return wrong();
  }
  if (parts.size() != 1 && parts.size() != 3) return wrong();
  ShapeRange& r = shapes[word.substr(0, equals)];
  r.min = dims.front();
  r.opt = parts.size() == 3 ? dims[1] : dims[0];
  r.max = dims.back();
  return Status();
}

// "256M", "1G", or mebibytes.
Status build_workspace(const std::string& word, int64_t& bytes) {
  if (word.empty()) return Status();
  const char unit = word.back();
  const int shift = unit == 'G' || unit == 'g' ? 30 : 20;
  const bool has_unit = unit == 'G' || unit == 'g' || unit == 'M' || unit == 'm';
  int64_t n = 0;
  if (!parse_int(has_unit ? word.substr(0, word.size() - 1) : word, n) || n < 1 || n > (int64_t{1} << 20)) {
    return Status::usage("engine.unknown-option",
                         "--workspace wants mebibytes, such as 256, 256M or 1G, not '" + word + "'", "");
  }
  bytes = n << shift;
  return Status();
}

// What `jetline check` would say for this board; nothing where no table knows the machine.
Status build_check_first(const BuildArgs& a, Io& io) {
  targets::Catalog catalog;
  const targets::Board* here = this_board(catalog);
  if (!here && a.query.board.empty()) return Status();
  targets::TargetQuery query = a.query;
  query.precision = a.request.options.precision;
  query.strongly_typed = a.request.options.strongly_typed;
  query.dla = a.request.options.dla_core >= 0;
  JETLINE_ASSIGN_OR_RETURN(const targets::Target target, targets::choose(catalog, query, here));
  JETLINE_ASSIGN_OR_RETURN(const auto model, load_onnx(a.request.model));
  check::Checker checker(*model, catalog);
  const check::Report report = checker.check(target);
  JETLINE_RETURN_IF_ERROR(catalog.status());
  using check::Verdict;
  if (is_yes(report.verdict) || report.verdict == Verdict::kUnknown) return Status();
  if (report.verdict == Verdict::kWrongNumbers) {
    io.note("warning: " + report.reason);
    return Status();
  }
  return Status::negative("build.check", a.request.model + " will not build here: " + report.reason,
                          "jetline check " + a.request.model + " says more; --no-check tries all the same");
}

nlohmann::ordered_json build_json(const BuildArgs& a, const BuildPlanResult& r) {
  const PlanRecord& p = r.record;
  nlohmann::ordered_json j;
  j["plan"] = a.request.output;
  j["model"] = a.request.model;
  j["bytes"] = p.bytes;
  j["sha256"] = p.sha256;
  j["tensorrt"] = p.host.tensorrt;
  j["gpu"] = p.host.gpu;
  j["compute_capability"] = p.host.compute_capability;
  j["precision"] = p.precision;
  j["strongly_typed"] = p.strongly_typed;
  j["level"] = p.level;
  j["workspace"] = p.workspace;
  j["build_seconds"] = std::round(p.build_seconds * 1000) / 1000;
  j["attempts"] = p.attempts;
  j["layers"] = p.layers.size();
  j["notes"] = r.notes;
  nlohmann::ordered_json v;
  v["done"] = r.proof.done;
  if (!r.proof.done) v["why_not"] = r.proof.why_not;
  if (r.proof.done) {
    v["samples"] = r.proof.samples;
    v["stored"] = r.proof.stored;
    // JSON has no infinity: shapes that differ, or one side not finite.
    v["worst"] =
        std::isfinite(r.proof.worst) ? nlohmann::ordered_json(r.proof.worst) : nlohmann::ordered_json();
    v["tolerance"] = r.proof.tolerance;
    v["outputs"] = nlohmann::ordered_json::array();
    for (const PlanProofOutput& o : r.proof.outputs)
      v["outputs"].push_back({{"name", o.name}, {"max_abs", o.max_abs}, {"relative", o.relative}});
    v["reference"] = r.proof.reference_conditions;
    v["conditions"] = r.proof.plan_conditions;
  }
  j["verified"] = v;
  return j;
}

void build_print(const BuildArgs& a, const BuildPlanResult& r, Io& io) {
  const PlanRecord& p = r.record;
  char line[160];
  std::snprintf(line, sizeof line, "%s: %s, %zu layers, built in %.1f s\n", a.request.output.c_str(),
                human_bytes(static_cast<double>(p.bytes)).c_str(), p.layers.size(), p.build_seconds);
  io.print(line);
  io.print("for: TensorRT " + p.host.tensorrt + ", " + p.host.gpu + " (compute capability " +
           p.host.compute_capability + "), precision " + p.precision + "\n");
  if (!r.proof.done) {
    io.print("verified: no (" + r.proof.why_not + ")\n");
    return;
  }
  Table table({"output", "largest difference>", "relative>"});
  for (const PlanProofOutput& o : r.proof.outputs) {
    char abs[32], rel[32];
    std::snprintf(abs, sizeof abs, "%.3g", o.max_abs);
    std::snprintf(rel, sizeof rel, "%.3g", o.relative);
    table.row({o.name, abs, rel});
  }
  io.print(table.str());
}

Status run_build(BuildArgs& a, Io& io) {
  BuildPlanRequest& q = a.request;
  q.prove = !a.no_verify;
  if (q.output.empty()) q.output = join_path(parent_path(q.model), file_stem(q.model) + ".plan");
  if (!a.rebuild) {
    JETLINE_RETURN_IF_ERROR(io.may_write(q.output));
    JETLINE_RETURN_IF_ERROR(io.may_write(plan_record_path(q.output)));
  }
  JETLINE_RETURN_IF_ERROR(build_workspace(a.workspace, q.options.workspace));
  for (const std::string& word : a.shapes) JETLINE_RETURN_IF_ERROR(build_shape(word, q.options.shapes));
  if (!a.no_check) JETLINE_RETURN_IF_ERROR(build_check_first(a, io));
  // A detector's head is recognised by its graph, which a plan no longer shows.
  DetectorOptions detector;
  detector.card_path = a.card;
  const auto card = resolve_card(q.model, detector);
  if (card.ok()) {
    q.card = card_to_json(*card);
  } else if (!a.card.empty()) {
    return card.status();
  }
  JETLINE_ASSIGN_OR_RETURN(const BuildPlanResult r, build_plan(q, io.progress(), io.cancel()));
  for (const std::string& n : r.notes) io.note("note: " + n);
  if (io.json) {
    io.emit_json(build_json(a, r));
  } else {
    build_print(a, r, io);
  }
  if (r.proof.done && !(r.proof.worst <= r.proof.tolerance)) {
    char text[160];
    std::snprintf(text, sizeof text, "%s gives other numbers than the model: %.3g relative, allowed are %.3g",
                  q.output.c_str(), r.proof.worst, r.proof.tolerance);
    return Status::negative("build.differs", text, "do not use this plan; jetline verify finds the layer");
  }
  return Status();
}

VerbRun setup_build(CLI::App& app, Io& io) {
  auto a = std::make_shared<BuildArgs>();
  BuildPlanRequest& q = a->request;
  PlanBuildOptions& o = q.options;
  app.add_option("MODEL", q.model, "an ONNX file")->required();
  app.add_option("-o,--output", q.output,
                 "the plan; its record goes beside it as PLAN.json (else NAME.plan)");
  app.add_option("--precision", o.precision, "fp32, tf32 or fp16")->capture_default_str();
  app.add_flag("--strongly-typed", o.strongly_typed, "types as the model has them (TensorRT 10 and later)");
  app.add_option("--workspace", a->workspace, "most temporary GPU memory, in MiB or like 256M, 1G");
  app.add_option("--level", o.level, "builder optimisation level (TensorRT 8.6 and later)")
      ->check(CLI::Range(0, 5));
  app.add_option("--timing-cache", o.timing_cache, "file that carries timings from build to build");
  app.add_option("--shapes", a->shapes,
                 "NAME=1x3x320x320 for an input that leaves it open, or NAME=MIN:OPT:MAX")
      ->allow_extra_args(false);
  app.add_option("--card", a->card, "sidecar card, TOML (else NAME.card.toml beside the model)");
  app.add_option("--device", o.device, "which GPU")->capture_default_str();
  app.add_option("--dla", o.dla_core, "run on this DLA core, layers it cannot do on the GPU");
  app.add_flag("--version-compatible", o.version_compatible,
               "a plan for other minor releases too (8.6 and later)");
  app.add_flag("--hardware-compatible", o.hardware_compatible,
               "a plan for Ampere and later GPUs (8.6 and later)");
  app.add_option("--samples", q.samples, "folder with inputs.npz and outputs.npz to verify with");
  app.add_option("--tolerance", q.tolerance,
                 "largest relative difference (else 0.001, at lower precision 0.02)");
  app.add_option("--reference", q.reference.engine, "engine to verify against")->capture_default_str();
  app.add_flag("--no-verify", a->no_verify, "do not run the plan after building it");
  app.add_flag("--no-check", a->no_check, "build without asking the tables first");
  app.add_flag("--rebuild", a->rebuild, "replace a plan that is there");
  app.add_option("--board", a->query.board, "the board to check for, instead of this one");
  return [a, &io] { return run_build(*a, io); };
}

}  // namespace

extern const Verb kBuildVerb;
const Verb kBuildVerb = {"build", "build a TensorRT plan for this machine and verify it",
                         "  jetline build can.onnx -o can.plan --precision fp16\n"
                         "  jetline build ssd.onnx --shapes images=1x3x300x300 --timing-cache times.cache",
                         setup_build};

}  // namespace jetline::cli
