// The doors of libjetline_openvino.so.
#include <string>

#include "jetline/engine/openvino/ov_engine.h"
#include "jetline/engine/registry.h"

#define JETLINE_EXPORT __attribute__((visibility("default")))

extern "C" {

JETLINE_EXPORT const char* jetline_module_version() {
  return JETLINE_VERSION;
}

JETLINE_EXPORT const char* jetline_module_backend() {
  static const std::string text = [] {
    const ov::Version v = ov::get_openvino_version();
    return std::string("OpenVINO ") + (v.buildNumber ? v.buildNumber : "unknown");
  }();
  return text.c_str();
}

JETLINE_EXPORT void jetline_engine_load(const jetline::ModelSource* source,
                                        const jetline::EngineOptions* options,
                                        std::unique_ptr<jetline::Engine>* engine, jetline::Status* status) {
  auto loaded = jetline::ov_engine::OvEngine::load(*source, *options);
  *status = loaded.status();
  if (loaded.ok()) *engine = std::move(loaded).value();
}
}
