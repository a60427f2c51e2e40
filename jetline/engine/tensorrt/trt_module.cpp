// The doors of libjetline_tensorrt.so.
#include <string>
#include <string_view>

#include "jetline/base/log.h"
#include "jetline/engine/tensorrt/trt_builder.h"
#include "jetline/engine/tensorrt/trt_engine.h"

#define JETLINE_EXPORT __attribute__((visibility("default")))

extern "C" {

JETLINE_EXPORT const char* jetline_module_version() {
  return JETLINE_VERSION;
}

JETLINE_EXPORT const char* jetline_module_backend() {
  static const std::string text = "TensorRT " + jetline::trt::library_release();
  return text.c_str();
}

JETLINE_EXPORT void jetline_module_log_to(void (*log)(int, const char*, const char*)) {
  jetline::set_log_sink([log](jetline::LogLevel level, std::string_view room, std::string_view message) {
    log(static_cast<int>(level), std::string(room).c_str(), std::string(message).c_str());
  });
}

JETLINE_EXPORT void jetline_engine_load(const jetline::ModelSource* source,
                                        const jetline::EngineOptions* options,
                                        std::unique_ptr<jetline::Engine>* engine, jetline::Status* status) {
  auto loaded = jetline::trt::TrtEngine::load(*source, *options);
  *status = loaded.status();
  if (loaded.ok()) *engine = std::move(loaded).value();
}

JETLINE_EXPORT void jetline_engine_build(const jetline::ModelSource* source,
                                         const jetline::PlanBuildOptions* options,
                                         jetline::Progress* progress, const jetline::CancelToken* cancel,
                                         jetline::BuiltPlan* built, jetline::Status* status) {
  auto done = jetline::trt::build(*source, *options, *progress, *cancel);
  *status = done.status();
  if (done.ok()) *built = std::move(done).value();
}
}
