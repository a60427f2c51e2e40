// Every signature of every real SavedModel at hand: it converts and ONNX Runtime gives what TensorFlow gave
// (real_models/references.cases, made by make_references.py), or real_models/exceptions.txt says why not. The
// detectors of the Object Detection API come in archives with TensorFlow's outputs beside them.
#include <algorithm>

#include "jetline/base/strings.h"
#include "jetline/importers/tensorflow/cases/harness.h"
#include "jetline/importers/tensorflow/convert.h"
#include "jetline/importers/tensorflow/saved_model_folder.h"
#include "jetline/passes/opset.h"

namespace jetline::tf {
namespace {

std::string real_models_folder() {
  return testing::source_path("jetline/importers/tensorflow/real_models");
}

// Lines "PATH@TAGS@SIGNATURE: OPERATOR[, OPERATOR …] | reason"; the operators must be among the refused ones,
// or the word before "|" is the error's id.
std::map<std::string, std::string> real_exceptions() {
  std::map<std::string, std::string> out;
  std::ifstream file(real_models_folder() + "/exceptions.txt");
  EXPECT_TRUE(file.good());
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t colon = line.find(": "), bar = line.find(" | ");
    EXPECT_TRUE(colon != std::string::npos && bar != std::string::npos && colon < bar) << line;
    if (colon != std::string::npos && bar != std::string::npos && colon < bar)
      out[line.substr(0, colon)] = line.substr(colon + 2, bar - colon - 2);
  }
  return out;
}

// The listed operators of an exception, as far as the refusal names them.
bool real_exception_fits(const std::string& listed, const Status& status, const ConvertReport& report) {
  if (listed == status.id()) return true;
  std::istringstream words(listed);
  int named = 0;
  for (std::string word; std::getline(words, word, ',');) {
    word.erase(0, word.find_first_not_of(' '));
    const bool refused = std::any_of(report.unsupported.begin(), report.unsupported.end(),
                                     [&](const Unsupported& u) { return u.op == word; });
    if (!refused) return false;
    ++named;
  }
  return named > 0;
}

TEST(TensorFlowRealModels, EverySignatureAgreesWithTensorFlowOrIsListed) {
  JETLINE_REQUIRE_TEST_DATA(root, "savedmodel");
  JETLINE_REQUIRE_ORACLE();
  const auto references = cases::load_all_cases(real_models_folder());
  JETLINE_ASSERT_OK(references.status());
  std::map<std::string, const cases::Case*> by_name;
  for (const cases::Case& c : *references) by_name[c.name] = &c;
  auto exceptions = real_exceptions();
  cases::OnnxRuntimeRun run("real", real_models_folder());
  int converted = 0, unreferenced = 0;
  JETLINE_ASSERT_OK_AND_ASSIGN(std::vector<std::string> files, list_files_recursive(root));
  for (const std::string& file : files) {
    if (!ends_with(file, "/saved_model.pb")) continue;
    const std::string folder = file.substr(0, file.size() - std::string("/saved_model.pb").size());
    JETLINE_ASSERT_OK_AND_ASSIGN(const SavedModelFolder opened, SavedModelFolder::open(folder));
    for (const MetaGraph& meta : opened.model.metas) {
      const std::string tags = join(std::vector<std::string>(meta.tags.begin(), meta.tags.end()), ",");
      for (const SignatureDef& signature : meta.signatures) {
        if (starts_with(signature.key, "__saved_model")) continue;
        const std::string name =
            folder.substr(root.size() + 1) + "@" + tags + "@" + std::string(signature.key);
        ConvertOptions options;
        options.import.tag = tags;
        options.import.signature = std::string(signature.key);
        ConvertReport report;
        const Result<Converted> r = convert(folder, options, &report);
        const auto excepted = exceptions.find(name);
        if (!r.ok()) {
          if (excepted == exceptions.end())
            ADD_FAILURE() << name << ": " << r.status().to_string();
          else
            EXPECT_TRUE(real_exception_fits(excepted->second, r.status(), report))
                << name << r.status().to_string();
        } else {
          ++converted;
          EXPECT_EQ(excepted, exceptions.end()) << name << " converts; take it off the list";
          const auto reference = by_name.find(name);
          if (reference == by_name.end()) {
            ++unreferenced;
          } else {
            // Names of the signature, as the references have them.
            std::vector<std::pair<std::string, std::string>> inputs, outputs;
            for (const auto& [onnx, tensor] : r->inputs) inputs.emplace_back(onnx, onnx);
            for (const std::string& output : reference->second->output_names) {
              const bool there = std::any_of(r->outputs.begin(), r->outputs.end(),
                                             [&](const auto& o) { return o.first == output; });
              outputs.emplace_back(there ? output : output + "_output", output);
            }
            run.add(*reference->second, *r->model, inputs, outputs);
          }
        }
        if (excepted != exceptions.end()) exceptions.erase(excepted);
      }
    }
  }
  for (const auto& [name, why] : exceptions)
    ADD_FAILURE() << "exceptions.txt lists " << name << ", which is no signature";
  int agree = 0;
  for (const auto& [name, why] : run.run()) {
    EXPECT_EQ(why, "") << name;
    agree += why.empty() ? 1 : 0;
  }
  std::printf("%d signatures convert, %d agree with TensorFlow, %d have no reference\n", converted, agree,
              unreferenced);
  EXPECT_GE(agree, 40);
}

std::set<std::string> real_operators_of_tensorrt() {
  std::set<std::string> out;
  std::ifstream file(real_models_folder() + "/tensorrt_8_2_operators.txt");
  EXPECT_TRUE(file.good());
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line[0] != '#') out.insert(line);
  return out;
}

