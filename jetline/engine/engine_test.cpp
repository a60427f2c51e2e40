#include "jetline/engine/engine.h"

#include <cmath>
#include <thread>

#include "jetline/base/module.h"
#include "jetline/base/testing.h"
#include "jetline/engine/infer.h"
#include "jetline/engine/registry.h"
#include "tests/small_models.h"

namespace jetline {
namespace {

#define JETLINE_REQUIRE_OPENVINO() \
  if (find_module("openvino").empty()) GTEST_SKIP() << "notice: needs the openvino module"

// y = 2 x + 1 over [n, 3]; n dynamic unless fixed.
std::string affine_model(const Dim& n) {
  Model model;
  model.set_opset("", 13);
  GraphBuilder b(model.graph());
  Value* x = b.input("x", DType::kF32, {n, 3});
  b.output(b.op("Add", {b.op("Mul", {x, b.scalar(2)}), b.scalar(1)}), "y", DType::kF32, {n, 3});
  return save_onnx_bytes(model).value();
}

class EngineTest : public ::testing::Test {
 protected:
  std::string model(const std::string& bytes, const std::string& name = "m.onnx") {
    JETLINE_EXPECT_OK(write_file(dir_.file(name), bytes));
    return dir_.file(name);
  }
  static std::string load_id(const std::string& path, const EngineOptions& o = {}) {
    return Engine::load(path, o).status().id();
  }
  TemporaryDirectory dir_;
};

TEST_F(EngineTest, ComputesByHandCheckedNumbers) {
  JETLINE_REQUIRE_OPENVINO();
  JETLINE_ASSERT_OK_AND_ASSIGN(auto engine, Engine::load(model(affine_model(2)), {}));
  ASSERT_EQ(engine->inputs().size(), 1u);
  EXPECT_EQ(engine->inputs()[0].name, "x");
  EXPECT_EQ(engine->outputs()[0].name, "y");
  EXPECT_EQ(engine->outputs()[0].shape, (std::vector<int64_t>{2, 3}));
  JETLINE_ASSERT_OK_AND_ASSIGN(auto session, engine->create_session());
  JETLINE_ASSERT_OK_AND_ASSIGN(const TensorView in, session->input(0));
  EXPECT_EQ(session->output(0).status().id(), "engine.run-failed");
  for (int i = 0; i < 6; ++i) in.f32()[i] = static_cast<float>(i);
  JETLINE_ASSERT_OK(session->run());
  JETLINE_ASSERT_OK_AND_ASSIGN(const TensorView out, session->output(0));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(out.f32()[i], static_cast<float>(2 * i + 1));
  // The same memory again: nothing is copied or taken anew.
  in.f32()[0] = 10;
  JETLINE_ASSERT_OK(session->start());
  JETLINE_ASSERT_OK(session->wait());
  EXPECT_EQ(session->output(0)->data, out.data);
  EXPECT_EQ(session->input(0)->data, in.data);
  EXPECT_EQ(out.f32()[0], 21.f);
  EXPECT_EQ(session->input(1).status().id(), "engine.bad-shape");
  EXPECT_EQ(session->output(7).status().id(), "engine.bad-shape");
}

TEST_F(EngineTest, DynamicInputsTakeTheirShapeFromTheCaller) {
  JETLINE_REQUIRE_OPENVINO();
  JETLINE_ASSERT_OK_AND_ASSIGN(auto engine, Engine::load(model(affine_model(Dim::named("n"))), {}));
  EXPECT_EQ(engine->inputs()[0].shape, (std::vector<int64_t>{-1, 3}));
  JETLINE_ASSERT_OK_AND_ASSIGN(auto session, engine->create_session());
  EXPECT_EQ(session->input(0).status().id(), "engine.bad-shape");
  EXPECT_EQ(session->run().id(), "engine.bad-shape");
  const auto shape = [&](std::vector<int64_t> d) { return session->set_shape(0, d).id(); };
  EXPECT_EQ(shape({2, 4}), "engine.bad-shape");
  EXPECT_EQ(shape({-1, 3}), "engine.bad-shape");
  EXPECT_EQ(shape({3}), "engine.bad-shape");
  EXPECT_EQ(shape({int64_t{1} << 60, 3}), "engine.bad-shape");
  for (int64_t n : {1, 5, 2}) {
    JETLINE_ASSERT_OK(session->set_shape(0, std::vector<int64_t>{n, 3}));
    void* before = session->input(0)->data;
    JETLINE_ASSERT_OK(session->set_shape(0, std::vector<int64_t>{n, 3}));
    EXPECT_EQ(session->input(0)->data, before);
    const TensorView in = session->input(0).value();
    for (int64_t i = 0; i < n * 3; ++i) in.f32()[i] = static_cast<float>(i);
    JETLINE_ASSERT_OK(session->run());
    const TensorView out = session->output(0).value();
    ASSERT_EQ(out.elements(), n * 3);
    EXPECT_EQ(out.f32()[n * 3 - 1], static_cast<float>(2 * (n * 3 - 1) + 1));
  }
  EngineOptions fixed;
  fixed.shapes["x"] = {4, 3};
  JETLINE_ASSERT_OK_AND_ASSIGN(auto other, Engine::load(dir_.file("m.onnx"), fixed));
  EXPECT_EQ(other->inputs()[0].shape, (std::vector<int64_t>{4, 3}));
  fixed.shapes["x"] = {4, 5};
  EXPECT_EQ(load_id(dir_.file("m.onnx"), fixed), "engine.bad-shape");
  fixed.shapes = {{"z", {1}}};
  EXPECT_EQ(load_id(dir_.file("m.onnx"), fixed), "engine.bad-shape");
}

TEST_F(EngineTest, SessionsOfOneEngineRunSideBySide) {
  JETLINE_REQUIRE_OPENVINO();
  EngineOptions o;
  o.throughput = true;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto engine, Engine::load(model(affine_model(64)), o));
  EXPECT_GE(engine->optimal_requests(), 1);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      auto session = engine->create_session();
      if (!session.ok()) return void(wrong[static_cast<size_t>(t)] = 1000);
      const TensorView in = session.value()->input(0).value();
      for (int k = 0; k < 50; ++k) {
        for (int i = 0; i < 192; ++i) in.f32()[i] = static_cast<float>(t * 1000 + k);
        if (!session.value()->run().ok()) ++wrong[static_cast<size_t>(t)];
        const float* y = session.value()->output(0)->f32();
        for (int i = 0; i < 192; ++i)
          wrong[static_cast<size_t>(t)] += y[i] != static_cast<float>(2 * (t * 1000 + k) + 1);
      }
    });
  }
  for (std::thread& t : threads) t.join();
  for (int w : wrong) EXPECT_EQ(w, 0);
}

