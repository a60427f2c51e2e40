// A stand-in for TensorRT's headers, for tests on machines without it: the names, enumerators and signatures
// that the back-end uses, in the shape that releases 8.2, 8.6, 10.6 and 11.1 have, so that what a release
// lacks does not compile. Our own declarations; binary layout and everything unused differ from the vendor's.
// Behind it stands a builder that packs the model into a plan and a runtime that evaluates it on the host
// (double_*.cpp), with faults on demand (double_faults.h).
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "NvInferVersion.h"

#define TRT_DOUBLE_SINCE(n) (JETLINE_TRT_DOUBLE >= (n))

namespace nvinfer1 {

#if TRT_DOUBLE_SINCE(1000)
using DimValue = int64_t;
#else
using DimValue = int32_t;
#endif
class Dims {
 public:
  static constexpr int32_t MAX_DIMS = 8;
  int32_t nbDims;
  DimValue d[MAX_DIMS];
};

enum class DataType : int32_t {
  kFLOAT = 0,
  kHALF = 1,
  kINT8 = 2,
  kINT32 = 3,
  kBOOL = 4,
#if TRT_DOUBLE_SINCE(805)
  kUINT8 = 5,
#endif
#if TRT_DOUBLE_SINCE(806)
  kFP8 = 6,
#endif
#if TRT_DOUBLE_SINCE(1000)
  kBF16 = 7,
  kINT64 = 8,
  kINT4 = 9,
#endif
};

class ILogger {
 public:
  enum class Severity : int32_t { kINTERNAL_ERROR = 0, kERROR = 1, kWARNING = 2, kINFO = 3, kVERBOSE = 4 };
  virtual void log(Severity severity, char const* message) noexcept = 0;
  virtual ~ILogger() = default;
};

enum class ErrorCode : int32_t {
  kSUCCESS = 0,
  kUNSPECIFIED_ERROR = 1,
  kINTERNAL_ERROR = 2,
  kINVALID_ARGUMENT = 3,
  kINVALID_CONFIG = 4,
  kFAILED_ALLOCATION = 5,
  kFAILED_INITIALIZATION = 6,
  kFAILED_EXECUTION = 7,
  kFAILED_COMPUTATION = 8,
  kINVALID_STATE = 9,
  kUNSUPPORTED_STATE = 10,
};

#if TRT_DOUBLE_SINCE(1000)
struct InterfaceInfo {
  char const* kind;
  int32_t major, minor;
};
class IVersionedInterface {
 public:
  virtual InterfaceInfo getInterfaceInfo() const noexcept = 0;
  virtual ~IVersionedInterface() noexcept = default;
};
class IErrorRecorder : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return {"IErrorRecorder", 1, 0}; }
#else
class IErrorRecorder {
 public:
  virtual ~IErrorRecorder() noexcept = default;
#endif
  using ErrorDesc = char const*;
  using RefCount = int32_t;
  virtual int32_t getNbErrors() const noexcept = 0;
  virtual ErrorCode getErrorCode(int32_t index) const noexcept = 0;
  virtual ErrorDesc getErrorDesc(int32_t index) const noexcept = 0;
  virtual bool hasOverflowed() const noexcept = 0;
  virtual void clear() noexcept = 0;
  virtual bool reportError(ErrorCode code, ErrorDesc text) noexcept = 0;
  virtual RefCount incRefCount() noexcept = 0;
  virtual RefCount decRefCount() noexcept = 0;
};

class IHostMemory {
 public:
  virtual ~IHostMemory() noexcept = default;
  virtual void* data() const noexcept = 0;
  virtual std::size_t size() const noexcept = 0;
};

class ITensor {
 public:
  virtual ~ITensor() noexcept = default;
  virtual char const* getName() const noexcept = 0;
  virtual Dims getDimensions() const noexcept = 0;
  virtual DataType getType() const noexcept = 0;
  virtual bool isShapeTensor() const noexcept = 0;
};

class INetworkDefinition {
 public:
  virtual ~INetworkDefinition() noexcept = default;
  virtual int32_t getNbInputs() const noexcept = 0;
  virtual ITensor* getInput(int32_t index) const noexcept = 0;
  virtual int32_t getNbOutputs() const noexcept = 0;
  virtual ITensor* getOutput(int32_t index) const noexcept = 0;
  virtual int32_t getNbLayers() const noexcept = 0;
};

using NetworkDefinitionCreationFlags = uint32_t;
enum class NetworkDefinitionCreationFlag : int32_t {
#if TRT_DOUBLE_SINCE(1100)
  kSTRONGLY_TYPED = 0,
#else
  kEXPLICIT_BATCH = 0,
#if TRT_DOUBLE_SINCE(1000)
  kSTRONGLY_TYPED = 1,
#endif
#endif
};