// What the detector form promises to boards.
void real_check_detector(const std::string& name, const std::string& folder) {
  ConvertReport report;
  ConvertOptions options;
  options.form = Form::kDetector;
  const Result<Converted> r = convert(folder, options, &report);
  ASSERT_TRUE(r.ok()) << name << r.status().to_string();
  ASSERT_TRUE(r->card.has_value());
  const std::set<std::string> known = real_operators_of_tensorrt();
  const std::set<std::string> unwelcome = {"Loop", "If", "NonZero", "Where", "NonMaxSuppression"};
  for (const auto& n : r->model->graph().nodes()) {
    EXPECT_TRUE(known.count(n->op())) << name << " " << n->op();
    EXPECT_FALSE(unwelcome.count(n->op())) << name << " " << n->op();
    for (const Value* v : n->outputs()) {
      if (!v) continue;
      EXPECT_NE(v->type.dtype, DType::kU8) << name << " " << v->name();
      EXPECT_NE(v->type.dtype, DType::kString) << name << " " << v->name();
      EXPECT_TRUE(v->type.is_static()) << name << " " << v->name() << " " << to_string(v->type);
    }
  }
  std::printf("%s: %d nodes in the detector form\n", name.c_str(), report.nodes);
  // tf2onnx 1.17.0 leaves 708 nodes after folding.
  if (name == "tfod_ssd_mobilenet_v2_fpnlite_320") {
    EXPECT_LE(report.nodes, 708 * 6 / 10);
  }
}

constexpr const char* kRealOpsetsScript = R"(
import sys, numpy as np, onnxruntime as ort
o = ort.SessionOptions()
o.log_severity_level = 3
first = None
for path in sys.argv[1:]:
    s = ort.InferenceSession(path, o, providers=['CPUExecutionProvider'])
    i = s.get_inputs()[0]
    x = np.random.default_rng(5).integers(0, 256, i.shape).astype(np.float32)
    y = s.run(None, {i.name: x})
    first = first or y
    assert len(y) == len(first)
    print(max(np.abs(a.astype(np.float64) - b).max() / max(1, np.abs(a).max()) for a, b in zip(first, y)))
)";

// The detector form made for opset 17, carried down to 13 and up again.
void real_check_opsets(const std::string& name, const std::string& folder, const std::string& scratch) {
  ConvertOptions options;
  options.form = Form::kDetector;
  options.import.opset = 17;
  const Result<Converted> r = convert(folder, options, nullptr);
  ASSERT_TRUE(r.ok()) << name << r.status().to_string();
  std::vector<std::string> files;
  for (const int64_t opset : {17, 13, 17}) {
    JETLINE_ASSERT_OK(passes::convert_opset(*r->model, opset));
    files.push_back(scratch + "/" + name + "_" + std::to_string(files.size()) + ".onnx");
    JETLINE_ASSERT_OK(save_onnx(*r->model, files.back()));
  }
  std::istringstream lines(testing::run_oracle(kRealOpsetsScript, files));
  size_t seen = 0;
  for (double worst; lines >> worst; ++seen) EXPECT_LE(worst, 1e-5) << name << " " << files[seen];
  EXPECT_EQ(seen, files.size()) << name;
}

TEST(TensorFlowRealModels, DetectorsAgreeWithTensorFlow) {
  JETLINE_REQUIRE_TEST_DATA(root, "savedmodel");
  JETLINE_REQUIRE_ORACLE();
  const TemporaryDirectory scratch;
  int archives = 0;
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::vector<std::string> files, list_files_recursive(root));
  for (const std::string& file : files) {
    if (!ends_with(file, ".tar.zst")) continue;
    ++archives;
    std::string name = file.substr(file.find_last_of('/') + 1);
    name = name.substr(0, name.size() - std::string(".tar.zst").size());
    ProcessSpec unpack;
    unpack.argv = {"/bin/sh", "-c", "zstd -dc \"$0\" | tar -xf - -C \"$1\"", file, scratch.path()};
    unpack.timeout = 60 * kSecond;
    const auto unpacked = real_process_runner().run(unpack);
    JETLINE_ASSERT_OK(unpacked.status());
    ASSERT_EQ(unpacked->exit_code, 0) << unpacked->errors;
    const std::string folder = scratch.path() + "/" + name;
    ConvertOptions options;
    options.form = Form::kRaw;
    const Result<Converted> r = convert(folder, options, nullptr);
    ASSERT_TRUE(r.ok()) << name << r.status().to_string();
    const std::string onnx = scratch.path() + "/" + name + ".onnx";
    JETLINE_ASSERT_OK(save_onnx(*r->model, onnx));
    ProcessSpec compare;
    compare.argv = {testing::oracle_python(), real_models_folder() + "/compare_detections.py", onnx, folder};
    compare.timeout = 300 * kSecond;
    const auto compared = real_process_runner().run(compare);
    JETLINE_ASSERT_OK(compared.status());
    std::printf("%s", compared->output.c_str());
    if (name != "tfod_keras_donkeycar") {
      real_check_detector(name, folder);
      real_check_opsets(name, folder, scratch.path());
    }
    EXPECT_EQ(compared->exit_code, 0) << name << "\n" << compared->output << compared->errors;
  }
  EXPECT_GE(archives, 4);
}

}  // namespace
}  // namespace jetline::tf
