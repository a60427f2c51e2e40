#include "jetline/pipeline/run.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>

#include "jetline/base/clock.h"
#include "jetline/base/hash.h"
#include "jetline/base/strings.h"
#include "jetline/pipeline/placeholder.h"
#include "jetline/pipeline/stage_error.h"

namespace jetline {
namespace {

constexpr const char* kStateFolder = ".jetline";

std::string utc_now() {
  const std::time_t t = std::time(nullptr);
  std::tm tm{};
  gmtime_r(&t, &tm);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
  return text;
}

// Held while a pipeline runs; the kernel lets go when the process dies.
class RunLock {
 public:
  ~RunLock() {
    if (fd_ >= 0) ::close(fd_);
  }
  Status take(const std::string& path) {
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd_ < 0) return file_error("open", path);
    if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return Status();
    return Status::usage("pipeline.busy", "another run is using " + parent_path(parent_path(path)),
                         "wait for it, or give this run another folder with -o", path);
  }

 private:
  int fd_ = -1;
};

class PipelineRun {
 public:
  PipelineRun(const PipelineConfig& config, const PipelineOptions& options, const CancelToken& cancel)
      : config_(config),
        options_(options),
        cancel_(cancel),
        fs_(options.file_system ? *options.file_system : real_file_system()),
        runner_(options.runner ? *options.runner : real_process_runner()),
        output_(options.output.empty() ? config.output : options.output) {}

  Result<PipelineResult> run() {
    JETLINE_RETURN_IF_ERROR(check_stage_names());
    JETLINE_RETURN_IF_ERROR(prepare_output());
    const Nanos began = real_clock().now();
    result_.output = output_here();
    result_.started = now();
    bool after_from = false;
    for (const StageSpec& spec : config_.stages) {
      after_from = after_from || spec.name == options_.from;
      StageOutcome outcome;
      outcome.spec = spec;
      outcome.folder = join_path(output_here(), spec.name);
      if (result_.status.ok()) run_stage(outcome, after_from);
      if (outcome.state == StageState::kFailed || outcome.state == StageState::kCancelled) {
        result_.status = outcome.status;
      }
      result_.stages.push_back(std::move(outcome));
      if (options_.on_end) options_.on_end(result_.stages.back());
    }
    result_.seconds = static_cast<double>(real_clock().now() - began) / kSecond;
    return std::move(result_);
  }

 private:
  std::string now() const { return options_.now ? options_.now() : utc_now(); }
  // Stages run in the folder of the file; `output_` is relative to it, unless -o gave another (relative to
  // the current folder).
  std::string output_here() const {
    if (!options_.output.empty() || output_[0] == '/') return output_;
    return std::filesystem::path(join_path(config_.folder, output_)).lexically_normal().string();
  }
  std::string output_for_stage() const {
    if (options_.output.empty() || output_[0] == '/') return output_;
    std::error_code ec;
    return std::filesystem::absolute(output_, ec).lexically_normal().string();
  }
  std::string record_path(const std::string& stage) const {
    return join_path(join_path(output_here(), kStateFolder), stage + ".json");
  }
  // A path in a stage's words as one that this process can open.
  std::string here(const std::string& stage_path) const {
    return !stage_path.empty() && stage_path[0] == '/' ? stage_path : join_path(config_.folder, stage_path);
  }

  Status check_stage_names() const {
    std::vector<std::string> names, asked = options_.only;
    for (const StageSpec& s : config_.stages) names.push_back(s.name);
    if (!options_.from.empty()) asked.push_back(options_.from);
    asked.insert(asked.end(), options_.force_stages.begin(), options_.force_stages.end());
    for (const std::string& a : asked) {
      if (std::find(names.begin(), names.end(), a) != names.end()) continue;
      const std::string near = nearest_word(a, names);
      return Status::usage(
          "pipeline.unknown-stage", config_.path + " has no stage '" + a + "'",
          near.empty() ? "the stages are " + join(names, ", ") : "did you mean '" + near + "'?", a);
    }
    return Status();
  }

  Status prepare_output() {
    const std::string folder = output_here(), state = join_path(folder, kStateFolder);
    if (!is_directory(state) && file_exists(folder)) {
      const auto entries = list_directory(folder);
      if (!entries.ok()) return entries.status();
      if (!entries->empty()) {
        return Status::usage("pipeline.output-not-ours", folder + " holds files that no pipeline made",
                             "choose an empty or new folder with -o or the key 'output'", folder);
      }
    }
    if (options_.dry_run) return Status();
    JETLINE_RETURN_IF_ERROR(fs_.make_directories(state));
    return lock_.take(join_path(state, "lock"));
  }

