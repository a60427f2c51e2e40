#include "jetline/engine/plan/build_plan.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include "jetline/base/module.h"
#include "jetline/engine/infer.h"
#include "jetline/engine/stored_outputs.h"
#include "jetline/graph/card.h"
#include "jetline/graph/onnx_file.h"

namespace jetline {
namespace {

std::string plan_utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm t = {};
  gmtime_r(&now, &t);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &t);
  return text;
}

double default_tolerance(const PlanRecord& r) {
  if (r.precision == "fp32") return 1e-3;
  // TF32 keeps ten bits of each factor, FP16 eleven and the intermediate results with them.
  return r.precision == "tf32" ? 5e-3 : 2e-2;
}

// The engine to compare with: the named one, or the preferred one that is not TensorRT; "" when there is
// none.
std::string plan_reference_engine(const EngineOptions& wanted) {
  if (wanted.engine != "auto" && !wanted.engine.empty()) return wanted.engine;
  for (const EngineEntry& e : registered_engines()) {
    if (e.name != "tensorrt" && e.available()) return e.name;
  }
  return "";
}

bool plan_numbers(const NpyArray& a, std::vector<double>& out) {
  TensorView v;
  v.data = const_cast<uint8_t*>(a.data.data());  // only read
  v.dtype = a.dtype;
  v.shape = {a.shape.data(), a.shape.size()};
  return tensor_to_doubles(v, out);
}

void plan_difference(const NamedArray& want, const NamedArray& got, PlanProofOutput& o) {
  std::vector<double> a, b;
  if (want.array.shape != got.array.shape || !plan_numbers(want.array, a) || !plan_numbers(got.array, b)) {
    o.max_abs = o.relative = INFINITY;
    return;
  }
  double largest = 1e-6, worst = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isfinite(a[i])) largest = std::max(largest, std::abs(a[i]));
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    const double gap = std::abs(a[i] - b[i]);
    worst = std::max(worst, std::isfinite(gap) ? gap : INFINITY);
  }
  o.max_abs = std::max(o.max_abs, worst);
  o.relative = std::max(o.relative, worst / largest);
}

EngineOptions plan_engine(const BuildPlanRequest& q) {
  EngineOptions e;
  e.engine = "tensorrt";
  e.device = q.options.device;
  return e;
}

Status prove_stored(const BuildPlanRequest& q, PlanProof& proof) {
  JETLINE_ASSIGN_OR_RETURN(const StoredComparison c,
                           compare_with_stored(q.output, q.samples, plan_engine(q)));
  proof.stored = proof.done = true;
  proof.samples = 1;
  proof.worst = c.worst;
  proof.plan_conditions = c.conditions;
  for (const StoredComparison::Output& o : c.outputs)
    proof.outputs.push_back({o.name, o.max_abs, o.relative});
  return Status();
}

Status prove_random(const BuildPlanRequest& q, const PlanRecord& record, const CancelToken& cancel,
                    PlanProof& proof) {
  InferOptions reference, plan;
  reference.model = q.model;
  reference.engine = q.reference;
  reference.engine.engine = plan_reference_engine(q.reference);
  if (reference.engine.engine.empty()) {
    proof.why_not = "no engine for the CPU is installed to compare with";
    return Status();
  }
  plan.model = q.output;
  plan.engine = plan_engine(q);
  reference.random = plan.random = true;
  for (const auto& [name, range] : record.shapes)
    plan.engine.shapes[name] = reference.engine.shapes[name] = range.opt;
  for (int run = 0; run < std::max(q.runs, 1); ++run) {
    if (cancel.cancelled()) return Status::cancelled();
    reference.seed = plan.seed = static_cast<uint64_t>(run) + 1;
    JETLINE_ASSIGN_OR_RETURN(const InferResult want, infer(reference));
    JETLINE_ASSIGN_OR_RETURN(const InferResult got, infer(plan));
    proof.plan_conditions = got.conditions;
    proof.reference_conditions = want.conditions;
    for (const NamedArray& w : want.arrays) {
      auto o = std::find_if(proof.outputs.begin(), proof.outputs.end(),
                            [&](const PlanProofOutput& p) { return p.name == w.name; });
      if (o == proof.outputs.end()) o = proof.outputs.insert(o, {w.name, 0, 0});
      const auto g = std::find_if(got.arrays.begin(), got.arrays.end(),
                                  [&](const NamedArray& a) { return a.name == w.name; });
      if (g == got.arrays.end()) {
        o->max_abs = o->relative = INFINITY;
      } else {
        plan_difference(w, *g, *o);
      }
      proof.worst = std::max(proof.worst, o->relative);
    }
    ++proof.samples;
  }
  proof.done = true;
  return Status();
}

// The card is what verbs with pictures need, and a plan has no place for it.
Status plan_take_card(const std::string& path, PlanRecord& record) {
  JETLINE_ASSIGN_OR_RETURN(const auto model, load_onnx(path));
  if (const std::string* card = model->metadata_value(kCardKey)) record.card = *card;
  return Status();
}

}  // namespace

Result<BuildPlanResult> build_plan(const BuildPlanRequest& q, Progress& progress, const CancelToken& cancel,
                                   FileSystem& fs) {
  JETLINE_ASSIGN_OR_RETURN(const ModelSource source, examine_model(q.model, true));
  if (!source.onnx) {
    return Status::usage("engine.unknown-option", q.model + " is not an ONNX file",
                         "jetline build takes ONNX models", q.model);
  }
  if (find_module("tensorrt").empty()) {
    return Status::missing(
        "engine.not-installed", "the engine 'tensorrt' is not installed",
        "it needs TensorRT and CUDA when jetline is built; `jetline doctor` lists what is there");
  }
  JETLINE_ASSIGN_OR_RETURN(void* symbol, module_symbol("tensorrt", kEngineModuleBuild));
  // A folder that cannot be written to is better found before the build than after it.
  JETLINE_RETURN_IF_ERROR(AtomicFile::create(q.output, fs, Durability::kProcess).status());

  BuiltPlan built;
  Status status;
  reinterpret_cast<EngineModuleBuild>(symbol)(&source, &q.options, &progress, &cancel, &built, &status);
  JETLINE_RETURN_IF_ERROR(status);
  BuildPlanResult result;
  result.record = std::move(built.record);
  result.notes = std::move(built.notes);
  PlanRecord& record = result.record;
  record.model_name = file_name(q.model);
  record.model_sha256 = source.content_sha256;
  record.jetline = JETLINE_VERSION;
  record.built = plan_utc_now();
  record.card = q.card;
  if (record.card.empty()) JETLINE_RETURN_IF_ERROR(plan_take_card(q.model, record));
  JETLINE_RETURN_IF_ERROR(write_plan(
      q.output, {reinterpret_cast<const uint8_t*>(built.bytes.data()), built.bytes.size()}, record, fs));

  PlanProof& proof = result.proof;
  if (!q.prove) {
    proof.why_not = "not asked for";
    return result;
  }
  proof.tolerance = q.tolerance > 0 ? q.tolerance : default_tolerance(record);
  JETLINE_RETURN_IF_ERROR(q.samples.empty() ? prove_random(q, record, cancel, proof)
                                            : prove_stored(q, proof));
  return result;
}

}  // namespace jetline
