#include "jetline/picture/verdict_style.h"

#include <gtest/gtest.h>

#include "jetline/base/testing.h"
#include "jetline/graph/builder.h"

namespace jetline::picture {
namespace {

// An Einsum, which TensorRT 7.1 does not know, behind a convolution that all releases run.
std::unique_ptr<Model> einsum_model() {
  auto model = std::make_unique<Model>();
  model->set_opset("", 13);
  GraphBuilder b(model->graph());
  Value* x = b.input("x", DType::kF32, {1, 3, 8, 8});
  Value* y = b.op("Conv", {x, b.floats("w", {4, 3, 1, 1}, std::vector<float>(12, 0.5f))}, {}, "stem");
  y = b.op("Einsum", {y}, {{"equation", "abcd->abdc"}}, "turn");
  b.output(y, "y", DType::kF32, {1, 4, 8, 8});
  return model;
}

TEST(VerdictStyle, FindingsColourTheirNodesAndSpeakInTheirTooltips) {
  auto model = einsum_model();
  check::Report report;
  check::Finding f;
  f.id = "trt.test";
  f.effect = targets::Effect::kRefused;
  f.op = "Einsum";
  f.nodes = {"turn"};
  f.message = "the operator is not known";
  report.findings.push_back(f);
  f.id = "trt.input";
  f.op = "graph.input";
  f.nodes = {"x"};
  f.effect = targets::Effect::kSlow;
  report.findings.push_back(f);
  report.reason = "Einsum";
  PictureOptions o;
  color_by_verdict(report, o);
  for (const auto& n : model->graph().nodes()) {
    const NodeStyle s = o.style(*n);
    EXPECT_EQ(s.css, n->is("Einsum") ? "v-refused" : "v-runs");
    EXPECT_EQ(s.tooltip.find("trt.test: the operator is not known") != std::string::npos, n->is("Einsum"));
  }
  EXPECT_EQ(o.port_style(*model->graph().find("x")).css, "v-slow");
  EXPECT_TRUE(o.port_style(*model->graph().find("y")).css.empty());
  // What can be mended is told apart from what cannot.
  report.findings[0].fix = "einsum";
  color_by_verdict(report, o);
  for (const auto& n : model->graph().nodes())
    EXPECT_EQ(o.style(*n).css, n->is("Einsum") ? "v-fix" : "v-runs");
  JETLINE_ASSERT_OK_AND_ASSIGN(const Picture p, draw(*model, Format::kSvg, o));
  EXPECT_NE(p.text.find("runs after a fix"), std::string::npos);
}

// The labels of the checker and those of the drawing are the same thing.
TEST(VerdictStyle, AFindingOfTheCheckerReachesItsNode) {
  auto model = einsum_model();
  for (const auto& n : model->graph().nodes()) {
    if (n->is("Einsum")) n->name.clear();  // "Einsum producing 'turn'"
  }
  targets::Catalog catalog;
  targets::TargetQuery query;
  query.tensorrt = "7.1";
  JETLINE_ASSERT_OK_AND_ASSIGN(const targets::Target target, targets::choose(catalog, query));
  check::Checker checker(*model, catalog);
  const check::Report report = checker.check(target);
  PictureOptions o;
  color_by_verdict(report, o);
  bool found = false;
  for (const auto& n : model->graph().nodes()) found = found || o.style(*n).severity > 0;
  EXPECT_TRUE(found) << "TensorRT 7.1 has no Einsum";
  EXPECT_NE(o.subtitle.find("7.1"), std::string::npos) << o.subtitle;
}

}  // namespace
}  // namespace jetline::picture
