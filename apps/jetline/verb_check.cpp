// jetline check: will it run on that board?
#include <sys/ioctl.h>
#include <unistd.h>

#include "apps/jetline/this_board.h"
#include "apps/jetline/verb.h"
#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/check/check.h"
#include "jetline/check/diff.h"
#include "jetline/check/explain.h"
#include "jetline/check/report/json.h"
#include "jetline/check/report/text.h"
#include "jetline/graph/inspect.h"
#include "jetline/graph/onnx_file.h"

namespace jetline::cli {
namespace {

struct CheckArgs {
  std::string model, explain, sarif;
  std::vector<std::string> diff, toml, shapes;
  targets::TargetQuery query;
  bool all = false;
  size_t nodes = 4;
};

check::TextStyle check_style(const CheckArgs& a, const Io& io) {
  check::TextStyle style;
  style.color = io.color;
  style.nodes = a.nodes;
  winsize size = {};
  if (isatty(1) && ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
    style.width = std::min<size_t>(size.ws_col, 140);
  return style;
}

Result<std::unique_ptr<Model>> check_load(const std::string& path, const CheckArgs& a, Io& io) {
  LoadReport loaded;
  JETLINE_ASSIGN_OR_RETURN(auto model, load_onnx(path, &loaded));
  for (const std::string& n : loaded.notes) io.note("note: " + n);
  InputShapes shapes;
  for (const std::string& word : a.shapes) {
    const size_t equals = word.rfind('=');
    std::vector<int64_t> dims;
    if (equals == std::string::npos || equals == 0 || !parse_dims(word.substr(equals + 1), dims)) {
      return Status::usage("graph.bad-shape", "--shape wants NAME=1x3x320x320, not '" + word + "'",
                           "dimensions are numbers from 1");
    }
    shapes[word.substr(0, equals)] = dims;
  }
  JETLINE_RETURN_IF_ERROR(set_input_shapes(*model, shapes));
  return model;
}

// The query's target, or all of them.
Result<std::vector<targets::Target>> check_targets(const targets::Catalog& catalog, const CheckArgs& a) {
  // A name that is not known fails the same with --all.
  const auto one = targets::choose(catalog, a.query, this_board(catalog), this_jetpack(catalog));
  if (!a.all) {
    if (!one.ok()) return one.status();
    return std::vector<targets::Target>{*one};
  }
  if (!one.ok() && one.status().id() != "targets.no-board") return one.status();
  std::vector<targets::Target> targets = targets::all_targets(catalog, a.query);
  if (targets.empty()) {
    return Status::usage("check.no-target", "no board fits what was asked for",
                         "`jetline targets` lists them");
  }
  return targets;
}

Status check_explain(const targets::Catalog& catalog, const CheckArgs& a, Io& io) {
  if (a.explain == "markdown") {
    io.print(check::findings_page(catalog));
    return Status();
  }
  if (a.explain == "list") {
    nlohmann::ordered_json j = nlohmann::ordered_json::array();
    Table table({"id", "kind", "what"});
    for (const check::FindingRow& r : check::list_findings(catalog)) {
      table.row({r.id, r.kind, r.message});
      j.push_back(
          {{"id", r.id}, {"kind", r.kind}, {"message", r.message}, {"ops", r.ops}, {"tensorrt", r.versions}});
    }
    if (io.json) io.emit_json({{"findings", j}});
    io.print(table.str());
    return Status();
  }
  if (io.json) {
    JETLINE_ASSIGN_OR_RETURN(const std::string page, check::explain_json(catalog, a.explain));
    io.emit_json_text(page);
    return Status();
  }
  JETLINE_ASSIGN_OR_RETURN(const std::string page,
                           check::explain_text(catalog, a.explain, check_style(a, io).width));
  io.print(page);
  return Status();
}

Status check_no() {
  return Status::negative("check.no", "");
}

Status check_diff(const targets::Catalog& catalog, const CheckArgs& a, Io& io) {
  std::vector<targets::Target> targets;
  auto chosen = check_targets(catalog, a);
  if (chosen.ok()) {
    targets = std::move(*chosen);
  } else if (chosen.status().id() != "targets.no-board") {
    return chosen.status();
  }
  JETLINE_ASSIGN_OR_RETURN(const auto before, check_load(a.diff[0], a, io));
  JETLINE_ASSIGN_OR_RETURN(const auto after, check_load(a.diff[1], a, io));
  check::ModelDiff d = check::diff_models(*before, *after, catalog, targets);
  d.before = a.diff[0];
  d.after = a.diff[1];
  if (io.json) io.emit_json_text(check::diff_json(d));
  io.print(check::diff_text(d, check_style(a, io)));
  for (const check::TargetDiff& t : d.targets) {
    if (is_yes(t.before.verdict) && !is_yes(t.after.verdict)) return check_no();
  }
  return Status();
}

Status check_model(const targets::Catalog& catalog, const CheckArgs& a, Io& io) {
  if (!a.sarif.empty()) JETLINE_RETURN_IF_ERROR(io.may_write(a.sarif));
  JETLINE_ASSIGN_OR_RETURN(const std::vector<targets::Target> targets, check_targets(catalog, a));
  JETLINE_ASSIGN_OR_RETURN(const auto model, check_load(a.model, a, io));
  check::Checker checker(*model, catalog);
  std::vector<check::Report> reports;
  bool yes = false;
  for (const targets::Target& t : targets) {
    reports.push_back(checker.check(t));
    yes = yes || is_yes(reports.back().verdict);
  }
  JETLINE_RETURN_IF_ERROR(catalog.status());
  if (!a.sarif.empty()) {
    JETLINE_RETURN_IF_ERROR(write_file(a.sarif, check::report_sarif(a.model, reports, JETLINE_VERSION)));
  }
  if (io.json) {
    io.emit_json_text(a.all ? check::reports_json(a.model, reports)
                            : check::report_json(a.model, reports[0]));
  } else if (a.all) {
    io.print(check::matrix_text(a.model, reports, check_style(a, io)));
  } else {
    io.print(check::report_text(a.model, reports[0], check_style(a, io)));
  }
  return yes ? Status() : check_no();
}

Status run_check(const CheckArgs& a, Io& io) {
  targets::Catalog catalog;
  for (const std::string& file : a.toml) {
    JETLINE_ASSIGN_OR_RETURN(const std::string text, read_file(file));
    JETLINE_RETURN_IF_ERROR(catalog.add_toml(text, file));
  }
  if (!a.explain.empty()) return check_explain(catalog, a, io);
  if (!a.diff.empty()) return check_diff(catalog, a, io);
  if (a.model.empty()) {
    return Status::usage("check.no-model", "no model was named", "jetline check --help shows the options");
  }
  return check_model(catalog, a, io);
}

VerbRun setup_check(CLI::App& app, Io& io) {
  auto a = std::make_shared<CheckArgs>();
  app.add_option("MODEL", a->model, "an ONNX file");
  app.add_option("--board", a->query.board, "such as nano-4gb; without it the board this runs on");
  app.add_option("--jetpack", a->query.jetpack, "such as 4.6.1; without it the board's newest");
  app.add_option("--tensorrt", a->query.tensorrt, "such as 8.2, instead of a JetPack");
  app.add_option("--precision", a->query.precision, "fp32, tf32, fp16, bf16, int8, fp8 or fp4");
  app.add_flag("--dla", a->query.dla, "use the DLA where the board has one");
  app.add_flag("--strongly-typed", a->query.strongly_typed, "a strongly typed network");
  app.add_flag("--all", a->all, "all boards and JetPacks, or those that the options leave");
  app.add_option("--shape", a->shapes, "NAME=1x3x320x320: a shape for an input that leaves it open")
      ->allow_extra_args(false);
  app.add_option("--toml", a->toml, "a file with boards and rules of your own; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--nodes", a->nodes, "how many nodes of a finding to name")->capture_default_str();
  app.add_option("--sarif", a->sarif, "write the findings as SARIF 2.1.0 for code scanning");
  app.add_option("--diff", a->diff, "what changed between two models")->expected(2);
  app.add_option("--explain", a->explain, "a page on a finding; list and markdown: all of them");
  return [a, &io] { return run_check(*a, io); };
}

}  // namespace

extern const Verb kCheckVerb;
const Verb kCheckVerb = {"check", "will a model run on that board? Verdict, reasons, fixes, estimates",
                         "  jetline check model.onnx --board nano-4gb --jetpack 4.6.1\n"
                         "  jetline check model.onnx --all",
                         setup_check};

}  // namespace jetline::cli
