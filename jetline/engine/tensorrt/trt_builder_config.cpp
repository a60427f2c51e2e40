#include "jetline/engine/tensorrt/trt_builder_config.h"

#include <algorithm>

#include "jetline/base/strings.h"

namespace jetline {
namespace trt {
namespace {

using Flag = nvinfer1::BuilderFlag;
constexpr int64_t kMiB = int64_t{1} << 20;

Status no_such_option(const std::string& what, const std::string& hint) {
  return Status::usage("engine.unknown-option", what, hint);
}

// Releases before 8.3 take 0 for "none at all"; where CPU and GPU share their memory, "all of it" starves the
// rest of the machine.
int64_t default_workspace() {
  size_t free = 0, total = 0;
  if (cudaMemGetInfo(&free, &total) != cudaSuccess) free = 512 * kMiB;
  const int64_t half = std::max<int64_t>(static_cast<int64_t>(free / 2), 16 * kMiB);
#if TRT_HAS_POOL_LIMIT
  int device = 0, integrated = 0;
  (void)cudaGetDevice(&device);
  (void)cudaDeviceGetAttribute(&integrated, cudaDevAttrIntegrated, device);
  return integrated ? half : 0;
#else
  return std::min<int64_t>(half, 1024 * kMiB);
#endif
}

bool shape_within(const std::vector<int64_t>& dims, const std::vector<int64_t>& model) {
  if (dims.size() != model.size()) return false;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] < 0 || (model[i] >= 0 && dims[i] != model[i])) return false;
  }
  return true;
}

Status bad_range(const std::string& name, const std::vector<int64_t>& model, const std::string& why) {
  return Status::usage(
      "build.shape",
      "the shapes given for input '" + name + "' " + why + "; the model has " + dims_text(model),
      "--shapes " + name + "=MIN:OPT:MAX, each like 1x3x320x320");
}

Status check_range(const std::string& name, const std::vector<int64_t>& model, const ShapeRange& r) {
  for (const std::vector<int64_t>* d : {&r.min, &r.opt, &r.max}) {
    if (!shape_within(*d, model)) return bad_range(name, model, "do not fit: " + dims_text(*d));
  }
  for (size_t i = 0; i < model.size(); ++i) {
    if (r.min[i] > r.opt[i] || r.opt[i] > r.max[i])
      return bad_range(name, model, "do not grow from min to max");
  }
  return Status();
}

Status add_profiles(nvinfer1::IBuilder& builder, nvinfer1::INetworkDefinition& network,
                    nvinfer1::IBuilderConfig& config, const PlanBuildOptions& o, PlanRecord& record) {
  std::vector<std::string> names, open;
  for (int32_t i = 0; i < network.getNbInputs(); ++i) {
    const nvinfer1::ITensor& t = *network.getInput(i);
    names.push_back(t.getName());
    const std::vector<int64_t> dims = from_trt(t.getDimensions());
    const bool dynamic = std::any_of(dims.begin(), dims.end(), [](int64_t d) { return d < 0; });
    const auto given = o.shapes.find(t.getName());
    if (given != o.shapes.end()) JETLINE_RETURN_IF_ERROR(check_range(t.getName(), dims, given->second));
    if (!dynamic) continue;
    open.push_back(t.getName());
    if (given == o.shapes.end()) {
      return Status::usage(
          "build.no-profile",
          "input '" + std::string(t.getName()) + "' " + dims_text(dims) +
              " leaves dimensions open, and no shapes were given for it",
          "--shapes " + std::string(t.getName()) + "=1x3x320x320, or MIN:OPT:MAX for a range");
    }
    record.shapes[t.getName()] = given->second;
  }
  for (const auto& [name, range] : o.shapes) {
    (void)range;
    if (std::find(names.begin(), names.end(), name) == names.end())
      return Status::usage("build.shape", "the model has no input '" + name + "'",
                           "inputs: " + join(names, ", "));
  }
  if (open.empty()) return Status();
  for (int copy = 0; copy < std::max(o.profiles, 1); ++copy) {
    nvinfer1::IOptimizationProfile* profile = builder.createOptimizationProfile();  // the builder's own
    bool good = profile != nullptr;
    for (const std::string& name : open) {
      const ShapeRange& r = o.shapes.at(name);
      good = good &&
             profile->setDimensions(name.c_str(), nvinfer1::OptProfileSelector::kMIN, to_trt(r.min)) &&
             profile->setDimensions(name.c_str(), nvinfer1::OptProfileSelector::kOPT, to_trt(r.opt)) &&
             profile->setDimensions(name.c_str(), nvinfer1::OptProfileSelector::kMAX, to_trt(r.max));
    }
    if (!good || config.addOptimizationProfile(profile) < 0)
      return Status::usage("build.shape", "TensorRT does not take the shapes given for " + join(open, ", "),
                           "");
  }
  return Status();
}

void set_precision(nvinfer1::IBuilder& builder, nvinfer1::IBuilderConfig& config, const PlanBuildOptions& o,
                   PlanRecord& record, std::vector<std::string>& notes) {
  // On by default, and good for three decimal digits only.
  if (o.precision == "tf32") {
    config.setFlag(Flag::kTF32);
  } else {
    config.clearFlag(Flag::kTF32);
  }
#if TRT_HAS_PRECISION_FLAGS
  if (o.precision == "fp16") {
    config.setFlag(Flag::kFP16);
#if NV_TENSORRT_MAJOR < 10  // deprecated later, when every GPU that is left has it
    if (!builder.platformHasFastFp16()) notes.push_back("this GPU computes FP16 no faster than FP32");
#endif
  }
#endif
  (void)builder;
  (void)notes;
  record.precision =
      o.strongly_typed ? (o.precision == "tf32" ? "as the model, tf32" : "as the model") : o.precision;
  record.strongly_typed = o.strongly_typed;
}

