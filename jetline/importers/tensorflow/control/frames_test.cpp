// Loops of TensorFlow 1 made functional: whole ones, nested ones, and ones with parts missing.
#include <gtest/gtest.h>

#include "jetline/base/testing.h"
#include "jetline/importers/tensorflow/control/functionalize.h"
#include "jetline/importers/tensorflow/import.h"
#include "jetline/importers/tensorflow/proto_testing.h"

namespace jetline::tf {
namespace {

using made::attr_bool;
using made::attr_text;
using made::attr_type;
using made::node;

// One counted loop: nodes by name, so that a test can leave one out or replace it.
std::vector<std::pair<std::string, std::string>> frames_loop(const std::string& p, const std::string& start,
                                                             const std::string& frame) {
  const std::string f = attr_type(DataType::kFloat);
  const std::string ten = made::floats({}, {10}), two = made::floats({}, {2});
  return {
      {"enter", node(p + "enter", "Enter", {start}, {{"T", f}, {"frame_name", attr_text(frame)}})},
      {"merge", node(p + "merge", "Merge", {p + "enter", p + "next"}, {{"T", f}, {"N", made::attr_int(2)}})},
      {"ten",
       node(p + "ten", "Const", {"^" + p + "merge"}, {{"value", made::attr_tensor(ten)}, {"dtype", f}})},
      {"less", node(p + "less", "Less", {p + "merge", p + "ten"}, {{"T", f}})},
      {"cond", node(p + "cond", "LoopCond", {p + "less"})},
      {"switch", node(p + "switch", "Switch", {p + "merge", p + "cond"}, {{"T", f}})},
      {"two",
       node(p + "two", "Const", {"^" + p + "switch"}, {{"value", made::attr_tensor(two)}, {"dtype", f}})},
      {"body", node(p + "body", "AddV2", {p + "switch:1", p + "two"}, {{"T", f}})},
      {"next", node(p + "next", "NextIteration", {p + "body"}, {{"T", f}})},
      {"exit", node(p + "exit", "Exit", {p + "switch"}, {{"T", f}})}};
}

std::string frames_graph(const std::vector<std::pair<std::string, std::string>>& loop,
                         const std::string& without = "", const std::string& instead = "") {
  std::vector<std::string> nodes = {node(
      "x", "Placeholder", {}, {{"dtype", attr_type(DataType::kFloat)}, {"shape", made::attr_shape({})}})};
  for (const auto& [name, bytes] : loop) {
    if (name != without)
      nodes.push_back(bytes);
    else if (!instead.empty())
      nodes.push_back(instead);
  }
  return made::graph(nodes);
}

std::string frames_import(const std::string& bytes, int* loops = nullptr) {
  ImportOptions options;
  options.outputs = {"exit:0"};
  auto owner = std::make_shared<std::string>(bytes);
  Result<Imported> r = import_graph_def(made::bytes_of(*owner), owner, options, nullptr);
  if (!r.ok()) return r.status().id();
  if (loops) {
    *loops = 0;
    for (const auto& n : r->model->graph().nodes()) *loops += n->is("Loop");
  }
  return "";
}

TEST(TensorFlowFrames, AWholeLoopIsALoop) {
  int loops = 0;
  EXPECT_EQ(frames_import(frames_graph(frames_loop("", "x", "outer")), &loops), "");
  EXPECT_EQ(loops, 1);
}

TEST(TensorFlowFrames, ALoopWithoutAPartIsRefused) {
  const auto loop = frames_loop("", "x", "outer");
  for (const char* part : {"enter", "merge", "less", "cond", "switch", "body", "next"}) {
    const std::string id = frames_import(frames_graph(loop, part));
    EXPECT_TRUE(id == "tf.malformed-frame" || id == "tf.malformed") << part << " " << id;
  }
  // Constants of a body stand in it by control edges only; without one it is malformed as an edge is.
  EXPECT_FALSE(frames_import(frames_graph(loop, "two")).empty());
}

TEST(TensorFlowFrames, PartsThatDoNotFitAreRefused) {
  const auto loop = frames_loop("", "x", "outer");
  const std::string f = attr_type(DataType::kFloat);
  EXPECT_EQ(frames_import(frames_graph(loop, "exit", node("exit", "Exit", {"body"}, {{"T", f}}))),
            "tf.malformed-frame");
  EXPECT_EQ(frames_import(frames_graph(loop, "exit", node("exit", "Exit", {"x"}, {{"T", f}}))),
            "tf.malformed-frame");
  EXPECT_EQ(frames_import(frames_graph(loop, "body", node("body", "AddV2", {"switch", "two"}, {{"T", f}}))),
            "tf.malformed-frame");
  EXPECT_EQ(frames_import(frames_graph(loop, "body", node("body", "AddV2", {"next", "two"}, {{"T", f}}))),
            "tf.malformed-frame");
  EXPECT_EQ(frames_import(frames_graph(loop, "next", node("next", "NextIteration", {}, {{"T", f}}))),
            "tf.malformed-frame");
  EXPECT_EQ(frames_import(made::graph({node("exit", "Enter", {"exit"}, {{"T", f}})})), "tf.malformed-frame");
}

TEST(TensorFlowFrames, LoopsInLoopsBecomeFunctionsInFunctions) {
  auto nodes = frames_loop("", "x", "outer");
  const std::string f = attr_type(DataType::kFloat);
  for (auto& [name, bytes] : frames_loop("in_", "body", "inner")) nodes.emplace_back("in_" + name, bytes);
  for (auto& [name, bytes] : nodes)
    if (name == "next") bytes = node("next", "NextIteration", {"in_exit"}, {{"T", f}});
  int loops = 0;
  EXPECT_EQ(frames_import(frames_graph(nodes), &loops), "");
  EXPECT_EQ(loops, 1);  // the inner one stands in its body
}

TEST(TensorFlowFrames, LoopsInFunctionBodiesToo) {
  const std::string f = attr_type(DataType::kFloat);
  const std::string ten = made::floats({}, {10}), two = made::floats({}, {2});
  const std::string body = made::function(
      "f", {{"a", DataType::kFloat}}, {{"r", DataType::kFloat}},
      {node("enter", "Enter", {"a"}, {{"T", f}, {"frame_name", attr_text("frame")}}),
       node("merge", "Merge", {"enter:output:0", "next:output:0"}, {{"T", f}, {"N", made::attr_int(2)}}),
       made::constant("ten", ten, DataType::kFloat), made::constant("two", two, DataType::kFloat),
       node("less", "Less", {"merge:output:0", "ten:output:0"}, {{"T", f}}),
       node("cond", "LoopCond", {"less:z:0"}),
       node("switch", "Switch", {"merge:output:0", "cond:output:0"}, {{"T", f}}),
       node("body", "AddV2", {"switch:output_true:0", "two:output:0"}, {{"T", f}}),
       node("next", "NextIteration", {"body:z:0"}, {{"T", f}}),
       node("exit", "Exit", {"switch:output_false:0"}, {{"T", f}})},
      {{"r", "exit:output:0"}});
  int loops = 0;
  EXPECT_EQ(frames_import(
                made::graph({node("x", "Placeholder", {}, {{"dtype", f}, {"shape", made::attr_shape({})}}),
                             node("exit", "PartitionedCall", {"x"}, {{"f", made::attr_func("f")}})},
                            {body}),
                &loops),
            "");
  EXPECT_EQ(loops, 1);
}

TEST(TensorFlowFrames, WhatStandsInALoopIsNoOutput) {
  auto nodes = frames_loop("", "x", "outer");
  nodes.emplace_back("beside",
                     node("beside", "Identity", {"switch:1"}, {{"T", attr_type(DataType::kFloat)}}));
  const std::string bytes = frames_graph(nodes);
  Result<Imported> r = import_graph_def(made::bytes_of(bytes), nullptr, {}, nullptr);
  ASSERT_TRUE(r.ok()) << r.status().to_string();
  ASSERT_EQ(r->outputs.size(), 1u);
  EXPECT_EQ(r->outputs[0].second, "exit:0");
}

TEST(TensorFlowFrames, DeepNestingIsRefused) {
  std::vector<std::string> nodes = {node(
      "x", "Placeholder", {}, {{"dtype", attr_type(DataType::kFloat)}, {"shape", made::attr_shape({})}})};
  std::string last = "x";
  for (int i = 0; i < 5000; ++i) {
    const std::string name = "e" + std::to_string(i);
    nodes.push_back(node(name, "Enter", {last}, {{"frame_name", attr_text(name)}}));
    last = name;
  }
  nodes.push_back(node("exit", "Identity", {last}, {{"T", attr_type(DataType::kFloat)}}));
  EXPECT_EQ(frames_import(made::graph(nodes)), "tf.malformed-frame");
}

}  // namespace
}  // namespace jetline::tf