TEST_F(EngineTest, ConditionsSayWhatATimingNeeds) {
  JETLINE_REQUIRE_OPENVINO();
  EngineOptions o;
  o.threads = 1;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto engine, Engine::load(model(affine_model(2)), o));
  const auto c = engine->conditions();
  EXPECT_EQ(c.at("engine"), "openvino");
  EXPECT_EQ(c.at("precision"), "f32");
  EXPECT_EQ(c.at("threads"), "1");
  EXPECT_EQ(c.at("mode"), "latency");
  EXPECT_EQ(c.at("model_cache"), "off");
  EXPECT_NE(c.at("engine_version"), "");
  EXPECT_GT(c.at("device").size(), 5u);
}

TEST_F(EngineTest, CacheIsKeyedByContentAndSurvivesDamage) {
  JETLINE_REQUIRE_OPENVINO();
  const std::string path = model(affine_model(2));
  EngineOptions o;
  o.cache_dir = dir_.file("cache");
  const auto state = [&](const std::string& p) {
    auto e = Engine::load(p, o);
    EXPECT_TRUE(e.ok()) << e.status().to_string();
    if (!e.ok()) return std::string();
    auto s = e.value()->create_session().value();
    const TensorView in = s->input(0).value();
    for (int i = 0; i < 6; ++i) in.f32()[i] = 3;
    JETLINE_EXPECT_OK(s->run());
    EXPECT_EQ(s->output(0)->f32()[5], 7.f);
    EXPECT_EQ(e.value()->inputs()[0].name, "x");
    EXPECT_EQ(e.value()->outputs()[0].name, "y");
    return e.value()->conditions().at("model_cache");
  };
  EXPECT_EQ(state(path), "miss");
  EXPECT_EQ(state(path), "hit");
  EXPECT_EQ(state(model(affine_model(2), "same content.onnx")), "hit");
  o.threads = 1;
  EXPECT_EQ(state(path), "miss");
  o.threads = 0;
  const auto entries = list_directory(o.cache_dir).value();
  ASSERT_EQ(entries.size(), 2u);
  for (const std::string& e : entries) {
    std::string blob = read_file(join_path(o.cache_dir, e)).value();
    blob[blob.size() / 2] = static_cast<char>(blob[blob.size() / 2] ^ 4);
    JETLINE_ASSERT_OK(write_file(join_path(o.cache_dir, e), blob));
  }
  EXPECT_EQ(state(path), "miss (damaged entry)");
  EXPECT_EQ(state(path), "hit");
  // A cache that cannot be written slows a start and is not an error.
  o.cache_dir = path + "/not a folder";
  EXPECT_EQ(state(path).rfind("not written", 0), 0u);
}

