// The stand-in's runtime: a context evaluates the model on the host when its turn on the stream comes.
#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "jetline/engine/tensorrt/double/double_cuda.h"
#include "jetline/engine/tensorrt/double/double_plan.h"
#include "jetline/graph/evaluate.h"

namespace trt_double {
namespace {
using namespace nvinfer1;
using jetline::DType;

// float rounded to the nearest half and back, for values in its normal range: what FP16 layers would leave.
float through_half(float v) {
  uint32_t bits;
  std::memcpy(&bits, &v, 4);
  bits = (bits + 0xfff + ((bits >> 13) & 1)) & ~uint32_t{0x1fff};
  std::memcpy(&v, &bits, 4);
  return v;
}

struct IoTensor {
  std::string name;
  bool input = true;
  DType type = DType::kF32;  // of the model
  std::vector<int64_t> dims;
};

class Engine;

class Context final : public Counted<IExecutionContext> {
 public:
  explicit Context(Engine& engine);
  void setErrorRecorder(IErrorRecorder* r) noexcept override { recorder_ = r; }
  bool setOptimizationProfileAsync(int32_t profile, cudaStream_t) noexcept override {
    profile_ = profile;
    return true;
  }
#if !TRT_DOUBLE_SINCE(1000)
  bool setBindingDimensions(int32_t binding, Dims dims) noexcept override;
  Dims getBindingDimensions(int32_t binding) const noexcept override;
  bool enqueueV2(void* const* bindings, cudaStream_t stream, cudaEvent_t*) noexcept override;
#endif
#if TRT_DOUBLE_SINCE(805)
  bool setInputShape(char const* name, Dims const& dims) noexcept override {
    return shape_input(name, from_double_dims(dims));
  }
  Dims getTensorShape(char const* name) const noexcept override {
    return to_double_dims(shape_of(name));
  }
  bool setTensorAddress(char const* name, void* data) noexcept override {
    addresses_[name] = data;
    return true;
  }
  bool setOutputAllocator(char const* name, IOutputAllocator* a) noexcept override {
    allocators_[name] = a;
    return true;
  }
  bool enqueueV3(cudaStream_t stream) noexcept override {
    return enqueue(addresses_, stream);
  }
#endif

 private:
  using Addresses = std::unordered_map<std::string, void*>;
  bool shape_input(const std::string& name, const std::vector<int64_t>& dims);
  std::vector<int64_t> shape_of(const std::string& name) const;
  bool enqueue(const Addresses& addresses, cudaStream_t stream);
  bool compute(const Addresses& addresses);
  bool fail(const std::string& text);

  Engine& engine_;
  IErrorRecorder* recorder_ = nullptr;
  int32_t profile_ = 0;
  ShapeSet shapes_;
  std::unique_ptr<jetline::Model> model_;  // at the present shapes
  Addresses addresses_;
#if TRT_DOUBLE_SINCE(805)
  std::unordered_map<std::string, IOutputAllocator*> allocators_;
#endif
};

class Inspector final : public Counted<IEngineInspector> {
 public:
  std::vector<std::string> layers;
  char const* getLayerInformation(int32_t i, LayerInformationFormat) const noexcept override {
    return layers[static_cast<size_t>(i)].c_str();
  }
};

class Engine final : public Counted<ICudaEngine> {
 public:
  Engine(PlanContent content, ILogger& l)
      : plan(std::move(content)), logger(l), model(shaped_model(plan.onnx, {})) {
    for (const jetline::Value* v : model->graph().free_inputs())
      io.push_back({v->name(), true, v->type.dtype, v->type.dims()});
    for (const jetline::Value* v : model->graph().outputs())
      io.push_back({v->name(), false, v->type.dtype, v->type.dims()});
  }
  PlanContent plan;
  ILogger& logger;
  std::unique_ptr<jetline::Model> model;
  std::vector<IoTensor> io;

  const IoTensor& named(const std::string& name) const {
    return *std::find_if(io.begin(), io.end(), [&](const IoTensor& t) { return t.name == name; });
  }
  int32_t profiles() const { return std::max<int32_t>(1, static_cast<int32_t>(plan.profiles.size())); }
  const IoTensor& at_binding(int32_t binding) const { return io[static_cast<size_t>(binding) % io.size()]; }
  Dims profile_shape(const std::string& name, int32_t profile, OptProfileSelector s) const {
    if (plan.profiles.empty()) return to_double_dims(named(name).dims);
    const Profile& p = plan.profiles[static_cast<size_t>(profile)];
    const ShapeSet& set = s == OptProfileSelector::kMIN   ? p.min
                          : s == OptProfileSelector::kOPT ? p.opt
                                                          : p.max;
    const auto it = set.find(name);
    return to_double_dims(it == set.end() ? named(name).dims : it->second);
  }

