// Makes the model that big_model.py measures: a chain of residual blocks with its weights in one data file
// beside it. Nothing of it is stored in the repository.
//
//   big_model OUT.onnx [NODES] [MEGABYTES] [plain|normalised|opened]
//
// plain: Conv with bias, Relu, Add: no weight changes. normalised: every Conv is followed by a
// BatchNormalization, so that every weight changes. opened: as plain, with an open batch and Reshapes that
// compute their shapes. Weights are overlapping windows on one block of random numbers, so that making them
// needs no memory; in the file each has bytes of its own.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "jetline/base/random.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/onnx_file.h"

namespace {

using jetline::Dim;
using jetline::DType;
using jetline::Tensor;
using jetline::Value;

struct Maker {
  jetline::Model model;
  jetline::GraphBuilder b{model.graph()};
  std::shared_ptr<std::vector<uint8_t>> numbers;
  int64_t channels = 0;
  size_t made = 0;

  Maker(int64_t c, uint64_t seed) : channels(c) {
    model.set_opset("", 17);
    model.graph().name = "big";
    jetline::Random random(seed);
    const size_t count = static_cast<size_t>(c * c + 65536);
    numbers = std::make_shared<std::vector<uint8_t>>(count * 4);
    const double range = 1 / std::sqrt(static_cast<double>(c));
    for (size_t i = 0; i < count; ++i) {
      const float v = static_cast<float>(random.uniform(-range, range));
      std::memcpy(numbers->data() + i * 4, &v, 4);
    }
  }

  Value* window(std::vector<int64_t> dims, const std::string& name) {
    const size_t bytes = static_cast<size_t>(jetline::element_count(dims)) * 4;
    const size_t at = made++ % 65536 * 4;
    auto t =
        Tensor::view(DType::kF32, std::move(dims), jetline::ByteView(numbers->data() + at, bytes), numbers);
    return t.ok() ? b.tensor(name, std::move(*t)) : nullptr;
  }
  Value* channel(float first, const std::string& name) {
    std::vector<float> v(static_cast<size_t>(channels), first);
    v[made++ % v.size()] += 0.25f;
    return b.floats(name, {channels}, v);
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: big_model OUT.onnx [NODES] [MEGABYTES] [plain|normalised|opened]\n");
    return 2;
  }
  const int64_t nodes = argc > 2 ? std::atoll(argv[2]) : 3000;
  const double megabytes = argc > 3 ? std::atof(argv[3]) : 1024;
  const std::string kind = argc > 4 ? argv[4] : "plain";
  const int64_t per_block = kind == "plain" ? 3 : kind == "opened" ? 7 : 4;
  const int64_t blocks = std::max<int64_t>(nodes / per_block, 1);
  const int64_t channels = std::max<int64_t>(
      static_cast<int64_t>(std::sqrt(megabytes * 1048576 / 4 / static_cast<double>(blocks))), 1);
  Maker m(channels, 1);
  const Dim batch = kind == "opened" ? Dim::named("batch") : Dim(1);
  Value* x = m.b.input("x", DType::kF32, {batch, channels, 4, 4});
  for (int64_t i = 0; i < blocks; ++i) {
    const std::string n = "block" + std::to_string(i);
    Value* y =
        m.b.op("Conv", {x, m.window({channels, channels, 1, 1}, n + ".weight"), m.channel(0.1f, n + ".bias")},
               {{"kernel_shape", {1, 1}}}, n + "/conv");
    if (kind == "normalised") {
      y = m.b.op("BatchNormalization",
                 {y, m.channel(0.5f, n + ".scale"), m.channel(0.1f, n + ".shift"),
                  m.channel(0.2f, n + ".mean"), m.channel(0.9f, n + ".variance")},
                 {}, n + "/norm");
    }
    y = m.b.op("Relu", {y}, {}, n + "/relu");
    if (kind == "opened") {
      Value* lead = m.b.op("Slice", {m.b.op("Shape", {y}, {}, n + "/shape"), m.b.ints({0}), m.b.ints({2})},
                           {}, n + "/lead");
      Value* to = m.b.op("Concat", {lead, m.b.ints({4, 4})}, {{"axis", 0}}, n + "/to");
      y = m.b.op("Reshape", {y, to}, {}, n + "/reshape");
    }
    x = m.b.op("Add", {x, y}, {}, n + "/add");
  }
  m.b.output(x, "y", DType::kF32, {batch, channels, 4, 4});
  if (!m.b.status().ok()) {
    std::fprintf(stderr, "%s\n", m.b.status().to_string().c_str());
    return 1;
  }
  jetline::OnnxSaveOptions options;
  options.external = jetline::OnnxSaveOptions::External::kAlways;
  jetline::OnnxSaveReport report;
  const jetline::Status saved =
      jetline::save_onnx(m.model, argv[1], jetline::real_file_system(), options, &report);
  if (!saved.ok()) {
    std::fprintf(stderr, "%s\n", saved.to_string().c_str());
    return 1;
  }
  std::printf("{\"nodes\": %zu, \"channels\": %lld, \"file_bytes\": %lld, \"external_bytes\": %lld}\n",
              m.model.graph().node_count(), static_cast<long long>(channels),
              static_cast<long long>(report.file_bytes), static_cast<long long>(report.external_bytes));
  return 0;
}
