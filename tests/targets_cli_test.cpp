// `jetline targets` as a person and a script see it.
#include "jetline/base/testing.h"
#include "tests/program.h"

namespace jetline::testing {
namespace {

TEST(TargetsCommand, ListsBoardsAndJetPacks) {
  const ProcessResult text = run_program({"targets"});
  ASSERT_EQ(text.exit_code, 0) << text.errors;
  for (const char* word : {"nano-2gb", "agx-thor", "rtx-40", "4.6.1", "8.2.1.8", "4.2 to 4.6.6"}) {
    EXPECT_NE(text.output.find(word), std::string::npos) << word;
  }
  const ProcessResult r = run_program({"targets", "--json"});
  const auto j = json_of(r);
  ASSERT_TRUE(j.is_object()) << r.output;
  for (const char* key : {"this_board", "boards", "jetpacks", "tensorrt"})
    EXPECT_TRUE(j.contains(key)) << key;
  EXPECT_GT(j["boards"].size(), 25u);
  EXPECT_EQ(j["tensorrt"][0]["version"], "7.1");
  for (const auto& board : j["boards"]) {
    EXPECT_FALSE(board["source"].get<std::string>().empty()) << board["id"];
    EXPECT_EQ(board["jetson"].get<bool>(), !board["jetpacks"].empty()) << board["id"];
  }
}

TEST(TargetsCommand, OneBoardInFull) {
  const ProcessResult text = run_program({"targets", "--board", "Orin Nano 8GB"});
  ASSERT_EQ(text.exit_code, 0) << text.errors;
  for (const char* word : {"compute capability 8.7", "Super", "7.2", "10.16.2.10", "TOPS"}) {
    EXPECT_NE(text.output.find(word), std::string::npos) << word << "\n" << text.output;
  }
  const auto j = json_of(run_program({"targets", "--board", "nano", "--json"}));
  EXPECT_EQ(j["board"]["id"], "nano-4gb");
  EXPECT_TRUE(j["board"]["peak"]["int8_tops"].is_null());
  const ProcessResult unknown = run_program({"targets", "--board", "nanno-4gb", "--json"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_EQ(error_id(unknown), "targets.unknown-board");
}

TEST(TargetsCommand, Operators) {
  const ProcessResult all = run_program({"targets", "--operators"});
  ASSERT_EQ(all.exit_code, 0) << all.errors;
  EXPECT_NE(all.output.find("LayerNormalization"), std::string::npos);
  const ProcessResult one = run_program({"targets", "--operators", "LayerNormalization", "Resize"});
  EXPECT_NE(one.output.find("8.6.."), std::string::npos) << one.output;
  EXPECT_NE(one.output.find("trt.resize.cubic"), std::string::npos) << one.output;
  const auto j = json_of(run_program({"targets", "--operators", "Resize", "--json"}));
  ASSERT_EQ(j["operators"].size(), 1u);
  EXPECT_FALSE(j["operators"][0]["rules"].empty());
  const ProcessResult unknown = run_program({"targets", "--operators", "Rezise", "--json"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_EQ(error_id(unknown), "targets.unknown-operator");
}

TEST(TargetsCommand, AFileOfOnesOwn) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(write_file(dir.file("lab.toml"),
                               "[[board]]\nid = \"rover\"\nsoc = \"T234\"\ncompute_capability = \"8.7\"\n"
                               "jetpack = \"6.0..\"\ntensorrt = \"8.6..\"\nsource = \"lab\"\n"));
  const ProcessResult r = run_program({"targets", "--toml", dir.file("lab.toml"), "--board", "rover"});
  EXPECT_EQ(r.exit_code, 0) << r.errors;
  JETLINE_ASSERT_OK(write_file(dir.file("bad.toml"), "[[board]]\nid = \"rover\"\nsoc = 3\n"));
  const ProcessResult bad = run_program({"targets", "--toml", dir.file("bad.toml"), "--json"});
  EXPECT_EQ(bad.exit_code, 3);
  EXPECT_EQ(error_id(bad), "targets.bad-toml");
  EXPECT_NE(json_of(bad)["error"]["where"].get<std::string>().find("bad.toml:3"), std::string::npos)
      << bad.output;
  EXPECT_EQ(run_program({"targets", "--toml", dir.file("none.toml")}).exit_code, 3);
}

}  // namespace
}  // namespace jetline::testing
