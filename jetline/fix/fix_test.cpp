// The chooser: models with the troubles of real ones, for every release, until our own check says that they
// run; and that it does no more than it was asked to.
#include "jetline/fix/fix.h"

#include <set>

#include "jetline/base/files.h"
#include "jetline/fix/compare.h"
#include "jetline/fix/report.h"
#include "jetline/fix/tail_testing.h"
#include "jetline/fix/testing.h"

namespace jetline::fix {
namespace {

using testing::count;
using testing::tail_model;
using testing::TailForm;
using testing::TestModel;

targets::Target fix_target(const targets::Catalog& catalog, const std::string& tensorrt) {
  targets::TargetQuery query;
  query.tensorrt = tensorrt;
  const auto target = targets::choose(catalog, query);
  EXPECT_TRUE(target.ok()) << target.status().to_string();
  return target.value_or(targets::Target());
}

const char* const kFixReleases[] = {"7.1", "8.0", "8.2", "8.4", "8.5", "8.6", "10.3", "10.13", "10.16", "11"};

// A network with upsampling as Keras writes it, reductions and normalisations of late operator sets, sums by
// Einsum, picks by tuples, uneven padding, bytes as input.
std::unique_ptr<Model> fix_troubled_model(int64_t opset) {
  TestModel m(opset);
  GraphBuilder& b = m.b;
  Value* picture = b.input("picture", DType::kU8, {1, 8, 8, 3});
  Value* x = b.op("Cast", {m.transpose(picture, {0, 3, 1, 2})}, {{"to", 1}});
  x = b.op("Mul", {x, b.floats("", {1}, {1.0f / 255})});
  x = b.op("Conv", {x, m.constant({4, 3, 3, 3}, 0.05f)}, {{"strides", {2, 2}}, {"pads", {0, 0, 1, 1}}});
  x = b.op("HardSwish", {x});
  Value* up = b.op("Resize", {x, nullptr, b.floats("", {4}, {1, 1, 2, 2})},
                   {{"mode", "nearest"},
                    {"coordinate_transformation_mode", "tf_half_pixel_for_nn"},
                    {"nearest_mode", "floor"}});
  Value* pooled =
      b.op("AveragePool", {up}, {{"kernel_shape", {3, 3}}, {"strides", {2, 2}}, {"pads", {0, 0, 1, 1}}});
  Value* rows = b.op("Reshape", {pooled, b.ints("", {3}, {1, 4, 16})});
  if (opset >= 17) rows = b.op("LayerNormalization", {rows, m.constant({16}), m.constant({16}, 0.02f)});
  Value* mean = opset >= 18 ? b.op("ReduceMean", {rows, b.ints("", {1}, {2})}, {{"keepdims", 1}})
                            : b.op("ReduceMean", {rows}, {{"axes", {2}}, {"keepdims", 1}});
  rows = b.op("Sub", {rows, mean});
  rows = b.op("Einsum", {rows, m.constant({16, 5})}, {{"equation", "bij,jk->bik"}});
  rows = b.op("Round", {b.op("Mul", {rows, b.floats("", {1}, {8})})});
  Value* picked = b.op("GatherND", {rows, b.ints("", {2, 3}, {0, 1, 2, 0, 3, 4})});
  m.output(picked, "picked");
  m.output(b.op("Trilu", {b.op("Reshape", {rows, b.ints("", {2}, {4, 5})})}), "upper");
  EXPECT_TRUE(b.status().ok()) << b.status().to_string();
  return std::move(m.model);
}

TEST(Fix, TroubledModelsRunOnEveryRelease) {
  targets::Catalog catalog;
  for (int64_t opset : {14, 17, 18, 20}) {
    const auto model = fix_troubled_model(opset);
    for (const char* release : kFixReleases) {
      SCOPED_TRACE(std::string("TensorRT ") + release + ", operator set " + std::to_string(opset));
      auto copy = model->clone();
      FixOptions options;
      options.target = fix_target(catalog, release);
      const auto report = fix_model(*copy, catalog, options);
      ASSERT_TRUE(report.ok()) << report.status().to_string();
      EXPECT_TRUE(report->reached) << report_text(*report);
      for (const FixStep& s : report->steps)
        EXPECT_TRUE(s.difference.compared) << s.rewrite << ": " << s.difference.why;
      // All changes together, from the inputs.
      const Difference d = compare_pieces(*model, *copy, true);
      EXPECT_TRUE(d.compared) << d.why;
      EXPECT_LE(d.largest, 1e-5) << d.output;
      EXPECT_TRUE(check::is_yes(check::Checker(*copy, catalog).check(options.target).verdict));
    }
  }
}

TEST(Fix, DetectorsRunOnEveryRelease) {
  targets::Catalog catalog;
  for (TailForm form :
       {TailForm::kGatherNd, TailForm::kOnePerClass, TailForm::kBackground, TailForm::kClipped}) {
    const auto model = tail_model(form);
    for (const char* release : kFixReleases) {
      SCOPED_TRACE(testing::tail_form_name(form) + " for TensorRT " + release);
      auto copy = model->clone();
      FixOptions options;
      options.target = fix_target(catalog, release);
      const auto report = fix_model(*copy, catalog, options);
      ASSERT_TRUE(report.ok()) << report.status().to_string();
      EXPECT_TRUE(report->reached) << report_text(*report);
      for (const FixStep& s : report->steps) {
        EXPECT_TRUE(s.difference.compared) << s.rewrite << ": " << s.difference.why;
        EXPECT_LE(s.difference.largest, 1e-5) << s.rewrite;
      }
    }
  }
}

// Every rewrite that a rule names is there.
TEST(Fix, RulesNameRewritesThatExist) {
  const std::string folder = jetline::testing::source_path("jetline/targets/operators");
  const auto files = list_files_recursive(folder);
  ASSERT_TRUE(files.ok());
  std::set<std::string> named;
  for (const std::string& file : *files) {
    const auto text = read_file(file);
    ASSERT_TRUE(text.ok());
    for (size_t at = text->find("\nfix = \""); at != std::string::npos;
         at = text->find("\nfix = \"", at + 1)) {
      const size_t from = at + 8;
      named.insert(text->substr(from, text->find('"', from) - from));
    }
  }
  EXPECT_GT(named.size(), 50u);
  for (const std::string& name : named) EXPECT_NE(find_rewrite(name), nullptr) << name;
}

TEST(Fix, NothingToDoIsNothingDone) {
  targets::Catalog catalog;
  TestModel m(11);
  m.output(m.b.op("Relu", {m.b.input("x", DType::kF32, {1, 3})}), "y");
  FixOptions options;
  options.target = fix_target(catalog, "8.2");
  const auto report = fix_model(*m.model, catalog, options);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->reached);
  EXPECT_TRUE(report->steps.empty());
}

TEST(Fix, ADryRunAndAFailureLeaveTheModelAsItWas) {
  targets::Catalog catalog;
  const auto model = fix_troubled_model(17);
  const std::string before = to_text(*model);
  FixOptions options;
  options.target = fix_target(catalog, "8.2");
  options.dry_run = true;
  const auto dry = fix_model(*model, catalog, options);
  ASSERT_TRUE(dry.ok());
  EXPECT_TRUE(dry->reached);
  EXPECT_FALSE(dry->steps.empty());
  EXPECT_EQ(to_text(*model), before);
  options.dry_run = false;
  options.skip = {"resize-coordinates", "resize-apart"};
  const auto stuck = fix_model(*model, catalog, options);
  ASSERT_TRUE(stuck.ok());
  EXPECT_FALSE(stuck->reached);
  EXPECT_EQ(to_text(*model), before);
  options.partial = true;
  ASSERT_TRUE(fix_model(*model, catalog, options).ok());
  EXPECT_NE(to_text(*model), before);
}

TEST(Fix, AChangeThatDiffersEndsIt) {
  targets::Catalog catalog;
  const auto model = fix_troubled_model(17);
  const std::string before = to_text(*model);
  FixOptions options;
  options.target = fix_target(catalog, "8.2");
  options.compare = [](const Model&, const Model&) -> Result<Difference> {
    return Difference{true, 0.5, "picked", ""};
  };
  const auto report = fix_model(*model, catalog, options);
  EXPECT_EQ(report.status().id(), "fix.not-equal");
  EXPECT_EQ(to_text(*model), before);
}

TEST(Fix, TheSimplestLeavesOutWhatIsNotNeeded) {
  targets::Catalog catalog;
  const auto model = fix_troubled_model(18);
  FixOptions options;
  options.target = fix_target(catalog, "8.6");
  auto all = model->clone(), few = model->clone();
  const auto full = fix_model(*all, catalog, options);
  options.simplest = true;
  const auto simple = fix_model(*few, catalog, options);
  ASSERT_TRUE(full.ok() && simple.ok());
  EXPECT_TRUE(simple->reached);
  EXPECT_LE(simple->steps.size(), full->steps.size());
  // None of what is left can be left out.
  for (const FixStep& s : simple->steps) {
    FixOptions without = options;
    without.simplest = false;
    without.skip = {s.rewrite};
    auto copy = model->clone();
    const auto rest = fix_model(*copy, catalog, without);
    ASSERT_TRUE(rest.ok());
    EXPECT_TRUE(!rest->reached || rest->steps.size() >= simple->steps.size()) << s.rewrite;
  }
}

TEST(Fix, WordsThatAreWrong) {
  targets::Catalog catalog;
  TestModel m(13);
  m.output(m.b.op("Relu", {m.b.input("x", DType::kF32, {Dim::named("n"), 3})}), "y");
  FixOptions options;
  options.target = fix_target(catalog, "8.2");
  options.skip = {"no-such"};
  EXPECT_EQ(fix_model(*m.model, catalog, options).status().id(), "fix.unknown-rewrite");
  options.skip.clear();
  options.tail = Tail::kCut;
  EXPECT_EQ(fix_model(*m.model, catalog, options).status().id(), "fix.no-tail");
  options.tail = Tail::kBest;
  options.batch = "many";
  EXPECT_EQ(fix_model(*m.model, catalog, options).status().id(), "fix.bad-batch");
  options.batch = "4";
  ASSERT_TRUE(fix_model(*m.model, catalog, options).ok());
  EXPECT_EQ(to_string(m.model->graph().inputs()[0]->type), "float[4,3]");
}

TEST(Fix, ReportsSayWhatWasDone) {
  targets::Catalog catalog;
  const auto model = tail_model(TailForm::kGatherNd);
  FixOptions options;
  options.target = fix_target(catalog, "8.2");
  const auto report = fix_model(*model, catalog, options);
  ASSERT_TRUE(report.ok());
  const std::string text = report_text(*report);
  EXPECT_NE(text.find("tail-efficient-nms: 1 change"), std::string::npos) << text;
  EXPECT_NE(text.find("after: runs with plugin"), std::string::npos) << text;
  const std::string json = report_json("a.onnx", "b.onnx", *report);
  EXPECT_NE(json.find("\"reached\":true"), std::string::npos);
  EXPECT_NE(json.find("\"rewrite\":\"tail-efficient-nms\""), std::string::npos);
}

// --- comparing

TEST(FixCompare, SeesADifferenceWhereverItIs) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {1, 3, 4, 4});
  Value* y = m.b.op("Conv", {x, m.constant({2, 3, 3, 3})}, {}, "conv");
  Value* z = m.b.op("Mul", {y, m.b.floats("k", {1}, {2})}, {}, "scaled");
  m.output(m.b.op("Relu", {z}), "out");
  EXPECT_EQ(compare_pieces(*m.model, *m.model->clone()).largest, 0);
  auto other = m.model->clone();
  for (const auto& n : other->graph().nodes()) {
    if (n->is("Mul"))
      n->set_input(1, other->graph().add_initializer("k2", Tensor::floats({1}, {2.5f}).value()));
  }
  const Difference d = compare_pieces(*m.model, *other);
  ASSERT_TRUE(d.compared) << d.why;
  EXPECT_GT(d.largest, 0.1);
  EXPECT_EQ(d.output, "scaled");
  const Difference whole = compare_pieces(*m.model, *other, true);
  EXPECT_GT(whole.largest, 0.01);
  EXPECT_EQ(whole.output, "out");
}

