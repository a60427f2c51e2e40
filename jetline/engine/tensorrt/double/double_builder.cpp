// The stand-in's parser and builder.
#include <algorithm>
#include <cstring>
#include <set>

#include "NvInferPlugin.h"
#include "NvOnnxParser.h"
#include "jetline/engine/tensorrt/double/double_plan.h"
#include "jetline/graph/onnx_file.h"

namespace trt_double {
namespace {
using namespace nvinfer1;

class Tensor final : public ITensor {
 public:
  std::string name;
  std::vector<int64_t> dims;
  jetline::DType type = jetline::DType::kF32;
  char const* getName() const noexcept override { return name.c_str(); }
  Dims getDimensions() const noexcept override { return to_double_dims(dims); }
  DataType getType() const noexcept override { return to_double_type(type); }
  bool isShapeTensor() const noexcept override { return false; }
};

class Network final : public Counted<INetworkDefinition> {
 public:
  explicit Network(ILogger& l) : logger(l) {}
  ILogger& logger;
  std::string onnx;
  std::vector<std::string> layers;
  std::vector<std::unique_ptr<Tensor>> inputs, outputs;
  int32_t getNbInputs() const noexcept override { return static_cast<int32_t>(inputs.size()); }
  ITensor* getInput(int32_t i) const noexcept override { return inputs[static_cast<size_t>(i)].get(); }
  int32_t getNbOutputs() const noexcept override { return static_cast<int32_t>(outputs.size()); }
  ITensor* getOutput(int32_t i) const noexcept override { return outputs[static_cast<size_t>(i)].get(); }
  int32_t getNbLayers() const noexcept override { return static_cast<int32_t>(layers.size()); }
};

class OptimizationProfile final : public IOptimizationProfile {
 public:
  Profile shapes;
  bool setDimensions(char const* input, OptProfileSelector s, Dims const& d) noexcept override {
    set(s)[input] = from_double_dims(d);
    return true;
  }
  Dims getDimensions(char const* input, OptProfileSelector s) const noexcept override {
    return to_double_dims(const_cast<OptimizationProfile*>(this)->set(s)[input]);
  }
  bool isValid() const noexcept override {
    return !shapes.opt.empty() && shapes.min.size() == shapes.max.size();
  }

