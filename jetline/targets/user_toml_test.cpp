// A user's own boards, operators and rules.
#include "jetline/base/testing.h"
#include "jetline/targets/catalog.h"

namespace jetline::targets {
namespace {

constexpr const char* kLabToml = R"(
# a carrier board with its own name, and a plugin
[[board]]
id = "rover-2"
name = "Rover 2"
aliases = ["rover"]
soc = "T234"
compute_capability = "8.7"
memory_gib = 16
memory_is_shared = true
reserved_gib = 3
precisions = ["fp32", "fp16", "int8"]
jetpack = "6.0..6.2.2"
tensorrt = "8.6..10.3"
source = "lab notes"
[board.peak]
fp16_tflops = 15.0
bandwidth_gbs = 102.4
source = "measured"
[[plugin]]
name = "LabCrop"
version = "2"
trt = "8.6.."
source = "liblab_plugins.so"
[[operator]]
op = "LabCrop"
[[operator.rule]]
id = "lab-crop.rank"
when = "rank(0) != 4"
effect = "refused"
message = "LabCrop takes pictures only"
source = "lab notes"
[[rule]]
op = "Resize"
id = "resize.cubic"
trt = "8.2"
effect = "note"
message = "we patched the parser"
source = "lab notes"
[[jetpack]]
id = "6.2.9"
tensorrt = "10.3.0.30"
l4t = "36.9"
source = "our image"
)";

TEST(TargetsUserToml, AddsABoard) {
  Catalog catalog;
  JETLINE_ASSERT_OK(catalog.add_toml(kLabToml, "lab.toml"));
  const Board* board = catalog.find_board("rover");
  ASSERT_NE(board, nullptr);
  EXPECT_EQ(board->name, "Rover 2");
  EXPECT_EQ(*board->peak.fp16_tflops, 15.0);
  EXPECT_FALSE(board->peak.int8_tops);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Target t, choose(catalog, {"rover-2"}));
  EXPECT_EQ(t.to_string(), "Rover 2, JetPack 6.2.2, TensorRT 10.3.0.30, fp16");
  EXPECT_NE(catalog.find_jetpack("6.2.9"), nullptr);
  JETLINE_EXPECT_OK(catalog.status());
}

TEST(TargetsUserToml, AddsAnOperatorAndItsPlugin) {
  Catalog catalog;
  EXPECT_EQ(catalog.find_operator("", "LabCrop"), nullptr);  // asked before: must not be remembered
  JETLINE_ASSERT_OK(catalog.add_toml(kLabToml, "lab.toml"));
  const OperatorKnowledge* k = catalog.find_operator("", "LabCrop");
  ASSERT_NE(k, nullptr);
  bool found = false;
  for (const Rule& r : k->rules) found |= r.id == "trt.lab-crop.rank" && r.from_user;
  EXPECT_TRUE(found);
  EXPECT_FALSE(k->has_importer(parse_version("10.3").value()));
  EXPECT_NE(catalog.find_plugin("LabCrop", parse_version("10.3").value()), nullptr);
}

TEST(TargetsUserToml, ReplacesARuleById) {
  Catalog plain, catalog;
  JETLINE_ASSERT_OK(catalog.add_toml(kLabToml, "lab.toml"));
  const auto cubic = [](const Catalog& c) {
    std::vector<const Rule*> rules;
    for (const Rule& r : c.find_operator("", "Resize")->rules) {
      if (r.id == "trt.resize.cubic") rules.push_back(&r);
    }
    return rules;
  };
  ASSERT_FALSE(cubic(plain).empty());
  EXPECT_FALSE(cubic(plain)[0]->from_user);
  ASSERT_EQ(cubic(catalog).size(), 1u);
  EXPECT_TRUE(cubic(catalog)[0]->from_user);
  EXPECT_EQ(cubic(catalog)[0]->effect, Effect::kNote);
  EXPECT_EQ(catalog.find_operator("", "Resize")->importers.size(),
            plain.find_operator("", "Resize")->importers.size());
}