  IExecutionContext* createExecutionContext() noexcept override {
    if (!faults().context_fails) return new Context(*this);
    say(logger, ILogger::Severity::kERROR,
        "Requested amount of GPU memory could not be allocated: out of memory.");
    return nullptr;
  }
  int32_t getNbLayers() const noexcept override {
    return static_cast<int32_t>(model->graph().nodes().size());
  }
  int32_t getNbOptimizationProfiles() const noexcept override { return profiles(); }
  IEngineInspector* createEngineInspector() const noexcept override {
    auto* i = new Inspector();
    for (const auto& n : model->graph().nodes()) i->layers.push_back(n->name.empty() ? n->op() : n->name);
    return i;
  }
  void setErrorRecorder(IErrorRecorder*) noexcept override {}
#if !TRT_DOUBLE_SINCE(1100)
  std::size_t getDeviceMemorySize() const noexcept override {
    return 4096;
  }
#endif
#if TRT_DOUBLE_SINCE(1001)
  int64_t getDeviceMemorySizeV2() const noexcept override {
    return 4096;
  }
#endif
#if !TRT_DOUBLE_SINCE(1000)
  int32_t getNbBindings() const noexcept override {
    return static_cast<int32_t>(io.size()) * profiles();
  }
  char const* getBindingName(int32_t b) const noexcept override {
    return at_binding(b).name.c_str();
  }
  bool bindingIsInput(int32_t b) const noexcept override {
    return at_binding(b).input;
  }
  Dims getBindingDimensions(int32_t b) const noexcept override {
    return to_double_dims(at_binding(b).dims);
  }
  DataType getBindingDataType(int32_t b) const noexcept override {
    return to_double_type(at_binding(b).type);
  }
  bool isShapeBinding(int32_t) const noexcept override {
    return false;
  }
  Dims getProfileDimensions(int32_t b, int32_t p, OptProfileSelector s) const noexcept override {
    return profile_shape(at_binding(b).name, p, s);
  }
#endif
#if TRT_DOUBLE_SINCE(805)
  int32_t getNbIOTensors() const noexcept override {
    return static_cast<int32_t>(io.size());
  }
  char const* getIOTensorName(int32_t i) const noexcept override {
    return io[static_cast<size_t>(i)].name.c_str();
  }
  TensorIOMode getTensorIOMode(char const* n) const noexcept override {
    return named(n).input ? TensorIOMode::kINPUT : TensorIOMode::kOUTPUT;
  }
  Dims getTensorShape(char const* n) const noexcept override {
    return to_double_dims(named(n).dims);
  }
  DataType getTensorDataType(char const* n) const noexcept override {
    return to_double_type(named(n).type);
  }
  TensorLocation getTensorLocation(char const*) const noexcept override {
    return TensorLocation::kDEVICE;
  }
  Dims getProfileShape(char const* n, int32_t p, OptProfileSelector s) const noexcept override {
    return profile_shape(n, p, s);
  }
#endif
};

Context::Context(Engine& engine) : engine_(engine), model_(shaped_model(engine.plan.onnx, {})) {}

bool Context::fail(const std::string& text) {
  if (recorder_) recorder_->reportError(ErrorCode::kFAILED_EXECUTION, text.c_str());
  say(engine_.logger, ILogger::Severity::kERROR, text);
  return false;
}

bool Context::shape_input(const std::string& name, const std::vector<int64_t>& dims) {
  const std::vector<int64_t> min =
      from_double_dims(engine_.profile_shape(name, profile_, OptProfileSelector::kMIN));
  const std::vector<int64_t> max =
      from_double_dims(engine_.profile_shape(name, profile_, OptProfileSelector::kMAX));
  for (size_t i = 0; i < dims.size(); ++i) {
    if (i >= min.size() || dims[i] < min[i] || dims[i] > max[i])
      return fail("Dimension is outside of the profile.");
  }
  shapes_[name] = dims;
  model_ = shaped_model(engine_.plan.onnx, shapes_);
  return model_ != nullptr || fail("Shapes do not fit.");
}

std::vector<int64_t> Context::shape_of(const std::string& name) const {
  for (const jetline::Value* v : model_->graph().free_inputs()) {
    if (v->name() == name) return v->type.dims();
  }
  for (const jetline::Value* v : model_->graph().outputs()) {
    if (v->name() == name) return v->type.dims();
  }
  return {};
}

bool Context::enqueue(const Addresses& addresses, cudaStream_t stream) {
  for (const IoTensor& t : engine_.io) {
    const auto it = addresses.find(t.name);
    bool placed = it != addresses.end() && it->second;
#if TRT_DOUBLE_SINCE(805)
    placed = placed || allocators_.count(t.name) > 0;
#endif
    if (!placed) return fail("Address is not set for tensor " + t.name);
  }
  if (faults().enqueue_fails_at == 0) {
    faults().enqueue_fails_at = -1;
    return fail("an illegal memory access was encountered");
  }
  if (faults().enqueue_fails_at > 0) --faults().enqueue_fails_at;
  ++counts().enqueued;
  return on_stream(stream, [this, addresses] { return compute(addresses); });
}

bool Context::compute(const Addresses& addresses) {
  std::unordered_map<const jetline::Value*, jetline::Tensor> inputs;
  for (const jetline::Value* v : model_->graph().free_inputs()) {
    const int64_t n = jetline::element_count(v->type.dims());
    if (n < 0) return fail("Not all inputs have shapes.");
    std::vector<uint8_t> bytes(static_cast<size_t>(jetline::dtype_bytes(v->type.dtype, n)));
    const void* from = addresses.at(v->name());
    const bool narrow = v->type.dtype == DType::kI64 && to_double_type(DType::kI64) == DataType::kINT32;
    for (int64_t i = 0; narrow && i < n; ++i) {
      const int64_t wide = static_cast<const int32_t*>(from)[i];
      std::memcpy(&bytes[static_cast<size_t>(i) * 8], &wide, 8);
    }
    if (!narrow) std::memcpy(bytes.data(), from, bytes.size());
    auto tensor = jetline::Tensor::own(v->type.dtype, v->type.dims(), std::move(bytes));
    if (!tensor.ok()) return fail(tensor.status().message());
    inputs[v] = std::move(*tensor);
  }
  auto results = jetline::evaluate_graph(model_->graph(), inputs);
  if (!results.ok()) return fail(results.status().message());
  for (size_t k = 0; k < results->size(); ++k) {
    const jetline::Value* v = model_->graph().outputs()[k];
    const jetline::Tensor& t = (*results)[k];
    std::vector<uint8_t> bytes(t.bytes().begin(), t.bytes().end());
    for (size_t i = 0; engine_.plan.fp16 && t.dtype() == DType::kF32 && i + 4 <= bytes.size(); i += 4) {
      float value;
      std::memcpy(&value, &bytes[i], 4);
      value = through_half(value);
      std::memcpy(&bytes[i], &value, 4);
    }
    if (t.dtype() == DType::kI64 && to_double_type(DType::kI64) == DataType::kINT32) {
      for (size_t i = 0; i < bytes.size() / 8; ++i) std::memmove(&bytes[i * 4], &bytes[i * 8], 4);
      bytes.resize(bytes.size() / 2);
    }
    void* to = nullptr;
#if TRT_DOUBLE_SINCE(805)
    const auto sink = allocators_.find(v->name());
    if (sink != allocators_.end() && sink->second) {
#if TRT_DOUBLE_SINCE(1000)
      to = sink->second->reallocateOutputAsync(v->name().c_str(), nullptr, bytes.size(), 256, nullptr);
#else
      to = sink->second->reallocateOutput(v->name().c_str(), nullptr, bytes.size(), 256);
#endif
      sink->second->notifyShape(v->name().c_str(), to_double_dims(t.dims()));
      if (!to) return fail("An output could not be allocated.");
    }
#endif
    if (!to) to = addresses.at(v->name());
    std::memcpy(to, bytes.data(), bytes.size());
  }
  return true;
}

#if !TRT_DOUBLE_SINCE(1000)
bool Context::setBindingDimensions(int32_t binding, Dims dims) noexcept {
  // A binding belongs to one profile, and the context works with one.
  if (binding / static_cast<int32_t>(engine_.io.size()) != profile_)
    return fail("Binding of another profile.");
  return shape_input(engine_.at_binding(binding).name, from_double_dims(dims));
}
Dims Context::getBindingDimensions(int32_t binding) const noexcept {
  return to_double_dims(shape_of(engine_.at_binding(binding).name));
}
bool Context::enqueueV2(void* const* bindings, cudaStream_t stream, cudaEvent_t*) noexcept {
  Addresses addresses;
  const size_t first = static_cast<size_t>(profile_) * engine_.io.size();
  for (size_t i = 0; i < engine_.io.size(); ++i) addresses[engine_.io[i].name] = bindings[first + i];
  return enqueue(addresses, stream);
}
#endif

class Runtime final : public Counted<IRuntime> {
 public:
  explicit Runtime(ILogger& l) : logger_(l) {}
  ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept override {
    ++counts().deserialized;
    PlanContent content;
    std::string wrong = unpack_plan(blob, size, content);
    if (wrong.empty() && faults().deserialize_fails) wrong = "Serialized engine contains corrupted data";
    if (wrong.empty()) return new Engine(std::move(content), logger_);
    if (recorder_) recorder_->reportError(ErrorCode::kINVALID_ARGUMENT, wrong.c_str());
    say(logger_, ILogger::Severity::kERROR, wrong);
    return nullptr;
  }
  void setErrorRecorder(IErrorRecorder* r) noexcept override { recorder_ = r; }
  void setDLACore(int32_t) noexcept override {}
#if TRT_DOUBLE_SINCE(806)
  void setEngineHostCodeAllowed(bool) noexcept override {}
#endif

 private:
  ILogger& logger_;
  IErrorRecorder* recorder_ = nullptr;
};

}  // namespace
}  // namespace trt_double

namespace nvinfer1 {
IRuntime* createInferRuntime(ILogger& logger) noexcept {
  return new trt_double::Runtime(logger);
}
}  // namespace nvinfer1
