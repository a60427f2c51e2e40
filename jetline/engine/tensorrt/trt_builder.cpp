#include "jetline/engine/tensorrt/trt_builder.h"

#include <algorithm>
#include <chrono>
#include <mutex>

#include "jetline/base/clock.h"
#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/engine/tensorrt/trt_builder_config.h"
#include "jetline/engine/tensorrt/trt_engine.h"
#include "jetline/engine/tensorrt/trt_progress.h"
#include "jetline/engine/tensorrt/trt_timing_cache.h"

namespace jetline {
namespace trt {
namespace {

constexpr int kBuildAttempts = 3;

uint32_t network_flags(const PlanBuildOptions& o) {
#if TRT_NEEDS_EXPLICIT_BATCH
  (void)o;
  return 1U << 0;  // explicit batch, under every release before 10
#elif NV_TENSORRT_MAJOR < 11
  return o.strongly_typed
             ? 1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED)
             : 0U;
#else
  (void)o;
  return 0U;
#endif
}

std::string parser_error(const nvonnxparser::IParserError& e) {
  std::string s;
#if TRT_AT_LEAST(10, 0)
  const std::string op = e.nodeOperator() ? e.nodeOperator() : "", name = e.nodeName() ? e.nodeName() : "";
  if (!op.empty() || !name.empty()) s += op + " node '" + name + "': ";
#else
  if (e.node() >= 0) s += "node " + std::to_string(e.node()) + ": ";
#endif
  return s + (e.desc() ? e.desc() : "no reason given");
}

Status parse_model(nvonnxparser::IParser& parser, ByteView bytes, const std::string& path) {
#if TRT_AT_LEAST(8, 0)
  const bool parsed = parser.parse(bytes.data(), bytes.size(), path.c_str());
#else
  const bool parsed = parser.parse(bytes.data(), bytes.size());
#endif
  if (parsed) return Status();
  std::vector<std::string> reasons;
  for (int i = 0; i < parser.getNbErrors() && i < 3; ++i)
    reasons.push_back(parser_error(*parser.getError(i)));
  return Status::bad_input("build.parse",
                           "TensorRT " + library_release() + " does not read " + path + ": " +
                               (reasons.empty() ? "no reason given" : join(reasons, "; ")),
                           "jetline check " + path + " says what to change", path);
}

struct BuilderObjects {
  Complaints complaints;
  Owned<nvinfer1::IBuilder> builder;
  Owned<nvinfer1::INetworkDefinition> network;
  Owned<nvonnxparser::IParser> parser;  // owns weights that the network refers to
};

Status open_model(const ModelSource& source, const PlanBuildOptions& o, ByteView bytes, BuilderObjects& b) {
  b.builder.reset(nvinfer1::createInferBuilder(logger()));
  if (!b.builder) {
    return b.complaints.to_status(ErrorKind::kMissing, "engine.load-failed",
                                  "cannot start TensorRT's builder", source.path);
  }
  b.builder->setErrorRecorder(&b.complaints);
  b.network.reset(b.builder->createNetworkV2(network_flags(o)));
  if (b.network) b.parser.reset(nvonnxparser::createParser(*b.network, logger()));
  if (!b.parser) {
    return b.complaints.to_status(ErrorKind::kInternal, "engine.load-failed",
                                  "cannot start TensorRT's ONNX parser", source.path);
  }
  return parse_model(*b.parser, bytes, source.path);
}

Result<std::string> build_bytes(BuilderObjects& b, nvinfer1::IBuilderConfig& config,
                                const std::string& path) {
#if TRT_HAS_SERIALIZED_BUILD
  const Owned<nvinfer1::IHostMemory> memory(b.builder->buildSerializedNetwork(*b.network, config));
#else
  Owned<nvinfer1::IHostMemory> memory;
  {
    const Owned<nvinfer1::ICudaEngine> engine(b.builder->buildEngineWithConfig(*b.network, config));
    if (engine) memory.reset(engine->serialize());
  }
#endif
  if (!memory || memory->size() == 0)
    return b.complaints.to_status(ErrorKind::kBadInput, "build.failed", "TensorRT cannot build " + path,
                                  path);
  return std::string(static_cast<const char*>(memory->data()), memory->size());
}

// The plan as a runtime sees it: proof that it loads, and the names for the record.
Status examine_plan(const std::string& bytes, const std::string& path, PlanRecord& record) {
  Complaints complaints;
  const Owned<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger()));
  if (!runtime)
    return complaints.to_status(ErrorKind::kMissing, "engine.load-failed", "cannot start TensorRT", path);
  runtime->setErrorRecorder(&complaints);
#if TRT_HAS_LEVEL
  if (std::find(record.flags.begin(), record.flags.end(), "version-compatible") != record.flags.end())
    runtime->setEngineHostCodeAllowed(true);
#endif
  const Owned<nvinfer1::ICudaEngine> engine(runtime->deserializeCudaEngine(bytes.data(), bytes.size()));
  if (!engine) {
    return complaints.to_status(ErrorKind::kBadInput, "build.failed",
                                "TensorRT cannot load the plan it built", path);
  }
  for (const Port& p : list_ports(*engine))
    (p.input ? record.inputs : record.outputs).push_back({p.info.name, p.info.dtype, p.info.shape});
#if TRT_HAS_INSPECTOR
  const Owned<nvinfer1::IEngineInspector> inspector(engine->createEngineInspector());
  for (int32_t i = 0; inspector && i < engine->getNbLayers(); ++i) {
    const char* line = inspector->getLayerInformation(i, nvinfer1::LayerInformationFormat::kONELINE);
    record.layers.emplace_back(line ? trim(line) : "");
  }
#endif
  return Status();
}