Status set_extras(nvinfer1::IBuilder& builder, nvinfer1::IBuilderConfig& config, const PlanBuildOptions& o,
                  PlanRecord& record) {
#if TRT_HAS_LEVEL
  if (o.level >= 0) config.setBuilderOptimizationLevel(o.level);
  if (o.version_compatible) {
    config.setFlag(Flag::kVERSION_COMPATIBLE);
    record.flags.push_back("version-compatible");
  }
  if (o.hardware_compatible) {
    config.setHardwareCompatibilityLevel(nvinfer1::HardwareCompatibilityLevel::kAMPERE_PLUS);
    record.flags.push_back("ampere-plus");
  }
#endif
  record.level = o.level;
  if (o.dla_core >= 0) {
    if (o.dla_core >= builder.getNbDLACores()) {
      return no_such_option("there is no DLA core " + std::to_string(o.dla_core),
                            "this machine has " + std::to_string(builder.getNbDLACores()));
    }
    config.setDefaultDeviceType(nvinfer1::DeviceType::kDLA);
    config.setDLACore(o.dla_core);
    config.setFlag(Flag::kGPU_FALLBACK);
    record.flags.push_back("dla" + std::to_string(o.dla_core));
  }
  return Status();
}

void set_workspace(nvinfer1::IBuilderConfig& config, const PlanBuildOptions& o, PlanRecord& record) {
  const int64_t bytes = o.workspace > 0 ? o.workspace : default_workspace();
  record.workspace = bytes;
  if (bytes <= 0) return;
#if TRT_HAS_POOL_LIMIT
  config.setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, static_cast<size_t>(bytes));
#else
  config.setMaxWorkspaceSize(static_cast<size_t>(bytes));
#endif
}

}  // namespace

Status check_build_options(PlanBuildOptions& o) {
  const std::string here = "TensorRT " + library_release();
  if (o.precision != "fp32" && o.precision != "tf32" && o.precision != "fp16")
    return no_such_option("precision '" + o.precision + "' is not known", "fp32, tf32 or fp16");
#if !TRT_HAS_STRONG_TYPES
  if (o.strongly_typed)
    return no_such_option(here + " has no strongly typed networks", "TensorRT 10 and later have");
#endif
#if !TRT_HAS_PRECISION_FLAGS
  o.strongly_typed = true;
#endif
  if (o.strongly_typed && o.precision == "fp16") {
    return no_such_option(
        "in a strongly typed network the model says the types, so --precision fp16 has no effect",
        "give it a model whose weights are FP16, without --precision");
  }
#if !TRT_HAS_LEVEL
  if (o.level >= 0 || o.version_compatible || o.hardware_compatible)
    return no_such_option(here + " has no builder levels and no compatible plans",
                          "TensorRT 8.6 and later have");
#endif
  if (o.level > 5) return no_such_option("builder levels go from 0 to 5", "");
  if (o.workspace < 0) return no_such_option("a negative workspace", "");
  return Status();
}

Status configure(nvinfer1::IBuilder& builder, nvinfer1::INetworkDefinition& network,
                 nvinfer1::IBuilderConfig& config, const PlanBuildOptions& o, const std::string& cache,
                 ConfigScope& scope, PlanRecord& record, std::vector<std::string>& notes) {
  record.flags.clear();
  record.shapes.clear();
  JETLINE_RETURN_IF_ERROR(add_profiles(builder, network, config, o, record));
  set_precision(builder, config, o, record, notes);
  JETLINE_RETURN_IF_ERROR(set_extras(builder, config, o, record));
  set_workspace(config, o, record);
#if TRT_HAS_SERIALIZED_BUILD
  scope.timing_cache.reset(config.createTimingCache(cache.empty() ? nullptr : cache.data(), cache.size()));
  if (!scope.timing_cache && !cache.empty()) {
    notes.push_back("TensorRT does not take the timing cache; it is made anew");
    scope.timing_cache.reset(config.createTimingCache(nullptr, 0));
  }
  if (scope.timing_cache) (void)config.setTimingCache(*scope.timing_cache, false);
#else
  (void)cache;
  (void)scope;
#endif
  return Status();
}

void take_timing_cache(nvinfer1::IBuilderConfig& config, std::string& cache) {
#if TRT_HAS_SERIALIZED_BUILD
  const nvinfer1::ITimingCache* used = config.getTimingCache();
  if (!used) return;
  const Owned<nvinfer1::IHostMemory> bytes(used->serialize());
  if (bytes && bytes->size() > 0) cache.assign(static_cast<const char*>(bytes->data()), bytes->size());
#else
  (void)config;
  (void)cache;
#endif
}

void use_less_memory(PlanBuildOptions& o, int attempt) {
  size_t free = 0, total = 0;
  if (o.workspace <= 0)
    o.workspace = cudaMemGetInfo(&free, &total) == cudaSuccess ? static_cast<int64_t>(free) : 1024 * kMiB;
  o.workspace = std::max<int64_t>(o.workspace / 4, 16 * kMiB);
#if TRT_HAS_LEVEL
  if (attempt > 1) o.level = 0;
#else
  (void)attempt;
#endif
}

}  // namespace trt
}  // namespace jetline
