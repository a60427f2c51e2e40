// Small catalogs and models for tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "jetline/base/testing.h"
#include "jetline/check/check.h"
#include "jetline/graph/builder.h"

namespace jetline::check::testing {

// Two boards (a small one with shared memory and a DLA, a card), one JetPack, and a few operators whose rules
// say everything that rules can say. Names are made up, so that the compiled-in tables do not matter.
inline const char* kLabToml = R"(
[[board]]
id = "lab-small"
name = "Lab Small"
soc = "L1"
architecture = "Volta"
compute_capability = "7.2"
memory_gib = 1.0
memory_is_shared = true
reserved_gib = 0.5
dla_cores = 1
dla_generation = 1
precisions = ["fp32", "fp16", "int8"]
jetpack = "5.1..5.1"
tensorrt = "8.0..8.9"
source = "made up"
[board.peak]
fp32_tflops = 1.0
fp16_tflops = 2.0
int8_tops = 4.0
bandwidth_gbs = 50
source = "made up"

[[operator]]
op = "LabPlain"
domain = "lab"
[[operator.importer]]
trt = "7.1.."
source = "lab.csv"
[[operator.types]]
trt = ".."
input = 0
allowed = ["float", "float16"]
source = "lab.csv types"

[[operator]]
op = "LabNew"
domain = "lab"
[[operator.importer]]
trt = "8.6.."
source = "lab.csv"

[[operator]]
op = "LabRuled"
domain = "lab"
[[operator.importer]]
trt = "7.1.."
source = "lab.csv"
[[operator.rule]]
id = "lab.mode"
trt = "..8.4"
when = "attr('mode') == 'cubic'"
effect = "refused"
message = "no cubic"
fix = "resize-cubic"
source = "lab.md"
[[operator.rule]]
id = "lab.size"
trt = ".."
when = "dim(0, 1) > 8"
effect = "refused"
message = "too wide"
source = "lab.md"
[[operator.rule]]
id = "lab.quiet"
trt = ".."
when = "attr('quiet') == 1"
effect = "wrong"
message = "computes something else"
source = "lab.md"
[[operator.rule]]
id = "lab.dla"
trt = ".."
when = "dla"
effect = "dla"
message = "not on the DLA"
source = "lab.md"
)";

inline std::unique_ptr<targets::Catalog> lab_catalog(const std::string& more = "") {
  auto catalog = std::make_unique<targets::Catalog>();
  const Status s = catalog->add_toml(kLabToml + more, "lab.toml");
  EXPECT_TRUE(s.ok()) << s.to_string();
  return catalog;
}

inline targets::Target target_for(const targets::Catalog& catalog, const std::string& tensorrt,
                                  const std::string& board = "") {
  targets::TargetQuery q;
  q.board = board;
  q.tensorrt = tensorrt;
  const auto t = targets::choose(catalog, q);
  EXPECT_TRUE(t.ok()) << t.status().to_string();
  return t.ok() ? *t : targets::Target();
}

// A model of one lab operator on an input x of the given shape.
inline std::unique_ptr<Model> lab_model(const std::string& op, std::vector<Dim> shape,
                                        const std::vector<AttrArg>& attributes = {},
                                        DType type = DType::kF32) {
  auto model = std::make_unique<Model>();
  model->set_opset("", 13);
  model->set_opset("lab", 1);
  GraphBuilder b(model->graph());
  Value* x = b.input("x", type, shape);
  Value* y = b.op(op, {x}, attributes, "n", "lab");
  b.output(y, "y", type, shape);
  EXPECT_TRUE(b.status().ok()) << b.status().to_string();
  return model;
}

}  // namespace jetline::check::testing
