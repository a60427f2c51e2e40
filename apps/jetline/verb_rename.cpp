// jetline rename: other names for tensors and nodes.
#include "apps/jetline/surgery_files.h"
#include "apps/jetline/verb.h"
#include "jetline/surgery/rename.h"

namespace jetline::cli {
namespace {

struct RenameArgs {
  SurgeryFiles files;
  surgery::RenameOptions options;
  std::vector<std::string> words;
};

Status run_rename(const RenameArgs& a, Io& io) {
  if (a.words.empty() && !a.options.unique_nodes) {
    return Status::usage("surgery.name", "rename needs old=new words", "for instance input_1=images");
  }
  JETLINE_ASSIGN_OR_RETURN(auto model, surgery_load(a.files, io));
  surgery::RenameOptions options = a.options;
  JETLINE_ASSIGN_OR_RETURN(options.names, surgery::parse_renames(*model, a.words, options));
  JETLINE_ASSIGN_OR_RETURN(const surgery::RenameResult r, surgery::rename(*model, options));
  std::vector<std::string> notes;
  JETLINE_RETURN_IF_ERROR(
      surgery_save(*model, a.files, notes, options.nodes ? decltype(r.renamed)() : r.renamed));
  if (io.json) {
    nlohmann::ordered_json j;
    j["model"] = a.files.model;
    j["output"] = a.files.output;
    j["renamed"] = surgery_pairs_json(r.renamed);
    j["evaded"] = surgery_pairs_json(r.evaded);
    j["card_changed"] = r.card_changed;
    j["notes"] = notes;
    io.emit_json(j);
    return Status();
  }
  for (const std::string& n : notes) io.note("note: " + n);
  Table table({"old", "new"});
  for (const auto& [old_name, new_name] : r.renamed) table.row({old_name, new_name});
  for (const auto& [old_name, new_name] : r.evaded) table.row({old_name + " (inside a subgraph)", new_name});
  io.print(table.str() + std::to_string(r.renamed.size()) + (options.nodes ? " nodes" : " tensors") +
           " renamed" + (r.card_changed ? ", in the card too" : "") + "\nwritten: " + a.files.output + "\n");
  return Status();
}

VerbRun setup_rename(CLI::App& app, Io& io) {
  auto a = std::make_shared<RenameArgs>();
  surgery_options(app, a->files);
  app.add_option("RENAME", a->words, "old=new, any number of them, all at once");
  app.add_flag("--nodes", a->options.nodes, "the names are names of nodes instead of tensors");
  app.add_flag(
      "--regex", a->options.regex,
      "old is a regular expression; every match in every name becomes new, with $1 for its first group");
  app.add_flag("--unique-nodes", a->options.unique_nodes, "first give every node a name of its own");
  return [a, &io] { return run_rename(*a, io); };
}

}  // namespace

extern const Verb kRenameVerb;
const Verb kRenameVerb = {
    "rename", "other names for inputs, outputs, any tensor, or nodes",
    "  jetline rename model.onnx input_1=images Identity:0=boxes -o named.onnx\n"
    "  jetline rename model.onnx '^StatefulPartitionedCall/=' --regex --nodes -o short.onnx",
    setup_rename};

}  // namespace jetline::cli
