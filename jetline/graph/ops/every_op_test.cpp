// One line an operator: what its rule says of given inputs. The expectations are worked out by hand from
// ONNX's Operators.md, so that they hold where no oracle is at hand; with one, no operator may be without a
// rule.
#include "jetline/base/strings.h"
#include "jetline/graph/infer.h"
#include "jetline/graph/ops/rules.h"
#include "jetline/graph/testing.h"
#include "tests/python_oracle.h"

namespace jetline {
namespace {

// "2,3,n" as dimensions, "-" as an unknown one.
std::vector<Dim> every_dims(const std::string& text) {
  std::vector<Dim> dims;
  if (text.empty()) return dims;
  for (const std::string& part : split(text, ',')) {
    int64_t v = 0;
    dims.push_back(parse_int(part, v) ? Dim(v) : part == "-" ? Dim() : Dim::named(part));
  }
  return dims;
}

// An input: element type and dimensions, "int64=1,2" for a constant vector, "int64=" with one number a scalar
// after ":" ("int64:3"), empty for one left out.
Value* every_input(GraphBuilder& b, const std::string& text) {
  if (text.empty()) return nullptr;
  static int count = 0;
  const std::string name = "in" + std::to_string(++count);
  for (char kind : {'=', ':'}) {
    const size_t at = text.find(kind);
    if (at == std::string::npos) continue;
    std::vector<int64_t> values;
    for (const std::string& part : split(text.substr(at + 1), ',')) {
      values.push_back(0);
      EXPECT_TRUE(parse_int(part, values.back())) << text;
    }
    std::vector<int64_t> dims;
    if (kind == '=') dims = {static_cast<int64_t>(values.size())};
    if (text.substr(0, at) == "float")
      return b.floats(name, dims, std::vector<float>(values.begin(), values.end()));
    return b.ints(name, dims, values);
  }
  const size_t open = text.find('[');
  return b.input(name, dtype_from_name(text.substr(0, open)),
                 every_dims(text.substr(open + 1, text.size() - open - 2)));
}

struct EveryCase {
  const char* op;
  std::vector<const char*> inputs;
  std::vector<AttrArg> attributes;
  std::vector<const char*> outputs;
  int64_t opset = 21;
};

const EveryCase kEveryCases[] = {
    {"AffineGrid", {"float[2,2,3]", "int64=2,3,5,6"}, {}, {"float[2,5,6,2]"}},
    {"Attention",
     {"float[2,8,4,16]", "float[2,2,6,16]", "float[2,2,6,10]"},
     {},
     {"float[2,8,4,10]", "float[2,2,6,16]", "float[2,2,6,10]", "float[2,8,4,6]"},
     23},
    {"Bernoulli", {"float[2,n]"}, {{"dtype", 11}}, {"double[2,n]"}},
    {"BatchNormalization",
     {"float[1,4,n]", "float[4]", "float[4]", "float[4]", "float[4]"},
     {},
     {"float[1,4,n]"}},
    {"HannWindow", {"int64:9"}, {}, {"float[9]"}},
    {"MelWeightMatrix", {"int64:8", "int64:16", "int64:8000", "float:0", "float:4000"}, {}, {"float[9,8]"}},
    {"CenterCropPad", {"float[10,7,3]", "int64=4,9"}, {{"axes", {0, -2}}}, {"float[4,9,3]"}},
    {"Col2Im", {"float[1,10,12]", "int64=5,5", "int64=1,5"}, {}, {"float[1,2,5,5]"}},
    {"Compress", {"float[3,n]", "bool[3]"}, {{"axis", 0}}, {"float[?,n]"}},
    {"ConvInteger", {"uint8[1,3,8,8]", "uint8[5,3,3,3]"}, {}, {"int32[1,5,6,6]"}},
    {"DeformConv", {"float[1,2,6,6]", "float[4,2,3,3]", "float[1,18,4,4]"}, {}, {"float[1,4,4,4]"}},
    {"DFT", {"float[1,10,1]"}, {{"onesided", 1}}, {"float[1,6,2]"}},
    {"DFT", {"float[1,6,2]", "", "int64:1"}, {{"onesided", 1}, {"inverse", 1}}, {"float[1,10,1]"}},
    {"STFT", {"float[1,128,1]", "int64:8", "float[16]"}, {}, {"float[1,15,9,2]"}},
    {"Det", {"float[2,5,3,3]"}, {}, {"float[2,5]"}},
    {"DynamicQuantizeLinear", {"float[2,n]"}, {}, {"uint8[2,n]", "float[]", "uint8[]"}},
    {"QuantizeLinear", {"float[2,n]", "float[]", "int8[]"}, {}, {"int8[2,n]"}},
    {"DequantizeLinear", {"int8[2,n]", "float16[]"}, {}, {"float16[2,n]"}},
    {"Einsum", {"float[b,3,4]", "float[b,4,5]"}, {{"equation", "bij, bjk -> bik"}}, {"float[b,3,5]"}},
    {"Einsum", {"float[7,2,3]", "float[7,3]"}, {{"equation", "...ij,...j"}}, {"float[7,2]"}},
    {"EyeLike", {"int32[3,4]"}, {{"dtype", 1}}, {"float[3,4]"}},
    {"GatherND", {"float[2,3,4]", "int64[2,5,1]"}, {{"batch_dims", 1}}, {"float[2,5,4]"}},
    {"GlobalLpPool", {"float[1,3,8,9]"}, {}, {"float[1,3,1,1]"}},
    {"GridSample", {"float[2,3,8,9]", "float[2,4,5,2]"}, {}, {"float[2,3,4,5]"}},
    {"ImageDecoder", {"uint8[100]"}, {{"pixel_format", "Grayscale"}}, {"uint8[?,?,1]"}},
    {"LayerNormalization",
     {"float16[2,3,4]", "float16[3,4]"},
     {{"axis", 1}},
     {"float16[2,3,4]", "float[2,1,1]", "float[2,1,1]"}},
    {"LSTM",
     {"float[9,2,5]", "float[1,16,5]", "float[1,16,4]"},
     {{"hidden_size", 4}},
     {"float[9,1,2,4]", "float[1,2,4]", "float[1,2,4]"}},
    {"MaxRoiPool", {"float[1,3,9,9]", "float[k,5]"}, {{"pooled_shape", {2, 3}}}, {"float[k,3,2,3]"}},
    {"MaxUnpool",
     {"float[1,1,2,2]", "int64[1,1,2,2]"},
     {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}},
     {"float[1,1,4,4]"}},
    {"Multinomial", {"float[b,7]"}, {{"sample_size", 5}, {"dtype", 7}}, {"int64[b,5]"}},
    {"NegativeLogLikelihoodLoss", {"float[3,5,6]", "int64[3,6]"}, {{"reduction", "none"}}, {"float[3,6]"}},
    {"SoftmaxCrossEntropyLoss", {"float[3,5]", "int64[3]"}, {}, {"float[]", "float[3,5]"}},
    {"NonMaxSuppression", {"float[1,9,4]", "float[1,2,9]"}, {}, {"int64[?,3]"}},
    {"OneHot", {"int64[2,3]", "float:7", "int32[2]"}, {{"axis", 1}}, {"int32[2,7,3]"}},
    {"QLinearMatMul",
     {"uint8[2,4]", "float[]", "uint8[]", "uint8[4,3]", "float[]", "uint8[]", "float[]", "int8[]"},
     {},
     {"int8[2,3]"}},
    {"RandomNormal", {}, {{"shape", {2, 3}}, {"dtype", 10}}, {"float16[2,3]"}},
    {"RandomUniformLike", {"int32[n]"}, {{"dtype", 1}}, {"float[n]"}},
    {"RegexFullMatch", {"string[2,n]"}, {{"pattern", "a*"}}, {"bool[2,n]"}},
    {"Resize",
     {"float[1,3,4,6]", "", "", "int64=8,8"},
     {{"axes", {2, 3}}, {"keep_aspect_ratio_policy", "not_larger"}},
     {"float[1,3,5,8]"}},
    {"Resize",
     {"float[1,3,4,6]", "", "", "int64=8,8"},
     {{"axes", {2, 3}}, {"keep_aspect_ratio_policy", "not_smaller"}},
     {"float[1,3,8,12]"}},
    {"ReverseSequence", {"float[4,n]", "int64[n]"}, {}, {"float[4,n]"}},
    {"RoiAlign",
     {"float[1,3,9,9]", "float[k,4]", "int64[k]"},
     {{"output_height", 2}, {"output_width", 5}},
     {"float[k,3,2,5]"}},
    {"RotaryEmbedding", {"float[2,4,3,8]", "float[3,4]", "float[3,4]"}, {}, {"float[2,4,3,8]"}, 23},
    {"StringConcat", {"string[2,1]", "string[3]"}, {}, {"string[2,3]"}},
    {"StringSplit", {"string[2,n]"}, {}, {"string[2,n,?]", "int64[2,n]"}},
    {"TensorScatter", {"float[2,9,4]", "float[2,1,4]"}, {}, {"float[2,9,4]"}, 24},
    {"TfIdfVectorizer", {"int32[2,6]"}, {{"ngram_indexes", {0, 1, 2, 6}}}, {"float[2,7]"}},
    {"TopK", {"float[2,9]", "int64=4"}, {}, {"float[2,4]", "int64[2,4]"}},
    {"Unique", {"float[2,n]"}, {{"axis", 1}}, {"float[2,?]", "int64[?]", "int64[n]", "int64[?]"}},
};

TEST(EveryOp, SaysWhatIsWorkedOutByHand) {
  for (const EveryCase& c : kEveryCases) {
    Model model;
    model.set_opset("", c.opset);
    GraphBuilder b(model.graph());
    std::vector<Value*> inputs;
    for (const char* text : c.inputs) inputs.push_back(every_input(b, text));
    const auto outputs = b.ops(c.op, inputs, c.outputs.size(), c.attributes);
    ASSERT_TRUE(b.status().ok()) << c.op << b.status().to_string();
    EXPECT_TRUE(infer_shapes(model).ops_without_rule.empty()) << c.op;
    for (size_t i = 0; i < outputs.size(); ++i)
      EXPECT_EQ(to_string(outputs[i]->type), c.outputs[i]) << c.op << ", output " << i;
  }
}

TEST(EveryOp, OfTheStandardHasARule) {
  JETLINE_REQUIRE_ORACLE();
  const std::string said = testing::run_oracle(R"(
from onnx import defs
for s in sorted({(s.domain, s.name) for s in defs.get_all_schemas_with_history() if s.since_version <= 24}):
    if s[0] in ("", "ai.onnx.ml"): print(s[0], s[1], sep="\t")
)",
                                               {});
  int count = 0;
  for (const std::string& line : split(said, '\n')) {
    const size_t tab = line.find('\t');
    if (tab == std::string::npos) continue;
    const std::string domain = line.substr(0, tab), op = line.substr(tab + 1);
    ++count;
    if (op == "If" || op == "Loop" || op == "Scan" || op == "SequenceMap") continue;  // inference_flow.cpp
    Model model;
    const Node* n = model.graph().add_node(op, {}, nullptr, domain);
    EXPECT_NE(ops::find_rule(*n), nullptr) << line;
  }
  EXPECT_GT(count, 210);
  std::printf("%d operators have a rule\n", count);
}

}  // namespace
}  // namespace jetline
