// jetline fix: what it takes to make a model run on a target, done and compared.
#include "apps/jetline/this_board.h"
#include "apps/jetline/verb.h"
#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/check/report/json.h"
#include "jetline/engine/prove.h"
#include "jetline/fix/compare.h"
#include "jetline/fix/fix.h"
#include "jetline/fix/report.h"
#include "jetline/graph/inspect.h"
#include "jetline/graph/onnx_file.h"

namespace jetline::cli {
namespace {

struct FixArgs {
  std::string model, output, tail = "best";
  std::vector<std::string> toml, shapes;
  targets::TargetQuery query;
  fix::FixOptions options;
  bool no_engine = false;
};

// Both models on the CPU engine, on random inputs.
Result<fix::Difference> fix_on_cpu(const Model& before, const Model& after, Io& io) {
  fix::Difference d;
  auto pair = fix::comparable_pair(before, after);
  if (!pair.ok()) {
    d.why = pair.status().message();
    return d;
  }
  const TemporaryDirectory folder;
  const std::string a = folder.path() + "/before.onnx", b = folder.path() + "/after.onnx";
  JETLINE_RETURN_IF_ERROR(save_onnx(*pair->before, a));
  JETLINE_RETURN_IF_ERROR(save_onnx(*pair->after, b));
  ProveOptions options;
  options.runs = 2;
  options.cancel = &io.cancel();
  const Result<Proof> proof = prove_equal(a, b, options);
  if (!proof.ok()) {
    if (proof.status().kind() == ErrorKind::kCancelled) return proof.status();
    d.why = proof.status().message();
    return d;
  }
  d.compared = true;
  d.largest = proof->worst;
  for (const ProofOutput& o : proof->outputs) {
    if (o.relative >= d.largest) d.output = o.name;
  }
  return d;
}

Status fix_tail(const std::string& word, fix::Tail& tail) {
  static const std::pair<const char*, fix::Tail> kWords[] = {{"best", fix::Tail::kBest},
                                                             {"keep", fix::Tail::kKeepIfRuns},
                                                             {"cut", fix::Tail::kCut},
                                                             {"efficient-nms", fix::Tail::kEfficientNms},
                                                             {"batched-nms", fix::Tail::kBatchedNms}};
  for (const auto& [name, value] : kWords) {
    if (word == name) return tail = value, Status();
  }
  return Status::usage("fix.bad-tail", "'" + word + "' is no way to end a detector",
                       "best, keep, cut, efficient-nms or batched-nms");
}

Status run_fix(FixArgs& a, Io& io) {
  targets::Catalog catalog;
  for (const std::string& file : a.toml) {
    JETLINE_ASSIGN_OR_RETURN(const std::string text, read_file(file));
    JETLINE_RETURN_IF_ERROR(catalog.add_toml(text, file));
  }
  if (a.output.empty() && !a.options.dry_run)
    return Status::usage("fix.no-output", "no output was named", "-o FILE, or --dry-run");
  if (!a.output.empty()) JETLINE_RETURN_IF_ERROR(io.may_write(a.output));
  JETLINE_RETURN_IF_ERROR(fix_tail(a.tail, a.options.tail));
  JETLINE_ASSIGN_OR_RETURN(a.options.target,
                           targets::choose(catalog, a.query, this_board(catalog), this_jetpack(catalog)));
  for (const std::string& word : a.shapes) {
    const size_t equals = word.rfind('=');
    std::vector<int64_t> dims;
    if (equals == std::string::npos || equals == 0 || !parse_dims(word.substr(equals + 1), dims))
      return Status::usage("graph.bad-shape", "--shape wants NAME=1x3x320x320, not '" + word + "'",
                           "dimensions are numbers from 1");
    a.options.shapes[word.substr(0, equals)] = dims;
  }
  if (!a.no_engine)
    a.options.compare = [&io](const Model& before, const Model& after) {
      return fix_on_cpu(before, after, io);
    };
  LoadReport loaded;
  JETLINE_ASSIGN_OR_RETURN(auto model, load_onnx(a.model, &loaded));
  for (const std::string& n : loaded.notes) io.note("note: " + n);
  JETLINE_ASSIGN_OR_RETURN(const fix::FixReport report, fix::fix_model(*model, catalog, a.options));
  JETLINE_RETURN_IF_ERROR(catalog.status());
  const bool writes = !a.options.dry_run && (report.reached || a.options.partial);
  if (writes) JETLINE_RETURN_IF_ERROR(save_onnx(*model, a.output));
  if (io.json) {
    io.emit_json_text(fix::report_json(a.model, writes ? a.output : "", report));
  } else {
    io.print(fix::report_text(report) + (writes ? "written: " + a.output + "\n" : ""));
  }
  if (report.reached) return Status();
  return Status::negative("fix.no-way", "what is left has no rewrite: " + report.after.reason,
                          writes ? "the file holds what could be done" : "nothing was written", a.model);
}

VerbRun setup_fix(CLI::App& app, Io& io) {
  auto a = std::make_shared<FixArgs>();
  app.add_option("MODEL", a->model, "an ONNX file")->required();
  app.add_option("-o,--output", a->output, "where the fixed model goes");
  app.add_option("--board", a->query.board, "such as nano-4gb; without it the board this runs on");
  app.add_option("--jetpack", a->query.jetpack, "such as 4.6.1; without it the board's newest");
  app.add_option("--tensorrt", a->query.tensorrt, "such as 8.2, instead of a JetPack");
  app.add_option("--precision", a->query.precision, "fp32, tf32, fp16, bf16, int8, fp8 or fp4");
  app.add_flag("--dry-run", a->options.dry_run, "say what would be done, write nothing");
  app.add_flag("--simplest", a->options.simplest, "only changes without which the target is not reached");
  app.add_flag("--partial", a->options.partial, "write what could be done where something is left");
  app.add_option("--tail", a->tail, "how a detector ends: best, keep, cut, efficient-nms, batched-nms")
      ->capture_default_str();
  app.add_option("--batch", a->options.batch,
                 "a batch for inputs that leave it open, or 1:4:8 for a profile");
  app.add_option("--shape", a->shapes, "NAME=1x3x320x320: a shape for an input that leaves it open")
      ->allow_extra_args(false);
  app.add_option("--skip", a->options.skip, "leave this rewrite out; may be given several times")
      ->allow_extra_args(false);
  app.add_flag("--no-engine", a->no_engine,
               "compare each change by the evaluator, not the whole model by the CPU engine");
  app.add_option("--tolerance", a->options.tolerance,
                 "the largest relative difference that a change may make")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--toml", a->toml, "a file with boards and rules of your own; may be given several times")
      ->allow_extra_args(false);
  return [a, &io] { return run_fix(*a, io); };
}

}  // namespace

extern const Verb kFixVerb;
const Verb kFixVerb = {"fix", "make a model run on a board: each change named, made and compared",
                       "  jetline fix model.onnx --board nano-4gb --jetpack 4.6.1 -o nano.onnx\n"
                       "  jetline fix model.onnx --tensorrt 8.2 --dry-run",
                       setup_fix};

}  // namespace jetline::cli
