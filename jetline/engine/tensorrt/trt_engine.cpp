#include "jetline/engine/tensorrt/trt_engine.h"

#include <cstdlib>

#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/engine/plan/plan_check.h"
#include "jetline/engine/tensorrt/trt_session.h"

namespace jetline {
namespace trt {
namespace {

Status needs_plan(const std::string& path) {
  return Status::usage("engine.needs-plan", path + " is a model, and TensorRT runs plans",
                       "build one first: jetline build " + path + " -o " + file_stem(path) + ".plan", path);
}

}  // namespace

Status check_library() {
  const std::string library = library_release();
  const std::string wanted = std::to_string(NV_TENSORRT_MAJOR) + "." + std::to_string(NV_TENSORRT_MINOR);
  if (starts_with(library, wanted + ".")) return Status();
  return Status::missing(
      "engine.load-failed",
      "the module was compiled for TensorRT " + wanted + ", the library here is " + library,
      "build jetline against the TensorRT that is installed");
}

Result<std::unique_ptr<Engine>> TrtEngine::load(const ModelSource& source, const EngineOptions& options) {
  if (source.onnx) return needs_plan(source.path);
  JETLINE_RETURN_IF_ERROR(check_library());
  auto engine = std::make_unique<TrtEngine>();
  engine->plan_ = std::make_shared<LoadedPlan>();
  LoadedPlan& p = *engine->plan_;
  JETLINE_ASSIGN_OR_RETURN(p.device, choose_device(options.device));
  JETLINE_RETURN_IF_ERROR(cuda_status(cudaSetDevice(p.device), "cannot use GPU " + std::to_string(p.device)));
  JETLINE_ASSIGN_OR_RETURN(p.host, describe_host(p.device));

  JETLINE_ASSIGN_OR_RETURN(const auto file, MappedFile::open(source.path));
  std::unique_ptr<PlanRecord> record;
  if (file_exists(plan_record_path(source.path))) {
    JETLINE_ASSIGN_OR_RETURN(PlanRecord r, read_plan_record(source.path));
    record = std::make_unique<PlanRecord>(std::move(r));
  }
  JETLINE_RETURN_IF_ERROR(check_plan(source.path, file->bytes(), record.get(), p.host));

  logger().clear();
  init_plugins();
  p.runtime.reset(nvinfer1::createInferRuntime(logger()));
  if (!p.runtime)
    return p.complaints.to_status(ErrorKind::kMissing, "engine.load-failed", "cannot start TensorRT",
                                  source.path);
  p.runtime->setErrorRecorder(&p.complaints);
#if TRT_HAS_LEVEL
  if (record) {
    for (const std::string& flag : record->flags) {
      if (flag == "version-compatible") p.runtime->setEngineHostCodeAllowed(true);
    }
  }
#endif
  p.engine.reset(p.runtime->deserializeCudaEngine(file->bytes().data(), file->bytes().size()));
  if (!p.engine) {
    return p.complaints.to_status(ErrorKind::kBadInput, "engine.load-failed",
                                  "TensorRT cannot load " + source.path, source.path);
  }
  p.engine->setErrorRecorder(&p.complaints);
  release_pages(file->bytes());

  p.ports = list_ports(*p.engine);
  for (size_t i = 0; i < p.ports.size(); ++i) (p.ports[i].input ? p.inputs : p.outputs).push_back(i);
  p.profiles = p.engine->getNbOptimizationProfiles() > 0 ? p.engine->getNbOptimizationProfiles() : 1;
#if TRT_HAS_MEMORY_SIZE_V2
  p.device_memory = p.engine->getDeviceMemorySizeV2();
#else
  p.device_memory = static_cast<int64_t>(p.engine->getDeviceMemorySize());
#endif
  int integrated = 0;
  p.shared_memory =
      cudaDeviceGetAttribute(&integrated, cudaDevAttrIntegrated, p.device) == cudaSuccess && integrated != 0;
  JETLINE_RETURN_IF_ERROR(engine->take_shapes(options, source.path));
  engine->describe(record.get(), options);
  return std::unique_ptr<Engine>(std::move(engine));
}

// A dynamic input that was given a shape is a fixed one from outside.
Status TrtEngine::take_shapes(const EngineOptions& options, const std::string& where) {
  std::vector<std::string> names;
  for (size_t i : plan_->inputs) {
    inputs_.push_back(plan_->ports[i].info);
    names.push_back(plan_->ports[i].info.name);
  }
  for (size_t i : plan_->outputs) outputs_.push_back(plan_->ports[i].info);
  for (const auto& [name, dims] : options.shapes) {
    bool found = false;
    for (TensorInfo& t : inputs_) {
      if (t.name != name) continue;
      found = true;
      bool fits = dims.size() == t.shape.size();
      for (size_t k = 0; fits && k < dims.size(); ++k)
        fits = t.shape[k] < 0 || dims[k] == t.shape[k] || dims[k] < 0;
      if (!fits) {
        return Status::usage(
            "engine.bad-shape",
            "input '" + name + "' of the plan is " + dims_text(t.shape) + " and cannot be " + dims_text(dims),
            "only dynamic dimensions can be chosen", where);
      }
      fixed_[name] = dims;
      t.shape = dims;
    }
    if (!found) {
      return Status::usage("engine.bad-shape", "there is no input '" + name + "' to give a shape",
                           "inputs: " + join(names, ", "), where);
    }
  }
  return Status();
}

void TrtEngine::describe(const PlanRecord* record, const EngineOptions& options) {
  const LoadedPlan& p = *plan_;
  // Two requests hide copies and the gaps between kernels; more wait in line.
  optimal_requests_ = options.throughput ? 2 : 1;
  conditions_["engine"] = "tensorrt";
  conditions_["engine_version"] = p.host.tensorrt;
  conditions_["device"] = "GPU " + std::to_string(p.device) + ": " + p.host.gpu + " (compute capability " +
                          p.host.compute_capability + ")";
  conditions_["cuda"] = p.host.cuda + ", driver " + p.host.driver;
  conditions_["precision"] = record ? record->precision : "as built";
  conditions_["mode"] = options.throughput ? "throughput" : "latency";
  conditions_["memory"] = p.shared_memory ? "shared" : "pinned";
  conditions_["record"] = record ? "checked" : "none";
  if (record && record->level >= 0) conditions_["builder_level"] = std::to_string(record->level);
}

Result<std::unique_ptr<Session>> TrtEngine::create_session() {
  JETLINE_ASSIGN_OR_RETURN(auto session, TrtSession::create(plan_));
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const auto fixed = fixed_.find(inputs_[i].name);
    if (fixed == fixed_.end()) continue;
    JETLINE_RETURN_IF_ERROR(session->set_shape(i, {fixed->second.data(), fixed->second.size()}));
  }
  return std::unique_ptr<Session>(std::move(session));
}

}  // namespace trt
}  // namespace jetline
