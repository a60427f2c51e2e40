// The node tests that the onnx package defines for its backends, read by the tests of this room: every model
// with the inputs and outputs recorded for it. node_cases.py writes them once into the build folder.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "jetline/base/strings.h"
#include "jetline/base/testing.h"
#include "jetline/graph/evaluate/item.h"
#include "jetline/graph/testing.h"
#include "tests/python_oracle.h"

namespace jetline::testing {

using calc::Item;

struct NodeCase {
  std::string name;
  double rtol = 0, atol = 0;
  std::unique_ptr<Model> model, data;
  std::string why_not;  // the model could not be read
};

class NodeCaseFile {
 public:
  explicit NodeCaseFile(std::string bytes) : bytes_(std::make_shared<std::string>(std::move(bytes))) {}
  bool next(NodeCase& c) {
    if (at_ >= bytes_->size()) return false;
    c = NodeCase();
    c.name = take(number<uint32_t>());
    c.rtol = number<double>();
    c.atol = number<double>();
    for (auto* model : {&c.model, &c.data}) {
      const std::string one = take(number<uint64_t>());
      auto loaded = load_copy(one);
      if (loaded.ok()) {
        *model = std::move(loaded).value();
      } else {
        c.why_not = loaded.status().to_string();
      }
    }
    return true;
  }

 private:
  template <typename T>
  T number() {
    T v{};
    if (at_ + sizeof v <= bytes_->size()) std::memcpy(&v, bytes_->data() + at_, sizeof v);
    at_ += sizeof v;
    return v;
  }
  std::string take(uint64_t n) {
    const std::string s = bytes_->substr(at_, n);
    at_ += n;
    return s;
  }
  std::shared_ptr<std::string> bytes_;
  size_t at_ = 0;
};

// The recorded value of that name: a tensor, or what the metadata says it is.
inline Item case_item(const Model& data, const std::string& name) {
  const std::string* kind = data.metadata_value(name);
  if (!kind) {
    const Value* v = data.graph().find(name);
    return v && v->initializer() ? Item(*v->initializer()) : Item();
  }
  if (*kind == "none") return Item::optional({});
  std::vector<Item> parts;
  for (int i = 0;; ++i) {
    const std::string part = name + "." + std::to_string(i);
    if (!data.graph().find(part) && !data.metadata_value(part)) break;
    parts.push_back(case_item(data, part));
  }
  return *kind == "sequence" ? Item::sequence(std::move(parts)) : Item::optional(std::move(parts));
}

// Expected to fail, with the reason: lines of NAME <tab> REASON, "*" at the end of a name for many.
inline std::vector<std::pair<std::string, std::string>> refused_cases(const std::string& list_path) {
  std::vector<std::pair<std::string, std::string>> list;
  for (const std::string& line : split(read_file(source_path(list_path)).value_or(""), '\n')) {
    const size_t tab = line.find('\t');
    if (!line.empty() && line[0] != '#' && tab != std::string::npos) {
      list.emplace_back(line.substr(0, tab), line.substr(tab + 1));
    }
  }
  return list;
}

inline bool name_matches(const std::string& pattern, const std::string& name) {
  return pattern.back() == '*' ? starts_with(name, pattern.substr(0, pattern.size() - 1)) : pattern == name;
}

// Where Debian's libonnx-testdata puts the tests of the onnx version it packages.
inline const char* packaged_cases_folder() {
  return "/usr/lib/python3/dist-packages/onnx/backend/test/data";
}

// The file of cases, generated once for each state of the script: those of the onnx package, or those in
// `folder`.
inline std::string cached_cases(const std::string& folder = "") {
  const std::string script = source_path("jetline/graph/evaluate/node_cases.py");
  const std::string version = std::to_string(std::hash<std::string>()(read_file(script).value_or("")));
  const std::string path = std::string(JETLINE_BINARY_DIR) +
                           (folder.empty() ? "/onnx_node_cases_" : "/onnx_packaged_cases_") + version +
                           (folder.empty() || folder == packaged_cases_folder()
                                ? std::string()
                                : "_" + std::to_string(std::hash<std::string>()(folder))) +
                           ".bin";
  if (!file_exists(path)) {
    // Several tests may come to this at once: each makes its own, the last one counts.
    const std::string made = path + "." + std::to_string(getpid()) + ".new";
    ProcessSpec spec;
    spec.argv = {oracle_python(), script, made};
    if (!folder.empty()) spec.argv.push_back(folder);
    spec.timeout = 300 * kSecond;
    const auto r = real_process_runner().run(spec);
    if (!r.ok() || r->exit_code != 0 || std::rename(made.c_str(), path.c_str()) != 0) return "";
  }
  return read_file(path).value_or("");
}

}  // namespace jetline::testing
