#include "jetline/surgery/rename.h"

#include <set>

#include "jetline/graph/card_io.h"
#include "jetline/graph/testing.h"
#include "jetline/surgery/card_follows.h"
#include "jetline/surgery/testing.h"

namespace jetline::surgery {
namespace {

RenameOptions renames(std::vector<std::pair<std::string, std::string>> names) {
  RenameOptions o;
  o.names = std::move(names);
  return o;
}

TEST(SurgeryRename, InputsOutputsAndTensorsKeepTheirMeaning) {
  auto model = testing::skip_model();
  auto feeds = testing::random_feeds(model->graph(), 3);
  const auto before = testing::run_named(*model, feeds);
  JETLINE_ASSERT_OK_AND_ASSIGN(
      const RenameResult r,
      rename(*model, renames({{"x", "images"}, {"scores", "probabilities"}, {"sum", "s"}})));
  EXPECT_EQ(r.renamed.size(), 3u);
  JETLINE_ASSERT_OK(model->graph().verify());
  feeds["images"] = feeds.at("x");
  const auto after = testing::run_named(*testing::through_file(*model), feeds);
  EXPECT_EQ(testing::difference(before.at("scores"), after.at("probabilities")), 0);
}

TEST(SurgeryRename, NamesCanBeSwapped) {
  auto model = testing::skip_model();
  const auto feeds = testing::random_feeds(model->graph(), 3);
  const auto before = testing::run_named(*model, feeds);
  JETLINE_ASSERT_OK(rename(*model, renames({{"scores", "extra"}, {"extra", "scores"}})).status());
  const auto after = testing::run_named(*testing::through_file(*model), feeds);
  EXPECT_EQ(testing::difference(before.at("scores"), after.at("extra")), 0);
  EXPECT_EQ(testing::difference(before.at("extra"), after.at("scores")), 0);
}

TEST(SurgeryRename, ATakenOrEmptyNameIsRefused) {
  auto model = testing::skip_model();
  EXPECT_EQ(rename(*model, renames({{"scores", "sum"}})).status().id(), "surgery.name-taken");
  EXPECT_EQ(rename(*testing::skip_model(), renames({{"scores", ""}})).status().id(), "surgery.name");
  EXPECT_EQ(rename(*testing::skip_model(), renames({{"sum", "a"}, {"sum", "b"}})).status().id(),
            "surgery.name");
  const auto r = rename(*testing::skip_model(), renames({{"score", "a"}}));
  EXPECT_EQ(r.status().id(), "surgery.unknown-name");
  EXPECT_NE(r.status().hint().find("'scores'"), std::string::npos);
}

// The branches read `neg` from outside; naming that tensor as one of theirs must not change what they read.
TEST(SurgeryRename, ANameInsideASubgraphMakesRoom) {
  auto model = jetline::testing::branching_model();
  const Tensor flag = Tensor::own(DType::kBool, {}, {1}).value();
  const testing::Feeds feeds = {{"x", Tensor::floats({2}, {3, -2}).value()}, {"flag", flag}};
  const auto before = testing::run_named(*model, feeds);
  JETLINE_ASSERT_OK_AND_ASSIGN(const RenameResult r, rename(*model, renames({{"neg", "sum"}})));
  ASSERT_EQ(r.evaded.size(), 1u);
  EXPECT_EQ(r.evaded[0].first, "sum");
  const auto after = testing::run_named(*testing::through_file(*model), feeds);
  EXPECT_EQ(testing::difference(before.at("y"), after.at("y")), 0);
  // The other way round there is no way out.
  EXPECT_EQ(rename(*jetline::testing::branching_model(), renames({{"product", "neg"}})).status().id(),
            "surgery.name-taken");
}

TEST(SurgeryRename, PatternsRenameMany) {
  auto model = testing::skip_model();
  RenameOptions o = renames({{"^([cr])([0-9])$", "stage$2/$1"}});
  o.regex = true;
  JETLINE_ASSERT_OK_AND_ASSIGN(const RenameResult r, rename(*model, o));
  EXPECT_EQ(r.renamed.size(), 3u);
  EXPECT_TRUE(model->graph().find("stage1/r"));
  o.names = {{"(", "x"}};
  EXPECT_EQ(rename(*model, o).status().id(), "surgery.pattern");
  EXPECT_EQ(rename(*model, o).status().exit_code(), 2);
}

TEST(SurgeryRename, NodesHaveNamesOfTheirOwn) {
  auto model = testing::skip_model();
  RenameOptions o = renames({{"c1", "stem"}, {"c2", "c1"}});
  o.nodes = true;
  JETLINE_ASSERT_OK(rename(*model, o).status());
  std::set<std::string> names;
  for (const auto& n : model->graph().nodes()) names.insert(n->name);
  EXPECT_TRUE(names.count("stem") && names.count("c1") && !names.count("c2"));
  EXPECT_TRUE(model->graph().find("c2"));  // the tensor keeps its name
  o.names = {{"stem", "pool"}};
  EXPECT_EQ(rename(*model, o).status().id(), "surgery.name-taken");
  for (const auto& n : model->graph().nodes()) n->name = "same";
  RenameOptions unique;
  unique.unique_nodes = true;
  JETLINE_ASSERT_OK(rename(*model, unique).status());
  names.clear();
  for (const auto& n : model->graph().nodes()) names.insert(n->name);
  EXPECT_EQ(names.size(), model->graph().node_count());
}

TEST(SurgeryRename, WordsWithEqualsSigns) {
  auto model = testing::skip_model();
  JETLINE_ASSERT_OK(model->graph().rename(model->graph().find("sum"), "a=b"));
  RenameOptions o;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto pairs, parse_renames(*model, {"a=b=c", "x=p=q"}, o));
  EXPECT_EQ(pairs[0], (std::pair<std::string, std::string>("a=b", "c")));
  EXPECT_EQ(pairs[1], (std::pair<std::string, std::string>("x", "p=q")));
  EXPECT_EQ(parse_renames(*model, {"x"}, o).status().id(), "surgery.name");
}

TEST(SurgeryRename, TheCardFollows) {
  auto model = testing::skip_model();
  Card card;
  card.input.name = "x";
  write_card(*model, card);
  model->graph().quantization.push_back({"x", {{"SCALE_TENSOR", "extra_weight"}}, ""});
  JETLINE_ASSERT_OK_AND_ASSIGN(const RenameResult r,
                               rename(*model, renames({{"x", "images"}, {"extra_weight", "w"}})));
  EXPECT_TRUE(r.card_changed);
  EXPECT_EQ(read_card(*model).value().input.name, "images");
  EXPECT_EQ(model->graph().quantization[0].tensor, "images");
  EXPECT_EQ(model->graph().quantization[0].parameters[0].second, "w");
}

TEST(SurgeryRename, TheSidecarFollows) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(
      write_file(dir.file("a.card.toml"),
                 "# by hand\nname = \"mine\"\nhead = \"yolox\"\n[input]\nname = \"x\"\nwidth = 64\n"));
  std::vector<std::string> notes;
  JETLINE_ASSERT_OK_AND_ASSIGN(
      const std::string made, copy_sidecar(dir.file("a.onnx"), dir.file("b.onnx"), {{"x", "images"}}, notes));
  EXPECT_EQ(made, dir.file("b.card.toml"));
  const std::string text = read_file(made).value();
  EXPECT_NE(text.find("# by hand\nname = \"mine\""), std::string::npos) << text;
  JETLINE_ASSERT_OK_AND_ASSIGN(const Card card, read_sidecar(made));
  EXPECT_EQ(card.input.name, "images");
  EXPECT_EQ(card.input.width, 64);
  EXPECT_EQ(notes.size(), 1u);
  // A table written in one line is beyond the editor; it says so instead of leaving a wrong card.
  JETLINE_ASSERT_OK(write_file(dir.file("c.card.toml"), "input = { name = \"x\" }\n"));
  EXPECT_EQ(copy_sidecar(dir.file("c.onnx"), dir.file("d.onnx"), {{"x", "y"}}, notes).status().id(),
            "surgery.card");
  FaultyFileSystem full;
  full.bytes_left = 3;
  EXPECT_EQ(copy_sidecar(dir.file("a.onnx"), dir.file("e.onnx"), {}, notes, full).status().id(),
            "file.disk-full");
  EXPECT_FALSE(file_exists(dir.file("e.card.toml")));
}

}  // namespace
}  // namespace jetline::surgery
