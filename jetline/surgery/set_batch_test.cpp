#include "jetline/surgery/set_batch.h"

#include "jetline/surgery/testing.h"

namespace jetline::surgery {
namespace {

SetBatchOptions batch_of(int64_t n) {
  SetBatchOptions o;
  o.size = n;
  return o;
}

// Both ways, 1 to 5 and 1 to open, and what the outputs are then.
std::unique_ptr<Model> expect_batchable(const Model& model, int64_t from = 1) {
  std::unique_ptr<Model> fixed;
  for (const int64_t n : {from * 5, int64_t{0}}) {
    SCOPED_TRACE(n == 0 ? "open" : "fixed");
    const auto r = set_batch(model, batch_of(n));
    EXPECT_TRUE(r.ok()) << r.status().to_string() << "\n" << to_text(model.graph());
    if (!r.ok()) return nullptr;
    EXPECT_EQ(r->before, from);
    const auto worst = prove_batch(model, *r);
    EXPECT_TRUE(worst.ok()) << worst.status().to_string() << "\n" << to_text(r->model->graph());
    if (worst.ok()) {
      EXPECT_LE(*worst, 1e-5) << to_text(r->model->graph());
    }
    EXPECT_TRUE(testing::through_file(*r->model));
    if (n > 0) fixed = r->model->clone();
  }
  return fixed;
}

void expect_refused(const Model& model, const std::string& node) {
  for (const int64_t n : {5, 0}) {
    const auto r = set_batch(model, batch_of(n));
    ASSERT_FALSE(r.ok()) << to_text(r->model->graph());
    EXPECT_EQ(r.status().id(), "surgery.batch");
    EXPECT_EQ(r.status().exit_code(), 3);
    EXPECT_NE(r.status().message().find("'" + node + "'"), std::string::npos) << r.status().to_string();
  }
}

TEST(SurgerySetBatch, AHeadWithConstantReshapes) {
  testing::TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 3, 8, 8});
  Value* y =
      t.b.op("Conv", {x, t.constant({6, 3, 3, 3})}, {{"kernel_shape", {3, 3}}, {"pads", {1, 1, 1, 1}}});
  y = t.b.op("Reshape", {y, t.b.ints({1, 2, 3, 64})});
  y = t.transpose(y, {0, 1, 3, 2});
  y = t.b.op("Reshape", {y, t.b.ints({1, 128, 3})});
  y = t.b.op("Add", {y, t.constant({1, 128, 3})});  // anchors
  y = t.b.op("Reshape", {y, t.b.ints({1, -1, 6})});
  t.output(t.b.op("Sigmoid", {y}), "y");
  const auto made = expect_batchable(*t.model);
  ASSERT_TRUE(made);
  EXPECT_EQ(to_string(made->graph().outputs()[0]->type), "float[5,64,6]");
}

TEST(SurgerySetBatch, AnOpenBatchHasItsName) {
  testing::TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 12});
  t.output(t.b.op("Reshape", {x, t.b.ints({1, 3, 4})}), "y");
  SetBatchOptions o;
  o.name = "N";
  JETLINE_ASSERT_OK_AND_ASSIGN(const SetBatchResult r, set_batch(*t.model, o));
  EXPECT_EQ(to_string(r.inputs[0].type), "float[N,12]");
  EXPECT_EQ(to_string(r.outputs[0].type), "float[N,3,4]");
  ASSERT_EQ(r.patches.size(), 1u);
  EXPECT_EQ(r.patches[0].op, "Reshape");
}

TEST(SurgerySetBatch, SizesOfResizeAndShapesOfExpand) {
  for (const int64_t n : {1, 2}) {
    testing::TestModel t;
    Value* x = t.b.input("x", DType::kF32, {n, 3, 4, 4});
    Value* y =
        t.b.op("Resize", {x, nullptr, nullptr, t.b.ints("sizes", {4}, {n, 3, 9, 7})}, {{"mode", "linear"}});
    y = t.b.op("Unsqueeze", {y, t.b.ints({1})});
    y = t.b.op("Expand", {y, t.b.ints({n, 4, 3, 9, 7})});
    t.output(y, "y");
    if (n == 1) expect_batchable(*t.model);
    JETLINE_ASSERT_OK_AND_ASSIGN(const SetBatchResult r, set_batch(*t.model, batch_of(n * 3)));
    JETLINE_ASSERT_OK_AND_ASSIGN(const double worst, prove_batch(*t.model, r));
    EXPECT_LE(worst, 1e-6);
    // A batch of two that becomes open would have to be divided.
    EXPECT_EQ(set_batch(*t.model, batch_of(0)).ok(), n == 1);
  }
}

