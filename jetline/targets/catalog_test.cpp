// Boards, JetPacks, releases and plugins: sane, and as published.
#include "jetline/targets/catalog.h"

#include <algorithm>
#include <set>

#include "jetline/base/strings.h"
#include "jetline/base/testing.h"

namespace jetline::targets {
namespace {

Version version(const char* text) {
  return parse_version(text).value_or(Version());
}

TEST(TargetsCatalog, RowsAreSane) {
  const Catalog catalog;
  JETLINE_EXPECT_OK(catalog.status());
  std::set<std::string> names;
  for (const Board& b : catalog.boards()) {
    EXPECT_TRUE(names.insert(b.id).second) << b.id;
    for (const std::string& alias : b.aliases)
      EXPECT_TRUE(names.insert(alias).second) << alias << " stands twice";
    EXPECT_EQ(catalog.find_board(b.id), &b);
    EXPECT_EQ(catalog.find_board(b.name), &b);
    EXPECT_FALSE(b.source.empty()) << b.id;
    EXPECT_EQ(b.is_jetson, b.memory_is_shared && b.id != "igx-orin") << b.id;
    EXPECT_TRUE(!b.memory_is_shared || b.memory_gib > b.reserved_gib) << b.id;
    EXPECT_EQ(b.dla_cores > 0, b.dla_generation > 0) << b.id;
    for (Precision p : b.slow) EXPECT_EQ(std::count(b.precisions.begin(), b.precisions.end(), p), 0) << b.id;
    const Peak& p = b.peak;
    EXPECT_GE(p.fp16_tflops.value_or(1e9), p.fp32_tflops.value_or(0)) << b.id;
    EXPECT_GE(p.int8_tops.value_or(1e9), p.fp16_tflops.value_or(0)) << b.id;
    EXPECT_EQ(p.int8_tops.has_value() &&
                  std::count(b.precisions.begin(), b.precisions.end(), Precision::kInt8) == 0,
              false)
        << b.id;
  }
  for (const JetPack& j : catalog.jetpacks()) {
    EXPECT_EQ(catalog.find_jetpack(j.id), &j);
    EXPECT_TRUE(j.tensorrt.known() && j.cuda.known() && !j.l4t.empty() && !j.source.empty()) << j.id;
    const bool used = std::any_of(catalog.boards().begin(), catalog.boards().end(),
                                  [&](const Board& b) { return fits(b, j); });
    EXPECT_TRUE(used) << "no board runs JetPack " << j.id;
    EXPECT_TRUE(j.version < version("4.4") || catalog.find_release(j.tensorrt)) << j.id;
  }
  const auto& releases = catalog.releases();
  for (size_t i = 1; i < releases.size(); ++i) {
    EXPECT_TRUE(releases[i - 1].version < releases[i].version);
    EXPECT_LE(releases[i - 1].max_opset, releases[i].max_opset);
  }
  EXPECT_EQ(releases.front().version.to_string(), "7.1");
  EXPECT_EQ(releases.back().version.to_string(), "11.1");
}

// A spot table from NVIDIA's JetPack archive and release notes.
TEST(TargetsCatalog, BoardsAndJetPacksFitAsPublished) {
  const Catalog catalog;
  struct Row {
    const char* board;
    const char* runs;
    const char* does_not;
  };
  for (const Row& row :
       {Row{"nano-4gb", "4.4 4.5.1 4.6 4.6.1 4.6.6", "5.0.2 5.1 6.0 7.2"},
        Row{"nano-2gb", "4.4.1 4.6.1 4.6.6", "4.4 5.1"}, Row{"tx2-nx", "4.5.1 4.6", "4.5 5.0.2"},
        Row{"tx1", "4.4 4.6.6", "5.1"}, Row{"xavier-nx-8gb", "4.4 4.6.1 5.0.2 5.1.7", "4.3 6.0 7.2"},
        Row{"xavier-nx-16gb", "4.6.1 5.1", "4.6 6.0"}, Row{"agx-xavier-32gb", "4.4 4.6 5.0.2 5.1.4", "6.0"},
        Row{"agx-xavier-64gb", "4.6.1 5.1", "4.6"},
        Row{"orin-nx-16gb", "5.1 5.1.1 6.0 6.2 7.2", "4.6.1 5.0.2 7.0 7.1"},
        Row{"orin-nx-8gb", "5.1.1 6.1 7.2", "5.1 7.0"}, Row{"orin-nano-8gb", "5.1.1 6.2.1 7.2", "5.1 7.1"},
        Row{"agx-orin-32gb", "5.0.2 5.1 6.0 7.2", "4.6.6 7.0"}, Row{"agx-thor", "7.0 7.1 7.2", "6.2"},
        Row{"t4000", "7.1 7.2", "7.0 6.2"}}) {
    const Board* board = catalog.find_board(row.board);
    ASSERT_NE(board, nullptr) << row.board;
    for (const std::string& id : split(row.runs, ' ')) {
      ASSERT_NE(catalog.find_jetpack(id), nullptr) << id;
      EXPECT_TRUE(fits(*board, *catalog.find_jetpack(id))) << row.board << " runs JetPack " << id;
    }
    for (const std::string& id : split(row.does_not, ' ')) {
      ASSERT_NE(catalog.find_jetpack(id), nullptr) << id;
      EXPECT_FALSE(fits(*board, *catalog.find_jetpack(id))) << row.board << " does not run JetPack " << id;
    }
  }
}

TEST(TargetsCatalog, JetPacksBringTheirTensorRt) {
  const Catalog catalog;
  for (const auto& [id, trt] : {std::pair("4.4.1", "7.1.3"),
                                {"4.6", "8.0.1.6"},
                                {"4.6.1", "8.2.1.8"},
                                {"5.0.2", "8.4.1.5"},
                                {"5.1.3", "8.5.2.2"},
                                {"6.0", "8.6.2.3"},
                                {"6.1", "10.3.0.30"},
                                {"7.1", "10.13.3.9"},
                                {"7.2", "10.16.2.10"}}) {
    ASSERT_NE(catalog.find_jetpack(id), nullptr) << id;
    EXPECT_EQ(catalog.find_jetpack(id)->tensorrt.to_string(), trt);
  }
}

TEST(TargetsCatalog, ReleasesAreFoundWithinTheirLine) {
  const Catalog catalog;
  const auto name = [&](const char* v) {
    const Release* r = catalog.find_release(version(v));
    return r ? r->version.to_string() : std::string("none");
  };
  EXPECT_EQ(name("8.2.1.8"), "8.2");
  EXPECT_EQ(name("8.3"), "8.2");
  EXPECT_EQ(name("7.2.1"), "7.2");
  EXPECT_EQ(name("7.2.3"), "7.2.3");
  EXPECT_EQ(name("10.99"), "10.16");
  EXPECT_EQ(name("6.0.1"), "none");
  EXPECT_EQ(name("7.0"), "none");
  EXPECT_EQ(catalog.find_release(version("8.2.1.8"))->max_opset, 13);
  EXPECT_TRUE(catalog.find_release(version("11.0"))->strongly_typed_only);
  EXPECT_TRUE(catalog.find_release(version("10.3"))->dla);
  EXPECT_FALSE(catalog.find_release(version("10.16"))->dla);
}

TEST(TargetsCatalog, PluginsShipWithTheirReleases) {
  const Catalog catalog;
  EXPECT_EQ(catalog.find_plugin("EfficientNMS_TRT", version("7.1.3")), nullptr);
  EXPECT_NE(catalog.find_plugin("EfficientNMS_TRT", version("8.0.1.6")), nullptr);
  EXPECT_NE(catalog.find_plugin("EfficientNMS_TRT", version("11.1")), nullptr);
  EXPECT_EQ(catalog.find_plugin("BatchedNMSDynamic_TRT", version("7.1.3")), nullptr);
  EXPECT_NE(catalog.find_plugin("BatchedNMSDynamic_TRT", version("7.2.1")), nullptr);
  EXPECT_EQ(catalog.find_plugin("BatchedNMSDynamic_TRT", version("11.0")), nullptr);
  EXPECT_EQ(catalog.find_plugin("NoSuchPlugin", version("8.2")), nullptr);
  const Plugin* nms = catalog.find_plugin("EfficientNMS_TRT", version("8.2"));
  EXPECT_FALSE(nms->deprecated.holds(version("10.11")));
  EXPECT_TRUE(nms->deprecated.holds(version("10.12")));
  const Plugin* reorg = catalog.find_plugin("PyramidROIAlign_TRT", version("8.2"));
  ASSERT_NE(reorg, nullptr);
  EXPECT_FALSE(reorg->deprecated.holds(version("11.1")));  // never
}

TEST(TargetsCatalog, AFasterModeCountsFromItsJetPackOn) {
  const Catalog catalog;
  const Board* board = catalog.find_board("orin-nano-8gb");
  const double slow = *peak_with(*board, nullptr).int8_tops;
  EXPECT_EQ(*peak_with(*board, catalog.find_jetpack("6.1")).int8_tops, slow);
  EXPECT_NEAR(*peak_with(*board, catalog.find_jetpack("6.2")).int8_tops, 33.4, 0.1);
  EXPECT_NEAR(slow, 20.5, 0.1);
}

TEST(TargetsCatalog, AllTargetsAreBoardsTimesJetPacks) {
  const Catalog catalog;
  const std::vector<Target> all = all_targets(catalog, {});
  std::set<std::string> seen;
  for (const Target& t : all) {
    EXPECT_TRUE(seen.insert(t.to_string()).second) << t.to_string();
    ASSERT_NE(t.board, nullptr);
    if (t.jetpack) {
      EXPECT_TRUE(fits(*t.board, *t.jetpack));
      EXPECT_FALSE(t.jetpack->preview);
    }
    EXPECT_EQ(t.strongly_typed, t.tensorrt.part[0] == 11);
  }
  TargetQuery nano;
  nano.board = "nano-4gb";
  EXPECT_EQ(all_targets(catalog, nano).size(), 11u);  // 4.4, 4.4.1, 4.5, 4.5.1, 4.6, 4.6.1 to 4.6.6
  nano.precision = "int8";
  EXPECT_TRUE(all_targets(catalog, nano).empty());
  TargetQuery jetpack;
  jetpack.jetpack = "7.0";
  ASSERT_EQ(all_targets(catalog, jetpack).size(), 1u);
  EXPECT_EQ(all_targets(catalog, jetpack)[0].board->id, "agx-thor");
  TargetQuery trt;
  trt.tensorrt = "8.4";
  for (const Target& t : all_targets(catalog, trt)) EXPECT_TRUE(parse_range("8.4")->holds(t.tensorrt));
}

}  // namespace
}  // namespace jetline::targets
