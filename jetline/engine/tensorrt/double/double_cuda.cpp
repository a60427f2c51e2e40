// CUDA's runtime over host memory; see cuda_runtime_api.h.
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "jetline/engine/tensorrt/double/double_cuda.h"
#include "jetline/engine/tensorrt/double/double_faults.h"

namespace trt_double {

void Faults::reset() {
  *this = Faults();
}
Faults& faults() {
  static Faults f;
  return f;
}
Counts& counts() {
  static Counts c;
  return c;
}

namespace {
std::mutex memory_mutex;
std::map<void*, size_t> device_blocks;
int64_t device_used = 0;
thread_local cudaError_t last_error = cudaSuccess;

cudaError_t remember(cudaError_t e) {
  if (e != cudaSuccess) last_error = e;
  return e;
}
cudaError_t driver() {
  if (faults().old_driver) return remember(cudaErrorInsufficientDriver);
  if (faults().devices < 1) return remember(cudaErrorNoDevice);
  return cudaSuccess;
}
}  // namespace

bool on_stream(cudaStream_t stream, std::function<bool()> work) {
  if (stream && stream->capturing) {
    if (faults().no_capture) {
      stream->broken = true;
      return false;
    }
    stream->recorded.push_back(std::move(work));
    return true;
  }
  return work();
}

}  // namespace trt_double

using trt_double::counts;
using trt_double::faults;
using trt_double::remember;

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 0;
  const cudaError_t e = trt_double::driver();
  if (e == cudaSuccess) *count = faults().devices;
  return e;
}
cudaError_t cudaSetDevice(int device) {
  const cudaError_t e = trt_double::driver();
  return e != cudaSuccess ? e : device < faults().devices ? cudaSuccess : remember(cudaErrorInvalidDevice);
}
cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}
cudaError_t cudaGetLastError() {
  const cudaError_t e = trt_double::last_error;
  trt_double::last_error = cudaSuccess;
  return e;
}
const char* cudaGetErrorString(cudaError_t e) {
  switch (e) {
    case cudaSuccess:
      return "no error";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInsufficientDriver:
      return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    default:
      return "unknown error";
  }
}
const char* cudaGetErrorName(cudaError_t) {
  return "cudaError";
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = 12060;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  *value = attribute == cudaDevAttrIntegrated               ? faults().integrated
           : attribute == cudaDevAttrComputeCapabilityMajor ? faults().compute_major
                                                            : faults().compute_minor;
  return trt_double::driver();
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int) {
  std::memset(p, 0, sizeof *p);
  std::strcpy(p->name, "Double GPU");
  p->totalGlobalMem = static_cast<size_t>(faults().device_memory);
  return trt_double::driver();
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  std::lock_guard<std::mutex> lock(trt_double::memory_mutex);
  *total = static_cast<size_t>(faults().device_memory);
  *free = static_cast<size_t>(faults().device_memory - trt_double::device_used);
  return trt_double::driver();
}
cudaError_t cudaMalloc(void** memory, size_t size) {
  *memory = nullptr;
  std::lock_guard<std::mutex> lock(trt_double::memory_mutex);
  if (trt_double::device_used + static_cast<int64_t>(size) > faults().device_memory)
    return remember(cudaErrorMemoryAllocation);
  *memory = std::malloc(size ? size : 1);
  if (!*memory) return remember(cudaErrorMemoryAllocation);
  std::memset(*memory, 0xcd, size);  // what was never copied shows
  trt_double::device_blocks[*memory] = size;
  trt_double::device_used += static_cast<int64_t>(size);
  ++counts().live_blocks;
  return cudaSuccess;
}
cudaError_t cudaFree(void* memory) {
  std::lock_guard<std::mutex> lock(trt_double::memory_mutex);
  const auto it = trt_double::device_blocks.find(memory);
  if (it == trt_double::device_blocks.end()) return remember(cudaErrorInvalidValue);
  trt_double::device_used -= static_cast<int64_t>(it->second);
  trt_double::device_blocks.erase(it);
  --counts().live_blocks;
  std::free(memory);
  return cudaSuccess;
}
cudaError_t cudaHostAlloc(void** memory, size_t size, unsigned) {
  *memory = std::calloc(size ? size : 1, 1);
  ++counts().live_blocks;
  return *memory ? cudaSuccess : remember(cudaErrorMemoryAllocation);
}
cudaError_t cudaFreeHost(void* memory) {
  std::free(memory);
  --counts().live_blocks;
  return cudaSuccess;
}
cudaError_t cudaHostGetDevicePointer(void** device, void* host, unsigned) {
  *device = host;
  return faults().integrated ? cudaSuccess : remember(cudaErrorInvalidValue);
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t size, cudaMemcpyKind, cudaStream_t stream) {
  const bool good = trt_double::on_stream(stream, [=] {
    std::memcpy(to, from, size);
    return true;
  });
  return good ? cudaSuccess : remember(cudaErrorStreamCaptureUnsupported);
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new CUstream_st();
  ++counts().live_handles;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  --counts().live_handles;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (!stream->failed) return cudaSuccess;
  stream->failed = false;
  return remember(cudaErrorUnknown);
}
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  stream->capturing = true;
  stream->broken = false;
  stream->recorded.clear();
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = nullptr;
  stream->capturing = false;
  if (stream->broken) return remember(cudaErrorStreamCaptureInvalidated);
  *graph = new CUgraph_st{std::move(stream->recorded)};
  ++counts().live_handles;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  *exec = new CUgraphExec_st{graph->work};
  ++counts().live_handles;
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  --counts().live_handles;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete exec;
  --counts().live_handles;
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  ++counts().replayed;
  for (const auto& work : exec->work) stream->failed = !work() || stream->failed;
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st();
  ++counts().live_handles;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  --counts().live_handles;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  event->when = std::chrono::steady_clock::now();
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t) {
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t from, cudaEvent_t to) {
  *ms = std::chrono::duration<float, std::milli>(to->when - from->when).count();
  return cudaSuccess;
}
}
