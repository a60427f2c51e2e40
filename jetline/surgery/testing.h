// Models and checks for the tests of surgery; never included by library code.
#pragma once

#include <algorithm>

#include "jetline/graph/inspect.h"
#include "jetline/passes/testing.h"

namespace jetline::surgery::testing {

using passes::testing::difference;
using passes::testing::Feeds;
using passes::testing::random_feeds;
using passes::testing::run_graph;
using passes::testing::TestModel;

// x [1,4,6,6] -> c1 -> r1 -> c2 -+-> sum -> pool -> scores [1,4]
//                      \---------/     \-> extra
// with a weight that only `extra` needs.
inline std::unique_ptr<Model> skip_model() {
  TestModel t(13);
  GraphBuilder& b = t.b;
  Value* x = b.input("x", DType::kF32, {1, 4, 6, 6});
  const std::vector<AttrArg> same = {{"kernel_shape", {3, 3}}, {"pads", {1, 1, 1, 1}}};
  Value* r1 = b.op("Relu", {b.op("Conv", {x, t.constant({4, 4, 3, 3})}, same, "c1")}, {}, "r1");
  Value* c2 = b.op("Conv", {r1, t.constant({4, 4, 3, 3}, 0.05f)}, same, "c2");
  Value* sum = b.op("Add", {r1, c2}, {}, "sum");
  Value* pooled = b.op("GlobalAveragePool", {sum}, {}, "pool");
  b.output(b.op("Flatten", {pooled}, {}, "flat"), "scores", DType::kF32, {1, 4});
  b.output(b.op("Mul", {sum, b.floats("extra_weight", {1}, {2.f})}, {}, "double"), "extra", DType::kF32,
           {1, 4, 6, 6});
  return std::move(t.model);
}

inline std::vector<std::string> names_of(const std::vector<PortInfo>& ports) {
  std::vector<std::string> names;
  for (const PortInfo& p : ports) names.push_back(p.name);
  return names;
}

// Runs `model` on `feeds` and gives the outputs by name.
inline Feeds run_named(const Model& model, const Feeds& feeds) {
  Feeds out;
  const auto r = run_graph(model.graph(), feeds);
  EXPECT_TRUE(r.ok()) << r.status().to_string() << "\n" << to_text(model.graph());
  if (!r.ok()) return out;
  for (size_t i = 0; i < r->size(); ++i) out[model.graph().outputs()[i]->name()] = (*r)[i];
  return out;
}

// Saved and loaded again: what a file would say.
inline std::unique_ptr<Model> through_file(const Model& model) {
  auto bytes = save_onnx_bytes(model);
  EXPECT_TRUE(bytes.ok()) << bytes.status().to_string();
  if (!bytes.ok()) return nullptr;
  auto owned = std::make_shared<const std::string>(std::move(*bytes));
  auto loaded = load_onnx_bytes({reinterpret_cast<const uint8_t*>(owned->data()), owned->size()}, owned);
  EXPECT_TRUE(loaded.ok()) << loaded.status().to_string();
  return loaded.ok() ? std::move(*loaded) : nullptr;
}

}  // namespace jetline::surgery::testing
