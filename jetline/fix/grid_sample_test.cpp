#include "jetline/fix/testing.h"

namespace jetline::fix {
namespace {

using testing::expect_refused;
using testing::expect_same;
using testing::TestModel;

TEST(FixGridSample, EveryModePaddingAndAlignment) {
  for (const char* mode : {"bilinear", "nearest", "bicubic"}) {
    for (const char* padding : {"zeros", "border", "reflection"}) {
      for (int64_t align : {0, 1}) {
        for (int64_t batch : {1, 2}) {
          TestModel m(16);
          Value* x = m.b.input("x", DType::kF32, {batch, 3, 4, 5});
          Value* grid = m.b.input("grid", DType::kF32, {batch, 2, 6, 2});  // in [-2, 2): well outside too
          m.output(m.b.op("GridSample", {x, grid},
                          {{"mode", mode}, {"padding_mode", padding}, {"align_corners", align}}),
                   "y");
          SCOPED_TRACE(std::string(mode) + " " + padding + " " + std::to_string(align));
          expect_same(*m.model, "grid-sample", {"GridSample"}, 2e-5);
        }
      }
    }
  }
}

TEST(FixGridSample, NewNamesOfModes) {
  TestModel m(20);
  Value* x = m.b.input("x", DType::kF32, {1, 2, 5, 5});
  m.output(m.b.op("GridSample", {x, m.b.input("g", DType::kF32, {1, 3, 3, 2})}, {{"mode", "linear"}}), "y");
  expect_same(*m.model, "grid-sample", {"GridSample"});
}

TEST(FixGridSample, VolumesAreRefused) {
  TestModel m(20);
  Value* x = m.b.input("x", DType::kF32, {1, 2, 3, 3, 3});
  m.output(m.b.op("GridSample", {x, m.b.input("g", DType::kF32, {1, 2, 2, 2, 3})}), "y");
  expect_refused(*m.model, "grid-sample", "pictures");
}

}  // namespace
}  // namespace jetline::fix
