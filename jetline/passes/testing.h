// Running models before and after a rewrite; never included by library code.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "jetline/base/random.h"
#include "jetline/base/testing.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/evaluate.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/graph/text.h"
#include "jetline/passes/edit.h"

namespace jetline::passes::testing {

using Feeds = std::unordered_map<std::string, Tensor>;

// Numbers for every input of the graph; open dimensions become 2. Floats lie in [-2, 2).
inline Feeds random_feeds(const Graph& g, uint64_t seed) {
  Random random(seed);
  Feeds feeds;
  for (const Value* v : g.free_inputs()) {
    std::vector<int64_t> dims;
    for (const Dim& d : v->type.shape) dims.push_back(d.known() ? d.value : 2);
    const int64_t n = element_count(dims);
    std::vector<uint8_t> bytes;
    for (int64_t i = 0; i < n; ++i) {
      const double x = random.uniform(-2.0, 2.0);
      if (v->type.dtype == DType::kF32) {
        const float f = static_cast<float>(x);
        const auto* p = reinterpret_cast<const uint8_t*>(&f);
        bytes.insert(bytes.end(), p, p + 4);
      } else if (v->type.dtype == DType::kBool) {
        bytes.push_back(x < 0);
      } else {
        const int64_t whole = static_cast<int64_t>(x * 3);
        const auto* p = reinterpret_cast<const uint8_t*>(&whole);
        bytes.insert(bytes.end(), p, p + dtype_bits(v->type.dtype) / 8);
      }
    }
    auto t = Tensor::own(v->type.dtype, dims, std::move(bytes));
    EXPECT_TRUE(t.ok()) << t.status().to_string();
    if (t.ok()) feeds.emplace(v->name(), std::move(*t));
  }
  return feeds;
}

inline Result<std::vector<Tensor>> run_graph(const Graph& g, const Feeds& feeds) {
  std::unordered_map<const Value*, Tensor> inputs;
  for (const Value* v : g.free_inputs()) {
    const auto it = feeds.find(v->name());
    if (it != feeds.end()) inputs.emplace(v, it->second);
  }
  return evaluate_graph(g, inputs);
}

// The largest difference, relative to the largest number; infinity when types or shapes differ.
inline double difference(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.dims() != b.dims()) return INFINITY;
  const auto x = a.to_doubles(), y = b.to_doubles();
  if (!x.ok() || !y.ok()) return a.bytes().size() == b.bytes().size() ? 0 : INFINITY;
  double range = 1, worst = 0;
  for (double v : *x) range = std::isfinite(v) ? std::max(range, std::abs(v)) : range;
  for (size_t i = 0; i < x->size(); ++i) {
    if (std::isnan((*x)[i]) && std::isnan((*y)[i])) continue;
    if ((*x)[i] == (*y)[i]) continue;
    const double d = std::abs((*x)[i] - (*y)[i]);
    worst = std::max(worst, std::isnan(d) ? INFINITY : d / range);
  }
  return worst;
}

// Optimises a copy and expects the same interface and, on random input, the same outputs.
inline std::unique_ptr<Model> optimized_copy(const Model& model, OptimizeOptions options = {},
                                             double tolerance = 1e-5, OptimizeReport* report = nullptr) {
  std::unique_ptr<Model> copy = model.clone();
  options.verify_each = true;
  const Status done = optimize(*copy, options, report);
  EXPECT_TRUE(done.ok()) << done.to_string() << "\nbefore:\n" << to_text(model.graph());
  if (!done.ok()) return copy;
  const Graph &before = model.graph(), &after = copy->graph();
  EXPECT_EQ(before.inputs().size(), after.inputs().size());
  EXPECT_EQ(before.outputs().size(), after.outputs().size());
  const Feeds feeds = random_feeds(before, 7);
  const auto x = run_graph(before, feeds), y = run_graph(after, feeds);
  EXPECT_TRUE(x.ok()) << x.status().to_string() << "\n" << to_text(before);
  EXPECT_TRUE(y.ok()) << y.status().to_string() << "\n" << to_text(before) << "after:\n" << to_text(after);
  if (!x.ok() || !y.ok()) return copy;
  for (size_t i = 0; i < x->size(); ++i) {
    EXPECT_EQ(before.outputs()[i]->name(), after.outputs()[i]->name());
    EXPECT_LE(difference((*x)[i], (*y)[i]), tolerance) << "output " << i << "\nbefore:\n"
                                                       << to_text(before) << "after:\n"
                                                       << to_text(after);
  }
  return copy;
}

inline OptimizeOptions only(std::initializer_list<const char*> passes) {
  OptimizeOptions o;
  o.only.assign(passes.begin(), passes.end());
  return o;
}

inline int count(const Model& m, const char* op) {
  return count_nodes(m, op);
}

// A model at `opset` with a builder on its main graph.
struct TestModel {
  std::unique_ptr<Model> model = std::make_unique<Model>();
  GraphBuilder b;
  explicit TestModel(int64_t opset = 13) : b(model->graph()) {
    model->set_opset("", opset);
    model->graph().name = "test";
  }
  // Floats that are all different.
  Value* constant(std::vector<int64_t> dims, float scale = 0.1f) {
    std::vector<float> v(static_cast<size_t>(element_count(dims)));
    for (size_t i = 0; i < v.size(); ++i) v[i] = scale * (static_cast<float>((i * 7) % 23) - 9.5f);
    return b.floats("", std::move(dims), v);
  }
  Value* transpose(Value* x, std::vector<int64_t> perm) { return b.op("Transpose", {x}, {{"perm", perm}}); }
  void output(Value* v, const std::string& name, DType t = DType::kF32) {
    Value* out = b.output(v, name, t, {});
    out->type = ValueType::tensor(t);
  }
};

}  // namespace jetline::passes::testing
