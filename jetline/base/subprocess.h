// Runs another program and waits for it, as a seam: ProcessRunner is the interface, real_process_runner()
// forks and executes, FakeProcessRunner answers from a function that a test supplies.
//
// The program runs in a process group of its own. A timeout or a cancelled token ends the whole group
// (SIGTERM, and SIGKILL after `grace`), and the group is told to end when the thread that called run() dies,
// so that nothing is left behind. Standard input is the given text (else empty, never the terminal); output
// is captured up to a limit. Threads: run() may be called from several threads at once; callbacks come on the
// calling thread. Ids: process.empty-command, process.not-found, process.not-executable, process.bad-folder,
// process.start-failed, cancelled.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jetline/base/clock.h"
#include "jetline/base/progress.h"
#include "jetline/base/status.h"

namespace jetline {

struct ProcessSpec {
  std::vector<std::string> argv;  // argv[0] without a '/' is looked up on PATH
  // Changes to the inherited environment: a value sets, nullopt removes.
  std::map<std::string, std::optional<std::string>> environment;
  std::string working_directory;  // "" = the caller's
  std::string input;              // fed to standard input, then end of file
  // Bytes kept of each stream; the rest is read and dropped, so that a chatty program cannot block or fill
  // memory.
  int64_t max_output = int64_t{64} << 20;
  int64_t max_errors = int64_t{1} << 20;
  Nanos timeout = 0;          // 0 = none
  Nanos grace = 5 * kSecond;  // between SIGTERM and SIGKILL
  // Called with each piece of standard error as it arrives (also kept in ProcessResult::errors).
  std::function<void(std::string_view)> on_errors;
};

struct ProcessResult {
  int exit_code = 0;                            // as the shell counts: 128 + signal when a signal ended it
  int signal = 0;                               // the signal that ended it, 0 when it exited
  std::string output, errors;                   // what was kept of standard output and standard error
  bool output_cut = false, errors_cut = false;  // more was written than was kept
  bool timed_out = false;
  Nanos wall = 0;
  // Largest resident set of the program (not of programs it starts), as the kernel counts it: at least the
  // size of the caller at the moment it forked.
  int64_t peak_rss_bytes = 0;
};

class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  // A program that ran is a ProcessResult whatever its exit code; a Status says that it could not be started
  // or that `cancel` (may be null) was set meanwhile.
  virtual Result<ProcessResult> run(const ProcessSpec& spec, const CancelToken* cancel = nullptr) = 0;
};
ProcessRunner& real_process_runner();

// Keeps every spec it was given and answers from `answer`, which may inject any fault.
class FakeProcessRunner : public ProcessRunner {
 public:
  std::function<Result<ProcessResult>(const ProcessSpec&)> answer;
  std::vector<ProcessSpec> calls;
  Result<ProcessResult> run(const ProcessSpec& spec, const CancelToken* cancel = nullptr) override;
};

}  // namespace jetline
