// The OpenVINO engine: a compiled model, its ports described once, and the sessions it hands out.
// One thread may load while others create sessions or run; a session belongs to one thread at a time.
#pragma once

#include "jetline/engine/openvino/ov_common.h"
#include "jetline/engine/registry.h"

namespace jetline::ov_engine {

class OvEngine : public Engine {
 public:
  static Result<std::unique_ptr<Engine>> load(const ModelSource& source, const EngineOptions& options);

  const std::vector<TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<TensorInfo>& outputs() const override { return outputs_; }
  Result<std::unique_ptr<Session>> create_session() override;
  std::map<std::string, std::string> conditions() const override { return conditions_; }
  int optimal_requests() const override { return optimal_requests_; }

 private:
  Status compile(const ModelSource& source, const EngineOptions& options);
  void describe(const EngineOptions& options);

  ov::CompiledModel compiled_;
  std::vector<TensorInfo> inputs_, outputs_;
  std::map<std::string, std::string> conditions_;
  int optimal_requests_ = 1;
  std::string cache_state_ = "off";
};

}  // namespace jetline::ov_engine
