#include "jetline/picture/picture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <pugixml.hpp>
#include <set>

#include "jetline/base/random.h"
#include "jetline/base/strings.h"
#include "jetline/base/testing.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/infer.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/picture/place.h"
#include "jetline/picture/svg.h"

namespace jetline::picture {
namespace {

// Residual blocks of convolutions at falling resolutions, and a tap of every stage into one Concat.
std::unique_ptr<Model> pyramid_model(int stages, int blocks) {
  auto model = std::make_unique<Model>();
  model->set_opset("", 13);
  model->graph().name = "pyramid";
  GraphBuilder b(model->graph());
  Value* x = b.input("images", DType::kF32, {1, 4, 64, 64});
  std::vector<Value*> taps;
  for (int s = 0; s < stages; ++s) {
    const auto conv = [&](Value* v, int64_t stride) {
      return b.op("Conv", {v, b.floats("", {4, 4, 1, 1}, std::vector<float>(16, 0.5f))},
                  {{"kernel_shape", {1, 1}}, {"strides", {stride, stride}}});
    };
    x = b.op("Relu", {conv(x, 2)});
    for (int k = 0; k < blocks; ++k) x = b.op("Add", {x, b.op("Relu", {conv(x, 1)})});
    taps.push_back(b.op("Reshape", {x, b.ints({1, 4, -1})}));
  }
  b.output(b.op("Concat", taps, {{"axis", 2}}), "all", DType::kF32, {1, 4, Dim()});
  EXPECT_TRUE(b.status().ok()) << b.status().to_string();
  return model;
}

// A random graph of one-input and two-input operators.
std::unique_ptr<Model> random_model(int nodes, uint64_t seed) {
  auto model = std::make_unique<Model>();
  model->set_opset("", 13);
  GraphBuilder b(model->graph());
  Random random(seed);
  std::vector<Value*> values = {b.input("x", DType::kF32, {1, 8})};
  for (int i = 0; i < nodes; ++i) {
    const auto pick = [&] {
      const size_t near = std::min<size_t>(values.size(), random.uniform(0.0, 1.0) < 0.1 ? values.size() : 8);
      return values[values.size() - 1 -
                    static_cast<size_t>(random.uniform(0.0, static_cast<double>(near) - 1e-9))];
    };
    values.push_back(random.uniform(0.0, 1.0) < 0.5 ? b.op("Relu", {pick()}) : b.op("Add", {pick(), pick()}));
  }
  b.output(values.back(), "y", DType::kF32, {1, 8});
  return model;
}

Tree grouped(Model& model, PictureOptions options = {}, int budget = 100000) {
  infer_shapes(model);
  Tree tree = build_tree(model, options);
  group_tree(tree, options.grouping);
  open_groups(tree, options.depth, budget);
  measure_items(tree);
  return tree;
}

std::string drawn(Model& model, Format format, const PictureOptions& options = {}) {
  const auto p = draw(model, format, options);
  EXPECT_TRUE(p.ok()) << p.status().to_string();
  return p.ok() ? p->text : "";
}

TEST(Picture, LayersGoDownOneByOne) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    auto model = random_model(120, seed);
    const Tree tree = grouped(*model);
    for (const Level& level : build_levels(tree)) {
      std::set<int> standing;
      for (size_t l = 0; l < level.layers.size(); ++l) {
        for (int c : level.layers[l]) {
          EXPECT_EQ(level.cells[static_cast<size_t>(c)].layer, static_cast<int>(l));
          EXPECT_TRUE(standing.insert(c).second);
        }
      }
      EXPECT_EQ(standing.size(), level.cells.size());
      for (const picture::Run& run : level.runs) {
        ASSERT_GE(run.cells.size(), 2u);
        for (size_t k = 0; k + 1 < run.cells.size(); ++k) {
          EXPECT_EQ(level.cells[static_cast<size_t>(run.cells[k + 1])].layer,
                    level.cells[static_cast<size_t>(run.cells[k])].layer + 1);
        }
        EXPECT_FALSE(run.backward) << "structure never closes a cycle";
      }
    }
  }
}

