#include "jetline/engine/openvino/ov_engine.h"

#include <malloc.h>

#include <openvino/frontend/manager.hpp>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>

#include "jetline/base/strings.h"
#include "jetline/engine/openvino/ov_cache.h"
#include "jetline/engine/openvino/ov_focus.h"
#include "jetline/engine/openvino/ov_session.h"

namespace jetline::ov_engine {
namespace {

Result<ov::AnyMap> ov_config(const EngineOptions& o) {
  ov::AnyMap config;
  if (o.precision == "f32") {
    config[ov::hint::inference_precision.name()] = ov::element::f32;
  } else if (o.precision == "bf16") {
    config[ov::hint::inference_precision.name()] = ov::element::bf16;
  } else if (o.precision == "f16") {
    config[ov::hint::inference_precision.name()] = ov::element::f16;
  } else {
    return Status::usage("engine.unknown-option", "precision '" + o.precision + "' is not known to OpenVINO",
                         "f32, bf16 or f16");
  }
  if (o.threads < 0)
    return Status::usage("engine.unknown-option", "a negative number of threads", "0 lets OpenVINO choose");
  if (o.threads > 0) config[ov::inference_num_threads.name()] = o.threads;
  // One request is one image here; otherwise the runtime opens a plugin that might batch several.
  config[ov::hint::allow_auto_batching.name()] = false;
  config[ov::hint::performance_mode.name()] =
      o.throughput ? ov::hint::PerformanceMode::THROUGHPUT : ov::hint::PerformanceMode::LATENCY;
  return config;
}

// Asking every plugin what it has would load them all; asking one for its name loads that one.
Status ov_check_device(const std::string& device) {
  try {
    core().get_property(device, ov::device::full_name);
    return Status();
  } catch (const std::exception& e) {
    return Status::usage("engine.unknown-option",
                         "OpenVINO has no device '" + device + "' here: " + plain_reason(e.what()),
                         "CPU is always there");
  }
}

// IR goes to its own reader, everything else to the ONNX reader, whatever the file's name: letting the
// runtime guess would open every front end it has, and those print.
std::shared_ptr<ov::Model> ov_read(const std::string& path, bool xml) {
  ov::frontend::FrontEndManager manager;
  auto front_end = manager.load_by_framework(xml ? "ir" : "onnx");
  // true: weights stay in the mapped file
  auto input = xml ? front_end->load(path) : front_end->load(path, true);
  return front_end->convert(input);
}

// The name the file gives an output: the front end keeps it as the Result's own name, sometimes with a
// suffix, while the tensor may carry further names of values that were merged into it.
std::string ov_port_name(const ov::Output<const ov::Node>& port) {
  const auto& names = port.get_names();
  std::string node = port.get_node()->get_friendly_name();
  const size_t suffix = node.rfind("/sink_port_");
  if (suffix != std::string::npos) node.resize(suffix);
  if (names.empty() || names.count(node)) return node;
  return *std::min_element(names.begin(), names.end());
}

TensorInfo ov_describe(const ov::Output<const ov::Node>& port) {
  return {ov_port_name(port), from_ov(port.get_element_type()), from_ov(port.get_partial_shape())};
}

Status ov_reshape(ov::Model& model, const std::map<std::string, std::vector<int64_t>>& shapes,
                  const std::string& where) {
  std::map<ov::Output<ov::Node>, ov::PartialShape> wanted;
  for (const auto& [name, dims] : shapes) {
    ov::Output<ov::Node> port;
    bool found = false;
    std::vector<std::string> names;
    for (const ov::Output<ov::Node>& in : model.inputs()) {
      const auto& n = in.get_names();
      names.insert(names.end(), n.begin(), n.end());
      if (n.count(name) || in.get_node()->get_friendly_name() == name) {
        port = in;
        found = true;
      }
    }
    if (!found) {
      return Status::usage("engine.bad-shape", "there is no input '" + name + "' to give a shape",
                           "inputs: " + join(names, ", "), where);
    }
    std::vector<ov::Dimension> d;
    for (int64_t v : dims) d.push_back(v < 0 ? ov::Dimension::dynamic() : ov::Dimension(v));
    wanted[port] = ov::PartialShape(d);
    if (!port.get_partial_shape().compatible(wanted[port])) {
      return Status::usage("engine.bad-shape",
                           "input '" + name + "' is " + shape_text(from_ov(port.get_partial_shape())) +
                               " and cannot be " + shape_text(dims),
                           "only dynamic dimensions can be chosen", where);
    }
  }
  if (!wanted.empty()) model.reshape(wanted);
  return Status();
}

// Compilation leaves tens of megabytes of freed blocks in the C library's arenas; running needs none of them.
void release_compile_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace

Status OvEngine::compile(const ModelSource& source, const EngineOptions& options) {
  const std::string& path = source.path;
  JETLINE_ASSIGN_OR_RETURN(ov::AnyMap config, ov_config(options));
  JETLINE_RETURN_IF_ERROR(ov_check_device(options.device));
  std::unique_ptr<BlobCache> cache;
  if (!options.cache_dir.empty()) {
    JETLINE_ASSIGN_OR_RETURN(cache, BlobCache::open(source, options));
    const bool hit = cache->restore(config, compiled_);
    cache_state_ = cache->state();
    if (hit) return Status();
  }
  std::shared_ptr<ov::Model> model;
  JETLINE_RETURN_IF_ERROR(
      guarded(ErrorKind::kBadInput, "engine.load-failed", "OpenVINO cannot read " + path, path, [&] {
        model = ov_read(path, !source.onnx);
        return ov_reshape(*model, options.shapes, path);
      }));
  JETLINE_RETURN_IF_ERROR(
      guarded(ErrorKind::kBadInput, "engine.load-failed", "OpenVINO cannot compile " + path, path, [&] {
        rewrite_focus(*model);
        compiled_ = core().compile_model(model, options.device, config);
        return Status();
      }));
  model.reset();
  if (cache) {
    cache->store(compiled_);
    cache_state_ = cache->state();
  }
#ifdef __GLIBC__
  // Compiling leaves tens of megabytes of freed blocks; what comes after (pictures, results) should not add to
  // them.
  malloc_trim(0);
#endif
  return Status();
}

void OvEngine::describe(const EngineOptions& o) {
  for (const auto& p : compiled_.inputs()) inputs_.push_back(ov_describe(p));
  for (const auto& p : compiled_.outputs()) outputs_.push_back(ov_describe(p));
  optimal_requests_ =
      o.throughput ? static_cast<int>(compiled_.get_property(ov::optimal_number_of_infer_requests)) : 1;
  conditions_["engine"] = "openvino";
  const ov::Version version = ov::get_openvino_version();
  conditions_["engine_version"] = version.buildNumber ? version.buildNumber : "";
  std::string full(trim(core().get_property(o.device, ov::device::full_name)));
  conditions_["device"] = o.device + ": " + full;
  conditions_["precision"] = compiled_.get_property(ov::hint::inference_precision).to_string();
  conditions_["threads"] = std::to_string(compiled_.get_property(ov::inference_num_threads));
  conditions_["mode"] = o.throughput ? "throughput" : "latency";
  conditions_["model_cache"] = cache_state_;
}

Result<std::unique_ptr<Engine>> OvEngine::load(const ModelSource& source, const EngineOptions& options) {
  const std::string& path = source.path;
  auto engine = std::make_unique<OvEngine>();
  JETLINE_RETURN_IF_ERROR(
      guarded(ErrorKind::kBadInput, "engine.load-failed", "OpenVINO failed on " + path, path, [&] {
        JETLINE_RETURN_IF_ERROR(engine->compile(source, options));
        engine->describe(options);
        release_compile_memory();
        return Status();
      }));
  return std::unique_ptr<Engine>(std::move(engine));
}

Result<std::unique_ptr<Session>> OvEngine::create_session() {
  return OvSession::create(compiled_, inputs_, outputs_);
}

}  // namespace jetline::ov_engine
