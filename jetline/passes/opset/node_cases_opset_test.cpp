// onnx's node tests carried to every opset from 9 to 21: what can be converted gives the outputs of the
// original, by our evaluator and, where it runs them, by ONNX Runtime; onnx's checker takes all of them.
#include <algorithm>
#include <cctype>
#include <map>

#include "jetline/graph/node_cases.h"
#include "jetline/passes/opset.h"
#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

using jetline::testing::case_item;
using jetline::testing::NodeCase;

// Integers become constants, because conversion needs shapes and axes; the rest are fed.
void carried_bind(Graph& g, const Model& data, std::unordered_map<std::string, Tensor>& feeds) {
  const std::vector<Value*> inputs = g.inputs();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const calc::Item item = case_item(data, "i" + std::to_string(i));
    if (item.kind != calc::Item::Kind::kTensor || item.tensor.dtype() != inputs[i]->type.dtype) continue;
    const DType t = item.tensor.dtype();
    if (inputs[i]->initializer() || inputs[i]->is_output()) continue;
    if (t != DType::kI64 && t != DType::kI32) {
      feeds.emplace(inputs[i]->name(), item.tensor);
      continue;
    }
    Value* constant = g.add_initializer(g.unique_name(inputs[i]->name() + "_data"), item.tensor);
    g.replace_all_uses(inputs[i], constant);
    EXPECT_TRUE(g.remove_input(inputs[i]).ok());
  }
}

Result<std::vector<Tensor>> carried_run(const Graph& g,
                                        const std::unordered_map<std::string, Tensor>& feeds) {
  std::unordered_map<const Value*, Tensor> values;
  for (const Value* v : g.inputs()) {
    const auto it = feeds.find(v->name());
    if (it != feeds.end()) values.emplace(v, it->second);
  }
  return evaluate_graph(g, values);
}

// Lets onnx's checker and ONNX Runtime judge pairs of files, original and converted.
void carried_compare(const std::string& list) {
  ProcessSpec spec;
  spec.argv = {jetline::testing::oracle_python(),
               jetline::testing::source_path("jetline/passes/opset/compare_models.py"), list};
  spec.timeout = 600 * kSecond;
  const auto r = real_process_runner().run(spec);
  ASSERT_TRUE(r.ok()) << r.status().to_string();
  EXPECT_EQ(r->exit_code, 0) << r->output << r->errors;
  std::printf("%s", r->output.c_str());
}

struct CarriedCount {
  int converted = 0, refused = 0;
};

// One case at one opset; false where it cannot be converted.
bool carried_to(const NodeCase& c, const Model& model, const std::vector<Tensor>& expected,
                const std::unordered_map<std::string, Tensor>& feeds, int64_t to, const std::string& folder,
                std::string& list) {
  auto copy = model.clone();
  const Status s = convert_opset(*copy, to);
  if (!s.ok()) {
    EXPECT_EQ(s.id(), "graph.opset-inexpressible") << c.name << " to " << to << ": " << s.to_string();
    return false;
  }
  EXPECT_TRUE(copy->graph().verify().ok()) << c.name << " to " << to;
  const auto got = carried_run(copy->graph(), feeds);
  EXPECT_TRUE(got.ok()) << c.name << " to " << to << ": " << got.status().to_string() << "\n"
                        << to_text(copy->graph());
  if (!got.ok()) return true;
  double tolerance = 1e-5;
  for (const Tensor& t : expected) {
    if (t.dtype() == DType::kF16) tolerance = 4e-3;
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_LE(testing::difference(expected[i], (*got)[i]), tolerance)
        << c.name << " to " << to << ", output " << i << "\n"
        << to_text(copy->graph());
  }
  if (to == 9 || to == 13 || to == 21) {
    const std::string base = join_path(folder, c.name + "_" + std::to_string(to) + ".onnx");
    JETLINE_EXPECT_OK(save_onnx(*copy, base));
    list += join_path(folder, c.name + ".onnx") + "\t" + base + "\n";
  }
  return true;
}

