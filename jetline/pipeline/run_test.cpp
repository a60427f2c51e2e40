#include "jetline/pipeline/run.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "jetline/base/strings.h"
#include "jetline/base/testing.h"
#include "jetline/pipeline/stage_error.h"

namespace jetline {
namespace {

constexpr const char* kThreeStages = R"(
output = "run"
[[stage]]
name = "a"
verb = "make"
args = ["{out}/a.txt"]
inputs = ["in.txt"]
outputs = ["{out}/a.txt"]
[[stage]]
name = "b"
verb = "make"
args = ["{out}/b.txt", "{a}/a.txt"]
outputs = ["{out}/b.txt"]
[[stage]]
name = "c"
verb = "say"
args = ["{b}/b.txt"]
)";

// A project folder and a program that writes its first argument's file from the content of the second.
class PipelineRunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write("in.txt", "one");
    write("jetline.toml", kThreeStages);
    fake.answer = [this](const ProcessSpec& s) -> Result<ProcessResult> {
      ProcessResult r;
      r.wall = kSecond;
      r.output = "{\"said\": \"" + s.argv[1] + "\"}";
      if (s.argv[1] == "make") {
        const std::string from = s.argv.size() > 5 ? s.argv[3] : "in.txt";
        const auto content = read_file(join_path(s.working_directory, from));
        EXPECT_TRUE(content.ok()) << content.status().to_string();
        JETLINE_EXPECT_OK(write_file(join_path(s.working_directory, s.argv[2]), *content + "+"));
      }
      return r;
    };
    options.program = "/bin/jetline";
    options.version = "1";
    options.runner = &fake;
    options.now = [] { return std::string("2024-05-01T12:00:00Z"); };
  }
  void write(const std::string& name, const std::string& text) {
    JETLINE_ASSERT_OK(write_file(dir.file(name), text));
  }
  std::string text_of(const std::string& name) { return read_file(dir.file(name)).value_or("(none)"); }

  // "a:done b:unchanged …" of a run.
  std::string run() {
    calls_before = fake.calls.size();
    auto config = load_pipeline(dir.file("jetline.toml"));
    if (!config.ok()) return config.status().to_string();
    auto r = run_pipeline(*config, options, cancel);
    if (!r.ok()) return r.status().id();
    result = *r;
    std::vector<std::string> words;
    for (const auto& o : result.stages) words.push_back(o.spec.name + ":" + stage_state_word(o.state));
    return join(words, " ");
  }
  size_t calls() const { return fake.calls.size() - calls_before; }
  std::string reason(size_t i) const { return result.stages[i].reason; }

  TemporaryDirectory dir;
  FakeProcessRunner fake;
  PipelineOptions options;
  CancelToken cancel;
  PipelineResult result;
  size_t calls_before = 0;
};

TEST_F(PipelineRunTest, RunsOnceThenSaysUnchanged) {
  EXPECT_EQ(run(), "a:done b:done c:done");
  EXPECT_EQ(text_of("run/b/b.txt"), "one++");
  EXPECT_EQ(fake.calls[0].argv,
            (std::vector<std::string>{"/bin/jetline", "make", "run/a/a.txt", "--json", "--force"}));
  EXPECT_EQ(fake.calls[0].working_directory, dir.path());
  EXPECT_EQ(run(), "a:unchanged b:unchanged c:unchanged");
  EXPECT_EQ(calls(), 0u);
  EXPECT_EQ(result.stages[2].record.result["said"], "say");  // what it said before is still there
}

TEST_F(PipelineRunTest, ChangedInputRunsWhatDependsOnIt) {
  run();
  write("in.txt", "two");
  EXPECT_EQ(run(), "a:done b:done c:done");
  EXPECT_EQ(reason(0), "input in.txt changed");
  EXPECT_EQ(reason(1), "stage a changed");
  EXPECT_EQ(text_of("run/b/b.txt"), "two++");
}

TEST_F(PipelineRunTest, TouchingWithoutChangingRunsNothing) {
  run();
  write("in.txt", "one");
  EXPECT_EQ(run(), "a:unchanged b:unchanged c:unchanged");
}

TEST_F(PipelineRunTest, ChangedArgumentsOrVersionRunAgain) {
  run();
  std::string toml = kThreeStages;
  toml.replace(toml.find("\"{b}/b.txt\""), 11, "\"{b}/b.txt\", \"-x\"");
  write("jetline.toml", toml);
  EXPECT_EQ(run(), "a:unchanged b:unchanged c:done");
  EXPECT_EQ(reason(2), "the arguments changed");
  options.version = "2";
  EXPECT_EQ(run(), "a:done b:done c:done");
  EXPECT_EQ(reason(0), "the program's version changed");
}

TEST_F(PipelineRunTest, LostOrChangedOutputRunsAgain) {
  run();
  JETLINE_ASSERT_OK(real_file_system().remove(dir.file("run/b/b.txt")));
  EXPECT_EQ(run(), "a:unchanged b:done c:unchanged");  // the same content again: c need not run
  EXPECT_EQ(reason(1), "its output {out}/b.txt is gone");
  write("run/a/a.txt", "edited");
  EXPECT_EQ(run(), "a:done b:unchanged c:unchanged");
  EXPECT_EQ(reason(0), "its output {out}/a.txt was changed");
}

