#include "jetline/train/network.h"

#include <gtest/gtest.h>

#include <cmath>

namespace jetline {
namespace {

TEST(DetectorNet, StaysUnderAMillionParametersAndNamesItsOffsets) {
  for (const char* size : {"default", "small"}) {
    const auto net = make_detector_net(size, 80);
    ASSERT_TRUE(net.ok());
    EXPECT_LT(net->parameter_count, 1000000) << size;
    // Every parameter and buffer belongs to exactly one layer.
    std::vector<int> parameters(static_cast<size_t>(net->parameter_count)),
        buffers(static_cast<size_t>(net->buffer_count));
    for (size_t i = 0; i < net->layers.size(); ++i) {
      const jl_layer& l = net->layers[i];
      for (int32_t in : l.input) EXPECT_LT(in, static_cast<int32_t>(i)) << net->names[i];
      if (l.kind != JL_CONV) continue;
      const auto mark = [&](std::vector<int>& v, int64_t at, int64_t n) {
        for (int64_t k = at; at >= 0 && k < at + n; ++k) ++v[static_cast<size_t>(k)];
      };
      mark(parameters, l.weight, int64_t{l.out_channels} * l.in_channels * l.kernel * l.kernel);
      mark(parameters, l.gamma, l.out_channels);
      mark(parameters, l.beta, l.out_channels);
      mark(buffers, l.mean, l.out_channels);
      mark(buffers, l.var, l.out_channels);
    }
    for (int n : parameters) ASSERT_EQ(n, 1);
    for (int n : buffers) ASSERT_EQ(n, 1);
    EXPECT_EQ(net->outputs.size(), net->strides.size());
  }
  EXPECT_EQ(make_detector_net("huge", 1).status().id(), "train.options");
  EXPECT_EQ(make_detector_net("small", 0).status().id(), "train.options");
}

TEST(DetectorNet, AnchorsGoStrideByStrideRowByRow) {
  NetSpec spec;
  spec.strides = {8, 16};
  const auto a = make_anchors(spec, 32, 16);
  ASSERT_EQ(a.size(), 8u + 2u);
  EXPECT_EQ(a[0].x, 4);
  EXPECT_EQ(a[0].y, 4);
  EXPECT_EQ(a[5].x, 12);  // second row, second column
  EXPECT_EQ(a[5].y, 12);
  EXPECT_EQ(a[9].x, 24);
  EXPECT_EQ(a[9].stride, 16);
}

TEST(DetectorNet, DecodesAsTheHeaderSays) {
  const float t[4] = {0.5f, -1, std::log(2.f), 0};
  const Box b = decode_box({20, 36, 8}, t);
  EXPECT_NEAR(b.x1, 20 + 4 - 8, 1e-4);  // centre 24, 28; size 16 x 8
  EXPECT_NEAR(b.x2, 32, 1e-4);
  EXPECT_NEAR(b.y1, 24, 1e-4);
  EXPECT_NEAR(b.y2, 32, 1e-4);
}

TEST(DetectorNet, CountsMultiplyAdds) {
  NetSpec spec;
  jl_layer input = {}, conv = {};
  input.kind = JL_INPUT;
  conv.kind = JL_CONV;
  conv.in_channels = 3;
  conv.out_channels = 16;
  conv.kernel = 3;
  conv.stride = 2;
  conv.groups = 1;
  spec.layers = {input, conv};
  EXPECT_EQ(net_macs(spec, 320, 240), int64_t{160} * 120 * 16 * 27);
  EXPECT_EQ(net_macs(spec, 30, 30), int64_t{15} * 15 * 16 * 27);
}

TEST(DetectorNet, StartsWithAPriorAndIdentityBlocks) {
  const auto net = make_detector_net("small", 2);
  ASSERT_TRUE(net.ok());
  std::vector<float> p, b, q;
  init_weights(*net, 5, p, b);
  for (int32_t o : net->outputs) {
    const jl_layer& l = net->layers[static_cast<size_t>(o)];
    const float bias = p[static_cast<size_t>(l.beta + 4)];
    EXPECT_NEAR(1 / (1 + std::exp(-bias)), 0.01, 1e-6);
  }
  for (const jl_layer& l : net->layers) {
    if (l.kind == JL_CONV && l.batch_norm) {
      EXPECT_EQ(p[static_cast<size_t>(l.gamma)], l.input[1] >= 0 ? 0.f : 1.f);
    }
  }
  init_weights(*net, 5, q, b);
  EXPECT_EQ(p, q);
  init_weights(*net, 6, q, b);
  EXPECT_NE(p, q);
}

}  // namespace
}  // namespace jetline