TEST(FixCompare, SameNodesInAnotherOperatorSetAreComputed) {
  // Softmax over the last axis by default from 13 on, over all from the second before.
  TestModel m(13);
  m.output(m.b.op("Softmax", {m.b.input("x", DType::kF32, {2, 3, 4})}), "y");
  auto other = m.model->clone();
  other->set_opset("", 11);
  const Difference d = compare_pieces(*m.model, *other);
  ASSERT_TRUE(d.compared) << d.why;
  EXPECT_GT(d.largest, 0.01);
}

TEST(FixCompare, BothSidesBeginAtTheSameValues) {
  // Afterwards the last node reads what the transposition read: it holds the same numbers in the same order.
  TestModel m(13);
  Value* x = m.b.op("Relu", {m.b.input("x", DType::kF32, {1, 40, 1})}, {}, "column");
  Value* t = m.b.op("Transpose", {x}, {{"perm", {0, 2, 1}}}, "row");
  m.output(t, "row_out");
  m.output(m.b.op("Reshape", {t, m.b.ints("n", {1}, {40})}), "flat");
  auto other = m.model->clone();
  for (const auto& n : other->graph().nodes()) {
    if (n->is("Reshape")) n->set_input(0, other->graph().find("column"));
  }
  const Difference d = compare_pieces(*m.model, *other);
  EXPECT_TRUE(d.compared) << d.why;
  EXPECT_EQ(d.largest, 0) << d.output;
}

