// The detector's network as plain data: a list of layers that LibTorch trains (torch_abi.h) and export writes
// to ONNX, so that the two cannot drift apart. A new network is one function that fills a NetSpec.
//
// Ours: a small residual backbone of dense 3x3 convolutions (depthwise ones are slower than dense ones in
// TensorRT on a Nano and in oneDNN), strides 4, 8, 16 and 32, a top-down path, and anchor-free outputs at
// strides 8 and 16. Each output position predicts tx, ty, tw, th and C class logits; with (ax, ay) the centre
// of its cell and s its stride
//   centre = (ax + tx s, ay + ty s), size = (exp(tw) s, exp(th) s)      (YOLOX, Ge et al. 2021, section 2.1)
//
// Plain values, no thread rules. Id: train.options.
#pragma once

#include <string>
#include <vector>

#include "jetline/base/random.h"
#include "jetline/base/status.h"
#include "jetline/train/torch_abi.h"
#include "jetline/vision/detection.h"

namespace jetline {

struct NetSpec {
  std::vector<jl_layer> layers;
  std::vector<std::string> names;  // parallel to layers, for the ONNX nodes
  std::vector<int32_t> outputs;    // one map a stride
  std::vector<int> strides;
  int64_t parameter_count = 0, buffer_count = 0;
  float bn_momentum = 0.1f, bn_epsilon = 1e-5f;
  int classes = 0;
};

// `size`: "default" or "small". classes 1..1000.
Result<NetSpec> make_detector_net(const std::string& size, int classes);

// He-normal weights from `seed`; batch-norm scales 1 (0 at the end of a residual branch, so that each block
// starts as the identity); class biases at a prior of 0.01 (focal loss, Lin et al. 2017, section 4.1), sizes
// at 4 cells.
void init_weights(const NetSpec& spec, uint64_t seed, std::vector<float>& parameters,
                  std::vector<float>& buffers);

// One output position.
struct Anchor {
  float x, y, stride;  // centre in input pixels
};
// Positions in the order of the outputs: strides in turn, each row by row. Precondition: 16 divides both
// sides.
std::vector<Anchor> make_anchors(const NetSpec& spec, int width, int height);

// Box in input pixels from t = {tx, ty, tw, th}.
Box decode_box(const Anchor& a, const float* t);

// Multiply-adds of one image.
int64_t net_macs(const NetSpec& spec, int width, int height);

}  // namespace jetline
