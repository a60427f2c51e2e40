#include "jetline/engine/tensorrt/trt_session.h"

#include <algorithm>

namespace jetline {
namespace trt {
namespace {

// A plan that asks for this much for one tensor is broken or hostile.
constexpr int64_t kTrtMaxTensorBytes = int64_t{1} << 36;
// The first run with new shapes may allocate inside the vendor's library, which a recording forbids.
constexpr int kTrtWarmUpRuns = 1;

bool trt_bytes(const std::vector<int64_t>& dims, DType type, size_t& bytes) {
  int64_t n = 1;
  for (int64_t d : dims) {
    if (d < 0 || (d > 0 && n > kTrtMaxTensorBytes / d)) return false;
    n *= d;
  }
  const int64_t b = dtype_bytes(type, n);
  bytes = static_cast<size_t>(b);
  return b <= kTrtMaxTensorBytes;
}

Status trt_index_error(const char* kind, size_t index, size_t count) {
  return Status::usage("engine.bad-shape", std::string("there is no ") + kind + " " + std::to_string(index) +
                                               "; the model has " + std::to_string(count));
}

}  // namespace

Result<std::unique_ptr<TrtSession>> TrtSession::create(std::shared_ptr<LoadedPlan> plan) {
  std::unique_ptr<TrtSession> s(new TrtSession(std::move(plan)));
  LoadedPlan& p = *s->plan_;
  JETLINE_RETURN_IF_ERROR(cuda_status(cudaSetDevice(p.device), "cannot use GPU " + std::to_string(p.device)));
  JETLINE_RETURN_IF_ERROR(s->stream_.create());
  for (size_t i : p.inputs) {
    Slot slot;
    slot.port = i;
    s->in_.push_back(std::move(slot));
  }
  for (size_t i : p.outputs) {
    Slot slot;
    slot.port = i;
    s->out_.push_back(std::move(slot));
  }
  logger().clear();
  const int profile = p.next_profile.fetch_add(1) % p.profiles;
  JETLINE_RETURN_IF_ERROR(
      s->io_.create(*p.engine, p.ports, profile, p.profiles, s->complaints_, s->stream_.get()));
  size_t bytes = 0;
  for (Slot& slot : s->in_) {
    const Port& port = s->port(slot);
    if (port.info.dtype == DType::kUndefined) {
      return Status::bad_input("engine.bad-type",
                               "input '" + port.info.name + "' has a type that cannot be passed");
    }
    if (trt_bytes(port.info.shape, port.info.dtype, bytes))
      JETLINE_RETURN_IF_ERROR(s->give_memory(slot, port.info.shape));
  }
  // Outputs of fixed shape have their memory before the first run, so that callers may look at them once.
  for (Slot& slot : s->out_) {
    const Port& port = s->port(slot);
    if (trt_bytes(port.info.shape, port.info.dtype, bytes))
      JETLINE_RETURN_IF_ERROR(s->give_memory(slot, port.info.shape));
  }
  return s;
}

TrtSession::~TrtSession() {
  (void)cudaSetDevice(plan_->device);
  if (in_flight_) (void)cudaStreamSynchronize(stream_.get());
}

Status TrtSession::give_memory(Slot& slot, const std::vector<int64_t>& dims) {
  const Port& p = port(slot);
  if (!trt_bytes(dims, p.info.dtype, slot.bytes)) {
    return Status::bad_input("engine.bad-shape",
                             "'" + p.info.name + "' of shape " + dims_text(dims) + " is too large");
  }
  JETLINE_RETURN_IF_ERROR(slot.buffer.reserve(slot.bytes, plan_->shared_memory));
  slot.dims = dims;
  slot.ready = true;
  return Status();
}

Status TrtSession::failed(const char* what) {
  const Status s = complaints_.to_status(ErrorKind::kBadInput, "engine.run-failed", what, "");
  complaints_.clear();
  return s;
}

Status TrtSession::set_shape(size_t index, Span<const int64_t> dims) {
  if (index >= in_.size()) return trt_index_error("input", index, in_.size());
  Slot& slot = in_[index];
  const Port& p = port(slot);
  const std::vector<int64_t> wanted(dims.begin(), dims.end());
  if (slot.ready && wanted == slot.dims) return Status();
  if (in_flight_) JETLINE_RETURN_IF_ERROR(wait());
  bool fits = wanted.size() == p.info.shape.size();
  for (size_t i = 0; fits && i < wanted.size(); ++i) {
    const bool open = p.info.shape[i] < 0;
    fits = open ? (i >= p.min.size() || (wanted[i] >= p.min[i] && wanted[i] <= p.max[i]))
                : wanted[i] == p.info.shape[i];
  }
  if (!fits) {
    std::string range = dims_text(p.info.shape);
    if (!p.min.empty()) range += " from " + dims_text(p.min) + " to " + dims_text(p.max);
    return Status::usage("engine.bad-shape",
                         "input '" + p.info.name + "' takes " + range + ", not " + dims_text(wanted),
                         p.min.empty() ? "" : "jetline build --shapes chooses the range");
  }
  JETLINE_RETURN_IF_ERROR(cuda_status(cudaSetDevice(plan_->device), "cannot use the GPU"));
  logger().clear();
  if (!io_.set_shape(slot.port, wanted)) return failed(("cannot shape input '" + p.info.name + "'").c_str());
  JETLINE_RETURN_IF_ERROR(give_memory(slot, wanted));
  prepared_ = has_run_ = false;
  graph_.reset();
  runs_ = 0;
  return Status();
}

Result<TensorView> TrtSession::input(size_t index) {
  if (index >= in_.size()) return trt_index_error("input", index, in_.size());
  const Slot& slot = in_[index];
  if (!slot.ready) {
    return Status::usage("engine.bad-shape", "input '" + port(slot).info.name + "' " +
                                                 dims_text(port(slot).info.shape) +
                                                 " is dynamic and has no memory before it is given a shape");
  }
  TensorView v;
  v.data = slot.buffer.host();
  v.dtype = port(slot).info.dtype;
  v.shape = {slot.dims.data(), slot.dims.size()};
  return v;
}

Status TrtSession::prepare() {
  for (Slot& slot : in_) {
    const Port& p = port(slot);
    if (!slot.ready)
      return Status::usage("engine.bad-shape", "input '" + p.info.name + "' was never given a shape");
    if (!io_.set_address(slot.port, p.on_host ? slot.buffer.host() : slot.buffer.device()))
      return failed("cannot place an input");
  }
  has_sinks_ = false;
  for (Slot& slot : out_) {
    const Port& p = port(slot);
    const std::vector<int64_t> dims = io_.shape(slot.port);
    size_t bytes = 0;
    if (trt_bytes(dims, p.info.dtype, bytes)) {
      slot.sink.reset();
      JETLINE_RETURN_IF_ERROR(give_memory(slot, dims));
      if (!io_.set_address(slot.port, p.on_host ? slot.buffer.host() : slot.buffer.device()))
        return failed("cannot place an output");
      continue;
    }
    if (!slot.sink) slot.sink = std::make_unique<OutputSink>();
    if (!io_.set_sink(slot.port, slot.sink.get())) {
      return Status::bad_input(
          "engine.bad-shape",
          "the size of output '" + p.info.name + "' depends on data, which this TensorRT cannot give",
          "cut the model before it: jetline cut");
    }
    slot.ready = false;
    has_sinks_ = true;
  }
  recordable_ = plan_->graphs && !has_sinks_;
  prepared_ = true;
  runs_ = 0;
  return Status();
}

bool TrtSession::enqueue_all() {
  const cudaStream_t s = stream_.get();
  bool good = true;
  for (const Slot& slot : in_) {
    if (slot.buffer.shared() || port(slot).on_host || slot.bytes == 0) continue;
    good = good && cudaMemcpyAsync(slot.buffer.device(), slot.buffer.host(), slot.bytes,
                                   cudaMemcpyHostToDevice, s) == cudaSuccess;
  }
  good = good && io_.enqueue(s);
  for (const Slot& slot : out_) {
    if (slot.sink || slot.buffer.shared() || port(slot).on_host || slot.bytes == 0) continue;
    good = good && cudaMemcpyAsync(slot.buffer.host(), slot.buffer.device(), slot.bytes,
                                   cudaMemcpyDeviceToHost, s) == cudaSuccess;
  }
  return good;
}

Status TrtSession::start() {
  if (in_flight_) JETLINE_RETURN_IF_ERROR(wait());
  // The current device is a property of the calling thread, and a session may change threads.
  JETLINE_RETURN_IF_ERROR(cuda_status(cudaSetDevice(plan_->device), "cannot use the GPU"));
  if (!prepared_) {
    logger().clear();
    JETLINE_RETURN_IF_ERROR(prepare());
  }
  if (recordable_ && !graph_.ready() && runs_ >= kTrtWarmUpRuns) {
    recordable_ = graph_.capture(stream_.get(), [this] { return enqueue_all(); });
    complaints_.clear();  // what could not be recorded is no failure
  }
  if (graph_.ready()) {
    JETLINE_RETURN_IF_ERROR(cuda_status(graph_.launch(stream_.get()), "cannot launch the CUDA graph"));
  } else if (!enqueue_all()) {
    (void)cudaStreamSynchronize(stream_.get());
    const Status asked = cuda_status(cudaGetLastError(), "the GPU failed");
    for (const Slot& slot : out_) {
      if (slot.sink && !slot.sink->status.ok()) return slot.sink->status;
    }
    return complaints_.getNbErrors() == 0 && !asked.ok() ? asked : failed("the model failed to start");
  }
  ++runs_;
  in_flight_ = true;
  return Status();
}

Status TrtSession::fetch_sinks() {
  for (Slot& slot : out_) {
    if (!slot.sink) continue;
    OutputSink& sink = *slot.sink;
    size_t bytes = 0;
    if (!sink.status.ok()) return sink.status;
    if (!trt_bytes(sink.dims, port(slot).info.dtype, bytes) || bytes > sink.buffer.capacity())
      return Status::bad_input("engine.run-failed",
                               "output '" + port(slot).info.name + "' has no valid shape");
    slot.dims = sink.dims;
    slot.bytes = bytes;
    slot.ready = true;
    if (bytes == 0) continue;
    JETLINE_RETURN_IF_ERROR(cuda_status(cudaMemcpyAsync(sink.buffer.host(), sink.buffer.device(), bytes,
                                                        cudaMemcpyDeviceToHost, stream_.get()),
                                        "cannot fetch an output"));
  }
  return cuda_status(cudaStreamSynchronize(stream_.get()), "cannot fetch an output");
}

Status TrtSession::wait() {
  if (!in_flight_) return has_run_ ? Status() : Status::usage("engine.run-failed", "wait() without start()");
  in_flight_ = false;
  JETLINE_RETURN_IF_ERROR(
      cuda_status(cudaStreamSynchronize(stream_.get()), "the model failed while running"));
  if (has_sinks_) JETLINE_RETURN_IF_ERROR(fetch_sinks());
  has_run_ = true;
  return Status();
}

Status TrtSession::run() {
  JETLINE_RETURN_IF_ERROR(start());
  return wait();
}

Result<TensorView> TrtSession::output(size_t index) {
  if (index >= out_.size()) return trt_index_error("output", index, out_.size());
  const Slot& slot = out_[index];
  if (!has_run_) {
    return Status::usage("engine.run-failed",
                         "output '" + port(slot).info.name + "' is not there before a run");
  }
  TensorView v;
  v.data = slot.sink ? slot.sink->buffer.host() : slot.buffer.host();
  v.dtype = port(slot).info.dtype;
  v.shape = {slot.dims.data(), slot.dims.size()};
  return v;
}

}  // namespace trt
}  // namespace jetline
