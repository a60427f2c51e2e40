#include "jetline/engine/engine.h"

#include <algorithm>
#include <mutex>

#include "jetline/base/module.h"
#include "jetline/base/strings.h"
#include "jetline/engine/registry.h"

namespace jetline {
namespace {

EngineEntry module_engine(const std::string& module, int preference, std::string package) {
  EngineEntry e;
  e.name = module;
  e.preference = preference;
  e.package = std::move(package);
  e.available = [module] { return !find_module(module).empty(); };
  e.load = [module](const ModelSource& source,
                    const EngineOptions& options) -> Result<std::unique_ptr<Engine>> {
    JETLINE_ASSIGN_OR_RETURN(void* symbol, module_symbol(module, kEngineModuleEntry));
    std::unique_ptr<Engine> engine;
    Status status;
    reinterpret_cast<EngineModuleLoad>(symbol)(&source, &options, &engine, &status);
    if (!status.ok()) return status;
    return engine;
  };
  return e;
}

struct EngineRegistry {
  std::mutex mutex;
  std::vector<EngineEntry> entries;
};
EngineRegistry& engine_registry() {
  // Never destroyed: sessions may outlive static objects of the program.
  static EngineRegistry* const r = [] {
    auto* fresh = new EngineRegistry();
    fresh->entries.push_back(module_engine("openvino", 10, "the OpenVINO SDK when jetline is built"));
    fresh->entries.push_back(module_engine("tensorrt", 5, "TensorRT and CUDA when jetline is built"));
    return fresh;
  }();
  return *r;
}

Status not_installed(const EngineEntry& e) {
  return Status::missing("engine.not-installed", "the engine '" + e.name + "' is not installed",
                         "it needs " + e.package + "; `jetline doctor` lists what is there");
}

}  // namespace

void register_engine(EngineEntry entry) {
  EngineRegistry& r = engine_registry();
  std::lock_guard<std::mutex> lock(r.mutex);
  for (EngineEntry& e : r.entries) {
    if (e.name == entry.name) {
      e = std::move(entry);
      return;
    }
  }
  r.entries.push_back(std::move(entry));
}

std::vector<EngineEntry> registered_engines() {
  EngineRegistry& r = engine_registry();
  std::lock_guard<std::mutex> lock(r.mutex);
  std::vector<EngineEntry> copy = r.entries;
  std::stable_sort(copy.begin(), copy.end(),
                   [](const EngineEntry& a, const EngineEntry& b) { return a.preference > b.preference; });
  return copy;
}

Result<std::unique_ptr<Engine>> Engine::load(const std::string& path, const EngineOptions& options) {
  const std::vector<EngineEntry> entries = registered_engines();
  // "auto" takes the engine that a file is made for, else the preferred one of those that are there.
  const bool any = options.engine == "auto" || options.engine.empty();
  const std::string wanted = !any ? options.engine : is_plan_file(path) ? "tensorrt" : "";
  const EngineEntry* chosen = nullptr;
  std::vector<std::string> names;
  for (const EngineEntry& e : entries) {
    names.push_back(e.name);
    if (wanted.empty() ? !chosen && e.available() : e.name == wanted) chosen = &e;
  }
  if (!chosen && wanted.empty()) return not_installed(entries.front());
  if (!chosen) {
    const std::string near = nearest_word(wanted, names);
    return Status::usage(
        "engine.unknown", "there is no engine '" + wanted + "'",
        (near.empty() ? "" : "did you mean " + near + "? ") + "known: auto, " + join(names, ", "));
  }
  if (!chosen->available()) return not_installed(*chosen);
  JETLINE_ASSIGN_OR_RETURN(const ModelSource source, examine_model(path, !options.cache_dir.empty()));
  return chosen->load(source, options);
}

}  // namespace jetline