TEST(Picture, EveryNodeStandsInOneGroupAndEveryWireArrives) {
  auto model = pyramid_model(4, 5);
  const Tree tree = grouped(*model);
  EXPECT_STREQ(tree.grouping, "structure");
  int nodes = 0;
  for (size_t i = 1; i < tree.items.size(); ++i) {
    const Item& item = tree.items[i];
    if (item.kind == Item::Kind::kGroup && item.children.empty()) continue;
    const auto& siblings = tree.items[static_cast<size_t>(item.parent)].children;
    EXPECT_EQ(std::count(siblings.begin(), siblings.end(), static_cast<int>(i)), 1);
    nodes += item.node != nullptr;
  }
  EXPECT_EQ(nodes, static_cast<int>(model->graph().node_count()));
  EXPECT_EQ(tree.items[0].nodes, nodes);
  int ends = 0;
  for (const auto& n : model->graph().nodes()) {
    for (const Value* v : n->inputs()) ends += v && !v->is_constant();
  }
  int arrived = 0;
  for (const Wire& w : tree.wires) arrived += static_cast<int>(w.to.size());
  EXPECT_EQ(arrived, ends + 1);  // and the output
}

TEST(Picture, StagesAreNamedByResolution) {
  auto model = pyramid_model(3, 4);
  const Tree tree = grouped(*model);
  std::set<std::string> titles;
  for (int c : tree.items[0].children) titles.insert(tree.items[static_cast<size_t>(c)].title);
  for (const char* wanted : {"at 32×32", "at 16×16", "at 8×8"}) EXPECT_TRUE(titles.count(wanted)) << wanted;
}

TEST(Picture, ScopesInNamesBecomeGroups) {
  auto model = pyramid_model(3, 4);
  int i = 0;
  for (const auto& n : model->graph().nodes()) {
    n->name = "net/stage" + std::to_string(i / 9) + "/part/" + n->op() + std::to_string(i);
    ++i;
  }
  const Tree tree = grouped(*model);
  EXPECT_STREQ(tree.grouping, "scope");
  std::set<std::string> titles;
  for (const Item& item : tree.items) {
    if (item.kind == Item::Kind::kGroup && !item.children.empty()) titles.insert(item.title);
  }
  EXPECT_TRUE(titles.count("stage0/part")) << "chains of scopes are one group";
  // Names that say nothing of the structure: scopes dealt out like cards.
  i = 0;
  for (const auto& n : model->graph().nodes()) n->name = "s" + std::to_string(i++ % 4) + "/" + n->op();
  EXPECT_STREQ(grouped(*model).grouping, "structure");
}

TEST(Picture, CrossingsAreReduced) {
  // Two layers of a ladder whose rungs were written down crosswise: it can be drawn without a crossing.
  auto model = std::make_unique<Model>();
  model->set_opset("", 13);
  GraphBuilder b(model->graph());
  std::vector<Value*> first, second;
  for (int i = 0; i < 6; ++i) {
    first.push_back(b.op("Relu", {b.input("x" + std::to_string(i), DType::kF32, {1})}));
  }
  for (int i = 5; i >= 0; --i) second.push_back(b.op("Neg", {first[static_cast<size_t>((i * 5) % 6)]}));
  for (int i = 0; i < 6; ++i)
    b.output(second[static_cast<size_t>(i)], "y" + std::to_string(i), DType::kF32, {1});
  PictureOptions o;
  o.grouping = PictureOptions::Grouping::kNone;
  const Tree tree = grouped(*model, o);
  const auto levels = build_levels(tree);
  ASSERT_EQ(levels.size(), 1u);
  EXPECT_EQ(count_crossings(levels[0]), 0);
}

