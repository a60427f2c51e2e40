// Pictures resized as TensorFlow's kernels do it, at ratios that are not neat: within a thousandth of a grey
// level, in our evaluator and in ONNX Runtime. The reference below is written from the kernels' text
// (resize_bilinear_op.cc, resize_nearest_neighbor_op.cc, image_resizer_state.h): scale and coordinates in
// float, as they are there, the interpolation in double.
#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <sstream>

#include "jetline/base/random.h"
#include "jetline/base/testing.h"
#include "jetline/graph/evaluate.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/importers/tensorflow/convert.h"
#include "jetline/importers/tensorflow/proto_testing.h"
#include "tests/python_oracle.h"

namespace jetline::tf {
namespace {

enum class Convention { kLegacy, kAlignCorners, kHalfPixel };

struct ResizePair {
  int64_t in_h, in_w, out_h, out_w;
};
constexpr ResizePair kResizePairs[] = {{427, 640, 320, 320}, {480, 500, 300, 300}, {37, 61, 64, 48},
                                       {7, 11, 13, 5},       {333, 500, 512, 512}, {768, 1023, 640, 640},
                                       {101, 3, 10, 7},      {719, 1279, 300, 299}};
constexpr int64_t kResizeChannels = 2;

struct ResizeTap {
  int64_t lower, upper;
  double weight;  // of the upper one
};

ResizeTap reference_tap(int64_t o, int64_t in, int64_t out, Convention how, bool nearest) {
  const bool aligned = how == Convention::kAlignCorners && out > 1;
  const float scale = aligned ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                              : static_cast<float>(in) / static_cast<float>(out);
  const float x = static_cast<float>(o);
  if (nearest) {
    const float at = how == Convention::kHalfPixel ? (x + 0.5f) * scale : x * scale;
    const float whole = how == Convention::kAlignCorners ? std::round(at) : std::floor(at);
    const int64_t i = std::max<int64_t>(0, std::min(static_cast<int64_t>(whole), in - 1));
    return {i, i, 0};
  }
  const float at = how == Convention::kHalfPixel ? (x + 0.5f) * scale - 0.5f : x * scale;
  const float whole = std::floor(at);
  return {std::max<int64_t>(static_cast<int64_t>(whole), 0),
          std::min(static_cast<int64_t>(std::ceil(at)), in - 1),
          static_cast<double>(at) - static_cast<double>(whole)};
}

std::vector<float> reference_resize(const std::vector<float>& picture, const ResizePair& p, Convention how,
                                    bool nearest) {
  std::vector<float> out;
  const auto at = [&](int64_t y, int64_t x, int64_t c) {
    return static_cast<double>(picture[static_cast<size_t>((y * p.in_w + x) * kResizeChannels + c)]);
  };
  for (int64_t y = 0; y < p.out_h; ++y) {
    const ResizeTap v = reference_tap(y, p.in_h, p.out_h, how, nearest);
    for (int64_t x = 0; x < p.out_w; ++x) {
      const ResizeTap h = reference_tap(x, p.in_w, p.out_w, how, nearest);
      for (int64_t c = 0; c < kResizeChannels; ++c) {
        const double top = at(v.lower, h.lower, c) * (1 - h.weight) + at(v.lower, h.upper, c) * h.weight;
        const double bottom = at(v.upper, h.lower, c) * (1 - h.weight) + at(v.upper, h.upper, c) * h.weight;
        out.push_back(static_cast<float>(top * (1 - v.weight) + bottom * v.weight));
      }
    }
  }
  return out;
}

std::string resize_graph(const ResizePair& p, Convention how, bool nearest) {
  const std::vector<int32_t> size = {static_cast<int32_t>(p.out_h), static_cast<int32_t>(p.out_w)};
  return made::graph(
      {made::node("x", "Placeholder", {},
                  {{"dtype", made::attr_type(DataType::kFloat)},
                   {"shape", made::attr_shape({1, p.in_h, p.in_w, kResizeChannels})}}),
       made::constant("size", made::tensor(DataType::kInt32, {2}, made::packed(size)), DataType::kInt32),
       made::node("y", nearest ? "ResizeNearestNeighbor" : "ResizeBilinear", {"x", "size"},
                  {{"T", made::attr_type(DataType::kFloat)},
                   {"align_corners", made::attr_bool(how == Convention::kAlignCorners)},
                   {"half_pixel_centers", made::attr_bool(how == Convention::kHalfPixel)}})});
}

// Noise over all levels: neighbours differ by up to 255, so that a coordinate that is off shows.
std::vector<float> resize_picture(const ResizePair& p) {
  Random random(static_cast<uint64_t>(p.in_h * p.in_w));
  std::vector<float> v(static_cast<size_t>(p.in_h * p.in_w * kResizeChannels));
  for (float& x : v) x = static_cast<float>(random.integer(0, 255));
  return v;
}

constexpr const char* kResizeScript = R"(
import sys, numpy as np, onnxruntime as ort
o = ort.SessionOptions()
o.log_severity_level = 3
for stem in sys.argv[1:]:
    s = ort.InferenceSession(stem + '.onnx', o, providers=['CPUExecutionProvider'])
    i = s.get_inputs()[0]
    y = s.run(None, {i.name: np.fromfile(stem + '.in', np.float32).reshape(i.shape)})[0]
    print(np.abs(y.reshape(-1).astype(np.float64) - np.fromfile(stem + '.ref', np.float32)).max())
)";

std::string_view resize_bytes(const std::vector<float>& v) {
  return {reinterpret_cast<const char*>(v.data()), v.size() * 4};
}

class TensorFlowResize : public ::testing::TestWithParam<size_t> {};

TEST_P(TensorFlowResize, IsExactAtAnyRatio) {
  const ResizePair& p = kResizePairs[GetParam()];
  const std::vector<float> picture = resize_picture(p);
  TemporaryDirectory folder;
  std::vector<std::string> stems;
  for (const Convention how : {Convention::kLegacy, Convention::kAlignCorners, Convention::kHalfPixel}) {
    for (const bool nearest : {false, true}) {
      SCOPED_TRACE(std::to_string(static_cast<int>(how)) + (nearest ? " nearest" : " bilinear"));
      const std::string stem = folder.file(std::to_string(stems.size()));
      JETLINE_ASSERT_OK(write_file(stem + ".pb", resize_graph(p, how, nearest)));
      ConvertOptions options;
      options.form = Form::kRaw;
      JETLINE_ASSERT_OK_AND_ASSIGN(const Converted converted, convert(stem + ".pb", options, nullptr));
      const Graph& g = converted.model->graph();
      ASSERT_EQ(g.free_inputs().size(), 1u);
      JETLINE_ASSERT_OK_AND_ASSIGN(Tensor x, Tensor::floats({1, p.in_h, p.in_w, kResizeChannels}, picture));
      JETLINE_ASSERT_OK_AND_ASSIGN(const auto results,
                                   evaluate_graph(g, {{g.free_inputs()[0], std::move(x)}}));
      const std::vector<float> wanted = reference_resize(picture, p, how, nearest);
      ASSERT_EQ(results[0].count(), static_cast<int64_t>(wanted.size()));
      double worst = 0;
      for (size_t i = 0; i < wanted.size(); ++i) {
        worst = std::max<double>(worst, std::abs(results[0].at<float>(static_cast<int64_t>(i)) - wanted[i]));
      }
      EXPECT_LE(worst, 1e-3) << "grey levels, in jetline's evaluator";
      JETLINE_ASSERT_OK(save_onnx(*converted.model, stem + ".onnx"));
      JETLINE_ASSERT_OK(write_file(stem + ".in", resize_bytes(picture)));
      JETLINE_ASSERT_OK(write_file(stem + ".ref", resize_bytes(wanted)));
      stems.push_back(stem);
    }
  }
  if (!file_exists(jetline::testing::oracle_python())) {
    GTEST_SKIP()
        << "notice: agrees in jetline's evaluator; ONNX Runtime needs the Python oracles in build/venv";
  }
  std::istringstream lines(jetline::testing::run_oracle(kResizeScript, stems));
  size_t seen = 0;
  for (double worst; lines >> worst; ++seen) EXPECT_LE(worst, 1e-3) << "grey levels, case " << seen;
  EXPECT_EQ(seen, stems.size());
}

INSTANTIATE_TEST_SUITE_P(Sizes, TensorFlowResize, ::testing::Range<size_t>(0, std::size(kResizePairs)));

}  // namespace
}  // namespace jetline::tf
