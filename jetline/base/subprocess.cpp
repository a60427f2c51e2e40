#include "jetline/base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "jetline/base/files.h"

extern char** environ;

namespace jetline {
namespace {

// A descriptor that closes itself.
class ProcessFd {
 public:
  explicit ProcessFd(int fd = -1) : fd_(fd) {}
  ~ProcessFd() { reset(); }
  ProcessFd(const ProcessFd&) = delete;
  ProcessFd& operator=(const ProcessFd&) = delete;
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_;
};

struct ProcessPipe {
  ProcessFd read, write;
  bool make() {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) return false;
    read.reset(fds[0]);
    write.reset(fds[1]);
    return true;
  }
};

// What the child reports through the start pipe when it cannot become the program.
struct StartFailure {
  int step;  // 1 chdir, 2 exec, 3 other
  int error;
};

// NAME=VALUE lines of the child.
std::vector<std::string> child_environment(const ProcessSpec& spec) {
  std::vector<std::string> lines;
  for (char** e = environ; e && *e; ++e) {
    const std::string line = *e;
    if (!spec.environment.count(line.substr(0, line.find('=')))) lines.push_back(line);
  }
  for (const auto& [name, value] : spec.environment) {
    if (value) lines.push_back(name + "=" + *value);
  }
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& lines) {
  std::vector<char*> p;
  for (std::string& l : lines) p.push_back(&l[0]);
  p.push_back(nullptr);
  return p;
}

// Runs between fork and exec: system calls only (another thread may have held malloc's lock).
[[noreturn]] void become_program(const ProcessSpec& spec, char* const* argv, char* const* envp, int in,
                                 int out, int err, int start) {
  const auto fail = [&](int step) {
    const StartFailure f{step, errno};
    (void)!write(start, &f, sizeof f);
    _exit(127);
  };
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // Ignored signals stay ignored across exec; the program expects the defaults.
  for (const int s : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXFSZ}) std::signal(s, SIG_DFL);
  if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) fail(3);
  if (!spec.working_directory.empty() && chdir(spec.working_directory.c_str()) != 0) fail(1);
  execvpe(argv[0], argv, envp);
  fail(2);
  _exit(127);
}

Status start_error(const ProcessSpec& spec, const StartFailure& f) {
  const std::string& program = spec.argv[0];
  const std::string why = std::strerror(f.error);
  if (f.step == 1) {
    return Status::bad_input("process.bad-folder", "cannot enter " + spec.working_directory + ": " + why,
                             "the folder must exist before a program runs in it", spec.working_directory);
  }
  if (f.step == 2 && (f.error == ENOENT || f.error == ENOTDIR)) {
    return Status::missing("process.not-found", "there is no program '" + program + "'",
                           "install it or give its full path", program);
  }
  if (f.step == 2 && (f.error == EACCES || f.error == ENOEXEC)) {
    return Status::missing("process.not-executable", "'" + program + "' cannot be executed: " + why,
                           "check the file's rights and kind", program);
  }
  return Status::internal("process.start-failed", "cannot start '" + program + "': " + why, "", program);
}

// Reads what is there; false at the end of the stream.
bool drain(ProcessFd& fd, std::string& kept, int64_t limit, bool& cut,
           const std::function<void(std::string_view)>& tell) {
  char piece[65536];
  const ssize_t n = ::read(fd.get(), piece, sizeof piece);
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  if (n == 0) return false;
  if (tell) tell(std::string_view(piece, static_cast<size_t>(n)));
  const int64_t room = std::max<int64_t>(0, limit - static_cast<int64_t>(kept.size()));
  kept.append(piece, static_cast<size_t>(std::min<int64_t>(n, room)));
  cut = cut || n > room;
  return true;
}

class RunningProcess {
 public:
  RunningProcess(const ProcessSpec& spec, const CancelToken* cancel) : spec_(spec), cancel_(cancel) {}

  Status start() {
    if (spec_.argv.empty() || spec_.argv[0].empty()) {
      return Status::usage("process.empty-command", "no program to run was given");
    }
    ProcessPipe in, out, err, begun;
    if (!in.make() || !out.make() || !err.make() || !begun.make()) return start_error(spec_, {3, errno});
    std::vector<std::string> words = spec_.argv, lines = child_environment(spec_);
    const std::vector<char*> argv = pointers(words), envp = pointers(lines);
    began_ = real_clock().now();
    pid_ = fork();
    if (pid_ < 0) return start_error(spec_, {3, errno});
    if (pid_ == 0) {
      become_program(spec_, argv.data(), envp.data(), in.read.get(), out.write.get(), err.write.get(),
                     begun.write.get());
    }
    setpgid(pid_, pid_);  // both sides set it, so that neither has to wait for the other
    begun.write.reset();
    StartFailure failure{};
    ssize_t n;
    do {
      n = ::read(begun.read.get(), &failure, sizeof failure);
    } while (n < 0 && errno == EINTR);
    if (n == static_cast<ssize_t>(sizeof failure)) {
      waitpid(pid_, nullptr, 0);
      return start_error(spec_, failure);
    }
    in_.reset(::dup(in.write.get()));
    out_.reset(::dup(out.read.get()));
    err_.reset(::dup(err.read.get()));
    for (const int fd : {in_.get(), out_.get(), err_.get()}) {
      fcntl(fd, F_SETFD, FD_CLOEXEC);
      fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    }
    if (spec_.input.empty()) in_.reset();
    return Status();
  }

