// jetline inspect MODEL: what an ONNX file is, without running it.
#include <algorithm>
#include <cstdio>

#include "apps/jetline/verb.h"
#include "jetline/base/strings.h"
#include "jetline/graph/inspect.h"
#include "jetline/graph/text.h"

namespace jetline::cli {
namespace {
using InspectJson = nlohmann::ordered_json;

InspectJson inspect_port(const PortInfo& p) {
  InspectJson j;
  j["name"] = p.name;
  j["type"] = to_string(p.type);
  j["dtype"] = p.type.is_tensor() ? std::string(dtype_name(p.type.dtype)) : "";
  j["shape"] = nullptr;  // not known
  if (p.type.is_tensor() && p.type.has_shape) {
    j["shape"] = InspectJson::array();
    for (const Dim& d : p.type.shape) {
      if (d.known())
        j["shape"].push_back(d.value);
      else if (d.kind == Dim::Kind::kParam)
        j["shape"].push_back(d.param);
      else
        j["shape"].push_back(nullptr);
    }
  }
  return j;
}

InspectJson inspect_json(const ModelSummary& s) {
  InspectJson j;
  j["file"] = s.file;
  j["ir_version"] = s.ir_version;
  j["producer"] = s.producer;
  j["opsets"] = InspectJson::object();
  for (const auto& [domain, version] : s.opsets) j["opsets"][domain] = version;
  for (const char* key : {"inputs", "outputs"}) {
    j[key] = InspectJson::array();
    for (const PortInfo& p : key[0] == 'i' ? s.inputs : s.outputs) j[key].push_back(inspect_port(p));
  }
  j["nodes"] = s.nodes;
  j["ops"] = InspectJson::object();
  for (const auto& [op, n] : s.ops) j["ops"][op] = n;
  j["functions"] = s.functions;
  j["parameters"] = s.parameters;
  j["weight_bytes"] = s.weight_bytes;
  j["external_bytes"] = s.external_bytes;
  j["macs"] = s.macs.macs;
  j["macs_exact"] = s.macs.exact;
  j["macs_batch_as_one"] = s.macs.batch_as_one;
  j["macs_uncounted"] = InspectJson::object();
  for (const auto& [op, n] : s.macs.uncounted_ops) j["macs_uncounted"][op] = n;
  j["metadata"] = InspectJson::object();
  for (const auto& [key, value] : s.metadata) j["metadata"][key] = value;
  j["card"] = nullptr;
  if (s.card) j["card"] = InspectJson::parse(card_to_json(*s.card));
  j["card_from"] = s.card_from;
  if (!s.card_status.ok()) {
    j["card_error"] = {
        {"id", s.card_status.id()}, {"message", s.card_status.message()}, {"where", s.card_status.where()}};
  }
  j["notes"] = s.load.notes;
  j["unknown_fields"] = s.load.unknown_fields;
  return j;
}

std::string inspect_card(const ModelSummary& s) {
  if (!s.card_status.ok()) return "card        broken: " + s.card_status.to_string() + "\n";
  if (!s.card) return "card        none\n";
  const Card& c = *s.card;
  return "card        " + (c.name.empty() ? "unnamed" : c.name) + ": " + c.task + ", head " +
         (c.head.empty() ? "?" : c.head) + ", " + std::to_string(c.labels.size()) + " labels, input " +
         std::to_string(c.input.width) + "x" + std::to_string(c.input.height) + " (from " +
         (s.card_from == "model" ? "the model" : s.card_from) + ")\n";
}

std::string inspect_macs(const MacCount& m) {
  std::string out = (m.exact ? "" : "at least ") + human_count(static_cast<double>(m.macs));
  if (m.batch_as_one) out += ", for a batch of one";
  if (!m.uncounted_ops.empty()) {
    std::vector<std::string> words;
    for (const auto& [op, n] : m.uncounted_ops) words.push_back(op + " " + std::to_string(n) + "x");
    out += " (not counted: " + join(words, ", ") + ")";
  }
  return out;
}

void inspect_print(Io& io, const ModelSummary& s) {
  std::string out = io.bold(s.file) + "\n";
  out += "IR version  " + std::to_string(s.ir_version) +
         (s.producer.empty() ? "" : ", made by " + s.producer) + "\n";
  std::vector<std::string> opsets;
  for (const auto& [domain, version] : s.opsets) opsets.push_back(domain + " " + std::to_string(version));
  out += "opsets      " + join(opsets, ", ") + "\n";
  for (const PortInfo& p : s.inputs) out += "input       " + p.name + ": " + to_string(p.type) + "\n";
  for (const PortInfo& p : s.outputs) out += "output      " + p.name + ": " + to_string(p.type) + "\n";
  out += "parameters  " + human_count(static_cast<double>(s.parameters)) + " in " +
         human_bytes(static_cast<double>(s.weight_bytes));
  if (s.external_bytes > 0)
    out += ", " + human_bytes(static_cast<double>(s.external_bytes)) + " of it in other files";
  out += "\nMACs        " + inspect_macs(s.macs) + "\n" + inspect_card(s);
  for (const auto& [key, value] : s.metadata) {
    const bool plain = is_valid_utf8(value) && value.find('\n') == std::string::npos && value.size() <= 100;
    out += "metadata    " + key + " = " +
           (plain ? value : "(" + human_bytes(static_cast<double>(value.size())) + ")") + "\n";
  }
  std::vector<std::pair<std::string, int64_t>> ops(s.ops.begin(), s.ops.end());
  std::stable_sort(ops.begin(), ops.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  Table table({"operator", "nodes>"});
  for (const auto& [op, n] : ops) table.row({op, std::to_string(n)});
  out += "\n" + table.str() + std::to_string(s.nodes) + " nodes\n";
  io.print(out);
  for (const std::string& n : s.load.notes) io.note("note: " + n);
  if (s.load.unknown_fields > 0) {
    io.note("note: " + std::to_string(s.load.unknown_fields) + " fields that jetline does not know");
  }
  if (s.inference.conflicts > 0) {
    io.note("note: " + std::to_string(s.inference.conflicts) + " declared shapes contradict the operators");
  }
}

struct InspectArgs {
  std::string model;
  std::vector<std::string> shapes;
  bool text = false;
};

// "NAME=1,3,320,320" words into a map.
Result<InputShapes> inspect_shapes(const std::vector<std::string>& words) {
  InputShapes shapes;
  for (const std::string& word : words) {
    const size_t equals = word.rfind('=');
    std::vector<int64_t> dims;
    if (equals == std::string::npos || equals == 0 || !parse_dims(word.substr(equals + 1), dims)) {
      return Status::usage("graph.bad-shape", "--shape wants NAME=1,3,320,320, not '" + word + "'",
                           "dimensions are numbers from 1");
    }
    shapes[word.substr(0, equals)] = dims;
  }
  return shapes;
}

VerbRun setup_inspect(CLI::App& app, Io& io) {
  auto args = std::make_shared<InspectArgs>();
  app.add_option("MODEL", args->model, "an ONNX file")->required();
  app.add_option("--shape", args->shapes,
                 "NAME=1,3,320,320: a shape for an input that leaves it open; may be given several times")
      ->allow_extra_args(false);
  app.add_flag("--text", args->text, "print the graph, one line a node");
  return [args, &io]() -> Status {
    std::unique_ptr<Model> model;
    JETLINE_ASSIGN_OR_RETURN(const InputShapes shapes, inspect_shapes(args->shapes));
    JETLINE_ASSIGN_OR_RETURN(const ModelSummary s, inspect_model(args->model, &model, shapes));
    if (io.json) {
      InspectJson j = inspect_json(s);
      if (args->text) j["text"] = to_text(*model);
      io.emit_json(j);
    } else if (args->text) {
      io.print(to_text(*model));
    } else {
      inspect_print(io, s);
    }
    return Status();
  };
}
}  // namespace

extern const Verb kInspectVerb;
const Verb kInspectVerb = {"inspect", "what an ONNX model is: inputs, outputs, operators, size, work, card",
                           "  jetline inspect model.onnx\n  jetline inspect model.onnx --text | less",
                           setup_inspect};

}  // namespace jetline::cli
