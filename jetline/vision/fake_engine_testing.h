// An engine for tests: inputs, outputs and what "inference" writes are given; it keeps what it was fed.
// install_fake_engine registers it under a name of its own, so that Detector::create reaches it through the
// same door as any other. Not thread-safe across sessions that share a fill function with state.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "jetline/engine/registry.h"

namespace jetline::testing {

struct FakeModel {
  std::vector<TensorInfo> inputs, outputs;  // static shapes
  // Called for each run with the input's bytes and the outputs to fill.
  std::function<void(const TensorView& input, std::vector<TensorView>& outputs)> infer;
  int requests = 1;
  EngineOptions seen;  // of the last load
  int sessions = 0;
};

class FakeSession : public Session {
 public:
  explicit FakeSession(FakeModel& model) : model_(model) {
    ++model.sessions;
    for (const TensorInfo& t : model.inputs) add(t, in_);
    for (const TensorInfo& t : model.outputs) add(t, out_);
  }
  Status set_shape(size_t, Span<const int64_t>) override { return Status(); }
  Result<TensorView> input(size_t i) override { return in_[i]; }
  Status run() override {
    if (model_.infer) model_.infer(in_[0], out_);
    return Status();
  }
  Status start() override { return run(); }
  Status wait() override { return Status(); }
  Result<TensorView> output(size_t i) override { return out_[i]; }

 private:
  void add(const TensorInfo& t, std::vector<TensorView>& views) {
    TensorView v;
    v.dtype = t.dtype;
    v.shape = t.shape;
    memory_.push_back(std::make_unique<std::vector<uint8_t>>(static_cast<size_t>(v.bytes()) + 64));
    v.data = memory_.back()->data();
    views.push_back(v);
  }
  FakeModel& model_;
  std::vector<std::unique_ptr<std::vector<uint8_t>>> memory_;
  std::vector<TensorView> in_, out_;
};

class FakeEngine : public Engine {
 public:
  explicit FakeEngine(std::shared_ptr<FakeModel> model) : model_(std::move(model)) {}
  const std::vector<TensorInfo>& inputs() const override { return model_->inputs; }
  const std::vector<TensorInfo>& outputs() const override { return model_->outputs; }
  Result<std::unique_ptr<Session>> create_session() override {
    return std::unique_ptr<Session>(std::make_unique<FakeSession>(*model_));
  }
  std::map<std::string, std::string> conditions() const override { return {{"engine", "fake"}}; }
  int optimal_requests() const override { return model_->requests; }

 private:
  std::shared_ptr<FakeModel> model_;
};

inline void install_fake_engine(const std::string& name, std::shared_ptr<FakeModel> model) {
  EngineEntry entry;
  entry.name = name;
  entry.preference = -1000;  // never chosen by "auto"
  entry.available = [] { return true; };
  entry.load = [model](const ModelSource&, const EngineOptions& options) -> Result<std::unique_ptr<Engine>> {
    model->seen = options;
    return std::unique_ptr<Engine>(std::make_unique<FakeEngine>(model));
  };
  register_engine(entry);
}

}  // namespace jetline::testing
