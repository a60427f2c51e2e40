#include "jetline/importers/tensorflow/import.h"

#include <chrono>

#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/importers/tensorflow/interface.h"
#include "jetline/importers/tensorflow/saved_model_folder.h"
#include "jetline/importers/tensorflow/variables.h"

namespace jetline::tf {
namespace {

class ImportPhase {
 public:
  ImportPhase(ImportReport& report, const char* name)
      : report_(report), name_(name), started_(std::chrono::steady_clock::now()) {}
  ~ImportPhase() {
    report_.seconds.emplace_back(
        name_, std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count());
  }

 private:
  ImportReport& report_;
  const char* name_;
  std::chrono::steady_clock::time_point started_;
};

StateSource import_state(std::shared_ptr<const VariableSource> variables) {
  StateSource out;
  out.variable = [variables](const NodeDef& n) { return variables->value(n); };
  out.table = [variables](const NodeDef& n, Resource& r) {
    Result<bool> found = variables->table(n, r.keys, r.values);
    return found.ok() && *found;
  };
  return out;
}

Result<Interface> import_interface(const MetaGraph& meta, const ImportOptions& options) {
  // A name of a tensor picks the graph's own ends; else the signature's.
  if (meta.signatures.empty() || (!options.inputs.empty() && options.signature.empty()) ||
      (!options.outputs.empty() && options.signature.empty())) {
    // Names of the default signature are meant first: `--outputs detection_boxes` keeps one of its outputs.
    Result<Interface> all = signature_interface(meta, options);
    if (all.ok()) {
      Interface some = *all;
      auto pick = [](const std::vector<std::string>& names, std::vector<End>& ends) {
        if (names.empty()) return true;
        std::vector<End> kept;
        for (const std::string& name : names)
          for (const End& e : ends)
            if (e.name == name) kept.push_back(e);
        const bool complete = kept.size() == names.size();
        if (complete) ends = std::move(kept);
        return complete;
      };
      if (pick(options.outputs, some.outputs) &&
          (options.inputs.empty() || pick(options.inputs, some.inputs)))
        return some;
    }
    return tensor_interface(meta, options);
  }
  Result<Interface> all = signature_interface(meta, options);
  if (!all.ok() || (options.inputs.empty() && options.outputs.empty())) return all;
  for (auto [names, ends] :
       {std::make_pair(&options.inputs, &all->inputs), std::make_pair(&options.outputs, &all->outputs)}) {
    if (names->empty()) continue;
    std::vector<End> kept;
    for (const std::string& name : *names) {
      std::string known;
      for (const End& e : *ends) {
        if (e.name == name) kept.push_back(e);
        known += (known.empty() ? "" : ", ") + e.name;
      }
      if (kept.empty() || kept.back().name != name) {
        return Status::bad_input("tf.no-such-tensor", "the signature has no '" + name + "'",
                                 "it has: " + known);
      }
    }
    *ends = std::move(kept);
  }
  return all;
}

void import_stacks(const SavedModelFolder& folder, ImportReport& report) {
  if (report.unsupported.empty()) return;
  const DebugInfo debug = folder.debug_info();
  if (debug.empty()) return;
  for (Unsupported& u : report.unsupported) {
    if (u.nodes.empty()) continue;
    const std::string& name = u.nodes[0];
    u.stack = debug.stack(name, "");
    if (u.stack.empty()) u.stack = debug.stack(name.substr(name.find_last_of('/') + 1), "");
  }
}

}  // namespace

Result<Imported> import_saved_model(const std::string& path, const ImportOptions& options,
                                    ImportReport* report) {
  ImportReport own;
  if (!report) report = &own;
  Result<SavedModelFolder> folder = Status::internal("tf.malformed", "not opened");
  {
    const ImportPhase phase(*report, "read");
    folder = SavedModelFolder::open(path);
  }
  if (!folder.ok()) return folder.status();
  const MetaGraph* meta = folder->find(options.tag);
  if (!meta) {
    return Status::bad_input("tf.no-tag", "the model has no graph tagged '" + options.tag + "'",
                             "it has: " + join(folder->tags(), "; "), path);
  }
  for (const std::string& name : meta->library.duplicates()) {
    report->warnings.push_back(
        {"tf.duplicate-function", "the library holds two functions named '" + name + "'; the first is used"});
  }
  Result<Interface> interface = import_interface(*meta, options);
  if (!interface.ok()) return interface.status().at(path);
  Result<std::optional<Bundle>> bundle = folder->bundle();
  if (!bundle.ok()) return bundle.status();
  const SavedModelFolder& f = *folder;
  Result<VariableSource> variables = VariableSource::make(
      *meta, std::move(bundle).value(), [&f](std::string_view name) { return f.asset(name); });
  if (!variables.ok()) return variables.status();
  Result<Imported> out = import_between(
      *meta, *interface, import_state(std::make_shared<VariableSource>(std::move(variables).value())),
      options, *report);
  if (!out.ok()) {
    import_stacks(f, *report);
    return out.status().at(path);
  }
  for (const MetaGraph::Asset& a : meta->asset_files) {
    Result<std::string> file = f.asset(a.filename);
    if (file.ok()) out->assets.push_back(std::move(file).value());
  }
  return out;
}

Result<Imported> import_frozen_graph(const std::string& path, const ImportOptions& options,
                                     ImportReport* report) {
  ImportReport own;
  if (!report) report = &own;
  Result<std::shared_ptr<const MappedFile>> file = Status::internal("tf.malformed", "not opened");
  Result<MetaGraph> meta = Status::internal("tf.malformed", "not read");
  {
    const ImportPhase phase(*report, "read");
    file = MappedFile::open(path);
    if (!file.ok()) return file.status();
    meta = parse_graph_def((*file)->bytes(), *file);
  }
  if (!meta.ok()) return meta.status().at(path);
  Result<Interface> interface = tensor_interface(*meta, options);
  if (!interface.ok()) return interface.status().at(path);
  Result<Imported> out = import_between(*meta, *interface, {}, options, *report);
  if (!out.ok()) return out.status().at(path);
  return out;
}

}  // namespace jetline::tf
