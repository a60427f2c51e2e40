#include "jetline/base/subprocess.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "jetline/base/strings.h"
#include "jetline/base/testing.h"

namespace jetline {
namespace {

ProcessSpec shell(const std::string& script) {
  ProcessSpec spec;
  spec.argv = {"/bin/sh", "-c", script};
  return spec;
}

// True once no process of that id is left (an exited child that init has not reaped yet counts as gone).
bool gone_within_5s(pid_t pid) {
  for (int i = 0; i < 500; ++i) {
    if (kill(pid, 0) != 0 && errno == ESRCH) return true;
    const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat");
    if (stat.ok() && stat->find(") Z ") != std::string::npos) return true;
    usleep(10000);
  }
  return false;
}

TEST(Subprocess, CapturesBothStreamsAndTheExitCode) {
  JETLINE_ASSERT_OK_AND_ASSIGN(auto r, real_process_runner().run(shell("echo out; echo err >&2; exit 7")));
  EXPECT_EQ(r.exit_code, 7);
  EXPECT_EQ(r.signal, 0);
  EXPECT_EQ(r.output, "out\n");
  EXPECT_EQ(r.errors, "err\n");
  EXPECT_FALSE(r.output_cut || r.errors_cut || r.timed_out);
  EXPECT_GT(r.wall, 0);
  EXPECT_GT(r.peak_rss_bytes, 0);
}

TEST(Subprocess, SignalCountsAsTheShellCounts) {
  JETLINE_ASSERT_OK_AND_ASSIGN(auto r, real_process_runner().run(shell("kill -9 $$")));
  EXPECT_EQ(r.signal, 9);
  EXPECT_EQ(r.exit_code, 137);
}

TEST(Subprocess, FeedsInputLargerThanAPipe) {
  ProcessSpec spec = shell("wc -c; echo done >&2");
  spec.input.assign(3000000, 'x');
  JETLINE_ASSERT_OK_AND_ASSIGN(auto r, real_process_runner().run(spec));
  EXPECT_EQ(trim(r.output), "3000000");
}

TEST(Subprocess, ProgramThatIgnoresItsInputDoesNotEndUs) {
  ProcessSpec spec = shell("exec <&-; echo fine");
  spec.input.assign(3000000, 'x');
  JETLINE_ASSERT_OK_AND_ASSIGN(auto r, real_process_runner().run(spec));
  EXPECT_EQ(r.output, "fine\n");
}

TEST(Subprocess, InputIsEmptyNotTheTerminal) {
  JETLINE_ASSERT_OK_AND_ASSIGN(auto r, real_process_runner().run(shell("cat; echo end")));
  EXPECT_EQ(r.output, "end\n");
}

TEST(Subprocess, EnvironmentAndFolder) {
  TemporaryDirectory dir;
  ProcessSpec spec = shell("echo $JL_A-${JL_B-unset}; pwd -P");
  setenv("JL_B", "inherited", 1);
  spec.environment = {{"JL_A", "one two"}, {"JL_B", std::nullopt}};
  spec.working_directory = dir.path();
  JETLINE_ASSERT_OK_AND_ASSIGN(auto r, real_process_runner().run(spec));
  const auto lines = split(r.output, '\n');
  EXPECT_EQ(lines[0], "one two-unset");
  EXPECT_EQ(file_name(lines[1]), file_name(dir.path()));
  unsetenv("JL_B");
}

TEST(Subprocess, ArgumentsAreNotReadByAShell) {
  ProcessSpec spec;
  spec.argv = {"printf", "%s|", "a b", "$HOME", "*"};
  JETLINE_ASSERT_OK_AND_ASSIGN(auto r, real_process_runner().run(spec));
  EXPECT_EQ(r.output, "a b|$HOME|*|");
}

TEST(Subprocess, KeepsAtMostTheLimitAndReadsTheRest) {
  ProcessSpec spec = shell("yes | head -c 1000000; exit 0");
  spec.max_output = 1000;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto r, real_process_runner().run(spec));
  EXPECT_EQ(r.output.size(), 1000u);
  EXPECT_TRUE(r.output_cut);
  EXPECT_EQ(r.exit_code, 0);
}

TEST(Subprocess, ErrorsAreToldAsTheyArrive) {
  ProcessSpec spec = shell("echo one >&2; echo two >&2");
  std::string heard;
  spec.on_errors = [&](std::string_view t) { heard += t; };
  JETLINE_ASSERT_OK_AND_ASSIGN(auto r, real_process_runner().run(spec));
  EXPECT_EQ(heard, "one\ntwo\n");
  EXPECT_EQ(r.errors, heard);
}

TEST(Subprocess, TimeoutEndsTheWholeGroup) {
  ProcessSpec spec = shell("sleep 60 & echo $!; wait");
  spec.timeout = 200 * kMillisecond;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto r, real_process_runner().run(spec));
  EXPECT_TRUE(r.timed_out);
  EXPECT_NE(r.exit_code, 0);
  int64_t grandchild = 0;
  ASSERT_TRUE(parse_int(trim(r.output), grandchild)) << r.output;
  EXPECT_TRUE(gone_within_5s(static_cast<pid_t>(grandchild)));
}

