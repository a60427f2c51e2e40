// Runs a pipeline: each stage is the program itself as a subprocess with --json; a stage whose key and
// outputs are as they were is skipped and says so (record.h); the first failure ends the run with the stage's
// own error.
//
// The output folder must be absent, empty, or one that a pipeline made before (it holds `.jetline/`); before
// a stage runs, its own folder below is emptied. One run at a time an output folder (a lock file). Threads:
// everything happens on the caller's thread. Ids: pipeline.unknown-stage, pipeline.output-not-ours,
// pipeline.busy, pipeline.input-missing, pipeline.stage-not-ready, pipeline.output-missing,
// pipeline.stage-failed, pipeline.stage-timeout, pipeline.stage-output, the failing stage's own id, those of
// subprocess.h and files.h.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/base/progress.h"
#include "jetline/base/subprocess.h"
#include "jetline/pipeline/config.h"
#include "jetline/pipeline/record.h"

namespace jetline {

struct StageOutcome;

struct PipelineOptions {
  std::string program;                    // the jetline program to run stages with
  std::string version;                    // part of every key
  std::string output;                     // "" = the file's own
  std::string from;                       // run this stage and all after it, even when unchanged
  std::vector<std::string> only;          // run only these; what they need must be there
  std::vector<std::string> force_stages;  // run these even when unchanged
  bool dry_run = false;                   // say what would run, change nothing
  bool quiet = false;                     // passed on to the stages
  ProcessRunner* runner = nullptr;        // null: the real one
  FileSystem* file_system = nullptr;      // null: the real one
  std::function<std::string()> now;       // UTC as in StageRecord::started; unset: the system's clock
  // Told as the run goes; each may be unset.
  std::function<void(const StageSpec&, const std::string& reason)> on_begin;  // it will run, and why
  std::function<void(std::string_view)> on_errors;                            // the stage's standard error
  std::function<void(const StageOutcome&)> on_end;
};

enum class StageState { kDone, kUnchanged, kFailed, kCancelled, kNotRun, kWouldRun };
const char* stage_state_word(StageState state);  // "done", "unchanged", …

struct StageOutcome {
  StageSpec spec;
  StageState state = StageState::kNotRun;
  std::string reason;       // why it ran or would run: "first run", "arguments changed"
  Status status;            // of a failed stage
  StageRecord record;       // of the run that made what is there now; empty for failed stages
  std::string folder;       // the stage's folder, openable from the current folder
  std::string errors_tail;  // last lines of a failed stage's standard error
};

struct PipelineResult {
  Status status;  // OK, or why the run ended early: a stage's error, or cancelled
  std::vector<StageOutcome> stages;
  std::string output;  // openable from the current folder
  std::string started;
  double seconds = 0;
};

// An error is a run that could not begin; a stage's failure is in the result's status.
Result<PipelineResult> run_pipeline(const PipelineConfig& config, const PipelineOptions& options,
                                    const CancelToken& cancel);

}  // namespace jetline
