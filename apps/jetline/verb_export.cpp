// jetline export: a checkpoint as an ONNX file.
#include "apps/jetline/verb.h"
#include "jetline/base/strings.h"
#include "jetline/train/train.h"

namespace jetline::cli {
namespace {

struct ExportState {
  std::string checkpoint, output;
  ExportOptions options;
  bool raw_weights = false;
};

Status run_export(ExportState& s, Io& io) {
  JETLINE_RETURN_IF_ERROR(io.may_write(s.output));
  s.options.use_ema = !s.raw_weights;
  JETLINE_ASSIGN_OR_RETURN(const ExportResult r, export_onnx(s.checkpoint, s.output, s.options));
  if (io.json) {
    io.emit_json({{"output", r.output},
                  {"opset", r.opset},
                  {"nodes", r.nodes},
                  {"parameters", r.parameters},
                  {"macs", r.macs}});
    return Status();
  }
  io.print(r.output + ": opset " + std::to_string(r.opset) + ", " + std::to_string(r.nodes) + " nodes, " +
           human_count(static_cast<double>(r.parameters)) + " parameters, " +
           human_count(static_cast<double>(r.macs)) + " multiply-adds a picture\n");
  return Status();
}

VerbRun setup_export(CLI::App& app, Io& io) {
  auto s = std::make_shared<ExportState>();
  app.add_option("CKPT", s->checkpoint, "checkpoint written by jetline train")->required();
  app.add_option("-o,--output", s->output, "ONNX file to write")->required();
  app.add_option("--opset", s->options.opset, "11 to 17")->capture_default_str();
  app.add_flag("--raw-weights", s->raw_weights,
               "the weights of the last step instead of their running average");
  return [s, &io] { return run_export(*s, io); };
}

}  // namespace

extern const Verb kExportVerb;
const Verb kExportVerb = {"export", "a trained checkpoint as a standard ONNX file",
                          "  jetline export runs/can/best.ckpt -o can.onnx\n"
                          "  jetline export runs/can/best.ckpt -o can.onnx --opset 11 --json",
                          setup_export};

}  // namespace jetline::cli
