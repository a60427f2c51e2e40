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
