// The door for heavy dependencies. What needs LibTorch, OpenVINO, video codecs (later TensorRT, CUDA) is a shared
// object of its own, loaded with dlopen by the verb that needs it, so that the main program starts in
// milliseconds and one package runs on machines with and without them.
//
// A module `torch` is the file libjetline_torch.so in one of the module folders; it exports C functions. Loaded
// modules stay loaded. Thread-safe.
// Ids: module.not-installed, module.load-failed (found but its libraries are missing), module.symbol,
// module.version (built for another version of jetline).
#pragma once

#include <string>
#include <vector>

#include "jetline/base/status.h"

namespace jetline {

// Where to look, in this order. The program sets it at start; the default is the folder of the executable, its
// ../lib/jetline and its ../lib/<arch>/jetline.
void set_module_directories(std::vector<std::string> directories);
std::vector<std::string> module_directories();

// Address of `symbol` in module `name`, loading it first. Each module also exports
// `const char* jetline_module_version()`, which must equal JETLINE_VERSION. One that has something to say while it
// works exports `void jetline_module_log_to(void (*)(int level, const char* room, const char* message))`, and is
// given the program's log: what a module links statically, its log included, is its own copy.
Result<void*> module_symbol(const std::string& name, const char* symbol);

// Path of the module's file, "" when it is not installed. Does not load it.
std::string find_module(const std::string& name);

}  // namespace jetline
