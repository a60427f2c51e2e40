// What stands behind the stand-in's CUDA handles.
#pragma once

#include <cuda_runtime_api.h>

#include <chrono>
#include <functional>
#include <vector>

struct CUstream_st {
  bool capturing = false, broken = false, failed = false;
  std::vector<std::function<bool()>> recorded;
};
struct CUevent_st {
  std::chrono::steady_clock::time_point when;
};
struct CUgraph_st {
  std::vector<std::function<bool()>> work;
};
struct CUgraphExec_st {
  std::vector<std::function<bool()>> work;
};

namespace trt_double {

// Runs `work` now, or records it while the stream is captured; false when it failed or cannot be recorded.
bool on_stream(cudaStream_t stream, std::function<bool()> work);

}  // namespace trt_double
