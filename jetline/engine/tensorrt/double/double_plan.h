// The stand-in's plan: the header that real plans of 8.6 and later have (older ones another), a line of
// facts, the model, and a checksum over all of it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "jetline/graph/graph.h"

namespace trt_double {

using ShapeSet = std::map<std::string, std::vector<int64_t>>;

struct Profile {
  ShapeSet min, opt, max;
};
struct PlanContent {
  bool fp16 = false;
  int compute_major = 0, compute_minor = 0;
  std::vector<Profile> profiles;  // of dynamic inputs
  std::string onnx;
};

std::string pack_plan(const PlanContent& content);
// "" or the reason why the bytes are refused, in the vendor's words.
std::string unpack_plan(const void* bytes, size_t size, PlanContent& content);

// Types as this release has them: no INT64 before 10.
nvinfer1::DataType to_double_type(jetline::DType type);
nvinfer1::Dims to_double_dims(const std::vector<int64_t>& dims);
std::vector<int64_t> from_double_dims(const nvinfer1::Dims& dims);

// The model with its inputs shaped, types inferred; null when the shapes do not fit.
std::unique_ptr<jetline::Model> shaped_model(const std::string& onnx, const ShapeSet& shapes);

template <typename Base>
class Counted : public Base {
 public:
  Counted();
  ~Counted() noexcept override;
};

// Owned bytes.
nvinfer1::IHostMemory* make_host_memory(std::string bytes);

void say(nvinfer1::ILogger& logger, nvinfer1::ILogger::Severity severity, const std::string& text);

}  // namespace trt_double

#include "jetline/engine/tensorrt/double/double_faults.h"
namespace trt_double {
template <typename Base>
Counted<Base>::Counted() {
  ++counts().live_objects;
}
template <typename Base>
Counted<Base>::~Counted() noexcept {
  --counts().live_objects;
}
}  // namespace trt_double
