// What the stand-in does wrong on demand, and what it counts. Tests set it before the call and reset() it
// after; not thread-safe while it changes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace trt_double {

struct Faults {
  int devices = 1;
  bool old_driver = false;  // every CUDA call: the driver is too old
  int compute_major = 8, compute_minor = 7;
  bool integrated = false;                   // CPU and GPU share their memory, as on a Jetson
  int library_version = 0;                   // what getInferLibVersion says; 0: as the headers
  std::string unsupported_op;                // an operator that the parser refuses
  int64_t memory_for_workspace = INT64_MAX;  // a workspace over this runs out of memory
  bool builder_fails = false;                // building fails for another reason
  bool deserialize_fails = false;
  bool context_fails = false;
  int enqueue_fails_at = -1;                 // the n-th enqueue from now fails
  bool no_capture = false;                   // work cannot be recorded
  int64_t device_memory = int64_t{1} << 34;  // what cudaMalloc gives in all
  std::function<void()> during_build;        // called at every step of the builder
  void reset();
};
Faults& faults();

struct Counts {
  std::atomic<int> live_objects{0};  // of TensorRT: 0 when all were freed
  std::atomic<int> live_blocks{0};   // of device and pinned memory
  std::atomic<int> live_handles{0};  // streams, events, graphs
  std::atomic<int> deserialized{0};  // how often bytes reached the vendor's reader
  std::atomic<int> enqueued{0}, replayed{0};
  std::atomic<int> timed_layers{0};  // layers that the timing cache did not know
};
Counts& counts();

}  // namespace trt_double
