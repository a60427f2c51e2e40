// The program as a person at a shell meets it: help, typos, exit codes, what goes to which stream.
#include <filesystem>

#include "jetline/base/testing.h"
#include "tests/program.h"

namespace jetline {
namespace {
using testing::error_id;
using testing::json_of;
using testing::program_verbs;
using testing::run_program;
using testing::run_shell;
using testing::run_words;

TEST(ProgramCli, VersionIsOneLine) {
  const auto r = run_program({"--version"});
  EXPECT_EQ(r.exit_code, 0);
  EXPECT_TRUE(starts_with(r.output, "jetline ")) << r.output;
  EXPECT_EQ(split(r.output, '\n').size(), 2u);
}

TEST(ProgramCli, WithoutAVerbItShowsTheVerbsAndFails) {
  const auto r = run_program({});
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_NE(r.output.find("usage:"), std::string::npos);
  EXPECT_GE(program_verbs().size(), 5u);
}

TEST(ProgramCli, EveryVerbHasTwoExamplesWhoseOptionsExist) {
  for (const std::string& verb : program_verbs()) {
    const auto r = run_program({verb, "--help"});
    EXPECT_EQ(r.exit_code, 0) << verb;
    std::string known = r.output;
    int examples = 0;
    const size_t at = r.output.find("examples:");
    ASSERT_NE(at, std::string::npos) << verb;
    for (const std::string& line : split(r.output.substr(at), '\n')) {
      if (line.find("jetline " + verb) == std::string::npos) continue;
      ++examples;
      const std::string rest = line.substr(line.find("jetline " + verb));
      const std::vector<std::string> words = split(rest, ' ');
      // Subcommands have options of their own.
      if (words.size() > 2 && !words[2].empty() && words[2][0] != '-') {
        const auto sub = run_program({verb, words[2], "--help"});
        if (sub.exit_code == 0) known += sub.output;
      }
      const std::string before = known.substr(0, at) + known.substr(r.output.size());
      for (const std::string& word : words) {
        if (!starts_with(word, "--")) continue;
        EXPECT_NE(before.find(split(word, '=')[0]), std::string::npos)
            << verb << " has no " << word << " in: " << line;
      }
    }
    EXPECT_GE(examples, 2) << verb;
  }
}

TEST(ProgramCli, TyposNameTheNearestWord) {
  const auto verb = run_program({"detct"});
  EXPECT_EQ(verb.exit_code, 2);
  EXPECT_NE(verb.errors.find("did you mean `jetline detect`"), std::string::npos) << verb.errors;
  const auto subcommand = run_program({"data", "inspekt", "x"});
  EXPECT_EQ(subcommand.exit_code, 2);
  EXPECT_NE(subcommand.errors.find("did you mean inspect?"), std::string::npos) << subcommand.errors;
  for (const std::string& v : program_verbs()) {
    const auto r = run_program({v, "--jsno"});
    EXPECT_EQ(r.exit_code, 2) << v;
    EXPECT_TRUE(r.output.empty()) << v;
    EXPECT_NE(r.errors.find("did you mean --json?"), std::string::npos) << v << ": " << r.errors;
  }
}

TEST(ProgramCli, UsageErrorsAreOneObjectUnderJsonToo) {
  const auto r = run_program({"data", "inspect", "x", "--formt", "y", "--json"});
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_EQ(error_id(r), "usage.options") << r.output;
}

TEST(ProgramCli, ErrorsAreOneObjectUnderJson) {
  TemporaryDirectory dir;
  const auto r = run_program({"run", "nothing.toml", "--json"}, dir.path());
  EXPECT_EQ(r.exit_code, 3);
  EXPECT_EQ(error_id(r), "file.not-found") << r.output;
  for (const char* key : {"id", "message", "hint", "where"})
    EXPECT_TRUE(json_of(r)["error"].contains(key)) << key;
  EXPECT_NE(r.errors.find("file.not-found"), std::string::npos);
}

TEST(ProgramCli, ExitCodesSayWhatKindOfFailure) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(write_file(dir.file("bad.toml"), "a = "));
  EXPECT_EQ(run_program({"doctor"}).exit_code, 0);
  EXPECT_EQ(run_program({"run"}).exit_code, 2);
  EXPECT_EQ(run_program({"completion", "tcsh"}).exit_code, 2);
  EXPECT_EQ(run_program({"run", dir.file("bad.toml")}).exit_code, 3);
}

TEST(ProgramCli, MissingModulesAreNamedWithExitCodeFour) {
  TemporaryDirectory dir;
  std::filesystem::copy_file(testing::program_path(), dir.file("jetline"));
  const auto doctor = run_words({dir.file("jetline"), "doctor", "--json"});
  EXPECT_EQ(doctor.exit_code, 0);
  for (const auto& m : json_of(doctor)["modules"]) EXPECT_EQ(m["state"], "missing") << m.dump();
  JETLINE_ASSERT_OK(write_file(dir.file("s.toml"), "[synth]\ncount = 2\nsize = \"96x64\"\n"));
  const auto made = run_words({dir.file("jetline"), "run", dir.file("s.toml")});
  ASSERT_EQ(made.exit_code, 0) << made.errors;  // pictures need no module
  const auto train = run_words({dir.file("jetline"), "train", dir.file("runs/s/synth"), "-o", dir.file("run"),
                                "--steps", "1", "--size", "64x64", "--json"});
  EXPECT_EQ(train.exit_code, 4) << train.errors;
  EXPECT_EQ(error_id(train), "module.not-installed");
}

TEST(ProgramCli, FullStandardOutputIsAnError) {
  const auto r = run_shell("jetline doctor > /dev/full");
  EXPECT_EQ(r.exit_code, 3);
  EXPECT_NE(r.errors.find("standard output"), std::string::npos) << r.errors;
}

TEST(ProgramCli, ReaderThatGoesAwayDoesNotKillIt) {
  // Whether it had written everything before is a matter of luck; a signal (128 and more) never ends it.
  const std::string code(trim(run_shell("jetline completion zsh | true; echo ${PIPESTATUS[0]}").output));
  EXPECT_TRUE(code == "0" || code == "3") << code;
}

// The main program must start in milliseconds: nothing heavy may creep into what it links.
TEST(ProgramCli, HeavyLibrariesStayInModules) {
  const auto r = run_words({"ldd", testing::program_path()});
  ASSERT_EQ(r.exit_code, 0) << r.errors;
  for (const char* heavy : {"libtorch", "libopenvino", "libopencv", "libopenblas", "liblapack",
                            "libgfortran", "libX11", "libGL", "libgdal", "libprotobuf", "libpython"}) {
    EXPECT_EQ(r.output.find(heavy), std::string::npos) << heavy;
  }
}

std::string completed(const std::string& words) {
  return run_shell("source <(jetline completion bash); COMP_WORDS=(" + words +
                   "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _jetline; echo \"${COMPREPLY[@]}\"")
      .output;
}

TEST(ProgramCli, BashCompletesVerbsOptionsAndFiles) {
  EXPECT_EQ(completed("jetline doct"), "doctor\n");
  EXPECT_EQ(completed("jetline run --dry"), "--dry-run\n");
  const std::string all = completed("jetline ''");
  for (const std::string& v : program_verbs()) EXPECT_NE(all.find(v), std::string::npos) << v;
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(write_file(dir.file("a file.toml"), ""));
  const auto r = run_shell(
      "source <(jetline completion bash); COMP_WORDS=(jetline run a); COMP_CWORD=2; _jetline; "
      "echo \"${COMPREPLY[0]}\"",
      dir.path());
  EXPECT_EQ(trim(r.output).substr(0, 1), "a") << r.output;
}

TEST(ProgramCli, ZshAndFishAcceptTheirScripts) {
  TemporaryDirectory dir;
  for (const char* shell : {"zsh", "fish"}) {
    const auto r = run_shell(std::string("jetline completion ") + shell + " > c && if command -v " + shell +
                                 " >/dev/null; then " + shell + " -n c && echo checked; else echo absent; fi",
                             dir.path());
    if (trim(r.output) == "absent") {
      std::cout << "notice: " << shell << " is not installed; its completion script was not parsed\n";
      continue;
    }
    EXPECT_EQ(trim(r.output), "checked") << shell << ": " << r.errors;
  }
}

}  // namespace
}  // namespace jetline