// The decoding of boxes as TensorFlow's detectors write it: one list of all boxes of all pictures.
TEST(SurgerySetBatch, PicturesMergedWithBoxesAndTakenApartAgain) {
  testing::TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 6, 4});
  Value* y = t.transpose(t.b.op("Reshape", {x, t.b.ints({6, 4})}), {1, 0});
  const std::vector<Value*> parts = t.b.ops("Split", {y}, 4, {{"axis", 0}});
  std::vector<Value*> columns;
  for (Value* p : parts) {
    Value* c = t.b.op("Squeeze", {p, t.b.ints({0})});
    columns.push_back(t.b.op("Unsqueeze", {t.b.op("Mul", {c, t.constant({6})}), t.b.ints({1})}));
  }
  y = t.b.op("Concat", columns, {{"axis", 1}});
  t.output(t.b.op("Reshape", {y, t.b.ints({1, 6, 4})}), "boxes");
  const auto made = expect_batchable(*t.model);
  ASSERT_TRUE(made);
  EXPECT_EQ(to_string(made->graph().outputs()[0]->type), "float[5,6,4]");
}

TEST(SurgerySetBatch, TheOnlyPictureIsNotTakenOutOfItsBatch) {
  testing::TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 4, 4, 3});
  Value* one = t.b.op("Gather", {x, t.b.ints("zero", {}, {0})}, {{"axis", 0}}, "pick");
  Value* y = t.b.op("Unsqueeze", {t.b.op("Mul", {one, t.b.scalar(0.5f)}), t.b.ints({0})});
  t.output(t.transpose(t.b.op("Sub", {y, t.b.scalar(1)}), {0, 3, 1, 2}), "y");
  const auto made = expect_batchable(*t.model);
  ASSERT_TRUE(made);
  EXPECT_EQ(passes::count_nodes(*made, "Gather"), 0);
}

TEST(SurgerySetBatch, MatricesAndTheirBias) {
  testing::TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 4});
  Value* y = t.b.op("Gemm", {x, t.constant({4, 5}), t.constant({1, 5})});
  y = t.b.op("Reshape", {y, t.b.ints({1, 1, 5})});
  y = t.b.op("MatMul", {y, t.constant({1, 5, 3})});
  t.output(t.b.op("Softmax", {y}, {{"axis", -1}}), "y");
  expect_batchable(*t.model);
}

TEST(SurgerySetBatch, ShapesComputedInTheGraphStayComputed) {
  testing::TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 6, 4});
  Value* n = t.b.op("Gather", {t.b.op("Shape", {x}), t.b.ints({0})}, {{"axis", 0}});
  Value* shape = t.b.op("Concat", {n, t.b.ints({24})}, {{"axis", 0}});
  t.output(t.b.op("Reshape", {x, shape}), "y");
  JETLINE_ASSERT_OK_AND_ASSIGN(const SetBatchResult r, set_batch(*t.model, batch_of(0)));
  EXPECT_TRUE(r.patches.empty());
  expect_batchable(*t.model);
}

// Exporters declare an open batch and leave a 1 in a Reshape all the same.
TEST(SurgerySetBatch, AModelThatOnlySaysThatItsBatchIsOpen) {
  testing::TestModel t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("batch"), 12});
  t.output(t.b.op("Reshape", {x, t.b.ints({1, 3, 4})}), "y");
  JETLINE_ASSERT_OK_AND_ASSIGN(const SetBatchResult r, set_batch(*t.model, batch_of(4)));
  EXPECT_EQ(to_string(r.outputs[0].type), "float[4,3,4]");
  EXPECT_EQ(r.patches.size(), 1u);
}

TEST(SurgerySetBatch, ASmallerBatch) {
  testing::TestModel t;
  Value* x = t.b.input("x", DType::kF32, {4, 12});
  Value* y = t.b.op("Reshape", {x, t.b.ints({4, 3, 4})});
  t.output(t.b.op("Add", {y, t.b.floats("same", {4, 1, 1}, {2, 2, 2, 2})}, {}, "add"), "y");
  JETLINE_ASSERT_OK_AND_ASSIGN(const SetBatchResult r, set_batch(*t.model, batch_of(1)));
  EXPECT_EQ(to_string(r.outputs[0].type), "float[1,3,4]");
  // Numbers that differ from picture to picture belong to the batch.
  testing::TestModel u;
  x = u.b.input("x", DType::kF32, {4, 3});
  u.output(u.b.op("Add", {x, u.b.floats("own", {4, 1}, {1, 2, 3, 4})}, {}, "add"), "y");
  EXPECT_EQ(set_batch(*u.model, batch_of(1)).status().id(), "surgery.batch");
}