TEST(FixCompare, PairsForAnEngineHaveTheSameInterface) {
  targets::Catalog catalog;
  for (const char* release : {"7.1", "8.2"}) {
    const auto before = tail_model(TailForm::kGatherNd);
    auto after = before->clone();
    FixOptions options;
    options.target = fix_target(catalog, release);
    ASSERT_TRUE(fix_model(*after, catalog, options).ok());
    const auto pair = comparable_pair(*before, *after);
    ASSERT_TRUE(pair.ok()) << pair.status().to_string();
    EXPECT_FALSE(pair->whole);
    EXPECT_EQ(count(*pair->after, "EfficientNMS_TRT"), 0);
    EXPECT_EQ(count(*pair->before, "NonMaxSuppression"), 0);
    ASSERT_EQ(pair->before->graph().outputs().size(), pair->after->graph().outputs().size());
    EXPECT_GE(pair->after->graph().outputs().size(), 2u);
    const Difference d = compare_pieces(*pair->before, *pair->after, true);
    EXPECT_TRUE(d.compared) << d.why;
    EXPECT_LE(d.largest, 1e-6);
  }
  const auto bytes = fix_troubled_model(17);
  auto after = bytes->clone();
  FixOptions options;
  options.target = fix_target(catalog, "8.2");
  ASSERT_TRUE(fix_model(*after, catalog, options).ok());
  EXPECT_EQ(after->graph().inputs()[0]->type.dtype, DType::kF32);
  const auto pair = comparable_pair(*bytes, *after);
  ASSERT_TRUE(pair.ok());
  EXPECT_TRUE(pair->whole);
  EXPECT_EQ(pair->after->graph().inputs()[0]->type.dtype, DType::kU8);
}

TEST(FixDocument, TheTableIsCurrent) {
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string text,
                               read_file(jetline::testing::source_path("docs/fix.md")));
  const std::string begin = "<!-- rewrites: begin -->\n", end = "<!-- rewrites: end -->";
  const size_t a = text.find(begin), b = text.find(end);
  ASSERT_NE(a, std::string::npos);
  ASSERT_NE(b, std::string::npos);
  EXPECT_EQ(text.substr(a + begin.size(), b - a - begin.size()), rewrites_table())
      << "the table in docs/fix.md must be what rewrites_table() gives";
}

}  // namespace
}  // namespace jetline::fix
