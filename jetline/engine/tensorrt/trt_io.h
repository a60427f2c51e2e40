// The inputs and outputs of a plan, the same way for both families of the API: binding indices (up to 8.4)
// and tensor names (from 8.5 on). The two implementations are the only places that know which one it is.
#pragma once

#include <string>
#include <vector>

#include "jetline/engine/engine.h"
#include "jetline/engine/tensorrt/trt_common.h"
#include "jetline/engine/tensorrt/trt_cuda.h"

namespace jetline {
namespace trt {

struct Port {
  TensorInfo info;  // shape as built, -1: dynamic
  bool input = true;
  bool on_host = false;           // shape tensors are read by the CPU
  std::vector<int64_t> min, max;  // of the profile, for dynamic inputs
  int index = 0;                  // binding of profile 0; unused with names
};

// In the order of the plan, inputs and outputs mixed.
std::vector<Port> list_ports(const nvinfer1::ICudaEngine& engine);

// Memory for an output whose size is known only when it has been computed (8.5 and later).
class OutputSink
#if TRT_HAS_NAMED_IO
    : public nvinfer1::IOutputAllocator
#endif
{
 public:
  IoBuffer buffer;
  std::vector<int64_t> dims;
  Status status;  // of the last allocation
#if TRT_HAS_NAMED_IO
  void* reallocateOutput(char const* name, void* memory, uint64_t size, uint64_t alignment) noexcept override;
#if TRT_AT_LEAST(10, 0)
  void* reallocateOutputAsync(char const* name, void* memory, uint64_t size, uint64_t alignment,
                              cudaStream_t stream) noexcept override {
    return reallocateOutput(name, memory, size, alignment);
  }
#endif
  void notifyShape(char const* name, nvinfer1::Dims const& d) noexcept override {
    dims = from_trt(d);
  }
#endif
};

// An execution context with the calls that a session makes. One thread at a time.
class ContextIo {
 public:
  // `profile` of `profiles` copies; several contexts with dynamic shapes need one each before 8.6.
  Status create(nvinfer1::ICudaEngine& engine, const std::vector<Port>& ports, int profile, int profiles,
                Complaints& complaints, cudaStream_t stream);
  bool set_shape(size_t port, const std::vector<int64_t>& dims);
  // Given the shapes of the inputs; -1 where only the run can tell.
  std::vector<int64_t> shape(size_t port) const;
  bool set_address(size_t port, void* memory);
  bool set_sink(size_t port, OutputSink* sink);  // false where the release has none
  bool enqueue(cudaStream_t stream);

 private:
  Owned<nvinfer1::IExecutionContext> context_;
  const std::vector<Port>* ports_ = nullptr;
  std::vector<void*> bindings_;  // unused with names
  int first_binding_ = 0;
};

}  // namespace trt
}  // namespace jetline