TEST(TargetsUserToml, ReplacesABoardById) {
  Catalog catalog;
  const size_t boards = catalog.boards().size();
  JETLINE_ASSERT_OK(catalog.add_toml(R"(
[[board]]
id = "nano-4gb"
soc = "T210"
compute_capability = "5.3"
memory_gib = 4
reserved_gib = 2.5
precisions = ["fp16", "fp32"]
jetpack = "4.6.1"
tensorrt = "8.2"
source = "with a desktop and ROS running"
)",
                                     "ros.toml"));
  EXPECT_EQ(catalog.boards().size(), boards);
  EXPECT_EQ(catalog.find_board("nano-4gb")->reserved_gib, 2.5);
  EXPECT_EQ(choose(catalog, {"nano-4gb"})->to_string(), "nano-4gb, JetPack 4.6.1, TensorRT 8.2.1.8, fp16");
}

TEST(TargetsUserToml, MistakesAreRefusedAsAWhole) {
  struct Case {
    const char* text;
    const char* where;
    const char* says;
  };
  for (const Case& c :
       {Case{"[[bord]]\nid = \"x\"\n", "u.toml:1", "bord"}, Case{"id = \"x\"\n", "u.toml:1", "id"},
        Case{"[[board]]\nid = \"x\"\n", "u.toml:1", "compute_capability"},
        Case{"[[board]]\nid = \"x\"\ncompute_capability = 8.7\n", "u.toml:3", "compute_capability"},
        Case{"[[board]]\nid = \"x\"\ncompute_capability = \"8.7\"\ntensorrt = \"8..\"\nsource = "
             "\"s\"\nmemory = 3\n",
             "u.toml:6", "memory"},
        Case{"[[board]]\nid = \"x\"\ncompute_capability = \"8.7\"\ntensorrt = \"8..\"\nsource = \"s\"\n"
             "memory_gib = -3\n",
             "u.toml:6", "memory_gib"},
        Case{"[[board]]\nid = \"x\"\ncompute_capability = \"8.7\"\ntensorrt = \"8..\"\nsource = \"s\"\n"
             "precisions = [\"half\"]\n",
             "u.toml:6", "half"},
        Case{"[board.peak]\nfp16_tflops = 1\nsource = \"s\"\n", "u.toml:1", "board"},
        Case{"[[operator.rule]]\nid = \"x\"\n", "u.toml:1", "op"},
        Case{"[[rule]]\nid = \"x\"\neffect = \"note\"\nmessage = \"m\"\nsource = \"s\"\n", "u.toml:1",
             "operator"},
        Case{"[[rule]]\nop = \"Conv\"\nid = \"x\"\neffect = \"note\"\nmessage = \"m\"\nsource = \"s\"\nwhen "
             "= \"rank(\"\n",
             "u.toml:7", "rank("},
        Case{"[[rule]]\nop = \"Conv\"\nid = \"x\"\neffect = \"plugin\"\nmessage = \"m\"\nsource = \"s\"\n",
             "u.toml:4", "plugin"},
        Case{"[[jetpack]]\nid = \"newest\"\n", "u.toml:2", "newest"},
        Case{"[[plugin]]\nname = \"P\"\ntrt = \"9..8\"\nsource = \"s\"\n", "u.toml:3", "9..8"},
        Case{"x = {a = {b = {c = {d = {e = {}}}}}}\n", "u.toml:1", ""},
        Case{"[[rule\n", "u.toml:1", "TOML"}}) {
    Catalog catalog;
    const size_t boards = catalog.boards().size();
    const Status s = catalog.add_toml(c.text, "u.toml");
    EXPECT_EQ(s.id(), "targets.bad-toml") << c.text << s.to_string();
    EXPECT_EQ(s.where(), c.where) << s.to_string();
    EXPECT_NE(s.message().find(c.says), std::string::npos) << s.to_string();
    EXPECT_EQ(catalog.boards().size(), boards);
  }
}

TEST(TargetsUserToml, EveryPrefixIsReadOrRefused) {
  const std::string text = kLabToml;
  for (size_t n = 0; n < text.size(); n += 3) {
    Catalog catalog;
    const Status s = catalog.add_toml(text.substr(0, n), "lab.toml");
    EXPECT_TRUE(s.ok() || s.id() == "targets.bad-toml") << n;
  }
}

}  // namespace
}  // namespace jetline::targets
