#include <unistd.h>

#include "jetline/base/testing.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/graph/testing.h"
#include "jetline/graph/wire.h"

namespace jetline {
namespace {
using testing::small_network;

// A model whose weight w [n] of bytes lies at `location`.
std::string external_model(const std::string& location, const std::string& offset, const std::string& length,
                           int64_t n, int copies = 1) {
  wire::Writer g;
  for (int i = 0; i < copies; ++i) {
    wire::Writer t;
    t.int64s(1, {n});
    t.int64(2, static_cast<int64_t>(DType::kU8));
    t.text(8, "w" + std::to_string(i));
    const std::string at =
        i == 0 || offset.empty() ? offset : std::to_string(std::stoi(offset) + (i == 2 ? 0 : 1));
    for (const auto& [k, v] : Metadata{{"location", location}, {"offset", at}, {"length", length}}) {
      if (v.empty()) continue;
      wire::Writer e;
      e.text(1, k);
      e.text(2, v);
      t.message(13, std::move(e));
    }
    t.int64(14, 1);
    g.message(5, std::move(t));
  }
  wire::Writer w, o;
  o.int64(2, 13);
  w.int64(1, 8);
  w.message(7, std::move(g));
  w.message(8, std::move(o));
  return w.str();
}

struct ExternalCase {
  TemporaryDirectory dir;
  ExternalCase() { EXPECT_TRUE(write_file(dir.file("data.bin"), "0123456789").ok()); }
  Status load(const std::string& bytes) {
    EXPECT_TRUE(write_file(dir.file("m.onnx"), bytes).ok());
    return load_onnx(dir.file("m.onnx")).status();
  }
};

TEST(OnnxExternal, SaveApartAndLoadAgain) {
  TemporaryDirectory dir;
  OnnxSaveOptions options;
  options.external = OnnxSaveOptions::External::kAlways;
  options.external_threshold = 32;
  auto model = small_network();
  JETLINE_ASSERT_OK(save_onnx(*model, dir.file("m.onnx"), real_file_system(), options));
  LoadReport report;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto loaded, load_onnx(dir.file("m.onnx"), &report));
  EXPECT_EQ(report.external_bytes, 432 + 32);
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string a, save_onnx_bytes(*model));
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string b, save_onnx_bytes(*loaded));
  EXPECT_EQ(a, b);
  // Over itself: the old data file stays mapped while the new one is written.
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string before, read_file(dir.file("m.onnx.data")));
  JETLINE_ASSERT_OK(save_onnx(*loaded, dir.file("m.onnx"), real_file_system(), options));
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string after, read_file(dir.file("m.onnx.data")));
  EXPECT_EQ(before, after);
}

TEST(OnnxExternal, OffsetsAndDefaults) {
  ExternalCase c;
  JETLINE_EXPECT_OK(c.load(external_model("data.bin", "2", "8", 8)));
  JETLINE_EXPECT_OK(c.load(external_model("data.bin", "", "", 10)));
  JETLINE_EXPECT_OK(c.load(external_model("./data.bin", "10", "0", 0)));
}

TEST(OnnxExternal, NothingOutsideTheFolder) {
  ExternalCase c;
  for (const std::string& bad :
       {std::string("/etc/passwd"), std::string("../data.bin"), std::string("a/../../x"),
        std::string("a\\..\\b"), std::string("C:evil"), std::string("x\0y", 3), std::string("..")}) {
    EXPECT_EQ(c.load(external_model(bad, "0", "4", 4)).id(), "onnx.external-outside") << bad;
  }
  TemporaryDirectory other;
  JETLINE_ASSERT_OK(write_file(other.file("secret"), "0123456789"));
  ASSERT_EQ(symlink(other.file("secret").c_str(), c.dir.file("link").c_str()), 0);
  EXPECT_EQ(c.load(external_model("link", "0", "4", 4)).id(), "onnx.external-outside");
}

std::string kept_parts(const Model& m, const ByteView file) {
  std::string parts;
  for (const Value* v : m.graph().initializers()) {
    const ByteView b = v->initializer()->bytes();
    const bool inside = b.data() >= file.data() && b.data() + b.size() <= file.data() + file.size();
    parts += v->name() + (inside ? "+" : "-") + " ";
  }
  return parts;
}

