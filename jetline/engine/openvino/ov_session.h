// One inference request with its tensors. Inputs and outputs of fixed shape keep their memory from creation
// on; an input or output of dynamic shape gets it from set_shape() or from the run. No copies are made.
#pragma once

#include "jetline/engine/openvino/ov_common.h"

namespace jetline::ov_engine {

class OvSession : public Session {
 public:
  static Result<std::unique_ptr<Session>> create(ov::CompiledModel& model,
                                                 const std::vector<TensorInfo>& inputs,
                                                 const std::vector<TensorInfo>& outputs);

  Status set_shape(size_t input, Span<const int64_t> dims) override;
  Result<TensorView> input(size_t index) override;
  Status run() override;
  Status start() override;
  Status wait() override;
  Result<TensorView> output(size_t index) override;

 private:
  // A tensor as seen from outside. `dims` is what TensorView::shape points at.
  struct Slot {
    ov::Tensor tensor;
    std::vector<int64_t> dims;
    void* data = nullptr;
    bool ready = false;    // has memory of a known shape
    bool dynamic = false;  // an output whose shape is known after a run only
  };

  OvSession(const std::vector<TensorInfo>& inputs, const std::vector<TensorInfo>& outputs)
      : in_info_(inputs), out_info_(outputs), in_(inputs.size()), out_(outputs.size()) {}
  Status take_outputs();
  Status check_ready() const;
  static void fill(Slot& slot, const ov::Tensor& tensor);
  static Result<TensorView> view(const Slot& slot, const TensorInfo& info, const char* kind);

  const std::vector<TensorInfo> in_info_, out_info_;  // copies: the engine may move
  std::vector<Slot> in_, out_;
  ov::InferRequest request_;
  bool in_flight_ = false, has_run_ = false;
};

}  // namespace jetline::ov_engine
