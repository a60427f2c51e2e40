#include "jetline/engine/plan/plan_check.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "jetline/base/hash.h"
#include "jetline/base/strings.h"

namespace jetline {
namespace {

std::vector<int64_t> plan_release(const std::string& text) {
  std::vector<int64_t> digits;
  for (const std::string& piece : split(text, '.')) {
    int64_t n = 0;
    if (!parse_int(piece, n)) break;
    digits.push_back(n);
  }
  return digits;
}

std::string plan_rebuild(const PlanRecord* r) {
  const std::string model = r && !r->model_name.empty() ? r->model_name : "MODEL.onnx";
  return "build it here: jetline build " + model + " -o PLAN --rebuild";
}

Status plan_other_release(const std::string& path, const std::string& theirs, const PlanHost& host,
                          const PlanRecord* r, int order) {
  return Status::bad_input(order < 0 ? "plan.older" : "plan.newer",
                           path + " was built by TensorRT " + theirs + ", here is TensorRT " + host.tensorrt +
                               "; a plan runs on the release that built it",
                           plan_rebuild(r), path);
}

bool plan_is_version_compatible(const PlanRecord& r) {
  return std::find(r.flags.begin(), r.flags.end(), "version-compatible") != r.flags.end();
}

// A plan built for Ampere and later, or for all chips of one generation, is not bound to one GPU.
bool plan_is_hardware_compatible(const PlanRecord& r, const std::string& here) {
  const auto has = [&](const char* f) {
    return std::find(r.flags.begin(), r.flags.end(), f) != r.flags.end();
  };
  const std::vector<int64_t> cc = plan_release(here);
  return has("ampere-plus") && !cc.empty() && cc[0] >= 8;
}

}  // namespace

int compare_releases(const std::string& a, const std::string& b) {
  const std::vector<int64_t> x = plan_release(a), y = plan_release(b);
  const size_t n = std::min(x.size(), y.size());
  for (size_t i = 0; i < n; ++i) {
    if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
  }
  return 0;
}

PlanHeader plan_header(ByteView b) {
  // As trtexec's own reader has it: magic, format version 0, and the release in bytes 24 to 27.
  PlanHeader h;
  if (b.size() < 28 || std::memcmp(b.data(), "ftrt", 4) != 0) return h;
  uint32_t format = 0;
  std::memcpy(&format, b.data() + 4, 4);
  if (format != 0) return h;
  h.present = true;
  h.major = b[24];
  h.minor = b[25];
  h.patch = b[26];
  h.build = b[27];
  return h;
}

bool looks_like_plan(const std::string& path, ByteView bytes) {
  if (bytes.size() >= 4 && std::memcmp(bytes.data(), "ftrt", 4) == 0) return true;
  if (!file_exists(plan_record_path(path))) return false;
  const auto text = read_file(plan_record_path(path), 64 << 20);
  return text.ok() && text->find("\"jetline.plan\"") != std::string::npos;
}

Status check_plan(const std::string& path, ByteView bytes, const PlanRecord* r, const PlanHost& host) {
  const PlanHeader header = plan_header(bytes);
  if (!r) {
    if (!header.present) {
      const bool magic = bytes.size() >= 4 && std::memcmp(bytes.data(), "ftrt", 4) == 0;
      return Status::bad_input(magic ? "plan.no-record" : "plan.not-a-plan",
                               path + (magic ? " has no record beside it, and its header cannot be read"
                                             : " does not begin as a plan of TensorRT 8.6 or later does, and "
                                               "there is no record beside it"),
                               "take the file `jetline build` wrote, with its .json", path);
    }
    const std::string theirs = std::to_string(header.major) + "." + std::to_string(header.minor) + "." +
                               std::to_string(header.patch) + "." + std::to_string(header.build);
    const int order = compare_releases(theirs, host.tensorrt);
    return order == 0 ? Status() : plan_other_release(path, theirs, host, nullptr, order);
  }
  if (static_cast<int64_t>(bytes.size()) != r->bytes) {
    return Status::bad_input(
        static_cast<int64_t>(bytes.size()) < r->bytes ? "plan.truncated" : "plan.damaged",
        path + " has " + std::to_string(bytes.size()) + " bytes, its record says " + std::to_string(r->bytes),
        "copy it again, or " + plan_rebuild(r), path);
  }
  if (!r->host.machine.empty() && !host.machine.empty() && r->host.machine != host.machine) {
    return Status::bad_input("plan.other-machine",
                             path + " was built on " + r->host.machine + ", this is " + host.machine,
                             plan_rebuild(r), path);
  }
  const int order = compare_releases(r->host.tensorrt, host.tensorrt);
  const bool same_major = split(r->host.tensorrt, '.')[0] == split(host.tensorrt, '.')[0];
  if (order != 0 && !(plan_is_version_compatible(*r) && same_major))
    return plan_other_release(path, r->host.tensorrt, host, r, order);
  if (r->host.compute_capability != host.compute_capability &&
      !plan_is_hardware_compatible(*r, host.compute_capability)) {
    return Status::bad_input("plan.other-gpu",
                             path + " was built for compute capability " + r->host.compute_capability + " (" +
                                 r->host.gpu + "), this GPU has " + host.compute_capability + " (" +
                                 host.gpu + ")",
                             plan_rebuild(r), path);
  }
  char crc[16];
  std::snprintf(crc, sizeof crc, "%08x", crc32c(bytes));
  if (crc != r->crc32c) {
    return Status::bad_input("plan.damaged",
                             path + " is damaged: its checksum is " + crc + ", its record says " + r->crc32c,
                             "copy it again, or " + plan_rebuild(r), path);
  }
  return Status();
}

Status check_plan_model(const std::string& plan_path, const PlanRecord& r, const std::string& model_path,
                        const std::string& model_sha256) {
  if (r.model_sha256 == model_sha256) return Status();
  return Status::negative("plan.stale",
                          plan_path + " was built from another model: its record names one with SHA-256 " +
                              r.model_sha256.substr(0, 12) + "…, " + model_path + " has " +
                              model_sha256.substr(0, 12) + "…",
                          "jetline build " + model_path + " -o " + plan_path + " --rebuild", plan_path);
}

}  // namespace jetline