TEST_F(PipelineRunTest, StageKilledHalfwayRunsAgainFromAnEmptyFolder) {
  run();
  write("in.txt", "two");
  const auto good = fake.answer;
  fake.answer = [&](const ProcessSpec& s) -> Result<ProcessResult> {
    JETLINE_EXPECT_OK(write_file(join_path(s.working_directory, "run/a/half.txt"), "half"));
    ProcessResult r;
    r.signal = 9;
    r.exit_code = 137;
    return r;
  };
  EXPECT_EQ(run(), "a:failed b:not run c:not run");
  EXPECT_EQ(result.status.id(), "pipeline.stage-failed");
  EXPECT_EQ(result.status.exit_code(), 5);
  write("in.txt", "one");  // even with the old input back, nothing says that a is done
  fake.answer = good;
  EXPECT_EQ(run(), "a:done b:unchanged c:unchanged");
  EXPECT_EQ(reason(0), "it did not finish before");
  EXPECT_FALSE(file_exists(dir.file("run/a/half.txt")));
}

TEST_F(PipelineRunTest, FailureKeepsTheStagesErrorAndExitCode) {
  fake.answer = [](const ProcessSpec& s) -> Result<ProcessResult> {
    ProcessResult r;
    r.exit_code = 3;
    r.output =
        R"({"error": {"id": "data.empty", "message": "no images", "hint": "add some", "where": "x/y"}})";
    r.errors = "working\rjetline: data.empty: no images\n";
    return r;
  };
  EXPECT_EQ(run(), "a:failed b:not run c:not run");
  EXPECT_EQ(result.status.id(), "data.empty");
  EXPECT_EQ(result.status.message(), "stage 'a': no images");
  EXPECT_EQ(result.status.hint(), "add some");
  EXPECT_EQ(result.status.exit_code(), 3);
  EXPECT_EQ(result.stages[0].errors_tail, "jetline: data.empty: no images");
}

TEST_F(PipelineRunTest, NegativeAnswerKeepsItsFigures) {
  fake.answer = [](const ProcessSpec&) -> Result<ProcessResult> {
    ProcessResult r;
    r.exit_code = 1;
    r.output = R"({"same": false})";
    return r;
  };
  run();
  EXPECT_EQ(result.status.exit_code(), 1);
  EXPECT_EQ(result.stages[0].record.result["same"], false);
}

TEST_F(PipelineRunTest, OutputsAreChecked) {
  fake.answer = [](const ProcessSpec&) -> Result<ProcessResult> {
    ProcessResult r;
    r.output = "{}";
    return r;
  };
  EXPECT_EQ(run(), "a:failed b:not run c:not run");
  EXPECT_EQ(result.status.id(), "pipeline.output-missing");
}

TEST_F(PipelineRunTest, OutputThatIsNoJsonIsAnError) {
  fake.answer = [](const ProcessSpec&) -> Result<ProcessResult> {
    ProcessResult r;
    r.output = "hello";
    return r;
  };
  run();
  EXPECT_EQ(result.status.id(), "pipeline.stage-output");
}

TEST_F(PipelineRunTest, TimeoutIsNamed) {
  std::string toml = kThreeStages;
  toml.replace(toml.find("verb = \"make\""), 13, "verb = \"make\"\ntimeout_minutes = 0.5");
  write("jetline.toml", toml);
  fake.answer = [](const ProcessSpec& s) -> Result<ProcessResult> {
    EXPECT_EQ(s.timeout, 30 * kSecond);
    ProcessResult r;
    r.timed_out = true;
    r.exit_code = 130;
    return r;
  };
  run();
  EXPECT_EQ(result.status.id(), "pipeline.stage-timeout");
}

TEST_F(PipelineRunTest, CancelStopsAndLeavesTheStageUndone) {
  const auto good = fake.answer;
  fake.answer = [&](const ProcessSpec& s) -> Result<ProcessResult> {
    if (s.argv[2] != "run/b/b.txt") return good(s);
    cancel.cancel();
    return Status::cancelled();
  };
  EXPECT_EQ(run(), "a:done b:cancelled c:not run");
  EXPECT_EQ(result.status.exit_code(), 130);
}

TEST_F(PipelineRunTest, FromForceAndOnly) {
  run();
  options.from = "b";
  EXPECT_EQ(run(), "a:unchanged b:done c:done");
  options.from.clear();
  options.force_stages = {"a"};
  EXPECT_EQ(run(), "a:done b:unchanged c:unchanged");
  options.force_stages.clear();
  options.only = {"b"};
  write("in.txt", "two");
  EXPECT_EQ(run(), "a:not run b:unchanged c:not run");
  options.only = {"bb"};
  EXPECT_EQ(run(), "pipeline.unknown-stage");
}

TEST_F(PipelineRunTest, OnlyNeedsWhatComesBefore) {
  options.only = {"c"};
  EXPECT_EQ(run(), "a:not run b:not run c:failed");
  EXPECT_EQ(result.status.id(), "pipeline.stage-not-ready");
}