enum class OptProfileSelector : int32_t { kMIN = 0, kOPT = 1, kMAX = 2 };
class IOptimizationProfile {
 public:
  virtual ~IOptimizationProfile() noexcept = default;
  virtual bool setDimensions(char const* input, OptProfileSelector select, Dims const& dims) noexcept = 0;
  virtual Dims getDimensions(char const* input, OptProfileSelector select) const noexcept = 0;
  virtual bool isValid() const noexcept = 0;
};

// Numbered as each release numbers them: they moved twice.
enum class BuilderFlag : int32_t {
#if !TRT_DOUBLE_SINCE(1100)
  kFP16,
  kINT8,
#endif
  kDEBUG,
  kGPU_FALLBACK,
#if !TRT_DOUBLE_SINCE(1000)
  kSTRICT_TYPES,
#endif
  kREFIT,
  kDISABLE_TIMING_CACHE,
  kTF32,
  kSPARSE_WEIGHTS,
#if TRT_DOUBLE_SINCE(806)
  kVERSION_COMPATIBLE,
#endif
};
enum class DeviceType : int32_t { kGPU, kDLA };
enum class ProfilingVerbosity : int32_t { kLAYER_NAMES_ONLY = 0, kNONE = 1, kDETAILED = 2 };
#if TRT_DOUBLE_SINCE(803)
enum class MemoryPoolType : int32_t { kWORKSPACE = 0, kDLA_MANAGED_SRAM, kDLA_LOCAL_DRAM, kDLA_GLOBAL_DRAM };
#endif
#if TRT_DOUBLE_SINCE(806)
enum class HardwareCompatibilityLevel : int32_t { kNONE = 0, kAMPERE_PLUS = 1 };
#endif

class ITimingCache {
 public:
  virtual ~ITimingCache() noexcept = default;
  virtual IHostMemory* serialize() const noexcept = 0;
};

#if TRT_DOUBLE_SINCE(1000)
class IProgressMonitor : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return {"IProgressMonitor", 1, 0}; }
  virtual void phaseStart(char const* phase, char const* parent, int32_t steps) noexcept = 0;
  virtual bool stepComplete(char const* phase, int32_t step) noexcept = 0;
  virtual void phaseFinish(char const* phase) noexcept = 0;
};
#endif

class IBuilderConfig {
 public:
  virtual ~IBuilderConfig() noexcept = default;
  virtual void setFlag(BuilderFlag flag) noexcept = 0;
  virtual void clearFlag(BuilderFlag flag) noexcept = 0;
  virtual bool getFlag(BuilderFlag flag) const noexcept = 0;
  virtual int32_t addOptimizationProfile(IOptimizationProfile const* profile) noexcept = 0;
  virtual ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept = 0;
  virtual bool setTimingCache(ITimingCache const& cache, bool ignoreMismatch) noexcept = 0;
  virtual ITimingCache const* getTimingCache() const noexcept = 0;
  virtual void setProfilingVerbosity(ProfilingVerbosity verbosity) noexcept = 0;
  virtual void setDLACore(int32_t core) noexcept = 0;
  virtual void setDefaultDeviceType(DeviceType type) noexcept = 0;
#if TRT_DOUBLE_SINCE(803)
  virtual void setMemoryPoolLimit(MemoryPoolType pool, std::size_t bytes) noexcept = 0;
#endif
#if !TRT_DOUBLE_SINCE(1000)
  virtual void setMaxWorkspaceSize(std::size_t bytes) noexcept = 0;
#endif
#if TRT_DOUBLE_SINCE(806)
  virtual void setBuilderOptimizationLevel(int32_t level) noexcept = 0;
  virtual void setHardwareCompatibilityLevel(HardwareCompatibilityLevel level) noexcept = 0;
  virtual void setMaxAuxStreams(int32_t streams) noexcept = 0;
#endif
#if TRT_DOUBLE_SINCE(1000)
  virtual void setProgressMonitor(IProgressMonitor* monitor) noexcept = 0;
#endif
};

class IBuilder {
 public:
  virtual ~IBuilder() noexcept = default;
  virtual INetworkDefinition* createNetworkV2(NetworkDefinitionCreationFlags flags) noexcept = 0;
  virtual IBuilderConfig* createBuilderConfig() noexcept = 0;
  virtual IOptimizationProfile* createOptimizationProfile() noexcept = 0;
  virtual IHostMemory* buildSerializedNetwork(INetworkDefinition& network,
                                              IBuilderConfig& config) noexcept = 0;
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  virtual int32_t getNbDLACores() const noexcept = 0;
#if TRT_DOUBLE_SINCE(804)
  virtual bool setMaxThreads(int32_t threads) noexcept = 0;
#endif
#if !TRT_DOUBLE_SINCE(1000)  // deprecated in 10.5 and gone in 11: not to be used
  virtual bool platformHasFastFp16() const noexcept = 0;
#endif
};