TEST(Picture, BoxesDoNotOverlapAndLieInTheirGroups) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    auto model = seed == 1 ? pyramid_model(5, 9) : random_model(150, seed);
    Tree tree = grouped(*model);
    const Scene scene = make_scene(tree, build_levels(tree));
    std::map<int, DrawnBox> box;
    for (const DrawnBox& b : scene.boxes) box[b.item] = b;
    EXPECT_EQ(static_cast<int>(box.size()), static_cast<int>(scene.boxes.size()));
    for (const auto& [i, b] : box) {
      EXPECT_TRUE(std::isfinite(b.x) && std::isfinite(b.y));
      EXPECT_GE(b.x, -0.5);
      EXPECT_LE(b.x + b.w, scene.width + 0.5);
      const int parent = tree.items[static_cast<size_t>(i)].parent;
      if (parent > 0) {
        const DrawnBox& p = box.at(parent);
        EXPECT_GE(b.x, p.x - 0.5);
        EXPECT_LE(b.x + b.w, p.x + p.w + 0.5);
        EXPECT_LE(b.y + b.h, p.y + p.h + 0.5);
      }
      for (const auto& [j, c] : box) {
        if (j <= i || tree.items[static_cast<size_t>(j)].parent != parent) continue;
        const bool apart = b.x + b.w <= c.x + 0.5 || c.x + c.w <= b.x + 0.5 || b.y + b.h <= c.y + 0.5 ||
                           c.y + c.h <= b.y + 0.5;
        EXPECT_TRUE(apart) << i << " and " << j << ", seed " << seed;
      }
    }
  }
}

TEST(Picture, ALongChainIsNoRibbon) {
  auto model = std::make_unique<Model>();
  model->set_opset("", 13);
  GraphBuilder b(model->graph());
  Value* x = b.input("x", DType::kF32, {1});
  for (int i = 0; i < 120; ++i) x = b.op("Relu", {x});
  b.output(x, "y", DType::kF32, {1});
  PictureOptions o;
  o.grouping = PictureOptions::Grouping::kNone;
  JETLINE_ASSERT_OK_AND_ASSIGN(const Picture p, draw(*model, Format::kSvg, o));
  EXPECT_LT(p.height, 2.5 * p.width);
  EXPECT_LT(p.width, 4 * p.height);
}

TEST(Picture, HostileNamesAreText) {
  auto model = pyramid_model(1, 1);
  Graph& g = model->graph();
  const std::string evil = "</script><script>alert(1)</script>\"'&<b>\x01\xff]]>{{`${x}`";
  for (const auto& n : g.nodes()) n->name = evil + "/" + n->op();
  JETLINE_ASSERT_OK(g.rename(g.find("images"), evil));
  g.name = evil;
  model->graph().nodes().front()->set_op("Odd\"<op>", evil);
  const std::string svg = drawn(*model, Format::kSvg);
  pugi::xml_document document;
  EXPECT_TRUE(document.load_buffer(svg.data(), svg.size()));
  EXPECT_TRUE(is_valid_utf8(svg));
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_STREQ(document.child("svg").attribute("role").value(), "img");
  EXPECT_FALSE(std::string(document.child("svg").child_value("desc")).empty());
  const std::string html = drawn(*model, Format::kHtml);
  EXPECT_TRUE(is_valid_utf8(html));
  size_t scripts = 0;
  for (size_t at = 0; (at = html.find("<script", at)) != std::string::npos; ++at) ++scripts;
  EXPECT_EQ(scripts, 1u);
  EXPECT_EQ(html.find("http://") == std::string::npos || html.find("www.w3.org") != std::string::npos, true);
  for (const char* outside : {"src=", "href=", "url(http", "@import", "fetch(", "innerHTML"}) {
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  }
  const std::string dot = drawn(*model, Format::kDot);
  EXPECT_NE(dot.find("digraph"), std::string::npos);
}

TEST(Picture, TheCallersColoursAreShownAndGroupsTakeTheWorst) {
  auto model = pyramid_model(2, 3);
  PictureOptions o;
  o.depth = 0;
  o.style = [](const Node& n) {
    NodeStyle s;
    s.css = n.is("Concat") ? "refused" : n.is("Relu") ? "slow" : "fine";
    s.severity = n.is("Concat") ? 2 : n.is("Relu") ? 1 : 0;
    return s;
  };
  o.legend = {{"fine", "runs", "#00aa00", "#003300"},
              {"slow", "runs slowly", "#aaaa00", "#333300"},
              {"refused", "will not parse", "#aa0000", "#330000"},
              {"unused", "never seen", "#123456", "#123456"}};
  const std::string svg = drawn(*model, Format::kSvg, o);
  EXPECT_NE(svg.find("c-slow"), std::string::npos);
  EXPECT_NE(svg.find("will not parse"), std::string::npos);
  EXPECT_EQ(svg.find("never seen"), std::string::npos);
  const Tree tree = grouped(*model, o);
  for (const Item& item : tree.items) {
    if (item.kind == Item::Kind::kGroup && item.nodes > 2 && item.parent == 0 &&
        starts_with(item.title, "at ")) {
      EXPECT_EQ(item.css, "slow");
    }
  }
}

