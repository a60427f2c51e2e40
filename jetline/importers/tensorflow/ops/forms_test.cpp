// In which ONNX form operators come out where there is a choice: the cases of cases_test.cpp say that numbers
// are right, this says that engines get the operators they are quick at.
#include <gtest/gtest.h>

#include <map>

#include "jetline/importers/tensorflow/cases/harness.h"
#include "jetline/importers/tensorflow/convert.h"
#include "jetline/importers/tensorflow/ops/resample.h"

namespace jetline::tf {
namespace {

// Operators of the finished model of a case, with their number.
std::map<std::string, int> forms_of(const std::string& name, std::unique_ptr<Model>* model = nullptr) {
  std::map<std::string, int> ops;
  for (const cases::Case& c : cases::all()) {
    if (c.name != name) continue;
    const TemporaryDirectory folder;
    const Result<std::string> file = cases::place(c, folder.path());
    EXPECT_TRUE(file.ok());
    ConvertOptions options;
    options.form = Form::kRaw;
    options.import.inputs = c.input_names;
    options.import.outputs = c.output_names;
    auto converted = convert(*file, options, nullptr);
    EXPECT_TRUE(converted.ok()) << converted.status().to_string();
    if (!converted.ok()) return ops;
    for (const auto& n : converted->model->graph().nodes()) ++ops[n->op()];
    if (model) *model = std::move(converted->model);
    return ops;
  }
  ADD_FAILURE() << "no case " << name;
  return ops;
}

const Node* forms_node(const Model& model, const char* op) {
  for (const auto& n : model.graph().nodes())
    if (n->is(op)) return n.get();
  return nullptr;
}

TEST(TensorFlowForms, ADilationWrittenWithBatchesIsOneConvolution) {
  std::unique_ptr<Model> model;
  const auto ops = forms_of("Conv2D/atrous_by_batches", &model);
  EXPECT_EQ(ops, (std::map<std::string, int>{{"Conv", 1}, {"Transpose", 2}}));
  const Node* conv = forms_node(*model, "Conv");
  ASSERT_NE(conv, nullptr);
  EXPECT_EQ(conv->ints_or("dilations", {}), (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(conv->ints_or("pads", {}), (std::vector<int64_t>{2, 2, 2, 2}));
}

TEST(TensorFlowForms, ConvolutionsInARowNeedTransposesAtTheEndsOnly) {
  EXPECT_EQ(forms_of("Conv2D/two_in_a_row").at("Transpose"), 2);
}

TEST(TensorFlowForms, GrowingByAWholeFactorIsResize) {
  for (const char* name : {"ResizeNearestNeighbor/legacy_up2", "ResizeNearestNeighbor/half_pixel_up3",
                           "ResizeNearestNeighbor/doubled_size", "ResizeBilinear/half_pixel_up2",
                           "ResizeBilinear/legacy_down2"}) {
    const auto ops = forms_of(name);
    EXPECT_EQ(ops.count("Resize"), 1u) << name;
    EXPECT_EQ(ops.count("Gather"), 0u) << name;
  }
}

TEST(TensorFlowForms, ResizeNeverUsesTheModeThatEnginesRefuse) {
  std::unique_ptr<Model> model;
  forms_of("ResizeNearestNeighbor/half_pixel_up2", &model);
  const Node* resize = forms_node(*model, "Resize");
  ASSERT_NE(resize, nullptr);
  EXPECT_EQ(resize->string_or("coordinate_transformation_mode", ""), "asymmetric");
  EXPECT_EQ(resize->string_or("nearest_mode", ""), "floor");
}

TEST(TensorFlowForms, RatiosThatRuntimesRoundDifferentlyAreWeightedRows) {
  for (const char* name :
       {"ResizeBilinear/half_pixel_dynamic", "ResizeNearestNeighbor/half_pixel_odd_down"}) {
    const auto ops = forms_of(name);
    EXPECT_EQ(ops.count("Resize"), 0u) << name;
    EXPECT_GE(ops.at("Gather"), 2) << name;
  }
}

TEST(TensorFlowForms, ProductsOfEinsumAreMatMul) {
  const auto ops = forms_of("Einsum/attention_scores");
  EXPECT_EQ(ops.count("Einsum"), 0u);
  EXPECT_EQ(ops.count("MatMul"), 1u);
}

TEST(TensorFlowForms, ConstantFakeQuantisationIsAPairOfInt8Operators) {
  std::unique_ptr<Model> model;
  EXPECT_EQ(forms_of("FakeQuantWithMinMaxVars/usual_8bits", &model),
            (std::map<std::string, int>{{"DequantizeLinear", 1}, {"QuantizeLinear", 1}}));
  const Node* quantize = forms_node(*model, "QuantizeLinear");
  ASSERT_NE(quantize, nullptr);
  EXPECT_EQ(quantize->output(0)->type.dtype, DType::kI8);
  EXPECT_EQ(forms_of("QuantizeAndDequantizeV2/signed_8bits").count("QuantizeLinear"), 1u);
  EXPECT_EQ(forms_of("FakeQuantWithMinMaxVars/runtime_range").count("QuantizeLinear"), 0u);
}

TEST(TensorFlowForms, TablesOfWeightsSumToOne) {
  for (const int64_t in : {1, 2, 5, 33, 480}) {
    for (const int64_t out : {1, 3, 32, 300}) {
      const ResampleTable tables[] = {
          cubic_table(in, out, ResizeMode::kHalfPixel), cubic_table(in, out, ResizeMode::kLegacy),
          area_table(in, out, false),
          scale_table(in, out, static_cast<float>(out) / static_cast<float>(in), 0, "lanczos3", true)};
      for (const ResampleTable& t : tables) {
        ASSERT_EQ(t.out, out);
        ASSERT_EQ(t.index.size(), static_cast<size_t>(t.out * t.taps));
        for (int64_t i = 0; i < out; ++i) {
          float sum = 0;
          for (int64_t k = 0; k < t.taps; ++k) {
            const auto at = static_cast<size_t>(i * t.taps + k);
            EXPECT_GE(t.index[at], 0);
            EXPECT_LT(t.index[at], in);
            sum += t.weight[at];
          }
          EXPECT_NEAR(sum, 1, 1e-4) << in << " to " << out << " at " << i;
        }
      }
    }
  }
}

TEST(TensorFlowForms, NearestPixelsAreThoseOfTheThreeConventions) {
  using Indices = std::vector<int64_t>;
  EXPECT_EQ(nearest_indices(2, 4, ResizeMode::kLegacy), (Indices{0, 0, 1, 1}));
  EXPECT_EQ(nearest_indices(5, 3, ResizeMode::kLegacy), (Indices{0, 1, 3}));
  EXPECT_EQ(nearest_indices(5, 3, ResizeMode::kHalfPixel), (Indices{0, 2, 4}));
  EXPECT_EQ(nearest_indices(5, 3, ResizeMode::kAlignCorners), (Indices{0, 2, 4}));
  EXPECT_EQ(nearest_indices(2, 4, ResizeMode::kAlignCorners), (Indices{0, 0, 1, 1}));
  EXPECT_TRUE(scale_table(4, 4, 1, 0, "no such kernel", true).index.empty());
}

}  // namespace
}  // namespace jetline::tf