TEST_F(EngineTest, SaysWhatIsWrong) {
  EngineOptions o;
  o.engine = "openvimo";
  EXPECT_EQ(load_id("m.onnx", o), "engine.unknown");
  EXPECT_NE(Engine::load("m.onnx", o).status().hint().find("openvino"), std::string::npos);
  JETLINE_REQUIRE_OPENVINO();
  EXPECT_EQ(load_id(dir_.file("absent.onnx")), "file.not-found");
  EXPECT_EQ(load_id(dir_.path()), "file.not-a-file");
  EXPECT_EQ(load_id(model("")), "onnx.not-a-model");
  EXPECT_FALSE(Engine::load(model("this is no model at all"), {}).ok());
  EXPECT_EQ(load_id(model("<?xml version=\"1.0\"?><net>")), "engine.load-failed");
  const std::string good = model(affine_model(2));
  o = {};
  o.precision = "f33";
  EXPECT_EQ(load_id(good, o), "engine.unknown-option");
  o = {};
  o.threads = -1;
  EXPECT_EQ(load_id(good, o), "engine.unknown-option");
  o = {};
  o.device = "TOASTER";
  const Status s = Engine::load(good, o).status();
  EXPECT_EQ(s.id(), "engine.unknown-option");
  Model unknown_op;
  unknown_op.set_opset("", 13);
  GraphBuilder b(unknown_op.graph());
  b.output(b.op("NoSuchOperator", {b.input("x", DType::kF32, {1})}), "y", DType::kF32, {1});
  const Status refused = Engine::load(model(save_onnx_bytes(unknown_op).value()), {}).status();
  EXPECT_EQ(refused.id(), "engine.load-failed");
  EXPECT_NE(refused.message().find("NoSuchOperator"), std::string::npos) << refused.message();
}

TEST_F(EngineTest, EveryTruncationOfAModelIsAStatus) {
  JETLINE_REQUIRE_OPENVINO();
  const std::string bytes = testing::small_model_bytes(testing::small_models()[0]).value();
  for (size_t n = 0; n < bytes.size(); n += 64) {
    const auto r = Engine::load(model(bytes.substr(0, n)), {});
    ASSERT_FALSE(r.ok()) << n;
    EXPECT_EQ(r.status().exit_code(), 3) << r.status().to_string();
  }
}

TEST_F(EngineTest, WithoutTheModuleTheMessageNamesIt) {
  const auto before = module_directories();
  set_module_directories({dir_.path()});
  EXPECT_EQ(load_id("m.onnx"), "engine.not-installed");
  EngineOptions o;
  o.engine = "openvino";
  EXPECT_EQ(load_id("m.onnx", o), "engine.not-installed");
  EXPECT_EQ(Engine::load("m.onnx", o).status().exit_code(), 4);
  set_module_directories(before);
}

class EchoEngine : public Engine {
 public:
  explicit EchoEngine(std::vector<TensorInfo> inputs = {}) : inputs_(std::move(inputs)) {}
  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return none_; }
  Result<std::unique_ptr<Session>> create_session() override {
    return Status::internal("test.none", "no sessions");
  }
  std::map<std::string, std::string> conditions() const override { return {{"engine", "echo"}}; }
  int optimal_requests() const override { return 1; }

 private:
  std::vector<TensorInfo> inputs_, none_;
};

