#include "jetline/importers/tensorflow/import.h"

#include <sys/stat.h>

#include <chrono>
#include <map>

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

// Variables by the name of their node, read and checked once however often the graph is converted.
using ImportTensors = std::map<std::string, Tensor, std::less<>>;

StateSource import_state(const VariableSource& variables, ImportTensors& tensors,
                         std::shared_ptr<BodyCache>& bodies) {
  StateSource out;
  if (!bodies) bodies = std::make_shared<BodyCache>();
  out.bodies = bodies;
  out.variable = [&](const NodeDef& n) -> Result<Tensor> {
    const auto known = tensors.find(n.name);
    if (known != tensors.end()) return known->second;
    JETLINE_ASSIGN_OR_RETURN(Tensor t, variables.value(n));
    return tensors.emplace(std::string(n.name), std::move(t)).first->second;
  };
  out.table = [&](const NodeDef& n, Resource& r) {
    Result<bool> found = variables.table(n, r.keys, r.values);
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

// A frozen graph is a file that is not called saved_model.pb.
bool import_is_frozen(const std::string& path) {
  struct stat st;
  if (stat(path.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return false;
  const std::string name = path.substr(path.find_last_of('/') + 1);
  return name != "saved_model.pb" && name != "saved_model.pbtxt" && name.size() > 3 &&
         name.substr(name.size() - 3) == ".pb";
}

}  // namespace

struct ModelSource::State {
  std::string path;
  std::optional<SavedModelFolder> folder;  // or:
  std::optional<MetaGraph> frozen;
  // By MetaGraph of the folder.
  std::map<const MetaGraph*, VariableSource> variables;
  std::map<const MetaGraph*, Bundle> bundles;
  std::map<const MetaGraph*, ImportTensors> tensors;
  std::map<const MetaGraph*, std::shared_ptr<BodyCache>> bodies;

  Result<const VariableSource*> source(const MetaGraph& meta) {
    const auto known = variables.find(&meta);
    if (known != variables.end()) return &known->second;
    JETLINE_ASSIGN_OR_RETURN(std::optional<Bundle> bundle, folder->bundle());
    const SavedModelFolder* f = &*folder;
    if (bundle) {
      bundle->check_beside();
      bundles.emplace(&meta, *bundle);
    }
    JETLINE_ASSIGN_OR_RETURN(
        VariableSource made,
        VariableSource::make(meta, std::move(bundle), [f](std::string_view name) { return f->asset(name); }));
    return &variables.emplace(&meta, std::move(made)).first->second;
  }
};

Result<ModelSource> ModelSource::open(const std::string& path, ImportReport* report) {
  ImportReport own;
  const ImportPhase phase(report ? *report : own, "read");
  ModelSource out;
  out.state_ = std::make_shared<State>();
  State& s = *out.state_;
  s.path = path;
  if (import_is_frozen(path)) {
    JETLINE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MappedFile::open(path));
    Result<MetaGraph> meta = parse_graph_def(file->bytes(), file);
    if (!meta.ok()) return meta.status().at(path);
    s.frozen = std::move(meta).value();
  } else {
    JETLINE_ASSIGN_OR_RETURN(s.folder, SavedModelFolder::open(path));
  }
  return out;
}

Result<Imported> ModelSource::import(const ImportOptions& options, ImportReport* report) const {
  ImportReport own;
  if (!report) report = &own;
  State& s = *state_;
  if (s.frozen) {
    Result<Interface> interface = tensor_interface(*s.frozen, options);
    if (!interface.ok()) return interface.status().at(s.path);
    Result<Imported> out = import_between(*s.frozen, *interface, {}, options, *report);
    return out.ok() ? std::move(out) : Result<Imported>(out.status().at(s.path));
  }
  const SavedModelFolder& f = *s.folder;
  const MetaGraph* meta = f.find(options.tag);
  if (!meta) {
    return Status::bad_input("tf.no-tag", "the model has no graph tagged '" + options.tag + "'",
                             "it has: " + join(f.tags(), "; "), s.path);
  }
  for (const std::string& name : meta->library.duplicates()) {
    report->warnings.push_back(
        {"tf.duplicate-function", "the library holds two functions named '" + name + "'; the first is used"});
  }
  Result<Interface> interface = import_interface(*meta, options);
  if (!interface.ok()) return interface.status().at(s.path);
  JETLINE_ASSIGN_OR_RETURN(const VariableSource* variables, s.source(*meta));
  Result<Imported> out = import_between(
      *meta, *interface, import_state(*variables, s.tensors[meta], s.bodies[meta]), options, *report);
  if (!out.ok()) {
    JETLINE_RETURN_IF_ERROR(checked());  // which would explain everything else
    import_stacks(f, *report);
    return out.status().at(s.path);
  }
  for (const MetaGraph::Asset& a : meta->asset_files) {
    Result<std::string> file = f.asset(a.filename);
    if (file.ok()) out->assets.push_back(std::move(file).value());
  }
  return out;
}

Status ModelSource::checked() const {
  for (const auto& [meta, bundle] : state_->bundles) JETLINE_RETURN_IF_ERROR(bundle.checked().at(state_->path));
  return Status();
}

Result<Imported> import_saved_model(const std::string& path, const ImportOptions& options,
                                    ImportReport* report) {
  JETLINE_ASSIGN_OR_RETURN(const ModelSource source, ModelSource::open(path, report));
  Result<Imported> out = source.import(options, report);
  JETLINE_RETURN_IF_ERROR(source.checked());
  return out;
}

}  // namespace jetline::tf
