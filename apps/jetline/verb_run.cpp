// jetline run: the stages of a jetline.toml with a content-hash cache and one HTML report.
#include <unistd.h>

#include "apps/jetline/verb.h"
#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/pipeline/report.h"
#include "jetline/pipeline/report_html.h"
#include "jetline/pipeline/run.h"

namespace jetline::cli {
namespace {

struct RunState {
  std::string file;
  PipelineOptions options;
};

std::string own_path() {
  char path[4096];
  const ssize_t n = readlink("/proc/self/exe", path, sizeof path);
  return n > 0 && n < static_cast<ssize_t>(sizeof path) ? std::string(path, static_cast<size_t>(n))
                                                        : "jetline";
}

nlohmann::ordered_json run_json(const PipelineConfig& config, const PipelineResult& r,
                                const std::string& report) {
  nlohmann::ordered_json j;
  j["file"] = config.path;
  j["output"] = r.output;
  j["report"] = report;
  j["seconds"] = r.seconds;
  j["stages"] = nlohmann::ordered_json::array();
  for (const StageOutcome& o : r.stages) {
    nlohmann::ordered_json s;
    s["name"] = o.spec.name;
    s["state"] = stage_state_word(o.state);
    s["reason"] = o.reason;
    s["key"] = o.record.key_parts.empty() ? "" : o.record.key();
    s["command"] = o.record.command;
    s["started"] = o.record.started;
    s["seconds"] = o.record.seconds;
    s["peak_rss_bytes"] = o.record.peak_rss_bytes;
    s["result"] = o.record.result;
    j["stages"].push_back(std::move(s));
  }
  return j;
}

Status run_verb_run(RunState& state, Io& io) {
  JETLINE_ASSIGN_OR_RETURN(const PipelineConfig config, load_pipeline(state.file));
  PipelineOptions& o = state.options;
  o.program = own_path();
  o.version = JETLINE_VERSION;
  o.quiet = io.quiet;
  o.on_begin = [&](const StageSpec& s, const std::string& reason) {
    io.note(io.bold(s.name) + ": runs (" + reason + ")");
  };
  o.on_errors = [&](std::string_view text) {
    if (!io.quiet) std::fwrite(text.data(), 1, text.size(), stderr);
  };
  o.on_end = [&](const StageOutcome& s) {
    if (o.dry_run) return;  // the plan is printed on standard output
    std::string line = io.bold(s.spec.name) + ": ";
    switch (s.state) {
      case StageState::kDone:
        line += io.green("done") + " in " + duration_text(s.record.seconds);
        break;
      case StageState::kUnchanged:
        line += "unchanged, skipped";
        break;
      case StageState::kWouldRun:
        line += "would run (" + s.reason + ")";
        break;
      case StageState::kNotRun:
        line += s.reason.empty() ? "not run" : "not run (" + s.reason + ")";
        break;
      default:
        line += io.red(stage_state_word(s.state));
        break;
    }
    io.note(line);
  };
  JETLINE_ASSIGN_OR_RETURN(const PipelineResult result, run_pipeline(config, o, io.cancel()));
  std::string report;
  if (!o.dry_run) {
    auto written = write_report(config, result, {machine_facts(), JETLINE_VERSION});
    if (written.ok()) report = *written;
    // The stage's own failure is what the user has to hear first.
    if (!written.ok() && result.status.ok()) return written.status();
  }
  if (io.json && result.status.ok()) io.emit_json(run_json(config, result, report));
  if (!report.empty()) io.print("report: " + report + "\n");
  if (o.dry_run) {
    for (const StageOutcome& s : result.stages) {
      io.print(s.spec.name + ": " + stage_state_word(s.state) +
               (s.reason.empty() ? "" : " (" + s.reason + ")") + "\n");
    }
  }
  return result.status;
}

VerbRun setup_run(CLI::App& app, Io& io) {
  auto state = std::make_shared<RunState>();
  app.add_option("file", state->file, "the pipeline, usually jetline.toml")->required();
  app.add_option("-o,--output", state->options.output, "folder of all results instead of the file's own");
  app.add_option("--from", state->options.from, "run this stage and all after it, even when unchanged");
  app.add_option("--only", state->options.only, "run only these stages")->delimiter(',');
  app.add_option("--force-stage", state->options.force_stages, "run these stages even when unchanged")
      ->delimiter(',');
  app.add_flag("--dry-run", state->options.dry_run, "say what would run and why; change nothing");
  return [state, &io]() -> Status { return run_verb_run(*state, io); };
}
}  // namespace

extern const Verb kRunVerb;
const Verb kRunVerb = {"run", "the stages of a jetline.toml, cached by content, with one HTML report",
                       "  jetline run examples/find_can/jetline.toml\n"
                       "  jetline run jetline.toml --from train --dry-run",
                       setup_run};

}  // namespace jetline::cli
