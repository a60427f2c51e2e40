#include "jetline/engine/prove.h"

#include <algorithm>
#include <cmath>

namespace jetline {
namespace {

Status prove_interface(const std::string& what, const std::string& where) {
  return Status::negative("prove.interface", "the two models differ in " + what,
                          "both must have the same inputs and outputs", where);
}

bool prove_numbers(const NpyArray& a, std::vector<double>& out) {
  TensorView view;
  view.data = const_cast<uint8_t*>(a.data.data());
  view.dtype = a.dtype;
  view.shape = {a.shape.data(), a.shape.size()};
  return tensor_to_doubles(view, out);
}

Status prove_output(const NamedArray& a, const NamedArray& b, ProofOutput& d) {
  if (a.array.dtype != b.array.dtype || a.array.shape != b.array.shape) {
    return prove_interface("type or shape of output '" + a.name + "'", a.name);
  }
  std::vector<double> x, y;
  if (!prove_numbers(a.array, x) || !prove_numbers(b.array, y)) {
    if (a.array.data != b.array.data) d.max_abs = d.relative = INFINITY;
    return Status();
  }
  double largest = 1e-6, worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::isfinite(x[i])) largest = std::max(largest, std::abs(x[i]));
    if (x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))) continue;
    const double gap = std::abs(x[i] - y[i]);
    worst = std::max(worst, std::isfinite(gap) ? gap : INFINITY);
  }
  d.max_abs = std::max(d.max_abs, worst);
  d.relative = std::max(d.relative, worst / largest);
  return Status();
}

}  // namespace

Result<Proof> prove_equal(const std::string& model, const std::string& other, const ProveOptions& options) {
  Proof proof;
  for (int run = 0; run < std::max(options.runs, 1); ++run) {
    InferOptions o;
    o.engine = options.engine;
    o.random = true;
    o.seed = options.seed + static_cast<uint64_t>(run);
    o.cancel = options.cancel;
    o.model = model;
    JETLINE_ASSIGN_OR_RETURN(const InferResult a, infer(o));
    o.model = other;
    JETLINE_ASSIGN_OR_RETURN(const InferResult b, infer(o));
    if (a.inputs.size() != b.inputs.size()) return prove_interface("the number of inputs", other);
    for (size_t i = 0; i < a.inputs.size(); ++i) {
      const TensorInfo &x = a.inputs[i].info, &y = b.inputs[i].info;
      if (x.name != y.name || x.dtype != y.dtype || x.shape != y.shape) {
        return prove_interface("input '" + x.name + "'", other);
      }
    }
    if (a.arrays.size() != b.arrays.size()) return prove_interface("the number of outputs", other);
    if (run == 0) {
      proof.outputs.resize(a.arrays.size());
      proof.conditions = a.conditions;
    }
    for (size_t i = 0; i < a.arrays.size(); ++i) {
      if (a.arrays[i].name != b.arrays[i].name) return prove_interface("the names of outputs", other);
      proof.outputs[i].name = a.arrays[i].name;
      JETLINE_RETURN_IF_ERROR(prove_output(a.arrays[i], b.arrays[i], proof.outputs[i]));
      proof.worst = std::max(proof.worst, proof.outputs[i].relative);
    }
  }
  return proof;
}

}  // namespace jetline