TEST(OpsetNodeCases, CarriedToEveryOpset) {
  JETLINE_REQUIRE_ORACLE();
  const std::string bytes = jetline::testing::cached_cases();
  ASSERT_FALSE(bytes.empty());
  jetline::testing::NodeCaseFile file(bytes);
  TemporaryDirectory dir;
  std::map<int64_t, CarriedCount> counts;
  std::string list, refused;
  for (NodeCase c; file.next(c);) {
    if (!c.model || !c.why_not.empty() || c.model->opset() < 9 ||
        c.name.find("_bfloat16") != std::string::npos)
      continue;
    if (c.name.find("dropout") != std::string::npos && c.name.find("train") != std::string::npos) continue;
    std::unordered_map<std::string, Tensor> feeds;
    carried_bind(c.model->graph(), *c.data, feeds);
    const auto expected = carried_run(c.model->graph(), feeds);
    if (!expected.ok()) continue;  // sequences, random numbers, operators that are not evaluated
    JETLINE_ASSERT_OK(save_onnx(*c.model, dir.file(c.name + ".onnx")));
    for (int64_t to = 9; to <= 21; ++to) {
      const bool done = carried_to(c, *c.model, *expected, feeds, to, dir.path(), list);
      ++(done ? counts[to].converted : counts[to].refused);
      if (!done && to == 13) refused += c.name + "\n";
    }
  }
  for (const auto& [to, n] : counts)
    std::printf("opset %lld: %d converted, %d refused\n", static_cast<long long>(to), n.converted, n.refused);
  JETLINE_ASSERT_OK(write_file(std::string(JETLINE_BINARY_DIR) + "/opset_refused_13.txt", refused));
  EXPECT_GE(counts[21].converted, 900);
  EXPECT_GE(counts[13].converted, 700);
  EXPECT_GE(counts[9].converted, 450);
  JETLINE_ASSERT_OK(write_file(dir.file("list"), list));
  carried_compare(dir.file("list"));
}

// types.cpp is what make_types.py writes, white space aside.
TEST(OpsetTypes, TheTableIsThatOfTheSchemas) {
  JETLINE_REQUIRE_ORACLE();
  TemporaryDirectory dir;
  ProcessSpec spec;
  spec.argv = {jetline::testing::oracle_python(),
               jetline::testing::source_path("jetline/passes/opset/make_types.py"), dir.file("types.cpp")};
  const auto r = real_process_runner().run(spec);
  ASSERT_TRUE(r.ok() && r->exit_code == 0);
  const auto squeezed = [](const std::string& path) {
    std::string text = read_file(path).value_or("");
    text.erase(std::remove_if(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c); }),
               text.end());
    return text;
  };
  const std::string made = squeezed(dir.file("types.cpp"));
  EXPECT_FALSE(made.empty());
  EXPECT_EQ(made == squeezed(jetline::testing::source_path("jetline/passes/opset/types.cpp")), true)
      << "run make_types.py";
}

// 17 -> 13 -> 17 and every other opset, on models that people use.
TEST(OpsetRealModels, ThereAndBack) {
  JETLINE_REQUIRE_TEST_DATA(folder, "onnx");
  JETLINE_REQUIRE_ORACLE();
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto all, list_files_recursive(folder));
  std::string list;
  int models = 0;
  for (const std::string& path : all) {
    if (file_extension_lower(path) != ".onnx") continue;
    JETLINE_ASSERT_OK_AND_ASSIGN(auto model, load_onnx(path));
    ++models;
    const int64_t lowest = lowest_opset(*model), own = model->opset();
    for (int64_t to : {9, 11, 13, 17, 21}) {
      auto there = model->clone();
      const Status s = convert_opset(*there, to);
      EXPECT_EQ(s.ok(), to >= std::min(lowest, own)) << path << " to " << to << ": " << s.to_string();
      if (!s.ok()) continue;
      const std::string base = dir.file(std::to_string(models) + "_" + std::to_string(to));
      JETLINE_ASSERT_OK(save_onnx(*there, base + ".onnx"));
      list += path + "\t" + base + ".onnx\n";
      for (int64_t back : {17, 13}) {
        auto again = there->clone();
        JETLINE_EXPECT_OK(convert_opset(*again, back));
        const std::string name = base + "_" + std::to_string(back) + ".onnx";
        JETLINE_ASSERT_OK(save_onnx(*again, name));
        list += path + "\t" + name + "\n";
      }
    }
  }
  ASSERT_GT(models, 0);
  JETLINE_ASSERT_OK(write_file(dir.file("list"), list));
  carried_compare(dir.file("list"));
}

}  // namespace
}  // namespace jetline::passes
