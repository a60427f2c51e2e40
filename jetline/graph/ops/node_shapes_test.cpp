// Inferred types and shapes against the outputs that onnx's node tests record. Everything that a model says
// about its results is stripped first; inputs are given as constants, because in those tests even shapes and
// axes are inputs. What is not told exactly, and why, stands in node_shapes_open.txt; that list must be right
// in both directions.
#include "jetline/graph/graph_walk.h"
#include "jetline/graph/infer.h"
#include "jetline/graph/node_cases.h"
#include "jetline/graph/validate.h"

namespace jetline {
namespace {

using testing::case_item;
using testing::NodeCase;

void shapes_strip(const Graph& root) {
  for_each_graph(root, [&](const Graph& g) {
    for (const auto& v : g.values()) {
      if (!v->initializer() && !(v->is_input() && &g == &root)) v->type = ValueType();
    }
  });
}

// Recorded tensors in place of inputs.
void shapes_bind_inputs(Graph& g, const Model& data) {
  const std::vector<Value*> inputs = g.inputs();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const calc::Item item = case_item(data, "i" + std::to_string(i));
    if (item.kind != calc::Item::Kind::kTensor || inputs[i]->initializer()) continue;
    if (item.tensor.dtype() != inputs[i]->type.dtype) continue;  // files cannot hold every type as it is
    Value* constant = g.add_initializer(g.unique_name(inputs[i]->name() + "_data"), item.tensor);
    g.replace_all_uses(inputs[i], constant);
    EXPECT_TRUE(g.remove_input(inputs[i]).ok());
  }
}

std::string shapes_difference(const ValueType& got, const calc::Item& want, DType declared, bool exact) {
  using Item = calc::Item;
  if (want.kind == Item::Kind::kTensor) {
    const DType t = declared == DType::kUndefined ? want.tensor.dtype() : declared;
    const ValueType recorded =
        ValueType::tensor(t, std::vector<Dim>(want.tensor.dims().begin(), want.tensor.dims().end()));
    if (got.kind == ValueType::Kind::kOptional && got.element)
      return shapes_difference(*got.element, want, declared, exact);
    bool same = got.is_tensor() && got.dtype == t && (!exact || got.has_shape);
    if (same && got.has_shape) {
      same = got.shape.size() == recorded.shape.size();
      for (size_t i = 0; same && i < got.shape.size(); ++i)
        same = got.shape[i].same(recorded.shape[i]) || (!exact && !got.shape[i].known());
    }
    return same ? "" : to_string(got) + " instead of " + to_string(recorded);
  }
  const bool sequence = want.kind == Item::Kind::kSequence;
  if (!sequence && want.kind != Item::Kind::kOptional) return "nothing recorded";
  if (sequence && got.kind == ValueType::Kind::kOptional && got.element)
    return shapes_difference(*got.element, want, declared, exact);
  if (got.kind != (sequence ? ValueType::Kind::kSequence : ValueType::Kind::kOptional) || !got.element)
    return to_string(got) + " instead of a sequence or optional value";
  for (const Item& part : *want.items) {
    // Elements may differ in shape; the type of the sequence must fit each.
    const std::string d = shapes_difference(*got.element, part, declared, false);
    if (!d.empty()) return d;
  }
  return "";
}

// The element type that the model declares for an output: recorded data has no name for some of them.
DType shapes_declared(const ValueType& t) {
  return t.element ? shapes_declared(*t.element) : t.dtype;
}

// Empty when every output has the type and shape of what is recorded.
std::string shapes_of_case(const NodeCase& c) {
  if (!c.why_not.empty()) return c.why_not;
  Graph& g = c.model->graph();
  std::vector<ValueType> declared;
  for (const Value* v : g.outputs()) declared.push_back(v->type);
  shapes_strip(g);
  shapes_bind_inputs(g, *c.data);
  const InferReport report = infer_shapes(*c.model);
  std::string text;
  for (const auto& [op, n] : report.ops_without_rule) text += "no rule for " + op + "; ";
  if (report.conflicts) text += "contradicts itself; ";
  const Status sound = check_nodes(*c.model);
  EXPECT_TRUE(sound.ok()) << c.name << ": " << sound.to_string();
  bool right = true;
  for (size_t i = 0; i < g.outputs().size(); ++i) {
    const calc::Item want = case_item(*c.data, "o" + std::to_string(i));
    std::string d;
    if (want.kind == calc::Item::Kind::kNone)  // a kind that the file of recorded data has no form for
      d = to_string(g.outputs()[i]->type) == to_string(declared[i]) ? "" : "not as declared";
    else
      d = shapes_difference(g.outputs()[i]->type, want, shapes_declared(declared[i]), true);
    if (d.empty()) continue;
    right = false;
    text += "output " + std::to_string(i) + ": " + d + "; ";
  }
  return right ? "" : text;
}

// Every case of a file; the report stands in the build folder.
void shapes_of_cases(const std::string& bytes, const char* name) {
  ASSERT_FALSE(bytes.empty()) << "the node tests could not be generated";
  testing::NodeCaseFile file(bytes);
  const auto open = testing::refused_cases("jetline/graph/ops/node_shapes_open.txt");
  std::string report;
  int right = 0, all = 0;
  for (NodeCase c; file.next(c);) {
    const std::string why = shapes_of_case(c);
    ++all;
    right += why.empty();
    report += c.name + "\t" + (why.empty() ? "ok" : why) + "\n";
    bool expected = false;
    for (const auto& [pattern, reason] : open) {
      if (!testing::name_matches(pattern, c.name)) continue;
      expected = true;
      EXPECT_NE(why, "") << c.name << " is listed as open, but is told exactly";
    }
    if (!expected) {
      EXPECT_EQ(why, "") << c.name;
    }
  }
  JETLINE_ASSERT_OK(write_file(std::string(JETLINE_BINARY_DIR) + "/" + name, report));
  std::printf("%d of %d node tests: every type and shape as recorded\n", right, all);
  EXPECT_GE(right * 1000, all * 995);
}

TEST(NodeShapes, TypesAndShapesAreThoseThatOnnxRecords) {
  JETLINE_REQUIRE_ORACLE();
  shapes_of_cases(testing::cached_cases(), "onnx_node_shapes.txt");
}

TEST(NodeShapes, TypesAndShapesAreThoseThatDebianPackages) {
  JETLINE_REQUIRE_ORACLE();
  if (!is_directory(testing::packaged_cases_folder()))
    GTEST_SKIP() << "notice: needs Debian's libonnx-testdata";
  shapes_of_cases(testing::cached_cases(testing::packaged_cases_folder()), "onnx_packaged_shapes.txt");
}

}  // namespace
}  // namespace jetline
