// Models made for tests; never included by library code.
#pragma once

#include <memory>

#include "jetline/graph/builder.h"
#include "jetline/graph/onnx_file.h"

namespace jetline::testing {

// images [1,3,16,16] -> Conv 4@3x3 -> Relu -> GlobalAveragePool -> Flatten -> Gemm -> scores [1,2].
inline std::unique_ptr<Model> small_network() {
  auto model = std::make_unique<Model>();
  model->set_opset("", 13);
  model->ir_version = 7;
  model->producer_name = "jetline-test";
  model->graph().name = "small";
  GraphBuilder b(model->graph());
  Value* x = b.input("images", DType::kF32, {1, 3, 16, 16});
  std::vector<float> w(4 * 3 * 3 * 3), g(2 * 4);
  for (size_t i = 0; i < w.size(); ++i) w[i] = 0.01f * static_cast<float>(i % 17) - 0.05f;
  for (size_t i = 0; i < g.size(); ++i) g[i] = 0.1f * static_cast<float>(i);
  Value* y = b.op("Conv", {x, b.floats("w", {4, 3, 3, 3}, w), b.floats("bias", {4}, {0, 1, 2, 3})},
                  {{"pads", {1, 1, 1, 1}}, {"kernel_shape", {3, 3}}}, "conv");
  y = b.op("Relu", {y}, {}, "relu");
  y = b.op("GlobalAveragePool", {y}, {}, "pool");
  y = b.op("Flatten", {y}, {{"axis", 1}}, "flat");
  y = b.op("Gemm", {y, b.floats("gw", {2, 4}, g)}, {{"transB", 1}, {"alpha", 1.0f}}, "gemm");
  b.output(y, "scores", DType::kF32, {1, 2});
  return model;
}

// A body for If: one node that adds an outer value to itself or multiplies it.
inline std::unique_ptr<Graph> branch(Node* parent, const char* op, Value* outer, const std::string& result) {
  auto g = std::make_unique<Graph>(parent->graph()->model(), parent);
  g->name = result + "_graph";
  Node* n = g->add_node(op, {outer, outer});
  Value* out = n->add_output(result);
  out->type = ValueType::tensor(DType::kF32, {Dim::named("n")});
  g->add_output(out);
  return g;
}

// x [n], flag -> If(flag){x + x}{x * x} -> Identity -> y. Branches take x from outside.
inline std::unique_ptr<Model> branching_model() {
  auto model = std::make_unique<Model>();
  model->set_opset("", 13);
  model->ir_version = 8;
  model->graph().name = "branching";
  GraphBuilder b(model->graph());
  Value* x = b.input("x", DType::kF32, {Dim::named("n")});
  Value* flag = b.input("flag", DType::kBool, {});
  Value* inner = b.op("Neg", {x}, {}, "neg");
  Node* n = model->graph().add_node("If", {flag});
  n->name = "choice";
  n->set_attribute(Attribute("then_branch", branch(n, "Add", inner, "sum")));
  n->set_attribute(Attribute("else_branch", branch(n, "Mul", inner, "product")));
  b.output(b.op("Identity", {n->add_output("chosen")}, {}, "last"), "y", DType::kF32, {Dim::named("n")});
  return model;
}

// One of everything the format can say: every attribute kind, a function, sparse and text tensors,
// annotations, metadata everywhere, fields that jetline does not know.
inline std::unique_ptr<Model> everything_model() {
  auto model = branching_model();
  model->ir_version = 10;
  model->set_opset("", 21);
  model->set_opset("jetline.test", 1);
  model->producer_version = "1.2";
  model->domain = "test.domain";
  model->doc = "one of everything";
  model->model_version = 7;
  model->set_metadata("key", "value");
  Graph& g = model->graph();
  g.doc = "main";
  g.metadata = {{"gk", "gv"}};
  g.quantization.push_back({"x", {{"SCALE_TENSOR", "scale"}}, ""});
  g.add_initializer("scale", Tensor::floats({}, {0.5f}).value());
  g.add_initializer("words", Tensor::of_strings({2}, {"first", std::string("nul\0in", 6)}).value());
  g.add_initializer("half", Tensor::own(DType::kF16, {3}, {0, 0x3c, 0, 0xc0, 0, 0}).value());
  g.add_initializer("nibbles", Tensor::own(DType::kI4, {3}, {0x1f, 0x07}).value());
  g.add_initializer("empty", Tensor::own(DType::kF32, {0, 4}, {}).value());
  SparseTensor sparse;
  sparse.values = Tensor::floats({2}, {1, 2}).value();
  sparse.indices = Tensor::ints({2}, {1, 5}).value();
  sparse.dims = {2, 3};
  g.add_sparse_initializer("sparse", sparse);
  Node* n = g.add_node("Everything", {g.find("x"), nullptr, g.find("sparse")}, nullptr, "jetline.test");
  n->add_output("e0")->type = ValueType::tensor(DType::kF32);
  n->add_output("");
  n->add_output("e2");
  n->metadata = {{"nk", "nv"}};
  n->doc = "node";
  n->overload = "o1";
  n->set_attribute(Attribute("f", 0.25f));
  n->set_attribute(Attribute("i", int64_t{-3}));
  n->set_attribute(Attribute("s", std::string("text")));
  n->set_attribute(Attribute("t", Tensor::ints({2}, {4, 5}).value()));
  n->set_attribute(Attribute("g", branch(n, "Sub", g.find("x"), "difference")));
  n->set_attribute(Attribute("floats", std::vector<float>{1, -2.5f}));
  n->set_attribute(Attribute("ints", std::vector<int64_t>{INT64_MIN, 0, INT64_MAX}));
  n->set_attribute(Attribute("strings", std::vector<std::string>{"a", "", "b"}));
  n->set_attribute(Attribute("tensors", std::vector<Tensor>{Tensor::floats({1}, {9}).value()}));
  std::vector<Attribute::GraphPtr> graphs;
  graphs.push_back(branch(n, "Div", g.find("x"), "quotient"));
  n->set_attribute(Attribute("graphs", std::move(graphs)));
  n->set_attribute(Attribute("sparse", sparse));
  n->set_attribute(Attribute("sparses", std::vector<SparseTensor>{sparse, sparse}));
  ValueType sequence;
  sequence.kind = ValueType::Kind::kSequence;
  sequence.element = std::make_shared<ValueType>(ValueType::tensor(DType::kF32, {2, Dim::named("k"), Dim()}));
  ValueType map;
  map.kind = ValueType::Kind::kMap;
  map.dtype = DType::kI64;
  map.element = std::make_shared<ValueType>(sequence);
  n->set_attribute(Attribute("type", sequence));
  n->set_attribute(Attribute("types", std::vector<ValueType>{map, ValueType::tensor(DType::kBool, {})}));
  n->set_attribute(Attribute("none", std::vector<int64_t>{}));
  n->unknown = std::string("\xd2\x3e\x02hi", 5);  // field 1002, two bytes
  auto f = std::make_unique<ModelFunction>();
  f->domain = "jetline.test";
  f->name = "Everything";
  f->overload = "o1";
  f->attributes = {"f"};
  f->attribute_defaults.emplace_back("alpha", 0.5f);
  f->opsets = {{"", 21, ""}};
  f->body = std::make_unique<Graph>(model.get());
  f->body->name = f->name;
  Value* in = f->body->add_input("in");
  f->body->add_input("unused");
  Node* relu = f->body->add_node("LeakyRelu", {in});
  relu->set_attribute(Attribute::reference("alpha", "alpha", Attribute::Kind::kFloat));
  f->body->add_output(relu->add_output("out"));
  model->functions.push_back(std::move(f));
  return model;
}

inline ByteView view_of(const std::string& s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

// Loaded from a copy of the bytes that the model keeps alive.
inline Result<std::unique_ptr<Model>> load_copy(const std::string& bytes, LoadReport* report = nullptr) {
  auto owned = std::make_shared<const std::string>(bytes);
  return load_onnx_bytes(view_of(*owned), owned, "", report);
}

}  // namespace jetline::testing