  Result<std::vector<std::string>> expand(const StageSpec& spec,
                                          const std::vector<std::string>& texts) const {
    std::vector<std::string> out;
    for (const std::string& t : texts) {
      const auto folder = [&](const std::string& name) -> Result<std::string> {
        return join_path(output_for_stage(), name == "out" ? spec.name : name);
      };
      auto words = expand_placeholders(t, folder, config_.folder);
      if (!words.ok()) return words.status().at(config_.path + ":" + std::to_string(spec.line));
      out.insert(out.end(), words->begin(), words->end());
    }
    return out;
  }

  // The parts of the key. Arguments count as they stand in the file, so that moving the folder changes
  // nothing.
  Result<StageRecord> key_of(const StageSpec& spec) const {
    StageRecord r;
    r.key_parts = {{"the program's version", options_.version},
                   {"the verb", join(spec.verb, " ")},
                   {"the arguments", nlohmann::json(spec.args).dump()},
                   {"the list of outputs", nlohmann::json(spec.outputs).dump()}};
    for (const std::string& input : spec.inputs) {
      JETLINE_ASSIGN_OR_RETURN(const auto paths, expand(spec, {input}));
      for (const std::string& p : paths) {
        auto hash = content_hash(here(p));
        if (!hash.ok()) {
          return Status::bad_input(
              "pipeline.input-missing",
              "stage '" + spec.name + "' cannot read its input: " + hash.status().message(),
              hash.status().hint(), p);
        }
        r.key_parts.emplace_back("input " + p, std::move(hash).value());
      }
    }
    for (const std::string& name : spec.after) {
      const StageOutcome& before = outcome_of(name);
      r.key_parts.emplace_back("stage " + name, before.record.key() + " " + before.record.outputs_key());
    }
    return r;
  }

  const StageOutcome& outcome_of(const std::string& name) const {
    return *std::find_if(result_.stages.begin(), result_.stages.end(),
                         [&](const StageOutcome& o) { return o.spec.name == name; });
  }

  std::optional<StageRecord> load_record(const std::string& stage) const {
    const auto text = read_file(record_path(stage), int64_t{1} << 28);
    return text.ok() ? stage_record_from_json(*text) : std::nullopt;
  }

  // What an output contains now; "" when it is missing or empty.
  std::string output_hash(const StageSpec& spec, const std::string& output) const {
    const auto paths = expand(spec, {output});
    if (!paths.ok()) return "";
    const std::string path = here((*paths)[0]);
    if (!file_exists(path)) return "";
    if (is_directory(path)) {
      const auto files = list_files_recursive(path);
      if (!files.ok() || files->empty()) return "";
    }
    return content_hash(path).value_or("");
  }

  // Why a stage has to run, or "" when what is there still holds.
  std::string reason_to_run(const StageOutcome& o, const StageRecord& key,
                            const std::optional<StageRecord>& before, bool after_from) const {
    const auto& forced = options_.force_stages;
    if (std::find(forced.begin(), forced.end(), o.spec.name) != forced.end())
      return "asked for by --force-stage";
    if (after_from) return "asked for by --from";
    if (!before) return file_exists(o.folder) ? "it did not finish before" : "first run";
    for (const std::string& name : o.spec.after) {
      if (outcome_of(name).state == StageState::kWouldRun) return "stage " + name + " runs";
    }
    const std::string difference = difference_of_keys(*before, key);
    if (!difference.empty()) return difference;
    for (const auto& [output, hash] : before->outputs) {
      const std::string is = output_hash(o.spec, output);
      if (is.empty()) return "its output " + output + " is gone";
      if (is != hash) return "its output " + output + " was changed";
    }
    return "";
  }

  void run_stage(StageOutcome& o, bool after_from) {
    const auto& only = options_.only;
    const bool left_out = !only.empty() && std::find(only.begin(), only.end(), o.spec.name) == only.end();
    const auto before = load_record(o.spec.name);
    if (left_out) {
      if (before) o.record = *before;
      o.reason = "not asked for by --only";
      return;
    }
    for (const std::string& name : o.spec.after) {
      const StageOutcome& needed = outcome_of(name);
      if (needed.state != StageState::kNotRun || !needed.record.key_parts.empty()) continue;
      o.state = StageState::kFailed;
      o.status = Status::usage("pipeline.stage-not-ready",
                               "stage '" + o.spec.name + "' needs '" + name + "', which has not run",
                               "run it first, or leave --only out", config_.path);
      return;
    }
    auto key = key_of(o.spec);
    // In a dry run, inputs that an earlier stage would make are not there yet; that stage is reason enough.
    if (!key.ok() && !(options_.dry_run && depends_on_would_run(o.spec))) {
      o.state = StageState::kFailed;
      o.status = key.status();
      return;
    }
    o.reason = reason_to_run(o, key.ok() ? *key : StageRecord(), before, after_from);
    if (o.reason.empty()) {
      o.state = StageState::kUnchanged;
      o.record = *before;
      return;
    }
    if (options_.dry_run) {
      o.state = StageState::kWouldRun;
      return;
    }
    o.record = std::move(key).value();
    const Status s = execute(o);
    o.status = s;
    o.state = s.ok()                              ? StageState::kDone
              : s.kind() == ErrorKind::kCancelled ? StageState::kCancelled
                                                  : StageState::kFailed;
  }

