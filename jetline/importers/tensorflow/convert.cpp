#include "jetline/importers/tensorflow/convert.h"

#include <sys/stat.h>

#include <chrono>

#include "jetline/importers/tensorflow/finish.h"
#if __has_include("jetline/passes/opset.h")
#include "jetline/passes/opset.h"
#define JETLINE_HAS_OPSET 1
#endif
#include "jetline/passes/optimize.h"

namespace jetline::tf {
namespace {

double convert_seconds_since(std::chrono::steady_clock::time_point started) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

// A frozen graph is a file that is not called saved_model.pb.
bool convert_is_frozen(const std::string& path) {
  struct stat s;
  if (stat(path.c_str(), &s) != 0 || !S_ISREG(s.st_mode)) return false;
  const std::string name = path.substr(path.find_last_of('/') + 1);
  return name != "saved_model.pb" && name != "saved_model.pbtxt" && name.size() > 3 &&
         name.substr(name.size() - 3) == ".pb";
}

Result<Imported> convert_import(const std::string& path, const ImportOptions& options,
                                ConvertReport& report) {
  return convert_is_frozen(path) ? import_frozen_graph(path, options, &report)
                                 : import_saved_model(path, options, &report);
}

}  // namespace

Result<Converted> convert(const std::string& path, const ConvertOptions& options, ConvertReport* report) {
  ConvertReport own;
  if (!report) report = &own;
  ImportOptions import = options.import;
  if (options.dynamic_batch) import.batch = -1;
  Converted out;
  JETLINE_ASSIGN_OR_RETURN(Imported imported, convert_import(path, import, *report));
  out.model = std::move(imported.model);
  out.inputs = std::move(imported.inputs);
  out.outputs = std::move(imported.outputs);
  out.signature = imported.signature;
  out.tensorflow_version = imported.tensorflow_version;
  Model& model = *out.model;
  report->nodes_converted = passes::count_nodes(model);

  auto started = std::chrono::steady_clock::now();
  for (const std::string& name : options.nchw_inputs) JETLINE_RETURN_IF_ERROR(make_input_nchw(model, name));
  for (const std::string& name : options.nchw_outputs) JETLINE_RETURN_IF_ERROR(make_output_nchw(model, name));
  if (options.optimize) JETLINE_RETURN_IF_ERROR(passes::optimize(model, {}, nullptr));
  report->seconds.emplace_back("optimize", convert_seconds_since(started));

  started = std::chrono::steady_clock::now();
#ifdef JETLINE_HAS_OPSET
  report->lowest_opset = std::max<int>(report->lowest_opset, static_cast<int>(passes::lowest_opset(model)));
  JETLINE_RETURN_IF_ERROR(passes::convert_opset(model, options.import.opset));
#endif
  JETLINE_RETURN_IF_ERROR(rename_ends(model, options.rename));
  report->seconds.emplace_back("opset", convert_seconds_since(started));
  for (const std::string& name : declare_unknown_ranks(model)) {
    report->warnings.push_back(
        {"tf.rank-unknown", "the rank of '" + name + "' is not known; give shapes with --shape"});
  }
  make_node_names_unique(model);
  report->nodes = passes::count_nodes(model);
  report->transposes = passes::count_nodes(model, "Transpose");
  report->opset = model.opset();
  model.set_metadata("tensorflow.version", out.tensorflow_version);
  if (!out.signature.empty()) model.set_metadata("tensorflow.signature", out.signature);
  return out;
}

}  // namespace jetline::tf
