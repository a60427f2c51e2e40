// One place to run a plan: an execution context, a stream, and the tensors on both sides. The first runs go
// through the plain call; once shapes have settled the same work (copies included) is recorded as a CUDA
// graph and replayed, which spares the launch of every layer. Work that cannot be recorded stays with the
// plain call.
//
// After the second run with the same shapes, run() allocates nothing.
#pragma once

#include "jetline/engine/tensorrt/trt_engine.h"

namespace jetline {
namespace trt {

class TrtSession : public Session {
 public:
  static Result<std::unique_ptr<TrtSession>> create(std::shared_ptr<LoadedPlan> plan);
  ~TrtSession() override;

  Status set_shape(size_t input, Span<const int64_t> dims) override;
  Result<TensorView> input(size_t index) override;
  Status run() override;
  Status start() override;
  Status wait() override;
  Result<TensorView> output(size_t index) override;
  bool replays_graph() const { return graph_.ready(); }

 private:
  struct Slot {
    size_t port = 0;
    std::vector<int64_t> dims;
    size_t bytes = 0;
    IoBuffer buffer;
    std::unique_ptr<OutputSink> sink;  // outputs whose size the run decides
    bool ready = false;
  };

  explicit TrtSession(std::shared_ptr<LoadedPlan> plan) : plan_(std::move(plan)) {}
  const Port& port(const Slot& s) const { return plan_->ports[s.port]; }
  Status give_memory(Slot& slot, const std::vector<int64_t>& dims);
  Status prepare();      // shapes of outputs, addresses; after set_shape
  bool enqueue_all();    // copies in, layers, copies out
  Status fetch_sinks();  // outputs of unknown size, after the layers ran
  Status failed(const char* what);

  std::shared_ptr<LoadedPlan> plan_;
  Complaints complaints_;
  Stream stream_;  // outlives context and graph
  ContextIo io_;
  Graph graph_;
  std::vector<Slot> in_, out_;
  bool prepared_ = false, in_flight_ = false, has_run_ = false, has_sinks_ = false, recordable_ = true;
  int runs_ = 0;  // with the present shapes
};

}  // namespace trt
}  // namespace jetline
