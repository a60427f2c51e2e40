#include "jetline/base/module.h"

#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstring>
#include <map>
#include <mutex>

#include "jetline/base/files.h"
#include "jetline/base/log.h"

namespace jetline {
namespace {
struct ModuleState {
  std::mutex mutex;
  std::vector<std::string> directories;
  std::map<std::string, void*> loaded;
};
ModuleState& module_state() {
  static ModuleState* const s = [] {
    auto* m = new ModuleState();
    char buffer[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", buffer, sizeof buffer);
    const std::string exe = n > 0 ? std::string(buffer, static_cast<size_t>(n)) : "./jetline";
    const std::string bin = parent_path(exe), up = parent_path(bin);
    m->directories = {bin, join_path(up, "lib/jetline"), join_path(up, "lib64/jetline"),
                      join_path(up, "lib/x86_64-linux-gnu/jetline"), join_path(up, "lib/aarch64-linux-gnu/jetline"),
                      // In a build tree the tests run from their room's folder, modules stand in bin/.
                      join_path(up, "bin"), join_path(parent_path(up), "bin")};
    return m;
  }();
  return *s;
}
}  // namespace

void set_module_directories(std::vector<std::string> directories) {
  ModuleState& m = module_state();
  std::lock_guard<std::mutex> lock(m.mutex);
  m.directories = std::move(directories);
}

std::vector<std::string> module_directories() {
  ModuleState& m = module_state();
  std::lock_guard<std::mutex> lock(m.mutex);
  return m.directories;
}

std::string find_module(const std::string& name) {
  for (const std::string& d : module_directories()) {
    const std::string path = join_path(d, "libjetline_" + name + ".so");
    if (file_exists(path)) return path;
  }
  return "";
}

Result<void*> module_symbol(const std::string& name, const char* symbol) {
  const std::string path = find_module(name);
  if (path.empty()) {
    return Status::missing("module.not-installed",
                           "this needs the module libjetline_" + name + ".so, which is not installed",
                           "`jetline doctor` lists the modules and the package each one needs");
  }
  ModuleState& m = module_state();
  std::lock_guard<std::mutex> lock(m.mutex);
  void*& handle = m.loaded[name];
  if (!handle) {
    // RTLD_LOCAL: a module's libraries must not shadow those of another (two protobufs, two OpenMPs).
    void* h = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!h) {
      const char* why = dlerror();
      return Status::missing("module.load-failed", "cannot load " + path + ": " + (why ? why : "unknown reason"),
                             "a library that this module needs is missing; `jetline doctor` names the package", path);
    }
    auto version = reinterpret_cast<const char* (*)()>(dlsym(h, "jetline_module_version"));
    if (!version || std::strcmp(version(), JETLINE_VERSION) != 0) {
      std::string theirs = version ? version() : "unknown";
      dlclose(h);
      return Status::missing("module.version", path + " is of jetline " + theirs + ", this is " + JETLINE_VERSION,
                             "install program and modules from one build", path);
    }
    using Log = void (*)(int, const char*, const char*);
    if (auto log_to = reinterpret_cast<void (*)(Log)>(dlsym(h, "jetline_module_log_to"))) {
      log_to([](int level, const char* room, const char* message) {
        log(static_cast<LogLevel>(level), room, message);
      });
    }
    handle = h;
  }
  void* p = dlsym(handle, symbol);
  if (!p) return Status::internal("module.symbol", std::string(symbol) + " is not in " + path, "", path);
  return p;
}

}  // namespace jetline
