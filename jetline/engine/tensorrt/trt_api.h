// TensorRT's headers and what of them this release has. All decisions are made here, at compile time, from
// the release's macros: a Jetson has exactly one TensorRT, and the module is built against it.
#pragma once

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC system_header
#endif
#include <NvInfer.h>
#include <NvInferPlugin.h>
#include <NvOnnxParser.h>
#include <cuda_runtime_api.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#define TRT_AT_LEAST(major, minor) \
  (NV_TENSORRT_MAJOR > (major) || (NV_TENSORRT_MAJOR == (major) && NV_TENSORRT_MINOR >= (minor)))

#define TRT_HAS_DELETE TRT_AT_LEAST(8, 0)            // before: objects are freed by destroy()
#define TRT_HAS_SERIALIZED_BUILD TRT_AT_LEAST(8, 0)  // buildSerializedNetwork, timing caches
#define TRT_HAS_INSPECTOR TRT_AT_LEAST(8, 2)
#define TRT_HAS_POOL_LIMIT TRT_AT_LEAST(8, 4)  // else setMaxWorkspaceSize
#define TRT_HAS_MAX_THREADS TRT_AT_LEAST(8, 4)
#define TRT_HAS_NAMED_IO TRT_AT_LEAST(8, 5)  // else binding indices
#define TRT_HAS_LEVEL TRT_AT_LEAST(8, 6)     // and the compatibility flags
#define TRT_HAS_PROGRESS TRT_AT_LEAST(10, 0)
#define TRT_HAS_STRONG_TYPES TRT_AT_LEAST(10, 0)
#define TRT_NEEDS_EXPLICIT_BATCH (NV_TENSORRT_MAJOR < 10)
#define TRT_HAS_PRECISION_FLAGS (NV_TENSORRT_MAJOR < 11)
#define TRT_HAS_MEMORY_SIZE_V2 TRT_AT_LEAST(10, 1)