TEST(OnnxExternal, UntouchedWeightsMayStayWhereTheyAre) {
  TemporaryDirectory dir;
  OnnxSaveOptions apart;
  apart.external = OnnxSaveOptions::External::kAlways;
  apart.external_threshold = 0;
  Model made;
  made.set_opset("", 13);
  GraphBuilder b(made.graph());
  Value* x = b.input("x", DType::kF32, {2, 3});
  Value* y = b.op("Add", {x, b.floats("a", {3}, {1, 2, 3})});
  y = b.op("Mul", {y, b.floats("b", {2, 3}, {1, 2, 3, 4, 5, 6})});
  b.output(b.op("Sub", {y, b.floats("c", {1}, {9})}), "y", DType::kF32, {2, 3});
  JETLINE_ASSERT_OK(save_onnx(made, dir.file("m.onnx"), real_file_system(), apart));
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string before, read_file(dir.file("m.onnx.data")));
  JETLINE_ASSERT_OK_AND_ASSIGN(auto model, load_onnx(dir.file("m.onnx")));
  ASSERT_EQ(model->external_files.size(), 1u);
  // One weight is changed, one is a view of a part of another, one is stored twice.
  Graph& g = model->graph();
  const Tensor whole = *g.find("b")->initializer();
  JETLINE_ASSERT_OK_AND_ASSIGN(Tensor part,
                               Tensor::view(DType::kF32, {3}, whole.bytes().subspan(0, 12), whole.owner()));
  JETLINE_ASSERT_OK_AND_ASSIGN(Tensor fresh, Tensor::floats({3}, {7, 8, 9}));
  g.clear_initializer(g.find("a"));
  g.set_initializer(g.find("a"), std::move(fresh));
  g.add_initializer("part", std::move(part));
  g.add_initializer("twice", whole);
  for (const bool all_apart : {false, true}) {
    OnnxSaveOptions keep = apart;
    keep.keep_external = true;
    keep.external = all_apart ? OnnxSaveOptions::External::kAlways : OnnxSaveOptions::External::kAuto;
    OnnxSaveReport report;
    const std::string out = dir.file(all_apart ? "m.onnx" : "other.onnx");
    JETLINE_ASSERT_OK(save_onnx(*model, out, real_file_system(), keep, &report));
    EXPECT_EQ(report.kept_bytes, 24 + 4 + 24);
    EXPECT_EQ(report.external_bytes > 0, all_apart);
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string after, read_file(dir.file("m.onnx.data")));
    EXPECT_EQ(before == after, true) << "the file with the weights was written to";
    EXPECT_EQ(file_exists(dir.file("m.onnx.1.data")), all_apart);
    JETLINE_ASSERT_OK_AND_ASSIGN(auto again, load_onnx(out));
    for (const ExternalFile& f : again->external_files) {
      if (f.location == "m.onnx.data") {
        EXPECT_EQ(kept_parts(*again, f.bytes), "b+ c+ a- part- twice+ ");
      }
    }
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string p, save_onnx_bytes(*model));
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string q, save_onnx_bytes(*again));
    EXPECT_EQ(p == q, true);
  }
}

TEST(OnnxExternal, WeightsThatStayMustBeInReach) {
  TemporaryDirectory dir;
  OnnxSaveOptions options;
  options.external = OnnxSaveOptions::External::kAlways;
  options.external_threshold = 0;
  JETLINE_ASSERT_OK(save_onnx(*small_network(), dir.file("m.onnx"), real_file_system(), options));
  JETLINE_ASSERT_OK_AND_ASSIGN(auto model, load_onnx(dir.file("m.onnx")));
  options.keep_external = true;
  ASSERT_TRUE(real_file_system().make_directories(dir.file("sub")).ok());
  for (const char* out : {"sub/m.onnx", "m.onnx.data"}) {
    EXPECT_EQ(save_onnx(*model, dir.file(out), real_file_system(), options).id(), "onnx.external-elsewhere");
  }
  EXPECT_FALSE(file_exists(dir.file("sub/m.onnx")));
}

TEST(OnnxExternal, MissingShortAndOverlapping) {
  ExternalCase c;
  EXPECT_EQ(c.load(external_model("gone.bin", "0", "4", 4)).id(), "onnx.external-missing");
  EXPECT_EQ(c.load(external_model("", "0", "4", 4)).id(), "onnx.external-outside");
  EXPECT_EQ(c.load(external_model("data.bin", "7", "4", 4)).id(), "onnx.external-range");
  EXPECT_EQ(c.load(external_model("data.bin", "0", "5", 4)).id(), "onnx.external-range");
  EXPECT_EQ(c.load(external_model("data.bin", "-1", "4", 4)).id(), "onnx.external-range");
  EXPECT_EQ(c.load(external_model("data.bin", "x", "4", 4)).id(), "onnx.external-range");
  EXPECT_EQ(c.load(external_model("data.bin", "99999999999999999999", "4", 4)).id(), "onnx.external-range");
  EXPECT_EQ(c.load(external_model("data.bin", "9223372036854775807", "4", 4)).id(), "onnx.external-range");
  EXPECT_EQ(c.load(external_model("data.bin", "0", "", int64_t{1} << 62)).id(), "onnx.bad-tensor");
  EXPECT_EQ(c.load(external_model("data.bin", "0", "4", 4, 2)).id(), "onnx.external-overlap");
  EXPECT_EQ(load_onnx_bytes(testing::view_of(external_model("data.bin", "0", "4", 4)), nullptr).status().id(),
            "onnx.external-missing");
}

}  // namespace
}  // namespace jetline
