// Well-known networks with weights that are never read, to hold estimates against published latencies.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <memory>
#include <string>

#include "jetline/graph/builder.h"

namespace jetline::check::testing {

// Builds convolutional networks layer by layer; every weight is a view on one mapping that nobody touches.
class NetworkBuilder {
 public:
  NetworkBuilder() : model_(std::make_unique<Model>()), b_(model_->graph()) {
    model_->set_opset("", 13);
    constexpr size_t kBytes = size_t{600} << 20;
    void* p = mmap(nullptr, kBytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    EXPECT_NE(p, MAP_FAILED);
    zeros_ =
        std::shared_ptr<const void>(p, [kBytes](const void* m) { munmap(const_cast<void*>(m), kBytes); });
  }
  Value* input(int64_t size) { return b_.input("x", DType::kF32, {1, 3, size, size}); }
  Value* conv(Value* x, int64_t in, int64_t out, int64_t k, int64_t stride = 1, int64_t group = 1,
              bool relu = true) {
    const int64_t p = k / 2;
    x = b_.op(
        "Conv", {x, weight({out, in / group, k, k}), weight({out})},
        {{"kernel_shape", {k, k}}, {"strides", {stride, stride}}, {"pads", {p, p, p, p}}, {"group", group}});
    return relu ? b_.op("Relu", {x}) : x;
  }
  Value* max_pool(Value* x, int64_t k, int64_t stride, int64_t pad = 0) {
    return b_.op("MaxPool", {x},
                 {{"kernel_shape", {k, k}}, {"strides", {stride, stride}}, {"pads", {pad, pad, pad, pad}}});
  }
  Value* add(Value* x, Value* y, bool relu) {
    x = b_.op("Add", {x, y});
    return relu ? b_.op("Relu", {x}) : x;
  }
  Value* concat(std::vector<Value*> parts) { return b_.op("Concat", std::move(parts), {{"axis", 1}}); }
  Value* leaky(Value* x) { return b_.op("LeakyRelu", {x}, {{"alpha", 0.1f}}); }
  Value* sigmoid(Value* x) { return b_.op("Sigmoid", {x}); }
  Value* twice(Value* x) {
    return b_.op("Resize", {x, nullptr, b_.floats("", {4}, {1, 1, 2, 2})}, {{"mode", "nearest"}});
  }
  // Every second pixel in both directions, from four corners.
  Value* focus(Value* x) {
    std::vector<Value*> parts;
    for (const auto& [row, column] : {std::pair<int64_t, int64_t>{0, 0}, {1, 0}, {0, 1}, {1, 1}}) {
      parts.push_back(b_.op("Slice", {x, b_.ints({row, column}), b_.ints({1 << 20, 1 << 20}), b_.ints({2, 3}),
                                      b_.ints({2, 2})}));
    }
    return concat(parts);
  }
  void output(Value* y) { outputs_.push_back(y); }
  Value* head(Value* x, int64_t in, int64_t out) {
    x = b_.op("Flatten", {b_.op("GlobalAveragePool", {x})});
    return dense(x, in, out);
  }
  Value* dense(Value* x, int64_t in, int64_t out, bool relu = false) {
    x = b_.op("Gemm", {x, weight({out, in}), weight({out})}, {{"transB", 1}});
    return relu ? b_.op("Relu", {x}) : x;
  }
  Value* flatten(Value* x) { return b_.op("Flatten", {x}); }
  std::unique_ptr<Model> finish(Value* y = nullptr) {
    if (y) output(y);
    for (Value* v : outputs_) model_->graph().add_output(v);
    EXPECT_TRUE(b_.status().ok()) << b_.status().to_string();
    return std::move(model_);
  }

 private:
  Value* weight(const std::vector<int64_t>& dims) {
    const auto bytes = static_cast<size_t>(element_count(dims)) * 4;
    auto t =
        Tensor::view(DType::kF32, dims, ByteView(static_cast<const uint8_t*>(zeros_.get()), bytes), zeros_);
    EXPECT_TRUE(t.ok()) << t.status().to_string();
    return b_.tensor("w" + std::to_string(weights_++), std::move(*t));
  }
  std::unique_ptr<Model> model_;
  GraphBuilder b_;
  std::shared_ptr<const void> zeros_;
  std::vector<Value*> outputs_;
  int weights_ = 0;
};

// He et al. 2015; blocks a stage: {2,2,2,2} and basic blocks for 18, {3,4,6,3} and bottlenecks for 50.
inline std::unique_ptr<Model> resnet(const std::vector<int>& blocks, bool bottleneck) {
  NetworkBuilder b;
  Value* x = b.max_pool(b.conv(b.input(224), 3, 64, 7, 2), 3, 2, 1);
  int64_t in = 64;
  for (size_t stage = 0; stage < 4; ++stage) {
    const int64_t width = int64_t{64} << stage, out = bottleneck ? 4 * width : width;
    for (int i = 0; i < blocks[stage]; ++i) {
      const int64_t stride = i == 0 && stage > 0 ? 2 : 1;
      Value* shortcut = in == out && stride == 1 ? x : b.conv(x, in, out, 1, stride, 1, false);
      Value* y = nullptr;
      if (bottleneck) {
        y = b.conv(b.conv(b.conv(x, in, width, 1), width, width, 3, stride), width, out, 1, 1, 1, false);
      } else {
        y = b.conv(b.conv(x, in, out, 3, stride), out, out, 3, 1, 1, false);
      }
      x = b.add(y, shortcut, true);
      in = out;
    }
  }
  return b.finish(b.head(x, in, 1000));
}

inline std::unique_ptr<Model> vgg16() {
  NetworkBuilder b;
  Value* x = b.input(224);
  int64_t in = 3;
  for (const auto& [out, layers] :
       std::vector<std::pair<int64_t, int>>{{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}}) {
    for (int i = 0; i < layers; ++i) {
      x = b.conv(x, in, out, 3);
      in = out;
    }
    x = b.max_pool(x, 2, 2);
  }
  x = b.dense(b.dense(b.flatten(x), 512 * 49, 4096, true), 4096, 4096, true);
  return b.finish(b.dense(x, 4096, 1000));
}

// Sandler et al. 2018, width 1.
inline std::unique_ptr<Model> mobilenet_v2() {
  NetworkBuilder b;
  Value* x = b.conv(b.input(224), 3, 32, 3, 2);
  int64_t in = 32;
  struct Stage {
    int64_t expand, out;
    int repeat;
    int64_t stride;
  };
  for (const Stage& s : std::vector<Stage>{{1, 16, 1, 1},
                                           {6, 24, 2, 2},
                                           {6, 32, 3, 2},
                                           {6, 64, 4, 2},
                                           {6, 96, 3, 1},
                                           {6, 160, 3, 2},
                                           {6, 320, 1, 1}}) {
    for (int i = 0; i < s.repeat; ++i) {
      const int64_t stride = i == 0 ? s.stride : 1, wide = in * s.expand;
      Value* y = s.expand == 1 ? x : b.conv(x, in, wide, 1);
      y = b.conv(b.conv(y, wide, wide, 3, stride, wide), wide, s.out, 1, 1, 1, false);
      x = stride == 1 && in == s.out ? b.add(x, y, false) : y;
      in = s.out;
    }
  }
  return b.finish(b.head(b.conv(x, 320, 1280, 1), 1280, 1000));
}

// Iandola et al. 2016, version 1.1.
inline std::unique_ptr<Model> squeezenet() {
  NetworkBuilder b;
  Value* x = b.max_pool(b.conv(b.input(224), 3, 64, 3, 2), 3, 2);
  int64_t in = 64;
  const auto fire = [&](int64_t squeeze, int64_t expand) {
    Value* s = b.conv(x, in, squeeze, 1);
    x = b.concat({b.conv(s, squeeze, expand, 1), b.conv(s, squeeze, expand, 3)});
    in = 2 * expand;
  };
  fire(16, 64);
  fire(16, 64);
  x = b.max_pool(x, 3, 2);
  fire(32, 128);
  fire(32, 128);
  x = b.max_pool(x, 3, 2);
  fire(48, 192);
  fire(48, 192);
  fire(64, 256);
  fire(64, 256);
  return b.finish(b.flatten(b.conv(x, in, 1000, 1)));
}

// Ge et al. 2021, YOLOX-s for 640 x 640 with LeakyReLU instead of SiLU, before decoding.
inline std::unique_ptr<Model> yolox_s_leaky() {
  NetworkBuilder b;
  const auto base = [&](Value* x, int64_t in, int64_t out, int64_t k, int64_t stride = 1) {
    return b.leaky(b.conv(x, in, out, k, stride, 1, false));
  };
  const auto csp = [&](Value* x, int64_t in, int64_t out, int n, bool shortcut) {
    const int64_t half = out / 2;
    Value *left = base(x, in, half, 1), *right = base(x, in, half, 1);
    for (int i = 0; i < n; ++i) {
      Value* y = base(base(left, half, half, 1), half, half, 3);
      left = shortcut ? b.add(left, y, false) : y;
    }
    return base(b.concat({left, right}), out, out, 1);
  };
  Value* x = base(b.focus(b.input(640)), 12, 32, 3);
  x = csp(base(x, 32, 64, 3, 2), 64, 64, 1, true);
  Value* c3 = csp(base(x, 64, 128, 3, 2), 128, 128, 3, true);
  Value* c4 = csp(base(c3, 128, 256, 3, 2), 256, 256, 3, true);
  x = base(base(c4, 256, 512, 3, 2), 512, 256, 1);
  x = base(b.concat({x, b.max_pool(x, 5, 1, 2), b.max_pool(x, 9, 1, 4), b.max_pool(x, 13, 1, 6)}), 1024, 512,
           1);
  Value* c5 = csp(x, 512, 512, 1, false);
  Value* p5 = base(c5, 512, 256, 1);
  Value* p4 = base(csp(b.concat({b.twice(p5), c4}), 512, 256, 1, false), 256, 128, 1);
  Value* out3 = csp(b.concat({b.twice(p4), c3}), 256, 128, 1, false);
  Value* out4 = csp(b.concat({base(out3, 128, 128, 3, 2), p4}), 256, 256, 1, false);
  Value* out5 = csp(b.concat({base(out4, 256, 256, 3, 2), p5}), 512, 512, 1, false);
  int64_t in = 128;
  for (Value* level : {out3, out4, out5}) {
    Value* stem = base(level, in, 128, 1);
    Value* classes = base(base(stem, 128, 128, 3), 128, 128, 3);
    Value* boxes = base(base(stem, 128, 128, 3), 128, 128, 3);
    b.output(
        b.concat({b.conv(boxes, 128, 4, 1, 1, 1, false), b.sigmoid(b.conv(boxes, 128, 1, 1, 1, 1, false)),
                  b.sigmoid(b.conv(classes, 128, 80, 1, 1, 1, false))}));
    in *= 2;
  }
  return b.finish();
}

}  // namespace jetline::check::testing