TEST(Subprocess, ProgramDeafToTerminationIsKilledAfterTheGrace) {
  ProcessSpec spec = shell("trap '' TERM; while :; do sleep 0.05; done");
  spec.timeout = 200 * kMillisecond;
  spec.grace = 200 * kMillisecond;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto r, real_process_runner().run(spec));
  EXPECT_TRUE(r.timed_out);
  EXPECT_EQ(r.signal, SIGKILL);
}

TEST(Subprocess, CancelEndsTheProgram) {
  TemporaryDirectory dir;
  CancelToken cancel;
  std::thread stopper([&] {
    for (int i = 0; i < 1000 && !file_exists(dir.file("pid")); ++i) usleep(5000);
    cancel.cancel();
  });
  ProcessSpec spec = shell("echo $$ > p; mv p pid; sleep 60");
  spec.working_directory = dir.path();
  const auto r = real_process_runner().run(spec, &cancel);
  stopper.join();
  ASSERT_FALSE(r.ok());
  EXPECT_EQ(r.status().kind(), ErrorKind::kCancelled);
  JETLINE_ASSERT_OK_AND_ASSIGN(auto text, read_file(dir.file("pid")));
  int64_t pid = 0;
  ASSERT_TRUE(parse_int(text, pid));
  EXPECT_TRUE(gone_within_5s(static_cast<pid_t>(pid)));
}

TEST(Subprocess, DoesNotWaitForAGrandchildThatKeepsThePipe) {
  JETLINE_ASSERT_OK_AND_ASSIGN(auto r, real_process_runner().run(shell("sleep 900 & echo $!; exit 3")));
  EXPECT_EQ(r.exit_code, 3);
  int64_t grandchild = 0;
  ASSERT_TRUE(parse_int(trim(r.output), grandchild));
  kill(static_cast<pid_t>(grandchild), SIGKILL);
}

TEST(Subprocess, CannotStart) {
  ProcessSpec spec;
  EXPECT_EQ(real_process_runner().run(spec).status().id(), "process.empty-command");
  spec.argv = {"no-such-program-jl"};
  EXPECT_EQ(real_process_runner().run(spec).status().id(), "process.not-found");
  EXPECT_EQ(real_process_runner().run(spec).status().exit_code(), 4);
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(write_file(dir.file("plain"), "text"));
  spec.argv = {dir.file("plain")};
  EXPECT_EQ(real_process_runner().run(spec).status().id(), "process.not-executable");
  spec = shell("true");
  spec.working_directory = dir.file("nowhere");
  EXPECT_EQ(real_process_runner().run(spec).status().id(), "process.bad-folder");
}

TEST(Subprocess, FakeAnswersAndRemembers) {
  FakeProcessRunner fake;
  fake.answer = [](const ProcessSpec& s) -> Result<ProcessResult> {
    ProcessResult r;
    r.output = join(s.argv, "+");
    return r;
  };
  ProcessSpec spec;
  spec.argv = {"a", "b"};
  JETLINE_ASSERT_OK_AND_ASSIGN(auto r, fake.run(spec));
  EXPECT_EQ(r.output, "a+b");
  ASSERT_EQ(fake.calls.size(), 1u);
  CancelToken cancel;
  cancel.cancel();
  EXPECT_EQ(fake.run(spec, &cancel).status().kind(), ErrorKind::kCancelled);
}

}  // namespace
}  // namespace jetline
