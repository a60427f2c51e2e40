#include "jetline/graph/onnx_file.h"

#include <unistd.h>

#include "jetline/base/testing.h"
#include "jetline/graph/testing.h"
#include "jetline/graph/wire.h"

namespace jetline {
namespace {
using testing::everything_model;
using testing::load_copy;
using testing::small_network;
using testing::view_of;

std::string onnx_bytes(const Model& m) {
  auto s = save_onnx_bytes(m);
  EXPECT_TRUE(s.ok()) << s.status().to_string();
  return s.value_or("");
}

// A model around the fields of a graph, for files that the writer would refuse to make.
std::string onnx_around(const std::string& graph, int64_t ir = 8, int64_t opset = 13) {
  wire::Writer w, o;
  o.int64(2, opset);
  w.int64(1, ir);
  w.text(7, graph);
  w.message(8, std::move(o));
  return w.str();
}

std::string onnx_node(const std::string& op, const std::vector<std::string>& in,
                      const std::vector<std::string>& out) {
  wire::Writer w;
  for (const auto& s : in) w.text(1, s);
  for (const auto& s : out) w.text(2, s);
  w.text(4, op);
  wire::Writer g;
  g.message(1, std::move(w));
  return g.str();
}

std::string onnx_named(uint32_t field, const std::string& name) {
  wire::Writer v, g;
  v.text(1, name);
  g.message(field, std::move(v));
  return g.str();
}

std::string onnx_tensor(const std::string& name, std::vector<int64_t> dims, int64_t dtype,
                        const std::string& raw) {
  wire::Writer t, g;
  t.int64s(1, dims);
  t.int64(2, dtype);
  t.text(8, name);
  t.text(9, raw);
  g.message(5, std::move(t));
  return g.str();
}

TEST(OnnxFile, EverythingSurvivesTheRoundTrip) {
  auto model = everything_model();
  const std::string first = onnx_bytes(*model);
  LoadReport report;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto loaded, load_copy(first, &report));
  JETLINE_ASSERT_OK(loaded->graph().verify());
  EXPECT_EQ(onnx_bytes(*loaded), first);
  EXPECT_EQ(report.unknown_fields, 1);
  EXPECT_TRUE(report.notes.empty()) << report.notes[0];
  const Graph& g = loaded->graph();
  EXPECT_EQ(g.find("words")->initializer()->strings()[1], std::string("nul\0in", 6));
  EXPECT_EQ(g.find("half")->initializer()->to_doubles().value(), (std::vector<double>{1, -2, 0}));
  EXPECT_EQ(g.find("nibbles")->initializer()->to_ints().value(), (std::vector<int64_t>{-1, 1, 7}));
  EXPECT_EQ(g.find("sparse")->sparse_initializer()->dims, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(g.quantization.at(0).parameters.at(0).second, "scale");
  const Node* n = nullptr;
  for (const auto& node : g.nodes()) n = node->op() == "Everything" ? node.get() : n;
  ASSERT_TRUE(n);
  EXPECT_EQ(n->input(1), nullptr);
  EXPECT_EQ(n->attributes().size(), 15u);
  EXPECT_EQ(to_string(std::get<ValueType>(n->attribute("type")->storage())), "seq(float[2,k,?])");
  EXPECT_EQ(n->subgraphs().size(), 2u);
  EXPECT_EQ(n->subgraphs()[0]->nodes().front()->input(0), g.find("x"));  // outer scope
  const ModelFunction* f = loaded->function(*n);
  ASSERT_TRUE(f);
  EXPECT_TRUE(f->body->nodes().front()->attribute("alpha")->is_reference());
}

TEST(OnnxFile, WeightsAreViewsOfTheFile) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(save_onnx(*small_network(), dir.file("m.onnx")));
  JETLINE_ASSERT_OK_AND_ASSIGN(auto model, load_onnx(dir.file("m.onnx")));
  JETLINE_ASSERT_OK_AND_ASSIGN(auto map, MappedFile::open(dir.file("m.onnx")));
  const Tensor* w = model->graph().find("w")->initializer();
  ASSERT_EQ(w->bytes().size(), 108 * sizeof(float));
  EXPECT_FLOAT_EQ(w->at<float>(3), 0.03f - 0.05f);
  const Tensor kept = *w;
  model.reset();  // a copied tensor keeps the file mapped
  EXPECT_FLOAT_EQ(kept.at<float>(0), -0.05f);
}

TEST(OnnxFile, TypedFieldsBecomeBytes) {
  wire::Writer t, g;
  t.int64s(1, {3});
  t.int64(2, static_cast<int64_t>(DType::kI8));
  for (int64_t v : {-1, 2, -128}) t.int64(5, v);  // int32_data, one by one
  t.text(8, "w");
  g.message(5, std::move(t));
  JETLINE_ASSERT_OK_AND_ASSIGN(auto model, load_copy(onnx_around(g.str())));
  EXPECT_EQ(model->graph().find("w")->initializer()->to_ints().value(), (std::vector<int64_t>{-1, 2, -128}));
}

TEST(OnnxFile, OldFilesListWeightsAsInputs) {
  auto model = small_network();
  model->ir_version = 3;
  const std::string first = onnx_bytes(*model);
  JETLINE_ASSERT_OK_AND_ASSIGN(auto old, load_copy(first));
  EXPECT_EQ(old->graph().inputs().size(), 4u);
  ASSERT_EQ(old->graph().free_inputs().size(), 1u);
  EXPECT_EQ(old->graph().free_inputs()[0]->name(), "images");
  EXPECT_TRUE(old->graph().find("w")->is_input());
  EXPECT_EQ(onnx_bytes(*old), first);
}

TEST(OnnxFile, NodesOutOfOrderAreSorted) {
  const std::string graph = onnx_node("B", {"mid"}, {"out"}) + onnx_node("A", {"in"}, {"mid"}) +
                            onnx_named(11, "in") + onnx_named(12, "out");
  LoadReport report;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto model, load_copy(onnx_around(graph), &report));
  EXPECT_EQ(model->graph().nodes().front()->op(), "A");
  ASSERT_EQ(report.notes.size(), 1u);
}

