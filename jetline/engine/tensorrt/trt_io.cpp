#include "jetline/engine/tensorrt/trt_io.h"

namespace jetline {
namespace trt {
namespace {
using Select = nvinfer1::OptProfileSelector;

bool is_dynamic(const std::vector<int64_t>& dims) {
  for (int64_t d : dims) {
    if (d < 0) return true;
  }
  return false;
}

}  // namespace

Status ContextIo::create(nvinfer1::ICudaEngine& engine, const std::vector<Port>& ports, int profile,
                         int profiles, Complaints& complaints, cudaStream_t stream) {
  context_.reset(engine.createExecutionContext());
  if (!context_) {
    return complaints.to_status(ErrorKind::kBadInput, "engine.run-failed",
                                "cannot create an execution context", "");
  }
  context_->setErrorRecorder(&complaints);
  ports_ = &ports;
  if (profile > 0) {
#if TRT_AT_LEAST(7, 2)
    const bool chosen = context_->setOptimizationProfileAsync(profile, stream) &&
                        cudaStreamSynchronize(stream) == cudaSuccess;
#else
    const bool chosen = context_->setOptimizationProfile(profile);
#endif
    if (!chosen) {
      return complaints.to_status(ErrorKind::kBadInput, "engine.run-failed",
                                  "cannot choose optimisation profile " + std::to_string(profile), "");
    }
  }
#if !TRT_HAS_NAMED_IO
  first_binding_ = profile * engine.getNbBindings() / profiles;
  bindings_.assign(static_cast<size_t>(engine.getNbBindings()), nullptr);
#endif
  return Status();
}

#if TRT_HAS_NAMED_IO

std::vector<Port> list_ports(const nvinfer1::ICudaEngine& engine) {
  std::vector<Port> ports;
  for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
    const char* name = engine.getIOTensorName(i);
    Port p;
    p.info = {name, from_trt(engine.getTensorDataType(name)), from_trt(engine.getTensorShape(name))};
    p.input = engine.getTensorIOMode(name) == nvinfer1::TensorIOMode::kINPUT;
    p.on_host = engine.getTensorLocation(name) == nvinfer1::TensorLocation::kHOST;
    p.index = i;
    if (p.input && is_dynamic(p.info.shape)) {
      p.min = from_trt(engine.getProfileShape(name, 0, Select::kMIN));
      p.max = from_trt(engine.getProfileShape(name, 0, Select::kMAX));
    }
    ports.push_back(std::move(p));
  }
  return ports;
}

void* OutputSink::reallocateOutput(char const*, void*, uint64_t size, uint64_t) noexcept {
  try {
    status = buffer.reserve(static_cast<size_t>(size), false);
  } catch (...) {
    return nullptr;
  }
  return status.ok() ? buffer.device() : nullptr;
}

bool ContextIo::set_shape(size_t port, const std::vector<int64_t>& dims) {
  return context_->setInputShape((*ports_)[port].info.name.c_str(), to_trt(dims));
}

std::vector<int64_t> ContextIo::shape(size_t port) const {
  return from_trt(context_->getTensorShape((*ports_)[port].info.name.c_str()));
}

bool ContextIo::set_address(size_t port, void* memory) {
  return context_->setTensorAddress((*ports_)[port].info.name.c_str(), memory);
}

bool ContextIo::set_sink(size_t port, OutputSink* sink) {
  return context_->setOutputAllocator((*ports_)[port].info.name.c_str(), sink);
}

bool ContextIo::enqueue(cudaStream_t stream) {
  return context_->enqueueV3(stream);
}

#else

std::vector<Port> list_ports(const nvinfer1::ICudaEngine& engine) {
  std::vector<Port> ports;
  const int32_t profiles = engine.getNbOptimizationProfiles() > 0 ? engine.getNbOptimizationProfiles() : 1;
  for (int32_t i = 0; i < engine.getNbBindings() / profiles; ++i) {
    Port p;
    p.info = {engine.getBindingName(i), from_trt(engine.getBindingDataType(i)),
              from_trt(engine.getBindingDimensions(i))};
    p.input = engine.bindingIsInput(i);
    p.on_host = engine.isShapeBinding(i);
    p.index = i;
    if (p.input && is_dynamic(p.info.shape)) {
      p.min = from_trt(engine.getProfileDimensions(i, 0, Select::kMIN));
      p.max = from_trt(engine.getProfileDimensions(i, 0, Select::kMAX));
    }
    ports.push_back(std::move(p));
  }
  return ports;
}

bool ContextIo::set_shape(size_t port, const std::vector<int64_t>& dims) {
  return context_->setBindingDimensions(first_binding_ + (*ports_)[port].index, to_trt(dims));
}

std::vector<int64_t> ContextIo::shape(size_t port) const {
  return from_trt(context_->getBindingDimensions(first_binding_ + (*ports_)[port].index));
}

bool ContextIo::set_address(size_t port, void* memory) {
  bindings_[static_cast<size_t>(first_binding_ + (*ports_)[port].index)] = memory;
  return true;
}

bool ContextIo::set_sink(size_t, OutputSink*) {
  return false;
}

bool ContextIo::enqueue(cudaStream_t stream) {
  return context_->enqueueV2(bindings_.data(), stream, nullptr);
}

#endif

}  // namespace trt
}  // namespace jetline
