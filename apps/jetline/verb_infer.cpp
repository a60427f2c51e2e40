// jetline infer: raw tensors through a model.
#include <cmath>

#include "apps/jetline/verb.h"
#include "jetline/engine/infer.h"

namespace jetline::cli {
namespace {

struct InferState {
  InferOptions options;
  std::vector<std::string> shapes;
  std::string output;
  int64_t seed = -1;
};

std::string infer_dims(const TensorInfo& i) {
  std::string s = "[";
  for (size_t k = 0; k < i.shape.size(); ++k) s += (k ? "," : "") + std::to_string(i.shape[k]);
  return s + "]";
}

std::string infer_number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", v);
  return text;
}

nlohmann::ordered_json tensor_json(const TensorSummary& t) {
  nlohmann::ordered_json j = {
      {"name", t.info.name}, {"type", std::string(dtype_name(t.info.dtype))}, {"shape", t.info.shape}};
  if (t.numeric) {
    j["min"] = t.min;
    j["max"] = t.max;
    j["mean"] = t.mean;
  }
  j["not_finite"] = t.not_finite;
  return j;
}

void tensor_row(Table& table, const char* kind, const TensorSummary& t) {
  const auto figure = [&](double v) { return t.numeric ? infer_number(v) : std::string("-"); };
  table.row({kind, t.info.name, std::string(dtype_name(t.info.dtype)), infer_dims(t.info), figure(t.min),
             figure(t.max), figure(t.mean), std::to_string(t.not_finite)});
}

Status run_infer(const InferState& s, Io& io) {
  InferOptions o = s.options;
  o.random = s.seed >= 0;
  o.cancel = &io.cancel();
  o.seed = s.seed >= 0 ? static_cast<uint64_t>(s.seed) : 0;
  for (const std::string& text : s.shapes) JETLINE_RETURN_IF_ERROR(parse_shape_option(text, o.engine.shapes));
  if (!s.output.empty()) {
    JETLINE_RETURN_IF_ERROR(io.may_write(s.output));
    JETLINE_RETURN_IF_ERROR(check_output_name(s.output));  // before the work, not after it
  }
  JETLINE_ASSIGN_OR_RETURN(const InferResult r, infer(o));
  if (!s.output.empty()) JETLINE_RETURN_IF_ERROR(save_outputs(r, s.output));
  if (io.json) {
    nlohmann::ordered_json j;
    j["model"] = o.model;
    j["inputs"] = nlohmann::ordered_json::array();
    j["outputs"] = nlohmann::ordered_json::array();
    for (const TensorSummary& t : r.inputs) j["inputs"].push_back(tensor_json(t));
    for (const TensorSummary& t : r.outputs) j["outputs"].push_back(tensor_json(t));
    j["output"] = s.output.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(s.output);
    j["times_ms"] = nlohmann::ordered_json::array();
    for (Nanos t : r.times) j["times_ms"].push_back(static_cast<double>(t) / kMillisecond);
    j["conditions"] = r.conditions;
    io.emit_json(j);
    return Status();
  }
  Table table({"", "name", "type", "shape", "min>", "max>", "mean>", "not finite>"});
  for (const TensorSummary& t : r.inputs) tensor_row(table, "in", t);
  for (const TensorSummary& t : r.outputs) tensor_row(table, "out", t);
  io.print(table.str());
  std::string line = "\n";
  for (const auto& [key, value] : r.conditions) line += key + ": " + value + "\n";
  io.print(line);
  if (!s.output.empty()) io.print("outputs: " + s.output + "\n");
  return Status();
}

VerbRun setup_infer(CLI::App& app, Io& io) {
  auto s = std::make_shared<InferState>();
  app.add_option("model", s->options.model, "an ONNX file")->required();
  app.add_option("--in", s->options.inputs,
                 "NAME=FILE.npy, or FILE.npz that names its arrays like the inputs");
  app.add_option("-o,--output", s->output, "where the outputs go: an .npz, or an .npy for a single output");
  app.add_option("--random", s->seed, "fill inputs that no file gives with random numbers of this seed")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--shape", s->shapes, "NAME=1x3x320x320 (or 1,3,320,320): a fixed shape for a dynamic input");
  app.add_option("--repeat", s->options.repeat, "run this many times (the outputs are those of the last)")
      ->check(CLI::Range(1, 1000000));
  app.add_option("--engine", s->options.engine.engine, "which engine runs the model")->capture_default_str();
  app.add_option("--device", s->options.engine.device, "the engine's device")->capture_default_str();
  app.add_option("--threads", s->options.engine.threads, "0: the engine's choice")
      ->check(CLI::Range(0, 1024));
  app.add_flag("--throughput", s->options.engine.throughput, "tune for many requests instead of one");
  app.add_option("--precision", s->options.engine.precision, "f32, bf16 or f16")->capture_default_str();
  app.add_option("--cache", s->options.engine.cache_dir, "folder for compiled models");
  return [s, &io] { return run_infer(*s, io); };
}

}  // namespace

extern const Verb kInferVerb;
const Verb kInferVerb = {"infer", "raw tensors in, raw tensors out",
                         "  jetline infer model.onnx --in images=x.npy -o y.npz\n"
                         "  jetline infer model.onnx --random 7 --json",
                         setup_infer};

}  // namespace jetline::cli