TEST(OnnxFile, RefusalsHaveNames) {
  const std::string in = onnx_named(11, "in"), out = onnx_named(12, "out");
  const std::string ok = in + onnx_node("A", {"in"}, {"out"}) + out;
  JETLINE_ASSERT_OK(load_copy(onnx_around(ok)).status());
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "onnx.not-a-model"},
      {std::string("\x89PNG\r\n\x1a\n", 8), "onnx.not-a-model"},
      {"hello, this is text", "onnx.not-a-model"},
      {"root:x:0:0:root:/root:/bin/bash\nnobody:x:65534", "onnx.not-a-model"},
      {std::string("PK\x03\x04", 4), "onnx.not-a-model"},
      {std::string("\x08\x08", 2), "onnx.no-graph"},
      {onnx_around(ok, 2), "onnx.unsupported-ir"},
      {onnx_around(ok, 14), "onnx.unsupported-ir"},
      {onnx_around(ok, 8, 25), "onnx.unsupported-opset"},
      {onnx_around(ok).substr(0, onnx_around(ok).size() - 4), "onnx.no-opset"},
      {onnx_around(ok).substr(0, 10), "onnx.truncated"},
      {onnx_around(in + onnx_node("A", {"in", "no"}, {"out"}) + out), "onnx.dangling-input"},
      {onnx_around(in + out), "onnx.dangling-output"},
      {onnx_around(in + in), "onnx.duplicate-name"},
      {onnx_around(in + onnx_node("A", {"in"}, {"in"})), "onnx.duplicate-name"},
      {onnx_around(onnx_node("A", {"b"}, {"a"}) + onnx_node("B", {"a"}, {"b"})), "onnx.cycle"},
      {onnx_around(onnx_node("A", {"a"}, {"a"})), "onnx.cycle"},
      {onnx_around(onnx_named(11, "")), "onnx.missing-name"},
      {onnx_around(onnx_node("", {}, {"a"})), "onnx.missing-name"},
      {onnx_around(onnx_tensor("", {1}, 1, "1234")), "onnx.missing-name"},
      {onnx_around(onnx_tensor("w", {2}, 1, "1234")), "onnx.bad-tensor"},
      {onnx_around(onnx_tensor("w", {-1}, 1, "1234")), "onnx.bad-tensor"},
      {onnx_around(onnx_tensor("w", {int64_t{1} << 40, int64_t{1} << 40}, 1, "1234")), "onnx.bad-tensor"},
      {onnx_around(onnx_tensor("w", {1}, 99, "1234")), "onnx.bad-tensor"},
      {onnx_around("\x0a\x05zz"), "onnx.malformed"},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto result = load_copy(cases[i].first);
    ASSERT_FALSE(result.ok()) << i << " " << cases[i].second;
    EXPECT_EQ(result.status().id(), cases[i].second) << i << " " << result.status().to_string();
    EXPECT_EQ(result.status().exit_code(), 3);
  }
}