  Result<ProcessResult> wait() {
    Nanos quiet_since = 0;  // after the exit: since when the pipes that a grandchild holds are silent
    while (out_.open() || err_.open() || !exited_) {
      const bool moved = exchange();
      end_if_asked();
      reap();
      if (!exited_) continue;
      const Nanos now = real_clock().now();
      if (moved || quiet_since == 0) quiet_since = now;
      if (now - quiet_since > 200 * kMillisecond || now - ended_ > 2 * kSecond) break;
    }
    // Nothing of ours outlives the call after a stop.
    if (told_to_end_ != 0) ::kill(-pid_, SIGKILL);
    result_.wall = ended_ - began_;
    if (cancelled_) return Status::cancelled();
    return std::move(result_);
  }

 private:
  // One round of reading and writing, at most 20 ms; true when bytes moved.
  bool exchange() {
    pollfd fds[3];
    nfds_t n = 0;
    const auto add = [&](const ProcessFd& fd, short events) {
      if (fd.open()) fds[n++] = {fd.get(), events, 0};
    };
    add(out_, POLLIN);
    add(err_, POLLIN);
    add(in_, POLLOUT);
    if (poll(fds, n, n == 0 ? 1 : 20) <= 0) return false;
    bool moved = false;
    for (nfds_t i = 0; i < n; ++i) {
      if (fds[i].revents == 0) continue;
      moved = true;
      if (fds[i].fd == out_.get()) {
        if (!drain(out_, result_.output, spec_.max_output, result_.output_cut, nullptr)) out_.reset();
      } else if (fds[i].fd == err_.get()) {
        if (!drain(err_, result_.errors, spec_.max_errors, result_.errors_cut, spec_.on_errors)) err_.reset();
      } else {
        feed();
      }
    }
    return moved;
  }

  void feed() {
    // A program that stops reading must not end us with SIGPIPE: the signal is held back and taken off.
    sigset_t pipe_signal, before;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    const ssize_t n = ::write(in_.get(), spec_.input.data() + fed_, spec_.input.size() - fed_);
    const int error = errno;
    if (n < 0 && error == EPIPE) {
      const timespec now{0, 0};
      sigtimedwait(&pipe_signal, nullptr, &now);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (n > 0) fed_ += static_cast<size_t>(n);
    if ((n < 0 && error != EAGAIN && error != EINTR) || fed_ == spec_.input.size()) in_.reset();
  }

  void end_if_asked() {
    if (exited_) return;
    const Nanos now = real_clock().now();
    if (told_to_end_ == 0) {
      cancelled_ = cancel_ && cancel_->cancelled();
      result_.timed_out = !cancelled_ && spec_.timeout > 0 && now - began_ > spec_.timeout;
      if (!cancelled_ && !result_.timed_out) return;
      ::kill(-pid_, SIGTERM);
      told_to_end_ = now;
    } else if (now - told_to_end_ > spec_.grace) {
      ::kill(-pid_, SIGKILL);
    }
  }

  void reap() {
    if (exited_) return;
    int status = 0;
    rusage usage{};
    if (wait4(pid_, &status, WNOHANG, &usage) != pid_) return;
    exited_ = true;
    ended_ = real_clock().now();
    result_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result_.exit_code = WIFSIGNALED(status) ? 128 + result_.signal : WEXITSTATUS(status);
    result_.peak_rss_bytes = static_cast<int64_t>(usage.ru_maxrss) * 1024;
  }

  const ProcessSpec& spec_;
  const CancelToken* cancel_;
  ProcessFd in_, out_, err_;
  ProcessResult result_;
  pid_t pid_ = -1;
  Nanos began_ = 0, ended_ = 0, told_to_end_ = 0;
  size_t fed_ = 0;
  bool exited_ = false, cancelled_ = false;
};

class RealProcessRunner : public ProcessRunner {
 public:
  Result<ProcessResult> run(const ProcessSpec& spec, const CancelToken* cancel) override {
    if (cancel && cancel->cancelled()) return Status::cancelled();
    RunningProcess process(spec, cancel);
    JETLINE_RETURN_IF_ERROR(process.start());
    return process.wait();
  }
};

}  // namespace

ProcessRunner& real_process_runner() {
  static RealProcessRunner runner;
  return runner;
}

Result<ProcessResult> FakeProcessRunner::run(const ProcessSpec& spec, const CancelToken* cancel) {
  calls.push_back(spec);
  if (cancel && cancel->cancelled()) return Status::cancelled();
  if (!answer) return Status::missing("process.not-found", "the fake has no answer");
  return answer(spec);
}

}  // namespace jetline
