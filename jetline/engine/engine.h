// Running a model. Engine::load compiles a model file for one device; a Session is one independent place to
// run it (its own input and output memory). The registry of engines is open: `openvino` lives in a module
// loaded on demand (libjetline_openvino.so), others follow the same door (engine/registry.h).
//
// Ownership: the Engine outlives its Sessions. Memory behind TensorView belongs to the Session and stays at
// the same address until the shape of that input changes. Threads: load and create_session may be called from
// any thread; one thread at a time per Session. After the first run() with given shapes, run() allocates
// nothing on the calling thread outside the vendor's own inference call.
//
// Ids: engine.not-installed (module missing), engine.unknown, engine.load-failed (vendor refused the model),
// engine.bad-shape, engine.bad-type, engine.run-failed, engine.unknown-option.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "jetline/base/dtype.h"
#include "jetline/base/span.h"
#include "jetline/base/status.h"

namespace jetline {

struct EngineOptions {
  std::string engine = "auto";    // "auto", "openvino", later "tensorrt", "onnxruntime"
  std::string device = "CPU";     // vendor's device name
  int threads = 0;                // 0: the vendor's choice
  bool throughput = false;        // several requests in flight instead of the shortest single answer
  std::string precision = "f32";  // lower only when asked for; printed with the conditions
  std::string cache_dir;          // compiled-model cache; "" = no cache
  // Static shapes to give dynamic inputs before compilation: input name -> dims. Inputs left dynamic take the
  // shape given to Session::set_shape.
  std::map<std::string, std::vector<int64_t>> shapes;
};

struct TensorInfo {
  std::string name;
  DType dtype = DType::kUndefined;
  std::vector<int64_t> shape;  // -1: dynamic
};

// A dense row-major tensor in memory that somebody else owns.
struct TensorView {
  void* data = nullptr;
  DType dtype = DType::kUndefined;
  Span<const int64_t> shape;
  int64_t elements() const {
    int64_t n = 1;
    for (int64_t d : shape) n *= d;
    return n;
  }
  int64_t bytes() const { return dtype_bytes(dtype, elements()); }
  float* f32() const { return static_cast<float*>(data); }
};

class Session {
 public:
  virtual ~Session() = default;
  // Gives a dynamic input its shape for the following runs. Reallocates only when the shape changes.
  virtual Status set_shape(size_t input, Span<const int64_t> dims) = 0;
  // Memory to fill before run(). A dynamic input has none before set_shape (engine.bad-shape).
  virtual Result<TensorView> input(size_t index) = 0;
  virtual Status run() = 0;
  // For two requests in flight: start() returns at once, wait() blocks until outputs are valid.
  virtual Status start() = 0;
  virtual Status wait() = 0;
  // Valid after run() or wait() until the next run() or start().
  virtual Result<TensorView> output(size_t index) = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  // Compiles `path` (an ONNX file; other formats where the vendor reads them).
  static Result<std::unique_ptr<Engine>> load(const std::string& path, const EngineOptions& options);

  virtual const std::vector<TensorInfo>& inputs() const = 0;
  virtual const std::vector<TensorInfo>& outputs() const = 0;
  virtual Result<std::unique_ptr<Session>> create_session() = 0;
  // What a printed timing must carry: engine, version, device (full name), precision, threads, mode.
  virtual std::map<std::string, std::string> conditions() const = 0;
  // How many sessions in flight keep the device busy (1 in latency mode).
  virtual int optimal_requests() const = 0;
};

}  // namespace jetline
