#include "apps/jetline/surgery_files.h"

#include "jetline/graph/card_io.h"
#include "jetline/surgery/card_follows.h"

namespace jetline::cli {

void surgery_options(CLI::App& app, SurgeryFiles& files) {
  app.add_option("MODEL", files.model, "an ONNX file")->required();
  app.add_option("-o,--output", files.output, "where the result goes")->required();
}

Result<std::unique_ptr<Model>> surgery_load(const SurgeryFiles& files, Io& io) {
  JETLINE_RETURN_IF_ERROR(io.may_write(files.output));
  if (file_exists(sidecar_path(files.model)) && sidecar_path(files.model) != sidecar_path(files.output)) {
    JETLINE_RETURN_IF_ERROR(io.may_write(sidecar_path(files.output)));
  }
  LoadReport loaded;
  JETLINE_ASSIGN_OR_RETURN(auto model, load_onnx(files.model, &loaded));
  for (const std::string& n : loaded.notes) io.note("note: " + n);
  return model;
}

Status surgery_save(const Model& model, const SurgeryFiles& files, std::vector<std::string>& notes,
                    const std::vector<std::pair<std::string, std::string>>& renamed) {
  JETLINE_RETURN_IF_ERROR(save_onnx(model, files.output));
  return surgery::copy_sidecar(files.model, files.output, renamed, notes).status();
}

nlohmann::ordered_json surgery_ports_json(const std::vector<PortInfo>& ports) {
  auto list = nlohmann::ordered_json::array();
  for (const PortInfo& p : ports) list.push_back({{"name", p.name}, {"type", to_string(p.type)}});
  return list;
}

std::string surgery_ports_text(const char* label, const std::vector<PortInfo>& ports) {
  std::string out;
  for (const PortInfo& p : ports) out += std::string(label) + p.name + ": " + to_string(p.type) + "\n";
  return out;
}

nlohmann::ordered_json surgery_pairs_json(const std::vector<std::pair<std::string, std::string>>& pairs) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& [a, b] : pairs) list.push_back({{"old", a}, {"new", b}});
  return list;
}

void surgery_report(const surgery::CutModel& cut, const SurgeryFiles& files, Io& io) {
  if (io.json) {
    nlohmann::ordered_json j;
    j["model"] = files.model;
    j["output"] = files.output;
    j["inputs"] = surgery_ports_json(cut.inputs);
    j["outputs"] = surgery_ports_json(cut.outputs);
    j["nodes_before"] = cut.nodes_before;
    j["nodes_after"] = cut.nodes_after;
    j["weights_before"] = cut.weights_before;
    j["weights_after"] = cut.weights_after;
    j["added_inputs"] = cut.added_inputs;
    j["dropped_outputs"] = cut.dropped_outputs;
    j["notes"] = cut.notes;
    io.emit_json(j);
    return;
  }
  for (const std::string& n : cut.notes) io.note("note: " + n);
  std::string out =
      surgery_ports_text("input    ", cut.inputs) + surgery_ports_text("output   ", cut.outputs);
  if (!cut.dropped_outputs.empty()) {
    out += "dropped  ";
    for (size_t i = 0; i < cut.dropped_outputs.size(); ++i) out += (i ? ", " : "") + cut.dropped_outputs[i];
    out += "\n";
  }
  out += "nodes    " + std::to_string(cut.nodes_before) + " -> " + std::to_string(cut.nodes_after) + "\n";
  out += "weights  " + std::to_string(cut.weights_before) + " -> " + std::to_string(cut.weights_after) + "\n";
  io.print(out + "written: " + files.output + "\n");
}

}  // namespace jetline::cli