TEST_F(EngineTest, InferSaysThatTextsCannotBePassed) {
  register_engine({"texts", -1, "nothing", [] { return true; },
                   [](const ModelSource&, const EngineOptions&) -> Result<std::unique_ptr<Engine>> {
                     return std::unique_ptr<Engine>(new EchoEngine({{"words", DType::kString, {-1}}}));
                   }});
  InferOptions o;
  o.model = model(affine_model(2));
  o.engine.engine = "texts";
  for (const bool random : {false, true}) {
    o.random = random;
    const Status s = infer(o).status();
    EXPECT_EQ(s.id(), "engine.bad-type");
    EXPECT_NE(s.message().find("texts"), std::string::npos) << s.message();
    EXPECT_EQ(s.exit_code(), 3);
  }
  register_engine({"texts", -1, "nothing", [] { return false; }, nullptr});
}

TEST_F(EngineTest, AFurtherEngineComesThroughTheSameDoor) {
  bool there = true;
  register_engine({"echo", -1, "nothing", [&there] { return there; },
                   [](const ModelSource&, const EngineOptions&) -> Result<std::unique_ptr<Engine>> {
                     return std::unique_ptr<Engine>(new EchoEngine());
                   }});
  EngineOptions o;
  o.engine = "echo";
  const std::string path = model(affine_model(2));
  JETLINE_ASSERT_OK_AND_ASSIGN(auto engine, Engine::load(path, o));
  EXPECT_EQ(engine->conditions().at("engine"), "echo");
  there = false;
  EXPECT_EQ(load_id(path, o), "engine.not-installed");
  register_engine({"echo", -1, "nothing", [] { return false; }, nullptr});  // the flag goes out of scope
}

TEST_F(EngineTest, InferFillsAndChecksInputs) {
  JETLINE_REQUIRE_OPENVINO();
  InferOptions o;
  o.model = model(affine_model(2));
  EXPECT_EQ(infer(o).status().id(), "infer.missing-input");
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const ByteView bytes(reinterpret_cast<const uint8_t*>(values.data()), 24);
  const auto file = [&](DType t, std::vector<int64_t> shape) {
    JETLINE_EXPECT_OK(save_npy({"", t, std::move(shape), bytes}, dir_.file("a=b.npy")));
    return dir_.file("a=b.npy");
  };
  o.inputs = {file(DType::kF32, {2, 3})};
  JETLINE_ASSERT_OK_AND_ASSIGN(const InferResult r, infer(o));
  EXPECT_EQ(r.outputs[0].min, 3);
  EXPECT_EQ(r.outputs[0].max, 13);
  EXPECT_EQ(r.outputs[0].mean, 8);
  JETLINE_ASSERT_OK(save_outputs(r, dir_.file("y.npy")));
  EXPECT_EQ(save_outputs(r, dir_.file("y.txt")).id(), "infer.syntax");
  const auto back = load_npy(dir_.file("y.npy"));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->shape, (std::vector<int64_t>{2, 3}));
  o.inputs = {"x=" + file(DType::kF32, {3, 2})};
  EXPECT_EQ(infer(o).status().id(), "engine.bad-shape");
  o.inputs = {"x=" + file(DType::kI32, {2, 3})};
  EXPECT_EQ(infer(o).status().id(), "engine.bad-type");
  o.inputs = {"z=" + file(DType::kF32, {2, 3})};
  EXPECT_EQ(infer(o).status().id(), "infer.unknown-input");
  o.inputs = {"x=" + file(DType::kF32, {2, 3}), "x=" + file(DType::kF32, {2, 3})};
  EXPECT_EQ(infer(o).status().id(), "infer.syntax");
  const NpyView one{"one", DType::kF32, {2, 3}, bytes}, two{"x", DType::kF32, {2, 3}, bytes};
  JETLINE_ASSERT_OK(save_npz({one, two}, dir_.file("two.npz")));
  o.inputs = {"x=" + dir_.file("two.npz")};
  EXPECT_TRUE(infer(o).ok()) << "the array of that name";
  JETLINE_ASSERT_OK(save_npz({one, {"other", DType::kF32, {2, 3}, bytes}}, dir_.file("no.npz")));
  o.inputs = {"x=" + dir_.file("no.npz")};
  EXPECT_EQ(infer(o).status().hint(), "it holds: one, other");
  o.inputs.clear();
  o.random = true;
  EXPECT_TRUE(infer(o).ok());
  CancelToken stop;
  stop.cancel();
  o.cancel = &stop;
  EXPECT_EQ(infer(o).status().exit_code(), 130);
}

}  // namespace
}  // namespace jetline