 private:
  ShapeSet& set(OptProfileSelector s) {
    return s == OptProfileSelector::kMIN   ? shapes.min
           : s == OptProfileSelector::kOPT ? shapes.opt
                                           : shapes.max;
  }
};

class TimingCache final : public Counted<ITimingCache> {
 public:
  mutable std::set<std::string> known;
  IHostMemory* serialize() const noexcept override {
    std::string text = "times\n";
    for (const std::string& k : known) text += k + "\n";
    return make_host_memory(text);
  }
};

class Config final : public Counted<IBuilderConfig> {
 public:
  std::set<int> flags{static_cast<int>(BuilderFlag::kTF32)};
  std::vector<Profile> profiles;
  const TimingCache* cache = nullptr;
  int64_t workspace = JETLINE_TRT_DOUBLE >= 803 ? INT64_MAX : 0;
  int level = 3;
  void setFlag(BuilderFlag f) noexcept override { flags.insert(static_cast<int>(f)); }
  void clearFlag(BuilderFlag f) noexcept override { flags.erase(static_cast<int>(f)); }
  bool getFlag(BuilderFlag f) const noexcept override { return flags.count(static_cast<int>(f)) > 0; }
  int32_t addOptimizationProfile(IOptimizationProfile const* p) noexcept override {
    if (!p || !p->isValid()) return -1;
    profiles.push_back(static_cast<OptimizationProfile const*>(p)->shapes);
    return static_cast<int32_t>(profiles.size()) - 1;
  }
  ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept override {
    const std::string text(static_cast<const char*>(blob), blob ? size : 0);
    if (!text.empty() && text.compare(0, 6, "times\n") != 0) return nullptr;
    auto* c = new TimingCache();
    size_t from = 6;
    while (from < text.size()) {
      const size_t end = text.find('\n', from);
      c->known.insert(text.substr(from, end - from));
      from = end + 1;
    }
    return c;
  }
  bool setTimingCache(ITimingCache const& c, bool) noexcept override {
    cache = static_cast<const TimingCache*>(&c);
    return true;
  }
  ITimingCache const* getTimingCache() const noexcept override { return cache; }
  void setProfilingVerbosity(ProfilingVerbosity) noexcept override {}
  void setDLACore(int32_t) noexcept override {}
  void setDefaultDeviceType(DeviceType) noexcept override {}
#if TRT_DOUBLE_SINCE(803)
  void setMemoryPoolLimit(MemoryPoolType, std::size_t bytes) noexcept override {
    workspace = static_cast<int64_t>(bytes);
  }
#endif
#if !TRT_DOUBLE_SINCE(1000)
  void setMaxWorkspaceSize(std::size_t bytes) noexcept override {
    workspace = static_cast<int64_t>(bytes);
  }
#endif
#if TRT_DOUBLE_SINCE(806)
  void setBuilderOptimizationLevel(int32_t l) noexcept override {
    level = l;
  }
  void setHardwareCompatibilityLevel(HardwareCompatibilityLevel) noexcept override {}
  void setMaxAuxStreams(int32_t) noexcept override {}
#endif
#if TRT_DOUBLE_SINCE(1000)
  IProgressMonitor* monitor = nullptr;
  void setProgressMonitor(IProgressMonitor* m) noexcept override {
    monitor = m;
  }
#endif
};

class Builder final : public Counted<IBuilder> {
 public:
  explicit Builder(ILogger& l) : logger_(l) {}
  INetworkDefinition* createNetworkV2(NetworkDefinitionCreationFlags flags) noexcept override {
    // The parser takes explicit batches only, which releases before 10 must be asked for.
    if (JETLINE_TRT_DOUBLE < 1000 && (flags & 1U) == 0) return nullptr;
    return new Network(logger_);
  }
  IBuilderConfig* createBuilderConfig() noexcept override { return new Config(); }
  IOptimizationProfile* createOptimizationProfile() noexcept override {
    profiles_.push_back(std::make_unique<OptimizationProfile>());
    return profiles_.back().get();
  }
  IHostMemory* buildSerializedNetwork(INetworkDefinition& n, IBuilderConfig& c) noexcept override;
  void setErrorRecorder(IErrorRecorder* r) noexcept override { recorder_ = r; }
  int32_t getNbDLACores() const noexcept override { return 1; }
#if TRT_DOUBLE_SINCE(804)
  bool setMaxThreads(int32_t) noexcept override {
    return true;
  }
#endif
#if !TRT_DOUBLE_SINCE(1000)
  bool platformHasFastFp16() const noexcept override {
    return true;
  }
#endif

 private:
  IHostMemory* fail(ErrorCode code, const std::string& text) {
    if (recorder_) recorder_->reportError(code, text.c_str());
    say(logger_, ILogger::Severity::kERROR, text);
    return nullptr;
  }
  bool time_layers(const Network& network, const Config& config);