// The builder's global state (its logger, its kernels) is shared by the process.
std::mutex& build_mutex() {
  static std::mutex* const m = new std::mutex();
  return *m;
}

void keep_timing_cache(const PlanBuildOptions& o, const PlanHost& host, const std::string& cache,
                       std::vector<std::string>& notes) {
  if (o.timing_cache.empty() || cache.empty()) return;
  const Status kept = write_timing_cache(o.timing_cache, host,
                                         {reinterpret_cast<const uint8_t*>(cache.data()), cache.size()});
  if (!kept.ok()) notes.push_back("the timing cache was not written: " + kept.message());
}

class ListenToLog {
 public:
  explicit ListenToLog(BuildWatch& watch) {
    // With a monitor there are better numbers.
    if (!TRT_HAS_PROGRESS) logger().listen([&watch](const std::string& line) { watch.log_line(line); });
  }
  ~ListenToLog() { logger().listen(nullptr); }
};

}  // namespace

Result<BuiltPlan> build(const ModelSource& source, const PlanBuildOptions& options, Progress& progress,
                        const CancelToken& cancel) {
  std::lock_guard<std::mutex> one_at_a_time(build_mutex());
  JETLINE_RETURN_IF_ERROR(check_library());
  JETLINE_ASSIGN_OR_RETURN(const int device, choose_device(options.device));
  JETLINE_RETURN_IF_ERROR(cuda_status(cudaSetDevice(device), "cannot use GPU " + std::to_string(device)));
  BuiltPlan built;
  PlanRecord& record = built.record;
  JETLINE_ASSIGN_OR_RETURN(record.host, describe_host(device));
  JETLINE_ASSIGN_OR_RETURN(const auto file, MappedFile::open(source.path));
  PlanBuildOptions o = options;
  JETLINE_RETURN_IF_ERROR(check_build_options(o));

  logger().clear();
  init_plugins();
  BuilderObjects objects;
  JETLINE_RETURN_IF_ERROR(open_model(source, o, file->bytes(), objects));
  BuildWatch watch(progress, cancel);
  const ListenToLog listen(watch);
  const Nanos begun = real_clock().now();
  std::string cache_note;
  std::string cache = read_timing_cache(o.timing_cache, record.host, cache_note);
  if (!cache_note.empty()) built.notes.push_back(cache_note);
  for (int attempt = 1;; ++attempt) {
    if (cancel.cancelled()) return Status::cancelled();
    logger().clear();
    objects.complaints.clear();
    const Owned<nvinfer1::IBuilderConfig> config(objects.builder->createBuilderConfig());
    if (!config)
      return objects.complaints.to_status(ErrorKind::kInternal, "build.failed", "no builder configuration",
                                          "");
    ConfigScope scope;
    JETLINE_RETURN_IF_ERROR(
        configure(*objects.builder, *objects.network, *config, o, cache, scope, record, built.notes));
#if TRT_HAS_PROGRESS
    config->setProgressMonitor(&watch);
#endif
    auto bytes = build_bytes(objects, *config, source.path);
    // What was timed is worth keeping even where the build failed or was stopped: the next one goes on from
    // it.
    take_timing_cache(*config, cache);
    keep_timing_cache(o, record.host, cache, built.notes);
    if (cancel.cancelled()) return Status::cancelled();
    if (bytes.ok()) {
      built.bytes = std::move(*bytes);
      record.attempts = attempt;
      break;
    }
    if (bytes.status().id() != "engine.out-of-memory" || attempt == kBuildAttempts) return bytes.status();
    use_less_memory(o, attempt);
    built.notes.push_back("not enough memory; trying again with a workspace of " +
                          human_bytes(static_cast<double>(o.workspace)) +
                          (o.level >= 0 ? " at level " + std::to_string(o.level) : ""));
  }
  record.build_seconds = static_cast<double>(real_clock().now() - begun) / kSecond;
  JETLINE_RETURN_IF_ERROR(examine_plan(built.bytes, source.path, record));
  return built;
}

}  // namespace trt
}  // namespace jetline