TEST(SurgerySetBatch, WhatMixesPicturesIsRefusedByName) {
  const auto with = [](const std::function<Value*(testing::TestModel&, Value*)>& op) {
    testing::TestModel t;
    t.output(op(t, t.b.input("x", DType::kF32, {1, 4})), "y");
    return std::move(t.model);
  };
  expect_refused(*with([](auto& t, Value* x) {
    return t.b.op("ReduceMean", {x}, {{"axes", {0}}}, "bad");
  }),
                 "bad");
  expect_refused(*with([](auto& t, Value* x) {
    return t.b.op("ReduceSum", {x}, {{"keepdims", 0}}, "bad");
  }),
                 "bad");
  expect_refused(*with([](auto& t, Value* x) {
    return t.b.op("Softmax", {x}, {{"axis", 0}}, "bad");
  }),
                 "bad");
  expect_refused(*with([](auto& t, Value* x) {
    return t.b.op("Squeeze", {x, t.b.ints({0})}, {}, "bad");
  }),
                 "bad");
  expect_refused(*with([](auto& t, Value* x) {
    return t.b.op("Concat", {x, x}, {{"axis", 0}}, "bad");
  }),
                 "bad");
  expect_refused(*with([](auto& t, Value* x) {
    return t.b.op("Gather", {x, t.b.ints("i", {1}, {0})}, {{"axis", 0}}, "bad");
  }),
                 "bad");
  expect_refused(*with([](auto& t, Value* x) {
    return t.b.op("MatMul", {t.transpose(x, {1, 0}), x}, {}, "bad");
  }),
                 "bad");
  expect_refused(*with([](auto& t, Value* x) {
    return t.b.op("ScatterND", {x, t.b.ints("i", {1, 1}, {0}), t.constant({1, 4})}, {}, "bad");
  }),
                 "bad");
  expect_refused(*with([](auto& t, Value* x) { return t.b.op("Odd", {x}, {}, "bad", "example.org"); }),
                 "bad");
  // Zeros that stand for the number of the picture must not be repeated.
  expect_refused(*with([](auto& t, Value* x) {
    Value* column = t.b.op("Cast", {x}, {{"to", 7}});
    return t.b.op("Concat", {t.b.ints("zeros", {1, 4}, {0, 0, 0, 0}), column}, {{"axis", 1}}, "bad");
  }),
                 "bad");
}

TEST(SurgerySetBatch, NmsMayEndAModelButNothingMayFollowIt) {
  for (const bool tail : {false, true}) {
    testing::TestModel t;
    Value* boxes = t.b.input("boxes", DType::kF32, {1, 5, 4});
    Value* scores = t.b.input("scores", DType::kF32, {1, 2, 5});
    Value* chosen =
        t.b.op("NonMaxSuppression",
               {boxes, scores, t.b.ints("most", {1}, {2}), t.b.floats("iou", {1}, {0.5f})}, {}, "nms");
    t.output(tail ? t.b.op("Slice", {chosen, t.b.ints({2}), t.b.ints({3}), t.b.ints({1})}) : chosen, "y",
             DType::kI64);
    if (tail) {
      expect_refused(*t.model, "nms");
    } else {
      JETLINE_ASSERT_OK(set_batch(*t.model, batch_of(3)).status());
    }
  }
}

TEST(SurgerySetBatch, WordsThatMakeNoSense) {
  auto model = testing::skip_model();
  SetBatchOptions o = batch_of(2);
  o.inputs = {"y"};
  EXPECT_EQ(set_batch(*model, o).status().id(), "surgery.unknown-name");
  EXPECT_EQ(set_batch(*model, batch_of(-1)).status().exit_code(), 2);
  JETLINE_ASSERT_OK_AND_ASSIGN(const SetBatchResult same, set_batch(*model, batch_of(1)));
  EXPECT_TRUE(same.patches.empty());
  expect_batchable(*model);
}

TEST(SurgerySetBatch, RealDetectors) {
  for (const char* name :
       {"onnx/onnx_yolox_nano/yolox_nano.onnx", "onnx/onnx_ultraface/version-RFB-320.onnx",
        "onnx/onnx_ultraface/version-RFB-320_without_postprocessing.onnx",
        "onnx/onnx_nanodet_m/nanodet_m_320.onnx", "onnx/onnx_yunet/yunet_n_320_320.onnx"}) {
    JETLINE_REQUIRE_TEST_DATA(path, name);
    JETLINE_ASSERT_OK_AND_ASSIGN(auto model, load_onnx(path));
    for (const int64_t n : {4, 0}) {
      const auto r = set_batch(*model, batch_of(n));
      EXPECT_TRUE(r.ok()) << name << ": " << r.status().to_string();
      if (!r.ok()) continue;
      for (const PortInfo& p : r->outputs) {
        const Dim& d = p.type.shape.at(0);
        EXPECT_TRUE(n == 0 ? d.param == "batch" : d.value == 4)
            << name << " " << p.name << " " << to_string(p.type);
      }
    }
  }
}

}  // namespace
}  // namespace jetline::surgery
