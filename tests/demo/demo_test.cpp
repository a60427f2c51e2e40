// The main job at full size: what `make demo` runs, held to the figures it promises, then fifty drives that
// nobody has looked at before. Minutes, not seconds: ctest runs it alone, with the label "demo".
#include <cstdio>

#include "jetline/base/module.h"
#include "jetline/base/testing.h"
#include "tests/program.h"

namespace jetline {
namespace {
using nlohmann::ordered_json;

ordered_json run_to_json(const std::vector<std::string>& words, const std::string& folder, Nanos limit) {
  ProcessSpec spec;
  spec.argv = words;
  spec.argv.insert(spec.argv.begin(), testing::program_path());
  spec.working_directory = folder;
  spec.timeout = limit;
  auto r = real_process_runner().run(spec);
  if (!r.ok()) {
    ADD_FAILURE() << r.status().to_string();
    return {};
  }
  EXPECT_EQ(r->exit_code, 0) << join(words, " ") << "\n" << r->errors.substr(0, 4000);
  return testing::json_of(*r);
}

const ordered_json& stage(const ordered_json& run, const std::string& name) {
  static const ordered_json kNone = ordered_json::object();
  for (const ordered_json& s : run["stages"]) {
    if (s.value("name", "") == name) return s;
  }
  ADD_FAILURE() << "no stage " << name;
  return kNone;
}

// Outcomes of a `drive --json`: how many reached the can and stopped in the range asked for, and collisions.
struct Drives {
  int episodes = 0, good = 0, collisions = 0;
};
Drives count_drives(const ordered_json& drive) {
  Drives d;
  for (const ordered_json& e : drive["episodes"]) {
    ++d.episodes;
    const double gap = e.value("distance_m", -1.0);
    d.good += e.value("outcome", "") == "reached" && gap >= 0.15 && gap <= 0.35;
    d.collisions += e.value("collisions", 1);
  }
  return d;
}

TEST(Demo, TrainsChecksAndDrives) {
  if (find_module("torch").empty() || find_module("openvino").empty())
    GTEST_SKIP() << "notice: needs the modules torch and openvino";
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(real_file_system().make_directories(dir.file("examples/find_can")));
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string toml,
                               read_file(testing::source_path("examples/find_can/jetline.toml")));
  JETLINE_ASSERT_OK(write_file(dir.file("examples/find_can/jetline.toml"), toml));
  const std::vector<std::string> words = {"run", "examples/find_can/jetline.toml", "--json", "--quiet"};
  const ordered_json run = run_to_json(words, dir.path(), 2400 * kSecond);
  ASSERT_TRUE(run.contains("stages"));

  EXPECT_TRUE(stage(run, "verify")["result"]["same"].get<bool>());
  const ordered_json eval = stage(run, "eval")["result"];
  std::printf("demo: AP50 %.3f AP %.3f small %.3f medium %.3f large %.3f, trained in %.0f s\n",
              eval.value("AP50", -1.0), eval.value("AP", -1.0), eval.value("APs", -1.0),
              eval.value("APm", -1.0), eval.value("APl", -1.0), stage(run, "train").value("seconds", -1.0));
  EXPECT_GE(eval.value("AP50", -1.0), 0.95);
  EXPECT_GE(eval.value("AP", -1.0), 0.60);
  EXPECT_EQ(count_drives(stage(run, "drive")["result"]).collisions, 0);
  EXPECT_TRUE(file_exists(run.value("report", "")) || file_exists(dir.file(run.value("report", ""))));

  for (const ordered_json& s : run_to_json(words, dir.path(), 60 * kSecond)["stages"]) {
    EXPECT_EQ(s.value("state", ""), "unchanged") << s.value("name", "");
  }

  const ordered_json drives = run_to_json({"drive", "--sim", dir.file("runs/find_can/export/model.onnx"),
                                           "--episodes", "50", "--seed", "20000", "--json", "--quiet"},
                                          dir.path(), 2400 * kSecond);
  const Drives d = count_drives(drives);
  std::printf("drive: %d of %d reached the can and stopped 0.15 to 0.35 m in front of it, %d collisions\n",
              d.good, d.episodes, d.collisions);
  EXPECT_EQ(d.episodes, 50);
  EXPECT_GE(d.good, 48);
  EXPECT_EQ(d.collisions, 0);
}

}  // namespace
}  // namespace jetline