TEST(OnnxFile, DeepNestingIsRefused) {
  std::string graph;
  for (int i = 0; i < 100; ++i) {
    wire::Writer attribute, node, outer;
    attribute.text(1, "body");
    attribute.text(6, graph);
    attribute.int64(20, 5);
    node.text(4, "If");
    node.message(5, std::move(attribute));
    outer.message(1, std::move(node));
    graph = outer.str();
  }
  EXPECT_EQ(load_copy(onnx_around(graph)).status().id(), "onnx.too-deep");
  std::string type;
  for (int i = 0; i < 100; ++i) {
    wire::Writer sequence, t;
    sequence.text(1, type);
    t.message(4, std::move(sequence));
    type = t.str();
  }
  wire::Writer v, g;
  v.text(1, "in");
  v.text(2, type);
  g.message(11, std::move(v));
  EXPECT_EQ(load_copy(onnx_around(g.str())).status().id(), "onnx.too-deep");
}

TEST(OnnxFile, ManyTinyObjectsAreRefused) {
  std::string dims;
  for (int i = 0; i < (1 << 22) + 1; ++i) dims += std::string("\x0a\0", 2);  // empty dimensions
  wire::Writer tensor, type, v, g;
  tensor.text(2, dims);
  type.message(1, std::move(tensor));
  v.text(1, "in");
  v.message(2, std::move(type));
  g.message(11, std::move(v));
  EXPECT_EQ(load_copy(onnx_around(g.str())).status().id(), "onnx.too-many");
}

TEST(OnnxFile, TruncationAnywhereIsAStatus) {
  // The last field is opset_import or metadata: every proper prefix that still loads must have all of the
  // graph.
  const std::string bytes = onnx_bytes(*everything_model());
  for (size_t n = 0; n < bytes.size(); ++n) {
    const auto cut = load_copy(bytes.substr(0, n));
    if (cut.ok()) {
      EXPECT_GT(n, bytes.size() / 2);
      JETLINE_EXPECT_OK((*cut)->graph().verify());
    } else {
      EXPECT_EQ(cut.status().kind(), ErrorKind::kBadInput) << n << cut.status().to_string();
    }
  }
}

TEST(OnnxFile, DamagedBytesNeverCrash) {
  const std::string bytes = onnx_bytes(*everything_model());
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int flip : {1, 0x80, 0xff}) {
      std::string bad = bytes;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      const auto r = load_copy(bad);
      if (r.ok()) (void)save_onnx_bytes(**r).ok();
    }
  }
}

TEST(OnnxFile, SavingNeedsASoundGraph) {
  auto model = small_network();
  Graph& g = model->graph();
  g.move_before(g.nodes().back().get(), g.nodes().front().get());
  EXPECT_EQ(save_onnx_bytes(*model).status().kind(), ErrorKind::kInternal);
}

TEST(OnnxFile, AFullDiskLeavesNothing) {
  TemporaryDirectory dir;
  for (const auto where : {OnnxSaveOptions::External::kNever, OnnxSaveOptions::External::kAlways}) {
    FaultyFileSystem fs;
    fs.bytes_left = 300;
    OnnxSaveOptions options;
    options.external = where;
    options.external_threshold = 16;
    EXPECT_EQ(save_onnx(*small_network(), dir.file("m.onnx"), fs, options).id(), "file.disk-full");
    JETLINE_ASSERT_OK_AND_ASSIGN(auto left, list_directory(dir.path()));
    EXPECT_TRUE(left.empty());
  }
  FaultyFileSystem fs;
  fs.read_only = true;
  EXPECT_EQ(save_onnx(*small_network(), dir.file("m.onnx"), fs).id(), "file.permission");
}

}  // namespace
}  // namespace jetline