TEST(Picture, DepthAndBudgetDecideWhatIsOpen) {
  auto model = pyramid_model(4, 6);
  PictureOptions o;
  o.depth = 0;
  JETLINE_ASSERT_OK_AND_ASSIGN(const Picture folded, draw(*model, Format::kSvg, o));
  o.depth = 99;
  JETLINE_ASSERT_OK_AND_ASSIGN(const Picture open, draw(*model, Format::kSvg, o));
  EXPECT_LT(folded.shown, 20);
  EXPECT_EQ(open.shown, open.nodes + 2);
  EXPECT_GT(open.height * open.width, folded.height * folded.width);
}

TEST(Picture, SubgraphsAreCountedAndTheirOutsideReadsAreWires) {
  auto model = std::make_unique<Model>();
  model->set_opset("", 13);
  GraphBuilder b(model->graph());
  Value* x = b.input("x", DType::kF32, {2});
  Value* flag = b.input("flag", DType::kBool, {});
  Value* outer = b.op("Neg", {x}, {}, "neg");
  Node* choice = model->graph().add_node("If", {flag});
  for (const char* name : {"then_branch", "else_branch"}) {
    auto g = std::make_unique<Graph>(model.get(), choice);
    Node* n = g->add_node("Abs", {outer});
    g->add_output(n->add_output(std::string(name) + "_out"));
    choice->set_attribute(Attribute(name, std::move(g)));
  }
  b.output(b.op("Relu", {choice->add_output("chosen")}), "y", DType::kF32, {2});
  const Tree tree = grouped(*model);
  bool found = false;
  for (const Item& item : tree.items) {
    if (!item.node || !item.node->is("If")) continue;
    EXPECT_EQ(item.subgraph_nodes, 2);
    for (const Wire& w : tree.wires) {
      if (w.name != "neg") continue;
      found = true;
      EXPECT_EQ(tree.items[static_cast<size_t>(w.to.at(0))].node, item.node);
    }
  }
  EXPECT_TRUE(found);
}

TEST(Picture, HugeGraphsAreFoldedOrRefused) {
  auto model = std::make_unique<Model>();
  model->set_opset("", 13);
  Graph& g = model->graph();
  Value* x = g.add_input("x", ValueType::tensor(DType::kF32, {1}));
  for (int i = 0; i < 30000; ++i) x = g.add_op("Relu", {x}, "r");
  g.add_output(x);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Picture p, draw(*model, Format::kSvg, {}));
  EXPECT_LT(p.shown, 1000);
  EXPECT_EQ(p.nodes, 30000);
  for (int i = 30000; i <= kMaxNodes; ++i) x = g.add_op("Relu", {x}, "r");
  EXPECT_EQ(draw(*model, Format::kSvg, {}).status().id(), "picture.too-large");
  Model empty;
  EXPECT_EQ(draw(empty, Format::kSvg, {}).status().id(), "picture.empty");
}

TEST(Picture, ARealDetectorIsDrawnCompletely) {
  JETLINE_REQUIRE_TEST_DATA(path, "onnx/onnx_yolox_nano/yolox_nano.onnx");
  JETLINE_ASSERT_OK_AND_ASSIGN(auto model, load_onnx(path));
  PictureOptions o;
  o.depth = 99;
  JETLINE_ASSERT_OK_AND_ASSIGN(const Picture p, draw(*model, Format::kSvg, o));
  EXPECT_EQ(p.shown, p.nodes + 2);
  EXPECT_LT(std::max(p.width / p.height, p.height / p.width), 4);
  pugi::xml_document document;
  EXPECT_TRUE(document.load_buffer(p.text.data(), p.text.size()));
}

}  // namespace
}  // namespace jetline::picture
