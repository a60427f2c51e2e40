// The list of engines behind Engine::load. Each entry names an engine and knows how to load a model with it;
// "auto" takes the first available entry in order of preference. Built-in entries are modules opened on
// demand; a program or a test may add its own.
//
// Thread rules: all functions may be called from any thread. Entries are never removed.
// Ids: engine.unknown (no such name), engine.not-installed (named, but its module is missing).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "jetline/engine/engine.h"

namespace jetline {

// A model file that Engine::load has looked at: it is a regular file, and an ONNX file has passed the graph
// room's reader (well-formed, no cycles, external data inside its folder), so that a vendor's parser meets
// fewer surprises.
struct ModelSource {
  std::string path;
  bool onnx = true;            // false: another format that only the vendor can judge
  bool plan = false;           // a TensorRT plan
  std::string content_sha256;  // of the file and its external data; only where a cache asks for it, else ""
};

struct EngineEntry {
  std::string name;                 // what --engine takes
  int preference = 0;               // "auto" tries the highest first
  std::string package;              // what to install when it is not available
  std::function<bool()> available;  // cheap: does not load anything
  std::function<Result<std::unique_ptr<Engine>>(const ModelSource&, const EngineOptions&)> load;
};

// Replaces an entry of the same name.
void register_engine(EngineEntry entry);

// A copy of the list, the preferred first.
std::vector<EngineEntry> registered_engines();

// The C entry that an engine module exports. Everything it throws is turned into a Status inside the module.
constexpr const char* kEngineModuleEntry = "jetline_engine_load";
using EngineModuleLoad = void (*)(const ModelSource* source, const EngineOptions* options,
                                  std::unique_ptr<Engine>* engine, Status* status);

// True for a TensorRT plan: by its first bytes, or by the record beside it.
bool is_plan_file(const std::string& path);

// What Engine::load does before it asks an engine. Ids: file.*, onnx.* of graph/onnx_file.h.
Result<ModelSource> examine_model(const std::string& path, bool with_hash);

}  // namespace jetline
