// jetline targets: the boards, JetPacks and operators that check and fix know.
#include <algorithm>
#include <cstdio>

#include "apps/jetline/targets_json.h"
#include "apps/jetline/this_board.h"
#include "apps/jetline/verb.h"
#include "jetline/base/files.h"
#include "jetline/base/strings.h"

namespace jetline::cli {
namespace {

using targets::Board;
using targets::JetPack;

struct TargetsArgs {
  std::string board;
  std::vector<std::string> toml, operators;
  bool show_operators = false;
};

std::string targets_number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", v);
  return text;
}

std::string targets_words(const std::vector<targets::Precision>& list) {
  std::vector<std::string> words;
  for (targets::Precision p : list) words.emplace_back(targets::to_string(p));
  return join(words, " ");
}

// "4.4 to 4.6.6": the oldest and the newest that are no previews.
std::string targets_jetpack_span(const targets::Catalog& catalog, const Board& b) {
  const JetPack* first = nullptr;
  const JetPack* last = nullptr;
  for (const JetPack& j : catalog.jetpacks()) {
    if (j.preview || !fits(b, j)) continue;
    if (!first) first = &j;
    last = &j;
  }
  if (!first) return "-";
  return first == last ? first->id : first->id + " to " + last->id;
}

std::string targets_memory(const Board& b) {
  if (b.memory_gib <= 0) return "-";
  return targets_number(b.memory_gib) + " GB";
}

void targets_print_all(const targets::Catalog& catalog, Io& io) {
  Table boards({"board", "name", "chip", "compute", "memory>", "DLA>", "precisions", "JetPack"});
  const Board* here = this_board(catalog);
  for (const Board& b : catalog.boards()) {
    boards.row({b.id + (&b == here ? " *" : ""), b.name, b.architecture, b.compute_capability.to_string(),
                targets_memory(b), b.dla_cores ? std::to_string(b.dla_cores) : "-",
                targets_words(b.precisions),
                b.is_jetson ? targets_jetpack_span(catalog, b) : "TensorRT " + b.tensorrt.to_string()});
  }
  Table jetpacks({"JetPack", "TensorRT", "CUDA", "L4T", "released", "opset>", "DLA"});
  for (const JetPack& j : catalog.jetpacks()) {
    const targets::Release* r = catalog.find_release(j.tensorrt);
    jetpacks.row({j.id, j.tensorrt.to_string(), j.cuda.to_string(), j.l4t, j.released,
                  r ? std::to_string(r->max_opset) : "not known", r && r->dla ? "yes" : "no"});
  }
  io.print(boards.str() + (here ? "* this machine\n" : "") + "\n" + jetpacks.str());
}

std::string targets_peak_text(const targets::Peak& p) {
  std::string text;
  const auto figure = [&](const char* name, const std::optional<double>& v, const char* unit) {
    if (v) text += std::string(text.empty() ? "" : ", ") + name + " " + targets_number(*v) + " " + unit;
  };
  figure("fp32", p.fp32_tflops, "TFLOPS");
  figure("tf32", p.tf32_tflops, "TFLOPS");
  figure("fp16", p.fp16_tflops, "TFLOPS");
  figure("bf16", p.bf16_tflops, "TFLOPS");
  figure("int8", p.int8_tops, "TOPS");
  figure("fp8", p.fp8_tflops, "TFLOPS");
  figure("fp4", p.fp4_tflops, "TFLOPS");
  figure("DLA fp16", p.dla_fp16_tflops, "TFLOPS");
  figure("DLA int8", p.dla_int8_tops, "TOPS");
  figure("memory", p.bandwidth_gbs, "GB/s");
  return text.empty() ? "not known" : text;
}

void targets_print_board(const targets::Catalog& catalog, const Board& b, Io& io) {
  std::string out = io.bold(b.name) + " (" + b.id + ")\n";
  const auto line = [&](const std::string& name, const std::string& text) {
    if (!text.empty()) out += name + std::string(name.size() < 14 ? 14 - name.size() : 1, ' ') + text + "\n";
  };
  line("also", join(b.aliases, ", "));
  line("chip", (b.soc.empty() ? "" : b.soc + ", ") + b.architecture + ", compute capability " +
                   b.compute_capability.to_string());
  if (b.memory_gib > 0) {
    line("memory", targets_number(b.memory_gib) + " GB, shared by CPU and GPU; " +
                       targets_number(b.reserved_gib) + " GB set aside for the system");
  }
  line("precisions", targets_words(b.precisions));
  line("not", targets_words(b.slow));
  if (b.dla_cores) {
    line("DLA", std::to_string(b.dla_cores) + (b.dla_cores == 1 ? " core" : " cores") + " of generation " +
                    std::to_string(b.dla_generation));
  }
  line("TensorRT", b.tensorrt.to_string());
  line("peak", targets_peak_text(b.peak));
  line("", b.peak.source);
  for (const targets::PowerMode& m : b.modes) {
    line(m.name, targets_peak_text(m.peak) + " (JetPack " + m.jetpack.to_string() + ")");
    line("", m.peak.source);
  }
  line("note", b.note);
  line("source", b.source);
  Table jetpacks({"JetPack", "TensorRT", "CUDA", "opset>", "source"});
  bool any = false;
  for (const JetPack& j : catalog.jetpacks()) {
    if (!fits(b, j)) continue;
    any = true;
    const targets::Release* r = catalog.find_release(j.tensorrt);
    jetpacks.row({j.id, j.tensorrt.to_string(), j.cuda.to_string(),
                  r ? std::to_string(r->max_opset) : "not known", j.source});
  }
  io.print(out + (any ? "\n" + jetpacks.str() : ""));
}

template <typename Rows>
std::string targets_ranges(const Rows& rows) {
  std::vector<std::string> words;
  for (const auto& r : rows) words.push_back(r.trt.to_string());
  return words.empty() ? "none" : join(words, ", ");
}

void targets_print_operator(const targets::OperatorKnowledge& k, Io& io) {
  std::string out = io.bold(k.domain.empty() ? k.op : k.domain + "." + k.op) + "\n";
  out += "importer      TensorRT " + targets_ranges(k.importers) + "\n";
  for (const auto& r : k.importers) out += "              " + r.source + "\n";
  for (const auto& r : k.types) {
    std::vector<std::string> inputs;
    for (int i : r.inputs) inputs.push_back(std::to_string(i));
    out += "types         " + r.trt.to_string() + ", input " + join(inputs, " and ") + ": " +
           join(r.allowed, " ") + "\n";
  }
  for (const auto& r : k.documented) {
    out += "documented    " + r.trt.to_string() + ": " + (r.supported ? "yes" : "no") +
           (r.text.empty() ? "" : ". " + r.text) + "\n";
  }
  for (const auto& r : k.rules) {
    out += "\n" + io.bold(r.id) + "  " + targets::to_string(r.effect) + ", TensorRT " + r.trt.to_string() +
           (r.from_user ? ", yours" : "") + "\n  " + r.message + "\n";
    if (!r.when.text().empty()) out += "  when    " + r.when.text() + "\n";
    if (!r.hint.empty()) out += "  hint    " + r.hint + "\n";
    if (!r.fix.empty()) out += "  fix     " + r.fix + "\n";
    if (!r.plugin.empty()) out += "  plugin  " + r.plugin + "\n";
    out += "  source  " + r.source + " (" + targets::to_string(r.proof) + ")\n";
  }
  io.print(out);
}

Status targets_operators(const targets::Catalog& catalog, const TargetsArgs& a, Io& io) {
  const std::vector<std::string> known = catalog.operator_names();
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  Table table({"operator", "TensorRT", "rules>"});
  for (const std::string& name : a.operators.empty() ? known : a.operators) {
    const targets::OperatorKnowledge* k = catalog.find_operator("", name);
    if (!k) {
      const std::string near = nearest_word(name, known);
      return Status::usage("targets.unknown-operator", "no table knows the operator '" + name + "'",
                           near.empty() ? "" : "did you mean '" + near + "'?");
    }
    if (io.json) {
      list.push_back(targets_operator_json(*k));
    } else if (a.operators.empty()) {
      table.row({name, targets_ranges(k->importers), std::to_string(k->rules.size())});
    } else {
      targets_print_operator(*k, io);
    }
  }
  JETLINE_RETURN_IF_ERROR(catalog.status());
  if (io.json) io.emit_json({{"operators", list}});
  if (a.operators.empty()) io.print(table.str());
  return Status();
}

Status run_targets(const TargetsArgs& a, Io& io) {
  targets::Catalog catalog;
  for (const std::string& file : a.toml) {
    JETLINE_ASSIGN_OR_RETURN(const std::string text, read_file(file));
    JETLINE_RETURN_IF_ERROR(catalog.add_toml(text, file));
  }
  if (a.show_operators) return targets_operators(catalog, a, io);
  if (!a.board.empty()) {
    const Board* board = catalog.find_board(a.board);
    if (!board) return choose(catalog, {a.board}).status();
    if (io.json) io.emit_json({{"board", targets_board_json(catalog, *board)}});
    targets_print_board(catalog, *board, io);
    return catalog.status();
  }
  if (io.json) {
    nlohmann::ordered_json j;
    const Board* here = this_board(catalog);
    j["this_board"] = here ? nlohmann::ordered_json(here->id) : nlohmann::ordered_json(nullptr);
    for (const char* key : {"boards", "jetpacks", "tensorrt"}) j[key] = nlohmann::ordered_json::array();
    for (const Board& b : catalog.boards()) j["boards"].push_back(targets_board_json(catalog, b));
    for (const JetPack& p : catalog.jetpacks()) j["jetpacks"].push_back(targets_jetpack_json(p));
    for (const targets::Release& r : catalog.releases()) j["tensorrt"].push_back(targets_release_json(r));
    io.emit_json(j);
  }
  targets_print_all(catalog, io);
  return catalog.status();
}

VerbRun setup_targets(CLI::App& app, Io& io) {
  auto a = std::make_shared<TargetsArgs>();
  app.add_option("--board", a->board, "one board in full: its JetPacks, precisions, peak figures, sources");
  auto* operators =
      app.add_option("--operators", a->operators,
                     "which TensorRT reads which operator; with names, all that is known of them");
  operators->expected(0, 1000);
  app.add_option("--toml", a->toml, "a file with boards and rules of your own; may be given several times")
      ->allow_extra_args(false);
  return [a, operators, &io] {
    a->show_operators = operators->count() > 0;
    // The option without a name gives one empty word.
    a->operators.erase(std::remove(a->operators.begin(), a->operators.end(), ""), a->operators.end());
    return run_targets(*a, io);
  };
}

}  // namespace

extern const Verb kTargetsVerb;
const Verb kTargetsVerb = {"targets", "the boards, JetPacks and operators that check and fix know",
                           "  jetline targets --board orin-nano-8gb\n"
                           "  jetline targets --operators Resize NonMaxSuppression",
                           setup_targets};

}  // namespace jetline::cli
