#include "jetline/engine/tensorrt/trt_session.h"

#include <cstring>

#include "jetline/engine/tensorrt/trt_testing.h"
#include "jetline/graph/evaluate.h"

namespace jetline {
namespace trt {
namespace {

class TrtSessionTest : public TrtTest {
 protected:
  // What the model gives, by the graph room's evaluator, for a ramp of `step` at that batch.
  static std::vector<float> expected(const std::string& path, float step, int64_t batch) {
    auto model = load_onnx(path).value();
    std::vector<float> x(static_cast<size_t>(batch * 3 * 64));
    for (size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i) * step);
    std::unordered_map<const Value*, Tensor> in;
    in[model->graph().free_inputs()[0]] = Tensor::floats({batch, 3, 8, 8}, x).value();
    auto out = evaluate_graph(model->graph(), in);
    EXPECT_TRUE(out.ok()) << out.status().to_string();
    const ByteView bytes = out->front().bytes();
    std::vector<float> y(bytes.size() / 4);
    std::memcpy(y.data(), bytes.data(), bytes.size());
    return y;
  }
  static void expect_output(Session& s, const std::vector<float>& want) {
    const auto v = s.output(0);
    ASSERT_TRUE(v.ok()) << v.status().to_string();
    ASSERT_EQ(v->elements(), static_cast<int64_t>(want.size()));
    EXPECT_EQ(std::memcmp(v->data, want.data(), want.size() * 4), 0);
  }
};

TEST_F(TrtSessionTest, RunsGiveTheModelsNumbersBeforeAndAfterRecording) {
  const std::string model = conv_model();
  auto engine = load_plan(plan_file(model));
  ASSERT_TRUE(engine.ok()) << engine.status().to_string();
  EXPECT_EQ((*engine)->inputs()[0].name, "x");
  EXPECT_EQ((*engine)->outputs()[0].shape, (std::vector<int64_t>{1, 3, 8, 8}));
  auto session = (*engine)->create_session().value();
  const int replayed = trt_double::counts().replayed;
  for (int run = 0; run < 4; ++run) {
    const float step = 0.1f * static_cast<float>(run + 1);
    fill_ramp(session->input(0).value(), step);
    const Status s = session->run();
    ASSERT_TRUE(s.ok()) << s.to_string();
    expect_output(*session, expected(model, step, 1));
  }
  EXPECT_EQ(trt_double::counts().replayed - replayed, 3) << "all but the first run are recorded work";
}

TEST_F(TrtSessionTest, WorkThatCannotBeRecordedRunsPlainly) {
  trt_double::faults().no_capture = true;
  const std::string model = conv_model();
  auto engine = load_plan(plan_file(model));
  ASSERT_TRUE(engine.ok());
  auto session = (*engine)->create_session().value();
  const int replayed = trt_double::counts().replayed;
  for (int run = 0; run < 3; ++run) {
    fill_ramp(session->input(0).value(), 0.3f);
    ASSERT_TRUE(session->run().ok());
    expect_output(*session, expected(model, 0.3f, 1));
  }
  EXPECT_EQ(trt_double::counts().replayed, replayed);
}

TEST_F(TrtSessionTest, SharedMemoryNeedsNoCopies) {
  trt_double::faults().integrated = true;
  const std::string model = conv_model();
  auto engine = load_plan(plan_file(model));
  ASSERT_TRUE(engine.ok());
  EXPECT_EQ((*engine)->conditions().at("memory"), "shared");
  auto session = (*engine)->create_session().value();
  fill_ramp(session->input(0).value(), 0.2f);
  ASSERT_TRUE(session->run().ok());
  expect_output(*session, expected(model, 0.2f, 1));
}

TEST_F(TrtSessionTest, TwoSessionsInFlightKeepTheirNumbersApart) {
  PlanBuildOptions o;
  o.profiles = 2;
  o.shapes["x"] = {{1, 3, 8, 8}, {2, 3, 8, 8}, {4, 3, 8, 8}};
  const std::string model = conv_model(true);
  EngineOptions e;
  e.throughput = true;
  auto engine = load_plan(plan_file(model, o), e);
  ASSERT_TRUE(engine.ok()) << engine.status().to_string();
  EXPECT_EQ((*engine)->optimal_requests(), 2);
  auto a = (*engine)->create_session().value(), b = (*engine)->create_session().value();
  const std::vector<int64_t> one = {1, 3, 8, 8}, three = {3, 3, 8, 8};
  ASSERT_TRUE(a->set_shape(0, one).ok());
  const Status shaped = b->set_shape(0, three);
  ASSERT_TRUE(shaped.ok()) << shaped.to_string();
  for (int run = 0; run < 3; ++run) {
    fill_ramp(a->input(0).value(), 0.1f);
    fill_ramp(b->input(0).value(), 0.7f);
    ASSERT_TRUE(a->start().ok());
    ASSERT_TRUE(b->start().ok());
    ASSERT_TRUE(a->wait().ok());
    ASSERT_TRUE(b->wait().ok());
    expect_output(*a, expected(model, 0.1f, 1));
    expect_output(*b, expected(model, 0.7f, 3));
  }
}

TEST_F(TrtSessionTest, AChangedShapeIsRecordedAnew) {
  PlanBuildOptions o;
  o.shapes["x"] = {{1, 3, 8, 8}, {2, 3, 8, 8}, {4, 3, 8, 8}};
  const std::string model = conv_model(true);
  auto engine = load_plan(plan_file(model, o));
  ASSERT_TRUE(engine.ok());
  auto session = (*engine)->create_session().value();
  EXPECT_EQ(session->input(0).status().id(), "engine.bad-shape") << "no memory before a shape";
  EXPECT_EQ(session->run().id(), "engine.bad-shape");
  for (int64_t batch : {1, 4, 2, 2}) {
    const std::vector<int64_t> dims = {batch, 3, 8, 8};
    ASSERT_TRUE(session->set_shape(0, dims).ok());
    for (int run = 0; run < 3; ++run) {
      fill_ramp(session->input(0).value(), 0.5f);
      ASSERT_TRUE(session->run().ok());
      expect_output(*session, expected(model, 0.5f, batch));
    }
  }
  const std::vector<int64_t> over = {5, 3, 8, 8}, other = {1, 3, 8, 9};
  EXPECT_EQ(session->set_shape(0, over).id(), "engine.bad-shape");
  EXPECT_EQ(session->set_shape(0, other).id(), "engine.bad-shape");
  EXPECT_EQ(session->set_shape(7, other).id(), "engine.bad-shape");
}

TEST_F(TrtSessionTest, AFailureIsReportedAndTheNextRunWorks) {
  const std::string model = conv_model();
  auto engine = load_plan(plan_file(model));
  ASSERT_TRUE(engine.ok());
  auto session = (*engine)->create_session().value();
  fill_ramp(session->input(0).value(), 0.4f);
  trt_double::faults().enqueue_fails_at = 0;
  const Status s = session->run();
  EXPECT_EQ(s.id(), "engine.run-failed");
  EXPECT_NE(s.message().find("illegal memory access"), std::string::npos) << s.message();
  ASSERT_TRUE(session->run().ok());
  expect_output(*session, expected(model, 0.4f, 1));
}

TEST_F(TrtSessionTest, NoMemoryForTensorsOrTheContextIsSaid) {
  const std::string plan = plan_file(conv_model());
  auto engine = load_plan(plan);
  ASSERT_TRUE(engine.ok());
  trt_double::faults().context_fails = true;
  EXPECT_EQ((*engine)->create_session().status().id(), "engine.out-of-memory");
  trt_double::faults().context_fails = false;
  trt_double::faults().device_memory = 300;
  EXPECT_EQ((*engine)->create_session().status().id(), "engine.out-of-memory");
  trt_double::faults().device_memory = int64_t{1} << 30;
  EXPECT_TRUE((*engine)->create_session().ok()) << "and works again when there is memory";
}

#if TRT_HAS_NAMED_IO
TEST_F(TrtSessionTest, AnOutputWhoseSizeTheDataDecide) {
  Model model;
  model.set_opset("", 13);
  GraphBuilder b(model.graph());
  Value* x = b.input("x", DType::kI32, {6});
  b.output(b.op("NonZero", {x}), "at", DType::kI64, {1, Dim::named("n")});
  const std::string path = folder_.file("nonzero.onnx");
  ASSERT_TRUE(save_onnx(model, path).ok());
  auto engine = load_plan(plan_file(path));
  ASSERT_TRUE(engine.ok()) << engine.status().to_string();
  auto session = (*engine)->create_session().value();
  for (int count : {2, 0, 5}) {
    const TensorView in = session->input(0).value();
    for (int i = 0; i < 6; ++i) static_cast<int32_t*>(in.data)[i] = i < count;
    const Status s = session->run();
    ASSERT_TRUE(s.ok()) << s.to_string();
    const TensorView out = session->output(0).value();
    EXPECT_EQ(std::vector<int64_t>(out.shape.begin(), out.shape.end()), (std::vector<int64_t>{1, count}));
    for (int i = 0; i < count; ++i) {
      const int64_t at = out.dtype == DType::kI64 ? static_cast<const int64_t*>(out.data)[i]
                                                  : static_cast<const int32_t*>(out.data)[i];
      EXPECT_EQ(at, i);
    }
  }
}
#endif

TEST_F(TrtSessionTest, OrderOfCallsIsGuarded) {
  auto engine = load_plan(plan_file(conv_model()));
  ASSERT_TRUE(engine.ok());
  auto session = (*engine)->create_session().value();
  EXPECT_EQ(session->wait().id(), "engine.run-failed");
  EXPECT_EQ(session->output(0).status().id(), "engine.run-failed");
  EXPECT_EQ(session->input(1).status().id(), "engine.bad-shape");
  EXPECT_EQ(session->output(1).status().id(), "engine.bad-shape");
}

TEST_F(TrtSessionTest, SessionsKeepThePlanAlive) {
  const std::string model = conv_model();
  auto engine = load_plan(plan_file(model));
  ASSERT_TRUE(engine.ok());
  auto session = (*engine)->create_session().value();
  engine->reset();
  fill_ramp(session->input(0).value(), 0.4f);
  ASSERT_TRUE(session->run().ok());
  expect_output(*session, expected(model, 0.4f, 1));
}

}  // namespace
}  // namespace trt
}  // namespace jetline
