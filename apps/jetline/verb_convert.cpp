// jetline convert: a TensorFlow SavedModel or frozen graph as an ONNX file.
#include "apps/jetline/verb.h"
#include "jetline/base/strings.h"
#include "jetline/engine/stored_outputs.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/importers/tensorflow/convert.h"
#include "jetline/importers/tensorflow/detector/detector.h"
#include "jetline/importers/tensorflow/saved_model_folder.h"

namespace jetline::cli {
namespace {
using ConvertJson = nlohmann::ordered_json;

struct ConvertState {
  std::string input, output, form = "auto", nms = "none", input_type = "float", labels, verify;
  std::vector<std::string> shapes, renames;
  int64_t batch = 0;
  double tolerance = 1e-3;
  bool list = false;
  tf::ConvertOptions options;
};

Status convert_words(ConvertState& s) {
  tf::ConvertOptions& o = s.options;
  for (const std::string& word : s.shapes) {
    const size_t equals = word.rfind('=');
    std::vector<int64_t> dims;
    std::string text = equals == std::string::npos ? "" : word.substr(equals + 1);
    // An open dimension is written -1 or ?.
    std::vector<bool> open;
    std::string plain;
    for (std::string_view rest = text; !rest.empty();) {
      const size_t comma = rest.find(',');
      const std::string_view one = rest.substr(0, comma);
      open.push_back(one == "-1" || one == "?");
      plain += (plain.empty() ? "" : ",") + (open.back() ? std::string("1") : std::string(one));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    if (equals == std::string::npos || equals == 0 || (!text.empty() && !parse_dims(plain, dims))) {
      return Status::usage("tf.shape", "--shape wants NAME=1,320,320,3, not '" + word + "'",
                           "dimensions are numbers from 1, or -1 for an open one");
    }
    for (size_t i = 0; i < dims.size(); ++i)
      if (open[i]) dims[i] = -1;
    o.import.shapes[word.substr(0, equals)] = dims;
  }
  for (const std::string& word : s.renames) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == word.size())
      return Status::usage("tf.no-such-tensor", "--rename wants OLD=NEW, not '" + word + "'");
    o.rename.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  if (s.batch > 0) o.import.batch = s.batch;
  o.form = s.form == "raw" ? tf::Form::kRaw : s.form == "detector" ? tf::Form::kDetector : tf::Form::kAuto;
  o.nms = s.nms == "onnx" ? tf::Nms::kOnnx : tf::Nms::kNone;
  o.uint8_input = s.input_type == "uint8";
  if (!s.labels.empty()) {
    JETLINE_ASSIGN_OR_RETURN(const std::string text, read_file(s.labels));
    o.labels = tf::parse_label_map(text);
  }
  return Status();
}

std::string convert_shape(const tf::TensorInfo& t) {
  if (!t.shape.known_rank) return "[...]";
  std::vector<std::string> dims;
  for (int64_t d : t.shape.dims) dims.push_back(d < 0 ? "?" : std::to_string(d));
  return "[" + join(dims, ",") + "]";
}

Status convert_list(const ConvertState& s, Io& io) {
  JETLINE_ASSIGN_OR_RETURN(const tf::SavedModelFolder folder, tf::SavedModelFolder::open(s.input));
  ConvertJson j;
  j["model"] = s.input;
  j["graphs"] = ConvertJson::array();
  std::string text;
  for (const tf::MetaGraph& meta : folder.model.metas) {
    std::vector<std::string> tags(meta.tags.begin(), meta.tags.end());
    ConvertJson g;
    g["tags"] = tags;
    g["tensorflow"] = std::string(meta.tensorflow_version);
    g["signatures"] = ConvertJson::array();
    text +=
        io.bold("graph " + join(tags, ",")) + ", TensorFlow " + std::string(meta.tensorflow_version) + "\n";
    for (const tf::SignatureDef& sig : meta.signatures) {
      ConvertJson one;
      one["name"] = std::string(sig.key);
      text += "  " + std::string(sig.key) + "\n";
      for (const bool in : {true, false}) {
        ConvertJson list = ConvertJson::array();
        for (const auto& [name, t] : in ? sig.inputs : sig.outputs) {
          list.push_back({{"name", std::string(name)},
                          {"dtype", std::string(tf::data_type_name(t.dtype))},
                          {"shape", t.shape.known_rank ? ConvertJson(t.shape.dims) : ConvertJson(nullptr)},
                          {"tensor", std::string(t.name)}});
          text += std::string("    ") + (in ? "in   " : "out  ") + std::string(name) + ": " +
                  std::string(tf::data_type_name(t.dtype)) + convert_shape(t) + "\n";
        }
        one[in ? "inputs" : "outputs"] = list;
      }
      g["signatures"].push_back(one);
    }
    j["graphs"].push_back(g);
  }
  if (io.json)
    io.emit_json(j);
  else
    io.print(text);
  return Status();
}

void convert_error(const tf::ConvertReport& report, Io& io) {
  ConvertJson list = ConvertJson::array();
  for (const tf::Unsupported& u : report.unsupported) {
    list.push_back({{"op", u.op},
                    {"count", u.nodes.size()},
                    {"nodes", u.nodes},
                    {"reason", u.reason},
                    {"hint", u.hint},
                    {"stack", u.stack}});
    io.note("  " + u.op + " x" + std::to_string(u.nodes.size()) + ": " + u.reason +
            (u.hint.empty() ? "" : " (" + u.hint + ")"));
    for (size_t i = 0; i < u.nodes.size() && i < 5; ++i) io.note("      " + u.nodes[i]);
    if (u.nodes.size() > 5) io.note("      and " + std::to_string(u.nodes.size() - 5) + " more");
    for (const std::string& line : u.stack) io.note("        " + line);
  }
  if (!list.empty()) io.error_details["unsupported"] = list;
}

// Compares the written file with stored outputs; json is null without --json.
Status convert_verify(const ConvertState& s, Io& io, ConvertJson* json) {
  JETLINE_ASSIGN_OR_RETURN(const StoredComparison c, compare_with_stored(s.output, s.verify));
  std::string text;
  ConvertJson outputs = ConvertJson::array();
  for (const StoredComparison::Output& o : c.outputs) {
    char line[64];
    std::snprintf(line, sizeof line, "%.2e, %.2e of the largest", o.max_abs, o.relative);
    text += "  " + o.name + ": differs by at most " + line + "\n";
    outputs.push_back({{"name", o.name}, {"max_abs", o.max_abs}, {"relative", o.relative}});
  }
  for (const std::string& name : c.left) text += "  " + name + ": stored, but no output of this file\n";
  const bool same = c.worst <= s.tolerance;
  if (json)
    (*json)["verify"] = {{"same", same},       {"worst", c.worst}, {"tolerance", s.tolerance},
                         {"outputs", outputs}, {"left", c.left},   {"conditions", c.conditions}};
  io.print((same ? "the stored outputs agree\n" : "the stored outputs do not agree\n") + text);
  if (!same) io.note("detectors with near-equal rows swap them: raw_* outputs are the sharper comparison");
  return same ? Status() : Status::negative("verify.different", "");  // said above, and in the JSON
}

Status run_convert(ConvertState& s, Io& io) {
  if (s.list) return convert_list(s, io);
  if (s.output.empty())
    return Status::usage("convert.no-output", "where to? name the ONNX file with -o",
                         "--list shows what is in a model");
  JETLINE_RETURN_IF_ERROR(convert_words(s));
  JETLINE_RETURN_IF_ERROR(io.may_write(s.output));
  tf::ConvertReport report;
  Result<tf::Converted> r = tf::convert(s.input, s.options, &report);
  for (const tf::Warning& w : report.warnings) io.note("warning: " + w.text + " [" + w.id + "]");
  if (!r.ok()) {
    convert_error(report, io);
    return r.status();
  }
  JETLINE_RETURN_IF_ERROR(save_onnx(*r->model, s.output));
  if (io.json) {
    ConvertJson j;
    j["output"] = s.output;
    j["opset"] = report.opset;
    j["lowest_opset"] = report.lowest_opset;
    j["nodes"] = report.nodes;
    j["nodes_converted"] = report.nodes_converted;
    j["transposes"] = report.transposes;
    j["form"] = report.form;
    j["family"] = report.family;
    j["signature"] = r->signature;
    j["tensorflow"] = r->tensorflow_version;
    j["folded"] = report.folded;
    j["unrolled"] = report.unrolled;
    j["inlined"] = report.inlined;
    for (const bool in : {true, false}) {
      ConvertJson ends = ConvertJson::array();
      for (const auto& [name, tensor] : in ? r->inputs : r->outputs)
        ends.push_back({{"name", name}, {"tensor", tensor}});
      j[in ? "inputs" : "outputs"] = ends;
    }
    j["ops"] = ConvertJson::object();
    for (const auto& [op, n] : report.ops) j["ops"][op] = n;
    j["warnings"] = ConvertJson::array();
    for (const tf::Warning& w : report.warnings) j["warnings"].push_back({{"id", w.id}, {"text", w.text}});
    j["seconds"] = ConvertJson::object();
    for (const auto& [phase, seconds] : report.seconds) j["seconds"][phase] = seconds;
    Status verified;
    if (!s.verify.empty()) verified = convert_verify(s, io, &j);
    if (verified.ok() || j.contains("verify")) io.emit_json(j);
    return verified;
  }
  int ops = 0;
  double seconds = 0;
  for (const auto& [op, n] : report.ops) ops += n;
  for (const auto& [phase, t] : report.seconds) seconds += t;
  std::string text = io.bold(s.output) + ": opset " + std::to_string(report.opset) + ", " +
                     std::to_string(report.nodes) + " nodes from " + std::to_string(ops) +
                     " operators of TensorFlow " + r->tensorflow_version +
                     (r->signature.empty() ? "" : " (" + r->signature + ")") + "\n";
  text += "  " + std::to_string(report.inlined) + " calls inlined, " + std::to_string(report.folded) +
          " nodes folded, " + std::to_string(report.unrolled) + " loop turns laid out, " +
          std::to_string(report.transposes) + " transposes left\n";
  if (!report.form.empty())
    text += "  a detector of the family " + report.family + ", in its " + report.form + " form\n";
  for (const Value* v : r->model->graph().inputs())
    if (!v->initializer()) text += "  in   " + v->name() + ": " + to_string(v->type) + "\n";
  for (const Value* v : r->model->graph().outputs())
    text += "  out  " + v->name() + ": " + to_string(v->type) + "\n";
  text += "  the lowest opset that can say this is " + std::to_string(report.lowest_opset) + "; " +
          std::to_string(static_cast<int64_t>(seconds * 1000 + 0.5)) + " ms\n";
  io.print(text);
  return s.verify.empty() ? Status() : convert_verify(s, io, nullptr);
}

VerbRun setup_convert(CLI::App& app, Io& io) {
  auto s = std::make_shared<ConvertState>();
  tf::ConvertOptions& o = s->options;
  app.add_option("MODEL", s->input, "a SavedModel folder, or a frozen graph (.pb)")->required();
  app.add_option("-o,--output", s->output, "ONNX file to write");
  app.add_flag("--list", s->list, "print the graphs and signatures of a SavedModel and stop");
  app.add_option("--signature", o.import.signature, "which one; without it serving_default, or the only one");
  app.add_option("--tag", o.import.tag, "which graph, by its tags; without it serve");
  app.add_option("--inputs", o.import.inputs, "names of a signature or tensors (x:0), with commas")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--outputs", o.import.outputs, "the same for outputs: only these are kept")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option(
         "--shape", s->shapes,
         "NAME=1,320,320,3: a shape for an input, -1 for an open dimension; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--batch", s->batch, "a number for open leading dimensions")
      ->check(CLI::Range(int64_t{1}, int64_t{65536}));
  app.add_flag("--dynamic", o.dynamic_batch, "open the leading dimension of every input");
  app.add_option("--opset", o.import.opset, "9 to 21")->capture_default_str()->check(CLI::Range(9, 21));
  app.add_option("--rename", s->renames,
                 "OLD=NEW: another name for an input or output; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--nchw-inputs", o.nchw_inputs, "inputs that take NCHW instead of NHWC, with commas")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--nchw-outputs", o.nchw_outputs, "outputs that give NCHW instead of NHWC, with commas")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option(
         "--form", s->form,
         "of object detectors: raw (TensorFlow's own outputs), detector (boxes and scores for boards)")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "raw", "detector"}));
  app.add_option("--nms", s->nms,
                 "end of the detector form: none (jetline does it), onnx (a NonMaxSuppression node)")
      ->capture_default_str()
      ->check(CLI::IsMember({"none", "onnx"}));
  app.add_option("--input-type", s->input_type, "of the detector form")
      ->capture_default_str()
      ->check(CLI::IsMember({"float", "uint8"}));
  app.add_option("--verify", s->verify,
                 "folder with inputs.npz and outputs.npz: run the result on the CPU and compare");
  app.add_option("--tolerance", s->tolerance,
                 "of --verify, relative to the largest stored number of an output")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e9));
  app.add_option("--labels", s->labels, "text file with one class name a line, for the card");
  app.add_flag("--freeze-random", o.import.freeze_random, "random operators become constants, drawn once");
  app.add_option("--seed", o.import.seed, "for --freeze-random")->capture_default_str();
  app.add_option("--max-unroll", o.import.max_unroll, "loop turns laid out one after another, at most")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{0}, int64_t{100000}));
  app.add_flag("!--no-optimize", o.optimize, "leave the nodes as they were converted");
  return [s, &io] { return run_convert(*s, io); };
}

}  // namespace

extern const Verb kConvertVerb;
const Verb kConvertVerb = {
    "convert", "a TensorFlow SavedModel as an ONNX file, without TensorFlow",
    "  jetline convert saved_model -o model.onnx\n"
    "  jetline convert saved_model -o model.onnx --shape input_tensor=1,320,320,3 --opset 11",
    setup_convert};

}  // namespace jetline::cli
