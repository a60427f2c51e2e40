// How long the program takes to start and how much memory it needs: startup PATH_TO_JETLINE [RUNS]
//
// Prints JSON: wall time (median, p90) and peak resident memory of `--version` and of `inspect` on a model of
// 4 MB made on the spot. Peak memory is the kernel's ru_maxrss of the child, which counts this program's own
// size at the fork; that is why this program links little, and `own_rss_mb` says how large it is.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "jetline/base/files.h"
#include "jetline/base/random.h"
#include "jetline/base/strings.h"
#include "jetline/base/subprocess.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/onnx_file.h"

namespace {
using namespace jetline;

// 27 convolutions with 1 M weights in all: 4 MB in float32.
Status write_model(const std::string& path) {
  Model model;
  model.set_opset("", 13);
  GraphBuilder b(model.graph());
  Random random(1);
  Value* x = b.input("images", DType::kF32, {1, 64, 32, 32});
  for (int i = 0; i < 27; ++i) {
    std::vector<float> w(64 * 64 * 9);
    for (float& v : w) v = static_cast<float>(random.normal() * 0.05);
    const std::string name = "conv" + std::to_string(i);
    x = b.op("Conv", {x, b.floats(name + ".w", {64, 64, 3, 3}, w)}, {{"pads", {1, 1, 1, 1}}}, name);
    x = b.op("Relu", {x}, {}, name + ".relu");
  }
  b.output(x, "out", DType::kF32, {1, 64, 32, 32});
  JETLINE_RETURN_IF_ERROR(b.status());
  return save_onnx(model, path);
}

Result<nlohmann::ordered_json> measure(const std::vector<std::string>& argv, int runs) {
  std::vector<double> ms;
  int64_t rss = 0;
  for (int i = 0; i < runs + 3; ++i) {
    ProcessSpec spec;
    spec.argv = argv;
    JETLINE_ASSIGN_OR_RETURN(const ProcessResult r, real_process_runner().run(spec));
    if (r.exit_code != 0) return Status::internal("bench.failed", join(argv, " ") + " failed: " + r.errors);
    if (i < 3) continue;  // the first runs bring the files into memory
    ms.push_back(static_cast<double>(r.wall) / kMillisecond);
    rss = std::max(rss, r.peak_rss_bytes);
  }
  std::sort(ms.begin(), ms.end());
  return nlohmann::ordered_json{{"n", runs},
                                {"median_ms", ms[ms.size() / 2]},
                                {"p90_ms", ms[ms.size() * 9 / 10]},
                                {"peak_rss_mb", static_cast<double>(rss) / 1e6}};
}

double own_rss_mb() {
  for (const std::string& line : split(read_file("/proc/self/status").value_or(""), '\n')) {
    double kib = 0;
    if (starts_with(line, "VmHWM:") && parse_double(split(std::string(trim(line.substr(6))), ' ')[0], kib)) {
      return kib * 1024 / 1e6;
    }
  }
  return 0;
}

Status run(const std::string& program, int runs) {
  TemporaryDirectory dir;
  // In a child of its own, so that making the model does not make this process large.
  ProcessSpec make;
  make.argv = {"/proc/self/exe", "--make", dir.file("m.onnx")};
  JETLINE_ASSIGN_OR_RETURN(const ProcessResult made, real_process_runner().run(make));
  if (made.exit_code != 0) return Status::internal("bench.failed", made.errors);
  nlohmann::ordered_json j;
  j["program"] = program;
  j["own_rss_mb"] = own_rss_mb();
  JETLINE_ASSIGN_OR_RETURN(j["version"], measure({program, "--version"}, runs));
  JETLINE_ASSIGN_OR_RETURN(j["inspect"], measure({program, "inspect", dir.file("m.onnx")}, runs));
  j["inspect"]["model_bytes"] = read_file(dir.file("m.onnx")).value_or("").size();
  std::printf("%s\n", j.dump(2).c_str());
  return Status();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s PATH_TO_JETLINE [RUNS]\n", argv[0]);
    return 2;
  }
  const bool make = argc == 3 && std::string(argv[1]) == "--make";
  const Status s =
      make ? write_model(argv[2]) : run(argv[1], argc > 2 ? std::max(1, std::atoi(argv[2])) : 50);
  if (!s.ok()) std::fprintf(stderr, "%s\n", s.to_string().c_str());
  return s.exit_code();
}
