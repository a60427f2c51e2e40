// Every verb that writes: it does not overwrite without --force, and on a read-only folder or a full disk it
// leaves nothing half-written and says what happened with exit code 3.
//
// The bad disks are small tmpfs mounts in a mount namespace of their own (needs root or user namespaces);
// where that is not allowed the full disk is played by a file-size limit and the read-only folder by its
// rights.
#include <functional>
#include <memory>

#include "jetline/base/testing.h"
#include "tests/program.h"

namespace jetline {
namespace {
using testing::error_id;
using testing::program_path;
using testing::run_program;
using testing::run_words;

// What the verbs read: a rendered data set, a checkpoint and a model trained for two steps, made once.
struct Inputs {
  TemporaryDirectory dir;
  std::string data = dir.file("data"), checkpoint = dir.file("run/best.ckpt"), model = dir.file("model.onnx"),
              image;
  std::string broken;  // why there are none

  Inputs() {
    make({"data", "synth", "-o", data, "--split", "train=8,val=2", "--size", "160x120"});
    make({"train", data, "-o", dir.file("run"), "--steps", "2", "--batch", "2", "--size", "64x64"});
    make({"export", checkpoint, "-o", model});
    const auto images = list_files_recursive(data + "/images/val");
    if (images.ok() && !images->empty()) image = (*images)[0];
  }
  void make(const std::vector<std::string>& words) {
    if (!broken.empty()) return;
    const auto r = run_program(words);
    if (r.exit_code != 0) broken = join(words, " ") + ": " + r.errors;
  }
};
const Inputs& inputs() {
  static const std::unique_ptr<Inputs> made = std::make_unique<Inputs>();
  return *made;
}

struct WritingVerb {
  const char* name;
  // Words of a call that writes OUT.
  std::function<std::vector<std::string>(const std::string& out)> words;
  const char* file;  // name of the output
};

const std::vector<WritingVerb>& writing_verbs() {
  using Words = std::vector<std::string>;
  static const std::vector<WritingVerb> kVerbs = {
      {"synth",
       [](const std::string& o) {
         return Words{"data", "synth", "-o", o, "--count", "40", "--size", "160x120"};
       },
       "out"},
      {"convert",
       [](const std::string& o) { return Words{"data", "convert", inputs().data, "-o", o, "--to", "coco"}; },
       "out"},
      {"train",
       [](const std::string& o) {
         return Words{"train", inputs().data, "-o", o, "--steps", "2", "--batch", "2", "--size", "64x64"};
       },
       "out"},
      {"export",
       [](const std::string& o) {
         return Words{"export", inputs().checkpoint, "-o", o};
       },
       "out.onnx"},
      {"detect",
       [](const std::string& o) {
         return Words{"detect", inputs().model, inputs().data + "/images/train", "-o", o, "--score", "0"};
       },
       "out.json"},
      {"detect_picture",
       [](const std::string& o) {
         // Without marks: the more of them cover the picture, the smaller its file.
         return Words{"detect", inputs().model, inputs().image, "-o", o, "--score", "0.9"};
       },
       "out.png"},
      {"run",
       [](const std::string& o) {
         return Words{"run", inputs().dir.file("p.toml"), "-o", o};
       },
       "out"},
  };
  return kVerbs;
}

class Outputs : public ::testing::TestWithParam<size_t> {
 protected:
  const WritingVerb& verb() const { return writing_verbs()[GetParam()]; }
  void SetUp() override {
    ASSERT_EQ(inputs().broken, "");
    JETLINE_ASSERT_OK(
        write_file(inputs().dir.file("p.toml"),
                   "[synth]\ncount = 40\nsize = \"160x120\"\n[train]\nsteps = 1\nsize = \"64x64\"\n"));
  }
  // Runs the verb with OUT on a tmpfs with these mount options; what is left there afterwards (names, with
  // hidden ones) in `left`. False where mounting is not allowed.
  bool run_on_disk(const std::string& mount_options, ProcessResult& r, std::string& left) {
    TemporaryDirectory dir;
    std::string command;
    for (const std::string& w : verb().words(dir.file("disk/") + verb().file)) command += " '" + w + "'";
    const std::string script = "mount -t tmpfs -o " + mount_options + " none disk || exit 77; '" +
                               program_path() + "'" + command +
                               " --json > said; code=$?; find disk -type f > left; exit $code";
    JETLINE_EXPECT_OK(real_file_system().make_directories(dir.file("disk")));
    for (const std::vector<std::string>& unshare :
         {std::vector<std::string>{"unshare", "-m"}, {"unshare", "-r", "-m"}}) {
      std::vector<std::string> words = unshare;
      words.insert(words.end(), {"bash", "-c", script});
      r = run_words(words, dir.path());
      if (!file_exists(dir.file("left"))) continue;
      r.output = read_file(dir.file("said")).value_or("");
      left = read_file(dir.file("left")).value_or("?");
      return true;
    }
    return false;
  }
};

TEST_P(Outputs, AreNotOverwrittenWithoutForce) {
  if (std::string(verb().name) == "run")
    GTEST_SKIP() << "notice: run continues in its own folder, see pipeline tests";
  TemporaryDirectory dir;
  const std::string out = dir.file(verb().file);
  JETLINE_ASSERT_OK(write_file(out, "precious"));
  const auto r = run_program(verb().words(out));
  EXPECT_NE(r.exit_code, 0) << r.errors;
  EXPECT_EQ(read_file(out).value_or(""), "precious");
  EXPECT_EQ(list_directory(dir.path())->size(), 1u);
}

TEST_P(Outputs, FullDiskLeavesNothingHalfWritten) {
  ProcessResult r;
  std::string left;
  if (!run_on_disk("size=4k", r, left)) GTEST_SKIP() << "notice: a small disk cannot be mounted here";
  EXPECT_EQ(r.exit_code, 3) << r.errors;
  EXPECT_EQ(error_id(r), "file.disk-full") << r.output << r.errors;
  // A run folder may stay (it can be resumed); no file may carry the final name, nor may a temporary one
  // stay.
  const std::string name = verb().name;
  if (name != "train" && name != "run") {
    EXPECT_EQ(left, "") << "left on the disk: " << left;
  }
}

TEST_P(Outputs, ReadOnlyFolderIsNamed) {
  ProcessResult r;
  std::string left;
  if (!run_on_disk("ro", r, left)) GTEST_SKIP() << "notice: a read-only disk cannot be mounted here";
  EXPECT_EQ(r.exit_code, 3) << r.errors;
  EXPECT_EQ(error_id(r), "file.permission") << r.output << r.errors;
  EXPECT_EQ(left, "");
}

// Runs everywhere: the limit of file sizes ends a write in the middle as a full disk does.
TEST_P(Outputs, FileSizeLimitLeavesNothingHalfWritten) {
  TemporaryDirectory dir;
  std::string command;
  for (const std::string& w : verb().words(dir.file(verb().file))) command += " '" + w + "'";
  const auto r = run_words(
      {"bash", "-c", "ulimit -f 1; exec '" + program_path() + "'" + command + " --json 2>/dev/null"},
      dir.path());
  const std::string name = verb().name;
  EXPECT_EQ(r.exit_code, 3) << r.output;
  if (name != "train" && name != "run") {
    EXPECT_TRUE(list_files_recursive(dir.path())->empty());
  }
}

std::string verb_name(const ::testing::TestParamInfo<size_t>& info) {
  return writing_verbs()[info.param].name;
}
INSTANTIATE_TEST_SUITE_P(Program, Outputs, ::testing::Range<size_t>(0, writing_verbs().size()), verb_name);

}  // namespace
}  // namespace jetline
