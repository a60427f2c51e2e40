#include "jetline/engine/stored_outputs.h"

#include <cmath>

#include "jetline/base/module.h"
#include "jetline/base/testing.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/onnx_file.h"

namespace jetline {
namespace {

struct StoredFixture {
  TemporaryDirectory folder;
  std::string model = folder.path() + "/m.onnx";
  StoredFixture() {
    Model m;
    m.set_opset("", 13);
    GraphBuilder b(m.graph());
    Value* x = b.input("x", DType::kF32, {2});
    b.output(b.op("Add", {x, x}), "y", DType::kF32, {2});
    EXPECT_TRUE(save_onnx(m, model).ok());
    put("inputs", "x", {1, 2});
  }
  void put(const std::string& file, const std::string& name, const std::vector<float>& values) {
    NpyView v{name,
              DType::kF32,
              {static_cast<int64_t>(values.size())},
              ByteView(reinterpret_cast<const uint8_t*>(values.data()), values.size() * 4)};
    EXPECT_TRUE(save_npz({v}, folder.path() + "/" + file + ".npz").ok());
  }
};

TEST(StoredOutputs, SaysHowFarTheModelIsFromThem) {
  if (find_module("openvino").empty()) GTEST_SKIP() << "notice: needs the openvino module";
  StoredFixture f;
  f.put("outputs", "y", {2, 4});
  JETLINE_ASSERT_OK_AND_ASSIGN(const StoredComparison same, compare_with_stored(f.model, f.folder.path()));
  ASSERT_EQ(same.outputs.size(), 1u);
  EXPECT_EQ(same.worst, 0);
  f.put("outputs", "y", {2, 5});
  JETLINE_ASSERT_OK_AND_ASSIGN(const StoredComparison other, compare_with_stored(f.model, f.folder.path()));
  EXPECT_NEAR(other.worst, 0.2, 1e-6);
  EXPECT_NEAR(other.outputs[0].max_abs, 1, 1e-6);
  f.put("outputs", "y", {2, 4, 6});
  JETLINE_ASSERT_OK_AND_ASSIGN(const StoredComparison shape, compare_with_stored(f.model, f.folder.path()));
  EXPECT_TRUE(std::isinf(shape.worst));
}

TEST(StoredOutputs, FoldersWithoutThemAreRefused) {
  if (find_module("openvino").empty()) GTEST_SKIP() << "notice: needs the openvino module";
  StoredFixture f;
  EXPECT_EQ(compare_with_stored(f.model, f.folder.path()).status().id(), "verify.no-stored-outputs");
  f.put("outputs", "z", {2, 4});
  EXPECT_EQ(compare_with_stored(f.model, f.folder.path()).status().id(), "verify.no-stored-outputs");
}

}  // namespace
}  // namespace jetline
