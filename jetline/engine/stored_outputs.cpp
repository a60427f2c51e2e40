#include "jetline/engine/stored_outputs.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace jetline {
namespace {

bool stored_doubles(const NamedArray& a, std::vector<double>& out) {
  TensorView v;
  v.data = const_cast<uint8_t*>(a.array.data.data());  // only read
  v.dtype = a.array.dtype;
  v.shape = a.array.shape;
  return tensor_to_doubles(v, out);
}

// Largest difference and its share of the largest stored number.
void stored_difference(const NamedArray& want, const NamedArray& got, StoredComparison::Output& out) {
  std::vector<double> a, b;
  const double infinity = std::numeric_limits<double>::infinity();
  if (want.array.shape != got.array.shape || !stored_doubles(want, a) || !stored_doubles(got, b)) {
    out.max_abs = out.relative = infinity;
    return;
  }
  double largest = 1e-6;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) {
      if (std::isfinite(a[i])) largest = std::max(largest, std::abs(a[i]));
      continue;
    }
    if (!std::isfinite(a[i]) || !std::isfinite(b[i])) {
      out.max_abs = out.relative = infinity;
      return;
    }
    largest = std::max(largest, std::abs(a[i]));
    out.max_abs = std::max(out.max_abs, std::abs(a[i] - b[i]));
  }
  out.relative = out.max_abs / largest;
}

}  // namespace

Result<StoredComparison> compare_with_stored(const std::string& model, const std::string& folder,
                                             const EngineOptions& engine) {
  const std::string inputs = folder + "/inputs.npz", outputs = folder + "/outputs.npz";
  auto stored = load_npz(outputs);
  if (!stored.ok()) {
    return Status::bad_input(
        "verify.no-stored-outputs", "cannot read " + outputs + ": " + stored.status().message(),
        "the folder holds inputs.npz and outputs.npz, arrays by the names of inputs and outputs");
  }
  auto feeds = load_npz(inputs);
  if (!feeds.ok()) return feeds.status().at(inputs);
  InferOptions run;
  run.model = model;
  run.engine = engine;
  run.inputs = {inputs};
  // A model whose sizes are open takes those of the stored inputs.
  for (const NamedArray& a : *feeds) run.engine.shapes[a.name] = a.array.shape;
  JETLINE_ASSIGN_OR_RETURN(const InferResult result, infer(run));
  StoredComparison out;
  out.conditions = result.conditions;
  for (const NamedArray& want : *stored) {
    const auto got = std::find_if(result.arrays.begin(), result.arrays.end(),
                                  [&](const NamedArray& a) { return a.name == want.name; });
    if (got == result.arrays.end()) {
      out.left.push_back(want.name);
      continue;
    }
    StoredComparison::Output o;
    o.name = want.name;
    stored_difference(want, *got, o);
    out.worst = std::max(out.worst, o.relative);
    out.outputs.push_back(std::move(o));
  }
  if (out.outputs.empty()) {
    return Status::bad_input("verify.no-stored-outputs",
                             "none of the outputs in " + outputs + " is one of the model's",
                             "the names must be the same");
  }
  return out;
}

}  // namespace jetline