  ILogger& logger_;
  IErrorRecorder* recorder_ = nullptr;
  std::vector<std::unique_ptr<OptimizationProfile>> profiles_;
};

// One step a layer; false when the monitor asked to stop.
bool Builder::time_layers(const Network& network, const Config& config) {
  const int32_t steps = static_cast<int32_t>(network.layers.size());
  (void)steps;
  bool go_on = true;
#if TRT_DOUBLE_SINCE(1000)
  if (config.monitor) {
    config.monitor->phaseStart("Building Engine", nullptr, 2);
    config.monitor->phaseStart("Timing layers", "Building Engine", steps);
  }
#endif
  for (int32_t i = 0; i < steps && go_on; ++i) {
    const std::string& layer = network.layers[static_cast<size_t>(i)];
    if (faults().during_build) faults().during_build();
    say(logger_, ILogger::Severity::kVERBOSE, "--------------- Timing Runner: " + layer);
    if (!config.cache || config.cache->known.insert(layer).second) ++counts().timed_layers;
#if TRT_DOUBLE_SINCE(1000)
    go_on = !config.monitor || config.monitor->stepComplete("Timing layers", i);
#endif
  }
#if TRT_DOUBLE_SINCE(1000)
  if (config.monitor) {
    config.monitor->phaseFinish("Timing layers");
    go_on = config.monitor->stepComplete("Building Engine", 0) && go_on;
    config.monitor->phaseFinish("Building Engine");
  }
#endif
  return go_on;
}

IHostMemory* Builder::buildSerializedNetwork(INetworkDefinition& n, IBuilderConfig& c) noexcept {
  const Network& network = static_cast<const Network&>(n);
  const Config& config = static_cast<const Config&>(c);
  const bool open = std::any_of(network.inputs.begin(), network.inputs.end(), [](const auto& t) {
    return std::count_if(t->dims.begin(), t->dims.end(), [](int64_t d) { return d < 0; }) > 0;
  });
  if (open && config.profiles.empty()) {
    return fail(ErrorCode::kINVALID_CONFIG,
                "Network has dynamic or shape inputs, but no optimization profile has been defined.");
  }
  if (!time_layers(network, config)) return fail(ErrorCode::kINVALID_STATE, "Build was cancelled.");
  if (faults().builder_fails)
    return fail(ErrorCode::kINTERNAL_ERROR, "Could not find any implementation for node conv1.");
  if (config.workspace > faults().memory_for_workspace)
    return fail(ErrorCode::kFAILED_ALLOCATION,
                "Requested amount of GPU memory could not be allocated: out of memory.");
  PlanContent content;
  content.compute_major = faults().compute_major;
  content.compute_minor = faults().compute_minor;
  content.profiles = config.profiles;
  content.onnx = network.onnx;
#if !TRT_DOUBLE_SINCE(1100)
  content.fp16 = config.getFlag(BuilderFlag::kFP16);
#endif
  return make_host_memory(pack_plan(content));
}

class ParserError final : public nvonnxparser::IParserError {
 public:
  std::string text, op;
  int index = 0;
  nvonnxparser::ErrorCode code() const override { return nvonnxparser::ErrorCode::kUNSUPPORTED_NODE; }
  char const* desc() const override { return text.c_str(); }
  int node() const override { return index; }
#if TRT_DOUBLE_SINCE(1000)
  char const* nodeName() const override {
    return "node";
  }
  char const* nodeOperator() const override {
    return op.c_str();
  }
#endif
};

class Parser final : public Counted<nvonnxparser::IParser> {
 public:
  explicit Parser(Network& n) : network_(n) {}
  bool parse(void const* bytes, size_t size, const char*) override;
  int getNbErrors() const override { return static_cast<int>(errors_.size()); }
  nvonnxparser::IParserError const* getError(int i) const override {
    return &errors_[static_cast<size_t>(i)];
  }

 private:
  Network& network_;
  std::vector<ParserError> errors_;
};

bool Parser::parse(void const* bytes, size_t size, const char*) {
  network_.onnx.assign(static_cast<const char*>(bytes), size);
  const auto model = shaped_model(network_.onnx, {});
  if (!model) {
    errors_.emplace_back();
    errors_.back().text = "Failed to parse ONNX model";
    return false;
  }
  for (const auto& node : model->graph().nodes()) {
    if (node->op() == faults().unsupported_op) {
      errors_.emplace_back();
      errors_.back().op = node->op();
      errors_.back().text = "No importer registered for op: " + node->op();
    }
    network_.layers.push_back(node->name.empty() ? node->op() : node->name);
  }
  const auto describe = [](const jetline::Value& v) {
    auto t = std::make_unique<Tensor>();
    t->name = v.name();
    t->dims = v.type.dims();
    t->type = v.type.dtype;
    return t;
  };
  for (const jetline::Value* v : model->graph().free_inputs()) network_.inputs.push_back(describe(*v));
  for (const jetline::Value* v : model->graph().outputs()) network_.outputs.push_back(describe(*v));
  return errors_.empty();
}

}  // namespace
}  // namespace trt_double

namespace nvinfer1 {
IBuilder* createInferBuilder(ILogger& logger) noexcept {
  return new trt_double::Builder(logger);
}
}  // namespace nvinfer1

namespace nvonnxparser {
IParser* createParser(nvinfer1::INetworkDefinition& network, nvinfer1::ILogger&) {
  return new trt_double::Parser(static_cast<trt_double::Network&>(network));
}
}  // namespace nvonnxparser

extern "C" {
int32_t getInferLibVersion() noexcept {
  return trt_double::faults().library_version ? trt_double::faults().library_version : NV_TENSORRT_VERSION;
}
bool initLibNvInferPlugins(void*, char const*) {
  return true;
}
}
