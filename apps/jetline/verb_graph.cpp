// jetline graph: a drawing of a model.
#include "apps/jetline/verb.h"
#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/picture/picture.h"

namespace jetline::cli {
namespace {

struct GraphArgs {
  std::string model, output, group = "auto";
  int depth = -1;
  bool fold = false;
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
    io.emit_json(j);
    return Status();
  }
  io.print(std::to_string(p.nodes) + " nodes in " + std::to_string(p.shown) + " boxes, " +
           std::to_string(p.groups) + " groups by " + p.grouping + "\nwritten: " + a.output + "\n");
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
  return [a, &io] { return run_graph(*a, io); };
}

}  // namespace

extern const Verb kGraphVerb;
const Verb kGraphVerb = {"graph", "draw a model: SVG, a page that folds and searches, or Graphviz",
                         "  jetline graph model.onnx -o model.html\n"
                         "  jetline graph model.onnx -o model.svg --depth 1",
                         setup_graph};

}  // namespace jetline::cli
