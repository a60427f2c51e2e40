// CUDA's runtime as owned values: streams, device and host memory, graphs. Only the C API; no kernels here.
// Ids: engine.no-gpu, engine.driver, engine.out-of-memory, engine.run-failed, engine.unknown-option (device).
#pragma once

#include <cstddef>
#include <string>

#include "jetline/base/status.h"
#include "jetline/engine/plan/plan_record.h"
#include "jetline/engine/tensorrt/trt_api.h"

namespace jetline {
namespace trt {

// OK for cudaSuccess; `doing` is the message's beginning.
Status cuda_status(cudaError_t error, const std::string& doing);

// "0", "1", "cuda:1", "GPU", "GPU.1"; "CPU" and "" (other engines' defaults) mean the first GPU.
// engine.unknown-option; engine.no-gpu, engine.driver when there is none to choose from.
Result<int> choose_device(const std::string& text);

// This process's releases and that GPU, as plans record them.
Result<PlanHost> describe_host(int device);

class Stream {
 public:
  Stream() = default;
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  Status create();
  cudaStream_t get() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

// One tensor's memory on both sides: pinned on the host and a copy on the device, or one block that both see
// where GPU and CPU share their memory (Jetson). Grows, never shrinks.
class IoBuffer {
 public:
  IoBuffer() = default;
  ~IoBuffer();
  IoBuffer(IoBuffer&& o) noexcept;
  IoBuffer(const IoBuffer&) = delete;
  IoBuffer& operator=(const IoBuffer&) = delete;
  Status reserve(size_t bytes, bool shared);
  void* host() const { return host_; }
  void* device() const { return device_; }
  bool shared() const { return shared_; }
  size_t capacity() const { return capacity_; }

 private:
  void release();
  void* host_ = nullptr;
  void* device_ = nullptr;
  bool shared_ = false;
  size_t capacity_ = 0;
};

// A recorded sequence of work.
class Graph {
 public:
  Graph() = default;
  ~Graph() { reset(); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  void reset();
  bool ready() const { return exec_ != nullptr; }
  // Records what `work` (returning bool) puts on the stream. False: this work cannot be recorded, run it
  // plainly.
  template <typename F>
  bool capture(cudaStream_t stream, F&& work) {
    reset();
    if (cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal) != cudaSuccess)
      return forget_error();
    const bool good = work();
    return finish(stream, good);
  }
  cudaError_t launch(cudaStream_t stream) const { return cudaGraphLaunch(exec_, stream); }

 private:
  bool finish(cudaStream_t stream, bool good);
  static bool forget_error();
  cudaGraphExec_t exec_ = nullptr;
};

}  // namespace trt
}  // namespace jetline
