// jetline graph: a drawing of a model.
#include "apps/jetline/this_board.h"
#include "apps/jetline/verb.h"
#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/picture/verdict_style.h"

namespace jetline::cli {
namespace {

struct GraphArgs {
  std::string model, output, group = "auto";
  int depth = -1;
  bool fold = false;
  targets::TargetQuery query;
  std::vector<std::string> toml;
  bool check = false;  // colour by what a check finds
};

Result<picture::Format> graph_format(const std::string& path) {
  const std::string e = file_extension_lower(path);
  if (e == ".svg") return picture::Format::kSvg;
  if (e == ".html" || e == ".htm") return picture::Format::kHtml;
  if (e == ".dot" || e == ".gv") return picture::Format::kDot;
  return Status::usage("usage.options", "a drawing is .svg, .html or .dot, not '" + path + "'",
                       "-o model.html can be folded and searched, -o model.svg goes into documents");
}

picture::PictureOptions::Grouping graph_grouping(const std::string& word) {
  using Grouping = picture::PictureOptions::Grouping;
  return word == "scope"       ? Grouping::kScope
         : word == "structure" ? Grouping::kStructure
         : word == "none"      ? Grouping::kNone
                               : Grouping::kAuto;
}

// Checks the model and colours the drawing with what was found.
Status graph_verdict(const GraphArgs& a, Model& model, picture::PictureOptions& options,
                     std::string& verdict) {
  targets::Catalog catalog;
  for (const std::string& file : a.toml) {
    JETLINE_ASSIGN_OR_RETURN(const std::string text, read_file(file));
    JETLINE_RETURN_IF_ERROR(catalog.add_toml(text, file));
  }
  JETLINE_ASSIGN_OR_RETURN(const targets::Target target,
                           targets::choose(catalog, a.query, this_board(catalog), this_jetpack(catalog)));
  check::Checker checker(model, catalog);
  const check::Report report = checker.check(target);
  JETLINE_RETURN_IF_ERROR(catalog.status());
  picture::color_by_verdict(report, options);
  verdict = check::to_string(report.verdict);
  return Status();
}

Status run_graph(const GraphArgs& a, Io& io) {
  JETLINE_ASSIGN_OR_RETURN(const picture::Format format, graph_format(a.output));
  JETLINE_RETURN_IF_ERROR(io.may_write(a.output));
  LoadReport loaded;
  JETLINE_ASSIGN_OR_RETURN(auto model, load_onnx(a.model, &loaded));
  for (const std::string& n : loaded.notes) io.note("note: " + n);
  picture::PictureOptions options;
  options.title = file_name(a.model);
  options.grouping = graph_grouping(a.group);
  options.depth = a.fold ? 0 : a.depth;
  std::string verdict;
  const targets::TargetQuery& q = a.query;
  if (a.check || !q.board.empty() || !q.jetpack.empty() || !q.tensorrt.empty()) {
    JETLINE_RETURN_IF_ERROR(graph_verdict(a, *model, options, verdict));
  }
  JETLINE_ASSIGN_OR_RETURN(const picture::Picture p, picture::draw(*model, format, options));
  JETLINE_RETURN_IF_ERROR(write_file(a.output, p.text));
  if (io.json) {
    nlohmann::ordered_json j;
    j["model"] = a.model;
    j["output"] = a.output;
    j["nodes"] = p.nodes;
    j["shown"] = p.shown;
    j["groups"] = p.groups;
    j["grouping"] = p.grouping;
    j["width"] = p.width;
    j["height"] = p.height;
    j["target"] = nullptr;
    j["verdict"] = nullptr;
    if (!verdict.empty()) {
      j["target"] = options.subtitle.substr(0, options.subtitle.find(": "));
      j["verdict"] = verdict;
    }
    io.emit_json(j);
    return Status();
  }
  io.print(std::to_string(p.nodes) + " nodes in " + std::to_string(p.shown) + " boxes, " +
           std::to_string(p.groups) + " groups by " + p.grouping +
           (options.subtitle.empty() ? "" : "\n" + options.subtitle) + "\nwritten: " + a.output + "\n");
  return Status();
}

VerbRun setup_graph(CLI::App& app, Io& io) {
  auto a = std::make_shared<GraphArgs>();
  app.add_option("MODEL", a->model, "an ONNX file")->required();
  app.add_option("-o,--output", a->output, "the drawing: .svg, .html (folds, searches) or .dot (Graphviz)")
      ->required();
  app.add_option("--group", a->group,
                 "groups by the scopes in names, by structure, none, or what suits the model")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "scope", "structure", "none"}));
  auto* depth = app.add_option("--depth", a->depth,
                               "open groups down to this depth; left out: as far as it is readable")
                    ->check(CLI::NonNegativeNumber);
  app.add_flag("--fold", a->fold, "fold all groups, the same as --depth 0")->excludes(depth);
  app.add_flag("--check", a->check, "colour by what a check for the board that this runs on finds");
  app.add_option("--board", a->query.board, "colour by what a check for this board finds, such as nano-4gb");
  app.add_option("--jetpack", a->query.jetpack, "its JetPack, such as 4.6.1; without it the board's newest");
  app.add_option("--tensorrt", a->query.tensorrt, "colour by a release of TensorRT, such as 8.2");
  app.add_option("--precision", a->query.precision,
                 "for the check: fp32, tf32, fp16, bf16, int8, fp8 or fp4");
  app.add_flag("--dla", a->query.dla, "for the check: use the DLA where the board has one");
  app.add_flag("--strongly-typed", a->query.strongly_typed, "for the check: a strongly typed network");
  app.add_option("--toml", a->toml, "a file with boards and rules of your own")->allow_extra_args(false);
  return [a, &io] { return run_graph(*a, io); };
}

}  // namespace

extern const Verb kGraphVerb;
const Verb kGraphVerb = {"graph", "draw a model: SVG, a page that folds and searches, or Graphviz",
                         "  jetline graph model.onnx -o model.html\n"
                         "  jetline graph model.onnx -o model.svg --board nano-4gb --jetpack 4.6.1",
                         setup_graph};

}  // namespace jetline::cli