TEST_F(PipelineRunTest, DryRunChangesNothing) {
  options.dry_run = true;
  EXPECT_EQ(run(), "a:would run b:would run c:would run");
  EXPECT_EQ(calls(), 0u);
  EXPECT_FALSE(file_exists(dir.file("run")));
  options.dry_run = false;
  run();
  options.dry_run = true;
  EXPECT_EQ(run(), "a:unchanged b:unchanged c:unchanged");
  write("in.txt", "two");
  EXPECT_EQ(run(), "a:would run b:would run c:would run");
  EXPECT_EQ(reason(1), "stage a runs");
}

TEST_F(PipelineRunTest, ForeignFoldersAreLeftAlone) {
  write("notes.txt", "mine");
  options.output = dir.path();
  EXPECT_EQ(run(), "pipeline.output-not-ours");
  EXPECT_EQ(text_of("notes.txt"), "mine");
}

TEST_F(PipelineRunTest, OutputElsewhere) {
  TemporaryDirectory elsewhere;
  options.output = elsewhere.file("there");
  EXPECT_EQ(run(), "a:done b:done c:done");
  EXPECT_EQ(read_file(elsewhere.file("there/b/b.txt")).value_or(""), "one++");
  EXPECT_EQ(run(), "a:unchanged b:unchanged c:unchanged");
}

TEST_F(PipelineRunTest, MissingInputIsNamed) {
  JETLINE_ASSERT_OK(real_file_system().remove(dir.file("in.txt")));
  EXPECT_EQ(run(), "a:failed b:not run c:not run");
  EXPECT_EQ(result.status.id(), "pipeline.input-missing");
  EXPECT_EQ(result.status.exit_code(), 3);
}

TEST_F(PipelineRunTest, TwoRunsAtOnceAreRefused) {
  run();
  const int fd = open(dir.file("run/.jetline/lock").c_str(), O_RDWR);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(flock(fd, LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(run(), "pipeline.busy");
  close(fd);
  EXPECT_EQ(run(), "a:unchanged b:unchanged c:unchanged");
}

TEST_F(PipelineRunTest, FullDiskAndReadOnlyFolderAreErrorsWithoutARecord) {
  FaultyFileSystem fs;
  options.file_system = &fs;
  fs.read_only = true;
  EXPECT_EQ(run(), "file.permission");
  fs.read_only = false;
  fs.bytes_left = 10;
  EXPECT_EQ(run(), "a:failed b:not run c:not run");
  EXPECT_EQ(result.status.id(), "file.disk-full");
  EXPECT_FALSE(file_exists(dir.file("run/.jetline/a.json")));
}

TEST_F(PipelineRunTest, DamagedRecordCountsAsNone) {
  run();
  const std::string text = text_of("run/.jetline/a.json");
  write("run/.jetline/a.json", text.substr(0, text.size() / 2));
  EXPECT_EQ(run(), "a:done b:unchanged c:unchanged");
  std::string edited = text_of("run/.jetline/a.json");
  edited.replace(edited.find("\"make\""), 6, "\"fake\"");
  write("run/.jetline/a.json", edited);
  EXPECT_EQ(run(), "a:done b:unchanged c:unchanged");
}

TEST(StageRecord, SurvivesTruncationAnywhere) {
  StageRecord r;
  r.key_parts = {{"a", "b"}, {"c", "d"}};
  r.outputs = {{"o", "h"}};
  r.result = {{"x", 1}};
  const std::string text = stage_record_to_json(r);
  const auto back = stage_record_from_json(text);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->key(), r.key());
  EXPECT_EQ(back->outputs_key(), r.outputs_key());
  for (size_t n = 0; n + 2 < text.size(); ++n)
    EXPECT_FALSE(stage_record_from_json(text.substr(0, n)).has_value()) << n;
}

TEST(StageRecord, ContentHashSeesNamesAndBytes) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(real_file_system().make_directories(dir.file("d/e")));
  JETLINE_ASSERT_OK(write_file(dir.file("d/e/f"), "1"));
  const std::string one = content_hash(dir.file("d")).value_or("");
  JETLINE_ASSERT_OK(write_file(dir.file("d/e/f"), "2"));
  const std::string two = content_hash(dir.file("d")).value_or("");
  JETLINE_ASSERT_OK(real_file_system().rename(dir.file("d/e/f"), dir.file("d/e/g")));
  const std::string three = content_hash(dir.file("d")).value_or("");
  EXPECT_NE(one, two);
  EXPECT_NE(two, three);
  EXPECT_FALSE(content_hash(dir.file("none")).ok());
}

TEST(StageError, ShellLineCanBePastedBack) {
  EXPECT_EQ(shell_line({"a", "b c", "d'e", "", "--x=1"}), "a 'b c' 'd'\\''e' '' --x=1");
}

TEST(StageError, LastLinesSeeThroughProgressBars) {
  EXPECT_EQ(last_lines("one\ntwo 1%\rtwo 2%\rtwo 3%\n\nthree\n", 2), "two 3%\nthree");
}

}  // namespace
}  // namespace jetline
