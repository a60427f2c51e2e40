#include "jetline/importers/tensorflow/convert.h"

#include <chrono>

#include "jetline/base/files.h"
#include "jetline/importers/tensorflow/detector/detector.h"
#include "jetline/importers/tensorflow/finish.h"
#include "jetline/passes/node_names.h"
#include "jetline/passes/opset.h"
#include "jetline/passes/optimize.h"

namespace jetline::tf {
namespace {

double convert_seconds_since(std::chrono::steady_clock::time_point started) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

// The names of the classes, where the model's assets have them.
std::vector<std::string> convert_labels(const std::vector<std::string>& assets) {
  for (const std::string& file : assets) {
    const std::string name = file.substr(file.find_last_of('/') + 1);
    if (name.find("label") == std::string::npos && name.find("class") == std::string::npos) continue;
    const Result<std::shared_ptr<const MappedFile>> text = MappedFile::open(file);
    if (!text.ok() || (*text)->bytes().size() > (size_t{1} << 22)) continue;
    const ByteView b = (*text)->bytes();
    return parse_label_map({reinterpret_cast<const char*>(b.data()), b.size()});
  }
  return {};
}

// What the card of a detector is made of, once how it fits pictures is known.
struct ConvertedDetector {
  DetectorFacts facts;
  ConvertOptions options;
};

// Replaces a recognised detector by its detector form where that is wanted; `out` is then filled.
Status convert_detector(const ModelSource& source, const ConvertOptions& options, Imported& imported,
                        std::optional<ConvertedDetector>& out, ConvertReport& report) {
  const bool whole = options.import.inputs.empty() && options.import.outputs.empty();
  if (options.form == Form::kRaw || (options.form == Form::kAuto && !whole)) return Status();
  const auto started = std::chrono::steady_clock::now();
  ConvertReport scratch;
  ImportOptions import = options.import;
  const Importer again = [&](const ImportOptions& o) { return source.import(o, &scratch); };
  std::string why;
  // Open dimensions tell the structure; sizes are tried on imports of their own.
  JETLINE_ASSIGN_OR_RETURN(const std::optional<DetectorFacts> facts,
                           recognise_detector(*imported.model, import, again, why));
  if (!facts) {
    if (options.form == Form::kDetector) {
      return Status::bad_input(
          "tf.not-a-detector",
          "there is no detector form of this model" + (why.empty() ? std::string() : ": " + why),
          "--form raw converts it as it is");
    }
    if (!why.empty()) {
      report.warnings.push_back({"tf.not-a-detector", "converted as it is, because " + why});
      report.form = "raw";
    }
    return Status();
  }
  report.family = facts->family;
  if (options.dynamic_batch || options.import.batch.value_or(1) != 1) {
    const std::string reason = "the detector form takes one picture at a time";
    if (options.form == Form::kDetector) {
      return Status::usage("tf.detector-batch", reason,
                           "leave out --dynamic and --batch, or take --form raw, which has them");
    }
    report.warnings.push_back({"tf.detector-batch", "converted as it is, because " + reason +
                                                        ": without --dynamic or --batch it has one"});
    report.form = "raw";
    return Status();
  }
  report.form = "detector";
  ConvertOptions filled = options;
  if (filled.labels.empty()) filled.labels = convert_labels(imported.assets);
  scratch = ConvertReport();
  JETLINE_ASSIGN_OR_RETURN(imported, make_detector(*facts, filled, again));
  out = ConvertedDetector{*facts, std::move(filled)};
  report.ops = scratch.ops;
  report.folded = scratch.folded;
  report.unrolled = scratch.unrolled;
  report.inlined = scratch.inlined;
  report.lowest_opset = scratch.lowest_opset;
  report.warnings = scratch.warnings;
  report.seconds.emplace_back("detector", convert_seconds_since(started));
  return Status();
}

Result<Converted> convert_opened(const ModelSource& source, const ConvertOptions& options,
                                 ConvertReport* report) {
  ImportOptions import = options.import;
  if (options.dynamic_batch) import.batch = -1;
  Converted out;
  JETLINE_ASSIGN_OR_RETURN(Imported imported, source.import(import, report));
  std::optional<ConvertedDetector> detector;
  JETLINE_RETURN_IF_ERROR(convert_detector(source, options, imported, detector, *report));
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
  report->lowest_opset = std::max<int>(report->lowest_opset, static_cast<int>(passes::lowest_opset(model)));
  JETLINE_RETURN_IF_ERROR(passes::convert_opset(model, options.import.opset));
  JETLINE_RETURN_IF_ERROR(rename_ends(model, options.rename));
  report->seconds.emplace_back("opset", convert_seconds_since(started));
  for (const std::string& name : declare_unknown_ranks(model)) {
    report->warnings.push_back(
        {"tf.rank-unknown", "the rank of '" + name + "' is not known; give shapes with --shape"});
  }
  passes::make_node_names_unique(model.graph(), true);
  report->nodes = passes::count_nodes(model);
  report->transposes = passes::count_nodes(model, "Transpose");
  report->opset = model.opset();
  if (detector) {
    out.card = detector_card(detector->facts, detector->options);
    for (const auto& [from, to] : options.rename)
      if (out.card->input.name == from) out.card->input.name = to;
    model.set_metadata(kCardKey, card_to_json(*out.card));
  }
  model.set_metadata("tensorflow.version", out.tensorflow_version);
  if (!out.signature.empty()) model.set_metadata("tensorflow.signature", out.signature);
  return out;
}

}  // namespace

Result<Converted> convert(const std::string& path, const ConvertOptions& options, ConvertReport* report) {
  ConvertReport own;
  if (!report) report = &own;
  JETLINE_ASSIGN_OR_RETURN(const ModelSource source, ModelSource::open(path, report));
  Result<Converted> out = convert_opened(source, options, report);
  JETLINE_RETURN_IF_ERROR(source.checked());  // a damaged file explains every other failure
  return out;
}

}  // namespace jetline::tf
