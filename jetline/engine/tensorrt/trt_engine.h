// A plan, checked and deserialised, and the sessions that run it. Sessions keep the plan alive.
// Threads: create_session from any thread; a session belongs to one thread at a time.
#pragma once

#include <atomic>
#include <memory>

#include "jetline/engine/registry.h"
#include "jetline/engine/tensorrt/trt_io.h"

namespace jetline {
namespace trt {

// What engine and sessions share. Destroyed in reverse: contexts, engine, runtime.
struct LoadedPlan {
  Complaints complaints;
  Owned<nvinfer1::IRuntime> runtime;
  Owned<nvinfer1::ICudaEngine> engine;
  std::vector<Port> ports;
  std::vector<size_t> inputs, outputs;  // indices into ports
  int device = 0;
  bool shared_memory = false;  // CPU and GPU use the same memory: no copies
  bool graphs = true;
  std::atomic<int> next_profile{0};
  int profiles = 1;
  int64_t device_memory = 0;  // of one session, bytes
  PlanHost host;
};

class TrtEngine : public Engine {
 public:
  // Checks the plan against its record and this machine, then deserialises it.
  static Result<std::unique_ptr<Engine>> load(const ModelSource& source, const EngineOptions& options);

  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  Result<std::unique_ptr<Session>> create_session() override;
  std::map<std::string, std::string> conditions() const override { return conditions_; }
  int optimal_requests() const override { return optimal_requests_; }
  const std::shared_ptr<LoadedPlan>& plan() const { return plan_; }

 private:
  Status take_shapes(const EngineOptions& options, const std::string& where);
  void describe(const PlanRecord* record, const EngineOptions& options);

  std::shared_ptr<LoadedPlan> plan_;
  std::vector<TensorInfo> inputs_, outputs_;
  std::map<std::string, std::vector<int64_t>> fixed_;
  std::map<std::string, std::string> conditions_;
  int optimal_requests_ = 1;
};

// The library that was found must be of the release that the module was compiled for.
Status check_library();

}  // namespace trt
}  // namespace jetline
