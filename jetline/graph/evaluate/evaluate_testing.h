// One node and its results, for tests of the evaluator; never included by library code.
#pragma once

#include "jetline/base/testing.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/evaluate.h"

namespace jetline::testing {

inline Tensor floats(std::vector<int64_t> dims, const std::vector<float>& values) {
  return Tensor::floats(std::move(dims), values).value();
}
inline Tensor ints(std::vector<int64_t> dims, const std::vector<int64_t>& values) {
  return Tensor::ints(std::move(dims), values).value();
}
inline Tensor bytes_of(DType dtype, std::vector<int64_t> dims, std::vector<uint8_t> bytes) {
  return Tensor::own(dtype, std::move(dims), std::move(bytes)).value();
}

// The node's results; an undefined tensor among the inputs is a left-out one.
inline Result<std::vector<Tensor>> evaluate_op(const std::string& op, const std::vector<Tensor>& inputs,
                                               const std::vector<AttrArg>& attributes = {},
                                               int64_t opset = 18, size_t outputs = 1,
                                               const EvaluateOptions& options = {}) {
  Model model;
  model.set_opset("", opset);
  GraphBuilder b(model.graph());
  std::vector<Value*> values;
  std::vector<const Tensor*> tensors;
  for (const Tensor& t : inputs) {
    const bool given = t.dtype() != DType::kUndefined;
    values.push_back(given ? b.tensor("", t) : nullptr);
    tensors.push_back(given ? &t : nullptr);
  }
  const auto results = b.ops(op, values, outputs, attributes);
  if (!b.status().ok()) return b.status();
  return evaluate_node(*results[0]->producer(), tensors, opset, options);
}

// "int64[2,2] 1 2 3 4", or the error's id.
inline std::string shown(const Tensor& t) {
  std::string s = std::string(dtype_name(t.dtype())) + "[";
  for (size_t i = 0; i < t.dims().size(); ++i) s += (i ? "," : "") + std::to_string(t.dims()[i]);
  s += "]";
  for (const std::string& text : t.strings()) s += " " + text;
  const auto values = t.to_doubles();
  for (double v : values.value_or({})) {
    char text[40];
    std::snprintf(text, sizeof text, " %.6g", v);
    s += text;
  }
  return s;
}
inline std::string shown(const Result<std::vector<Tensor>>& r, size_t output = 0) {
  if (!r.ok()) return r.status().id();
  return output < r->size() ? shown((*r)[output]) : "no such output";
}

}  // namespace jetline::testing
