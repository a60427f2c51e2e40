#include "jetline/passes/optimize.h"

#include <set>

#include "jetline/passes/random_graph_testing.h"

namespace jetline::passes {
namespace {

TEST(Optimize, PassesHaveNamesAndLaws) {
  std::set<std::string> names;
  for (const Pass& p : all_passes()) {
    EXPECT_TRUE(names.insert(p.name).second) << p.name;
    EXPECT_GT(std::string(p.law).size(), 20u) << p.name;
    EXPECT_EQ(find_pass(p.name), &p);
  }
}

TEST(Optimize, AnUnknownPassIsNamed) {
  Model model;
  OptimizeOptions o;
  o.skip = {"no-such-pass"};
  const Status s = optimize(model, o, nullptr);
  EXPECT_EQ(s.id(), "passes.unknown-pass");
  EXPECT_NE(s.message().find("no-such-pass"), std::string::npos);
}

TEST(Optimize, ASecondRunFindsNothing) {
  for (uint64_t seed = 1000; seed < 1040; ++seed) {
    const auto model = testing::RandomGraph(seed).make(20);
    JETLINE_ASSERT_OK(optimize(*model, {}, nullptr));
    OptimizeReport again;
    JETLINE_ASSERT_OK(optimize(*model, {}, &again));
    EXPECT_EQ(again.rounds, 1) << seed;
    EXPECT_TRUE(again.at_rest);
    EXPECT_EQ(again.nodes_before, again.nodes_after);
  }
}

TEST(Optimize, EqualModelsGiveEqualFiles) {
  for (uint64_t seed = 2000; seed < 2010; ++seed) {
    std::string first;
    for (int i = 0; i < 2; ++i) {
      const auto model = testing::RandomGraph(seed).make(25);
      JETLINE_ASSERT_OK(optimize(*model, {}, nullptr));
      JETLINE_ASSERT_OK_AND_ASSIGN(const std::string bytes, save_onnx_bytes(*model));
      if (i == 0) {
        first = bytes;
      } else {
        EXPECT_EQ(first == bytes, true) << seed;
      }
    }
  }
}

TEST(Optimize, ExactPassesAlone) {
  OptimizeOptions exact;
  exact.reorder_arithmetic = false;
  for (uint64_t seed = 3000; seed < 3050; ++seed) {
    SCOPED_TRACE(seed);
    testing::optimized_copy(*testing::RandomGraph(seed).make(20), exact, 1e-6);
  }
}

}  // namespace
}  // namespace jetline::passes
