#include "jetline/pipeline/config.h"

#include "jetline/base/strings.h"
#include "jetline/base/testing.h"
#include "jetline/pipeline/placeholder.h"

namespace jetline {
namespace {

PipelineConfig parsed(const std::string& toml) {
  auto c = parse_pipeline(toml, "dir/jetline.toml");
  EXPECT_TRUE(c.ok()) << c.status().to_string();
  return c.ok() ? *c : PipelineConfig();
}
Status refused(const std::string& toml) {
  auto c = parse_pipeline(toml, "dir/jetline.toml");
  EXPECT_FALSE(c.ok()) << toml;
  return c.status();
}
std::string words_of(const PipelineConfig& c, const std::string& stage) {
  for (const StageSpec& s : c.stages) {
    if (s.name == stage) return join(s.verb, " ") + " | " + join(s.args, " ");
  }
  return "no such stage";
}

TEST(PipelineConfig, ShorthandsFitTogether) {
  const auto c = parsed(R"(
name = "find"
[synth]
split = { train = 14, val = 2, test = 3 }
seed = 7
[train]
minutes = 3.5
size = "320x240"
[export]
opset = 12
[verify]
[bench]
[eval]
min_height = 10
[detect]
samples = 4
[drive]
episodes = 10
picture = true
video = false
)");
  EXPECT_EQ(c.output, "runs/find");
  EXPECT_EQ(c.folder, "dir");
  ASSERT_EQ(c.stages.size(), 8u);
  EXPECT_EQ(words_of(c, "synth"), "data synth | -o {out} --split train=14,val=2,test=3 --seed 7");
  EXPECT_EQ(words_of(c, "train"), "train | {synth} -o {out} --minutes 3.5 --size 320x240");
  EXPECT_EQ(words_of(c, "export"), "export | {train}/best.ckpt -o {out}/model.onnx --opset 12");
  EXPECT_EQ(words_of(c, "verify"),
            "verify | {train}/best.ckpt {export}/model.onnx --images {synth}/images/test");
  EXPECT_EQ(words_of(c, "eval"), "eval | {export}/model.onnx {synth} --split test --min-height 10");
  EXPECT_EQ(words_of(c, "detect"), "detect | {export}/model.onnx {pick 4 {synth}/images/test} -o {out}");
  EXPECT_EQ(words_of(c, "drive"),
            "drive | --sim {export}/model.onnx --episodes 10 --picture {out}/drive.png");
  EXPECT_EQ(c.stages[3].after, (std::vector<std::string>{"train", "export", "synth"}));
}

TEST(PipelineConfig, OwnDataAndModelReplaceTheStages) {
  const auto c =
      parsed("[data]\npath = \"photos\"\n[eval]\nmodel = \"m.onnx\"\n[bench]\nmodel = \"m.onnx\"\n");
  EXPECT_EQ(words_of(c, "data"), "data inspect | photos");
  EXPECT_EQ(words_of(c, "eval"), "eval | m.onnx photos");
  EXPECT_EQ(words_of(c, "bench"), "bench | m.onnx --images photos");
  EXPECT_EQ(c.stages[2].inputs, (std::vector<std::string>{"photos", "m.onnx"}));
}

TEST(PipelineConfig, GeneralStagesRunAfterWhatTheyName) {
  const auto c = parsed(R"(
[[stage]]
name = "last"
verb = "data inspect"
args = ["{first}/set", "{{x}"]
after = ["middle"]
[[stage]]
name = "middle"
verb = "doctor"
[[stage]]
name = "first"
verb = "data convert"
args = ["in", "-o", "{out}/set"]
inputs = ["in"]
outputs = ["{out}/set"]
timeout_minutes = 2
)");
  ASSERT_EQ(c.stages.size(), 3u);
  EXPECT_EQ(c.stages[0].name, "middle");
  EXPECT_EQ(c.stages[1].name, "first");
  EXPECT_EQ(c.stages[2].name, "last");
  EXPECT_EQ(c.stages[1].verb, (std::vector<std::string>{"data", "convert"}));
  EXPECT_EQ(c.stages[1].timeout_minutes, 2);
}

TEST(PipelineConfig, TyposAreErrorsThatNameTheNearestWord) {
  const Status s = refused("[train]\nminuets = 3\n[synth]\n");
  EXPECT_EQ(s.id(), "pipeline.unknown-key");
  EXPECT_NE(s.hint().find("minutes"), std::string::npos) << s.to_string();
  EXPECT_EQ(s.where(), "dir/jetline.toml:2");
  const Status t = refused("[trian]\n");
  EXPECT_EQ(t.id(), "pipeline.unknown-key");
  EXPECT_NE(t.hint().find("'train'"), std::string::npos) << t.to_string();
  const Status u = refused("[[stage]]\nname = \"a\"\nverb = \"doctor\"\nafter = [\"b\"]\n");
  EXPECT_EQ(u.id(), "pipeline.unknown-stage");
}

TEST(PipelineConfig, MistakesAreNamed) {
  EXPECT_EQ(refused("a = ").id(), "pipeline.syntax");
  EXPECT_EQ(refused("a = ").where(), "dir/jetline.toml:1");
  EXPECT_EQ(refused("").id(), "pipeline.no-stages");
  EXPECT_EQ(refused("name = 3\n[synth]\n").id(), "pipeline.field");
  EXPECT_EQ(refused("synth = 3").id(), "pipeline.field");
  EXPECT_EQ(refused("stage = 3").id(), "pipeline.field");
  EXPECT_EQ(refused("stage = [3]").id(), "pipeline.field");
  EXPECT_EQ(refused("[train]\nminutes = 1\n").id(), "pipeline.field");  // no data
  EXPECT_EQ(refused("[synth]\nsplit = { train = \"x\" }\n").id(), "pipeline.field");
  EXPECT_EQ(refused("[synth]\nseed = [1]\n").id(), "pipeline.field");
  EXPECT_EQ(refused("[synth]\nseed = nan\n").id(), "pipeline.field");
  EXPECT_EQ(refused("[synth]\nargs = [\"a\\u0000b\"]\n").id(), "pipeline.field");
  EXPECT_EQ(refused("[[stage]]\nname = \"../x\"\nverb = \"doctor\"\n").id(), "pipeline.stage-name");
  EXPECT_EQ(refused("[[stage]]\nname = \"out\"\nverb = \"doctor\"\n").id(), "pipeline.stage-name");
  EXPECT_EQ(refused("[[stage]]\nname = \"a\"\n").id(), "pipeline.field");
  EXPECT_EQ(refused("[[stage]]\nname = \"a\"\nverb = \"run\"\n").id(), "pipeline.field");
  EXPECT_EQ(refused("[synth]\n[[stage]]\nname = \"synth\"\nverb = \"doctor\"\n").id(),
            "pipeline.duplicate-stage");
  EXPECT_EQ(
      refused("[[stage]]\nname = \"a\"\nverb = \"x\"\nargs=[\"{b}\"]\n[[stage]]\nname = \"b\"\nverb = \"x\"\n"
              "args=[\"{a}\"]\n")
          .id(),
      "pipeline.cycle");
  EXPECT_EQ(refused("[[stage]]\nname = \"a\"\nverb = \"x\"\nafter=[\"a\"]\n").id(), "pipeline.cycle");
  EXPECT_EQ(refused("[[stage]]\nname = \"a\"\nverb = \"x\"\nargs=[\"{out\"]\n").id(), "pipeline.placeholder");
  EXPECT_EQ(refused("\xff\xfe").id(), "pipeline.syntax");
}

TEST(PipelineConfig, DeepNestingIsRefusedNotFollowed) {
  EXPECT_EQ(refused("a = " + std::string(100000, '[')).id(), "pipeline.syntax");
}

TEST(PipelineConfig, MissingFileIsBadInput) {
  TemporaryDirectory dir;
  EXPECT_EQ(load_pipeline(dir.file("none.toml")).status().id(), "file.not-found");
  JETLINE_ASSERT_OK(write_file(dir.file("big.toml"), std::string(2 << 20, '#')));
  EXPECT_EQ(load_pipeline(dir.file("big.toml")).status().id(), "file.too-large");
}

TEST(PipelinePlaceholder, ExpandsFoldersBracesAndPicks) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(real_file_system().make_directories(dir.file("run/a/img")));
  for (int i = 0; i < 10; ++i) {
    JETLINE_ASSERT_OK(write_file(dir.file("run/a/img/" + std::to_string(i) + ".png"), "x"));
  }
  JETLINE_ASSERT_OK(write_file(dir.file("run/a/img/0.txt"), "x"));
  const StageFolder folder = [](const std::string& n) -> Result<std::string> {
    return "run/" + (n == "out" ? "me" : n);
  };
  const auto expanded = [&](const std::string& t) {
    auto r = expand_placeholders(t, folder, dir.path());
    return r.ok() ? join(*r, " ") : r.status().id();
  };
  EXPECT_EQ(expanded("plain"), "plain");
  EXPECT_EQ(expanded("{out}/x{a}"), "run/me/xrun/a");
  EXPECT_EQ(expanded("{{out}"), "{out}");
  EXPECT_EQ(expanded("{pick 3 {a}/img}"), "run/a/img/0.png run/a/img/4.png run/a/img/9.png");
  EXPECT_EQ(expanded("{pick 1 {a}/img}"), "run/a/img/0.png");
  EXPECT_EQ(expanded("x{pick 1 {a}/img}"), "pipeline.placeholder");
  EXPECT_EQ(expanded("{pick x {a}/img}"), "pipeline.placeholder");
  EXPECT_EQ(expanded("{pick 2}"), "pipeline.placeholder");
  EXPECT_EQ(expanded("{pick 2 {a}}"), "pipeline.nothing-to-pick");
  EXPECT_EQ(expanded("{pick 2 {b}}"), "file.not-found");
  EXPECT_EQ(expanded("{}"), "pipeline.placeholder");
  EXPECT_EQ(expanded("{a"), "pipeline.placeholder");
}

TEST(PipelinePlaceholder, PicksEvenly) {
  const std::vector<std::string> n = {"a", "b", "c", "d", "e"};
  EXPECT_EQ(pick_evenly(n, 2), (std::vector<std::string>{"a", "e"}));
  EXPECT_EQ(pick_evenly(n, 3), (std::vector<std::string>{"a", "c", "e"}));
  EXPECT_EQ(pick_evenly(n, 9), n);
}

}  // namespace
}  // namespace jetline
