// jetline set-opset: the same model in another version of the operator set.
#include "apps/jetline/surgery_files.h"
#include "apps/jetline/verb.h"
#include "jetline/surgery/set_opset.h"

namespace jetline::cli {
namespace {

struct SetOpsetArgs {
  SurgeryFiles files;
  surgery::SetOpsetOptions options;
};

Status run_set_opset(const SetOpsetArgs& a, Io& io) {
  if (a.options.opset == 0 && a.options.ir == 0) {
    return Status::usage("usage.options", "set-opset needs an opset or --ir", "see jetline set-opset --help");
  }
  JETLINE_ASSIGN_OR_RETURN(auto model, surgery_load(a.files, io));
  std::vector<passes::OpsetProblem> problems;
  const auto done = surgery::set_opset(*model, a.options, &problems);
  for (const passes::OpsetProblem& p : problems) {
    io.error_details["problems"].push_back(
        {{"node", p.node}, {"op", p.op}, {"needs", p.needs}, {"reason", p.reason}});
  }
  JETLINE_ASSIGN_OR_RETURN(const surgery::SetOpsetResult r, done);
  std::vector<std::string> notes;
  JETLINE_RETURN_IF_ERROR(surgery_save(*model, a.files, notes));
  if (io.json) {
    nlohmann::ordered_json j;
    j["model"] = a.files.model;
    j["output"] = a.files.output;
    j["opset_before"] = r.opset_before;
    j["opset_after"] = r.opset_after;
    j["ir_before"] = r.ir_before;
    j["ir_after"] = r.ir_after;
    j["changes"] = nlohmann::ordered_json::array();
    for (const auto& c : r.changes) {
      j["changes"].push_back(
          {{"op", c.op}, {"before", c.before}, {"after", c.after}, {"rewritten", c.rewritten}});
    }
    j["notes"] = notes;
    io.emit_json(j);
    return Status();
  }
  for (const std::string& n : notes) io.note("note: " + n);
  std::string out = "opset       " + std::to_string(r.opset_before) + " -> " + std::to_string(r.opset_after) +
                    "\nIR version  " + std::to_string(r.ir_before) + " -> " + std::to_string(r.ir_after) +
                    "\n";
  if (r.changes.empty()) {
    out += "no operator had to change\n";
  } else {
    Table table({"operator", "before>", "after>", "rewritten>"});
    for (const auto& c : r.changes) {
      table.row({c.op, std::to_string(c.before), std::to_string(c.after), std::to_string(c.rewritten)});
    }
    out += "\n" + table.str();
  }
  io.print(out + "written: " + a.files.output + "\n");
  return Status();
}

VerbRun setup_set_opset(CLI::App& app, Io& io) {
  auto a = std::make_shared<SetOpsetArgs>();
  surgery_options(app, a->files);
  app.add_option("OPSET", a->options.opset, "the version to write, 9 to 21; left out: as it is");
  app.add_option("--ir", a->options.ir, "the IR version to write, 4 to 13; left out: the opset's own");
  return [a, &io] { return run_set_opset(*a, io); };
}

}  // namespace

extern const Verb kSetOpsetVerb;
const Verb kSetOpsetVerb = {"set-opset", "the same model in another opset or IR version",
                            "  jetline set-opset model.onnx 13 -o opset13.onnx\n"
                            "  jetline set-opset model.onnx 11 --ir 6 -o old.onnx",
                            setup_set_opset};

}  // namespace jetline::cli
