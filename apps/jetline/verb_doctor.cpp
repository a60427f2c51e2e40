// jetline doctor: what is installed, in which version, and what each missing piece disables.
#include "apps/jetline/verb.h"
#include "jetline/base/module.h"

namespace jetline::cli {
namespace {
struct ModuleFact {
  const char* name;
  const char* gives;
  const char* package;
};
constexpr ModuleFact kModuleFacts[] = {
    {"openvino", "running models on the CPU (infer, detect, bench, eval, verify, drive)",
     "the OpenVINO SDK (scripts/setup.sh)"},
    {"tensorrt", "building and running TensorRT plans on NVIDIA's GPUs (build, infer, detect, bench, eval, verify)",
     "TensorRT and CUDA"},
    {"torch", "train, export, and checkpoints in verify", "libtorch-dev"},
    {"media", "video files, V4L2 cameras, image formats beyond JPEG and PNG",
     "libopencv-videoio-dev libopencv-imgcodecs-dev"},
};

VerbRun setup_doctor(CLI::App& app, Io& io) {
  return [&io]() -> Status {
    nlohmann::ordered_json j;
    j["version"] = JETLINE_VERSION;
    j["modules"] = nlohmann::ordered_json::array();
    Table table({"module", "state", "version", "gives"});
    for (const ModuleFact& m : kModuleFacts) {
      std::string state = "missing", version, why;
      if (!find_module(m.name).empty()) {
        // Loading is the only honest check: the file can be there and its libraries not.
        auto symbol = module_symbol(m.name, "jetline_module_backend");
        if (symbol.ok()) {
          state = "ok";
          version = reinterpret_cast<const char* (*)()>(symbol.value())();
        } else {
          state = "broken";
          why = symbol.status().message();
        }
      } else {
        why = std::string("needs ") + m.package + " when jetline is built";
      }
      table.row({m.name, state == "ok" ? io.green(state) : io.red(state), version, m.gives});
      j["modules"].push_back({{"name", m.name}, {"state", state}, {"version", version}, {"gives", m.gives}, {"why", why}});
      if (!why.empty()) table.row({"", "", "", "  " + why});
    }
    if (io.json) {
      io.emit_json(j);
    } else {
      io.print(std::string("jetline ") + JETLINE_VERSION + "\n" + table.str());
    }
    return Status();
  };
}
}  // namespace

extern const Verb kDoctorVerb;
const Verb kDoctorVerb = {"doctor", "what is installed and what each missing piece disables",
                          "  jetline doctor\n  jetline doctor --json", setup_doctor};

}  // namespace jetline::cli