#if TRT_DOUBLE_SINCE(805)
enum class TensorIOMode : int32_t { kNONE = 0, kINPUT = 1, kOUTPUT = 2 };
enum class TensorLocation : int32_t { kDEVICE = 0, kHOST = 1 };
#if TRT_DOUBLE_SINCE(1000)
class IOutputAllocator : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return {"IOutputAllocator", 1, 0}; }
  virtual void* reallocateOutput(char const*, void*, uint64_t, uint64_t) noexcept { return nullptr; }
  virtual void* reallocateOutputAsync(char const* name, void* memory, uint64_t size, uint64_t alignment,
                                      cudaStream_t) {
    return reallocateOutput(name, memory, size, alignment);
  }
#else
class IOutputAllocator {
 public:
  virtual ~IOutputAllocator() noexcept = default;
  virtual void* reallocateOutput(char const* name, void* memory, uint64_t size,
                                 uint64_t alignment) noexcept = 0;
#endif
  virtual void notifyShape(char const* name, Dims const& dims) noexcept = 0;
};
#endif

class ICudaEngine;
class IExecutionContext {
 public:
  virtual ~IExecutionContext() noexcept = default;
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  virtual bool setOptimizationProfileAsync(int32_t profile, cudaStream_t stream) noexcept = 0;
#if !TRT_DOUBLE_SINCE(1000)
  virtual bool setBindingDimensions(int32_t binding, Dims dims) noexcept = 0;
  virtual Dims getBindingDimensions(int32_t binding) const noexcept = 0;
  virtual bool enqueueV2(void* const* bindings, cudaStream_t stream, cudaEvent_t* consumed) noexcept = 0;
#endif
#if TRT_DOUBLE_SINCE(805)
  virtual bool setInputShape(char const* name, Dims const& dims) noexcept = 0;
  virtual Dims getTensorShape(char const* name) const noexcept = 0;
  virtual bool setTensorAddress(char const* name, void* data) noexcept = 0;
  virtual bool setOutputAllocator(char const* name, IOutputAllocator* allocator) noexcept = 0;
  virtual bool enqueueV3(cudaStream_t stream) noexcept = 0;
#endif
};

enum class LayerInformationFormat : int32_t { kONELINE = 0, kJSON = 1 };
class IEngineInspector {
 public:
  virtual ~IEngineInspector() noexcept = default;
  virtual char const* getLayerInformation(int32_t layer, LayerInformationFormat format) const noexcept = 0;
};

class ICudaEngine {
 public:
  virtual ~ICudaEngine() noexcept = default;
  virtual IExecutionContext* createExecutionContext() noexcept = 0;
  virtual int32_t getNbLayers() const noexcept = 0;
  virtual int32_t getNbOptimizationProfiles() const noexcept = 0;
  virtual IEngineInspector* createEngineInspector() const noexcept = 0;
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
#if !TRT_DOUBLE_SINCE(1100)
  virtual std::size_t getDeviceMemorySize() const noexcept = 0;
#endif
#if TRT_DOUBLE_SINCE(1001)
  virtual int64_t getDeviceMemorySizeV2() const noexcept = 0;
#endif
#if !TRT_DOUBLE_SINCE(1000)
  virtual int32_t getNbBindings() const noexcept = 0;
  virtual char const* getBindingName(int32_t binding) const noexcept = 0;
  virtual bool bindingIsInput(int32_t binding) const noexcept = 0;
  virtual Dims getBindingDimensions(int32_t binding) const noexcept = 0;
  virtual DataType getBindingDataType(int32_t binding) const noexcept = 0;
  virtual bool isShapeBinding(int32_t binding) const noexcept = 0;
  virtual Dims getProfileDimensions(int32_t binding, int32_t profile,
                                    OptProfileSelector select) const noexcept = 0;
#endif
#if TRT_DOUBLE_SINCE(805)
  virtual int32_t getNbIOTensors() const noexcept = 0;
  virtual char const* getIOTensorName(int32_t index) const noexcept = 0;
  virtual TensorIOMode getTensorIOMode(char const* name) const noexcept = 0;
  virtual Dims getTensorShape(char const* name) const noexcept = 0;
  virtual DataType getTensorDataType(char const* name) const noexcept = 0;
  virtual TensorLocation getTensorLocation(char const* name) const noexcept = 0;
  virtual Dims getProfileShape(char const* name, int32_t profile,
                               OptProfileSelector select) const noexcept = 0;
#endif
};

class IRuntime {
 public:
  virtual ~IRuntime() noexcept = default;
  virtual ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept = 0;
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  virtual void setDLACore(int32_t core) noexcept = 0;
#if TRT_DOUBLE_SINCE(806)
  virtual void setEngineHostCodeAllowed(bool allowed) noexcept = 0;
#endif
};

IBuilder* createInferBuilder(ILogger& logger) noexcept;
IRuntime* createInferRuntime(ILogger& logger) noexcept;

}  // namespace nvinfer1

extern "C" int32_t getInferLibVersion() noexcept;