  bool depends_on_would_run(const StageSpec& spec) const {
    return std::any_of(spec.after.begin(), spec.after.end(), [&](const std::string& name) {
      return outcome_of(name).state == StageState::kWouldRun;
    });
  }

  Status execute(StageOutcome& o) {
    if (cancel_.cancelled()) return Status::cancelled();
    const StageSpec& spec = o.spec;
    // From here on nothing says that the stage is done, whatever happens to this process.
    if (file_exists(record_path(spec.name))) JETLINE_RETURN_IF_ERROR(fs_.remove(record_path(spec.name)));
    std::error_code ec;
    std::filesystem::remove_all(o.folder, ec);
    if (ec) {
      errno = ec.value();
      return file_error("remove", o.folder);
    }
    for (const std::string& output : spec.outputs) {
      JETLINE_ASSIGN_OR_RETURN(const auto paths, expand(spec, {output}));
      JETLINE_RETURN_IF_ERROR(fs_.make_directories(parent_path(here(paths[0]))));
    }
    ProcessSpec process;
    process.argv = {options_.program};
    process.argv.insert(process.argv.end(), spec.verb.begin(), spec.verb.end());
    JETLINE_ASSIGN_OR_RETURN(const auto args, expand(spec, spec.args));
    process.argv.insert(process.argv.end(), args.begin(), args.end());
    o.record.command = shell_line(process.argv);
    process.argv.insert(process.argv.end(), {"--json", "--force"});
    if (options_.quiet) process.argv.push_back("--quiet");
    process.working_directory = config_.folder;
    process.timeout = static_cast<Nanos>(spec.timeout_minutes * 60 * kSecond);
    process.on_errors = options_.on_errors;
    if (options_.on_begin) options_.on_begin(spec, o.reason);
    o.record.started = now();
    JETLINE_ASSIGN_OR_RETURN(const ProcessResult p, runner_.run(process, &cancel_));
    o.record.seconds = static_cast<double>(p.wall) / kSecond;
    o.record.peak_rss_bytes = p.peak_rss_bytes;
    o.errors_tail = last_lines(p.errors, 12);
    auto said = stage_result(spec.name, p);
    // A "no" (exit code 1) still comes with figures worth showing.
    if (said.ok()) o.record.result = *said;
    JETLINE_RETURN_IF_ERROR(stage_status(spec.name, process, p));
    if (!said.ok()) return said.status();
    for (const std::string& output : spec.outputs) {
      const std::string hash = output_hash(spec, output);
      if (hash.empty()) {
        return Status::internal("pipeline.output-missing",
                                "stage '" + spec.name + "' ended well but left nothing at " + output,
                                "is 'outputs' what the verb writes?", output);
      }
      o.record.outputs.emplace_back(output, hash);
    }
    o.errors_tail.clear();
    return write_file(record_path(spec.name), stage_record_to_json(o.record), fs_);
  }

  const PipelineConfig& config_;
  const PipelineOptions& options_;
  const CancelToken& cancel_;
  FileSystem& fs_;
  ProcessRunner& runner_;
  const std::string output_;
  PipelineResult result_;
  RunLock lock_;
};

}  // namespace

const char* stage_state_word(StageState state) {
  switch (state) {
    case StageState::kDone:
      return "done";
    case StageState::kUnchanged:
      return "unchanged";
    case StageState::kFailed:
      return "failed";
    case StageState::kCancelled:
      return "cancelled";
    case StageState::kNotRun:
      return "not run";
    case StageState::kWouldRun:
      return "would run";
  }
  return "";
}

Result<PipelineResult> run_pipeline(const PipelineConfig& config, const PipelineOptions& options,
                                    const CancelToken& cancel) {
  return PipelineRun(config, options, cancel).run();
}

}  // namespace jetline
