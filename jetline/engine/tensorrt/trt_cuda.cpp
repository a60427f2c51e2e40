#include "jetline/engine/tensorrt/trt_cuda.h"

#include <sys/utsname.h>

#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/engine/tensorrt/trt_common.h"

namespace jetline {
namespace trt {
namespace {

std::string cuda_release(int packed) {  // 12060
  return std::to_string(packed / 1000) + "." + std::to_string(packed % 1000 / 10);
}

// "R32 (release), REVISION: 7.1, …" -> "L4T 32.7.1"; "" off a Jetson.
std::string l4t_release() {
  const auto text = read_file("/etc/nv_tegra_release", 4096);
  if (!text.ok()) return "";
  const size_t r = text->find("# R"), revision = text->find("REVISION: ");
  if (r != 0 || revision == std::string::npos) return "";
  const std::string major = text->substr(3, text->find(' ', 3) - 3);
  const size_t from = revision + 10;
  return "L4T " + major + "." + text->substr(from, text->find(',', from) - from);
}

std::string device_tree_model() {
  auto text = read_file("/proc/device-tree/model", 4096);
  if (!text.ok()) return "";
  return text->substr(0, text->find('\0'));
}

}  // namespace

Status cuda_status(cudaError_t error, const std::string& doing) {
  if (error == cudaSuccess) return Status();
  (void)cudaGetLastError();  // a failed allocation must not make the next call fail
  const std::string message = doing + ": " + cudaGetErrorString(error);
  switch (error) {
    case cudaErrorMemoryAllocation:
      return Status::bad_input("engine.out-of-memory", message,
                               "end other programs that use the GPU, or use a smaller model");
    case cudaErrorNoDevice:
      return Status::missing("engine.no-gpu", message, "a GPU of NVIDIA with its driver is needed");
    case cudaErrorInsufficientDriver:
      return Status::missing("engine.driver", message,
                             "no driver, or one older than CUDA " + cuda_release(CUDART_VERSION));
    default:
      return Status::bad_input("engine.run-failed", message, "`jetline doctor` shows the GPU's state");
  }
}

Result<int> choose_device(const std::string& text) {
  int count = 0;
  JETLINE_RETURN_IF_ERROR(cuda_status(cudaGetDeviceCount(&count), "cannot look for GPUs"));
  if (count < 1) return cuda_status(cudaErrorNoDevice, "cannot look for GPUs");
  std::string word = to_lower(trim(text));
  if (word.empty() || word == "cpu" || word == "gpu" || word == "auto" || word == "cuda") return 0;
  for (const char* prefix : {"cuda:", "gpu.", "gpu:"}) {
    if (starts_with(word, prefix)) word = word.substr(std::string(prefix).size());
  }
  int64_t n = -1;
  if (!parse_int(word, n) || n < 0 || n >= count) {
    return Status::usage("engine.unknown-option", "there is no GPU '" + text + "'",
                         count == 1 ? "there is one: 0" : "there are 0 to " + std::to_string(count - 1));
  }
  return static_cast<int>(n);
}

Result<PlanHost> describe_host(int device) {
  PlanHost h;
  // The headers know the build number too; it holds when the library is of the same release.
  h.tensorrt = starts_with(header_release(), library_release() + ".") ? header_release() : library_release();
  int runtime = 0, driver = 0, major = 0, minor = 0;
  JETLINE_RETURN_IF_ERROR(cuda_status(cudaRuntimeGetVersion(&runtime), "cannot ask CUDA for its version"));
  JETLINE_RETURN_IF_ERROR(
      cuda_status(cudaDriverGetVersion(&driver), "cannot ask the driver for its version"));
  JETLINE_RETURN_IF_ERROR(
      cuda_status(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device),
                  "cannot ask the GPU what it is"));
  JETLINE_RETURN_IF_ERROR(
      cuda_status(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device),
                  "cannot ask the GPU what it is"));
  cudaDeviceProp properties;
  JETLINE_RETURN_IF_ERROR(
      cuda_status(cudaGetDeviceProperties(&properties, device), "cannot ask the GPU what it is"));
  h.cuda = cuda_release(runtime);
  h.driver = cuda_release(driver);
  h.compute_capability = std::to_string(major) + "." + std::to_string(minor);
  h.gpu = properties.name;
  utsname u;
  h.machine = uname(&u) == 0 ? std::string(u.machine) + "-" + to_lower(u.sysname) : "";
  h.board = device_tree_model();
  h.jetpack = l4t_release();
  return h;
}

Stream::~Stream() {
  if (stream_) (void)cudaStreamDestroy(stream_);
}

Status Stream::create() {
  return cuda_status(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking),
                     "cannot create a CUDA stream");
}

IoBuffer::~IoBuffer() {
  release();
}

IoBuffer::IoBuffer(IoBuffer&& o) noexcept
    : host_(o.host_), device_(o.device_), shared_(o.shared_), capacity_(o.capacity_) {
  o.host_ = o.device_ = nullptr;
  o.capacity_ = 0;
}

void IoBuffer::release() {
  if (host_) (void)cudaFreeHost(host_);
  if (device_ && !shared_) (void)cudaFree(device_);
  host_ = device_ = nullptr;
  capacity_ = 0;
}

Status IoBuffer::reserve(size_t bytes, bool shared) {
  if (host_ && bytes <= capacity_ && shared == shared_) return Status();
  release();
  shared_ = shared;
  const size_t size = bytes < 256 ? 256 : bytes;  // an empty tensor needs an address too
  const std::string what = "cannot allocate " + std::to_string(size) + " bytes ";
  JETLINE_RETURN_IF_ERROR(
      cuda_status(cudaHostAlloc(&host_, size, shared ? cudaHostAllocMapped : cudaHostAllocDefault),
                  what + "of pinned memory"));
  JETLINE_RETURN_IF_ERROR(shared ? cuda_status(cudaHostGetDevicePointer(&device_, host_, 0), what + "shared")
                                 : cuda_status(cudaMalloc(&device_, size), what + "on the GPU"));
  capacity_ = size;
  return Status();
}

void Graph::reset() {
  if (exec_) (void)cudaGraphExecDestroy(exec_);
  exec_ = nullptr;
}

bool Graph::forget_error() {
  (void)cudaGetLastError();
  return false;
}

bool Graph::finish(cudaStream_t stream, bool good) {
  cudaGraph_t graph = nullptr;
  const cudaError_t ended = cudaStreamEndCapture(stream, &graph);
  if (ended != cudaSuccess || !good || !graph) {
    if (graph) (void)cudaGraphDestroy(graph);
    return forget_error();
  }
#if CUDART_VERSION >= 12000
  const cudaError_t made = cudaGraphInstantiate(&exec_, graph, 0);
#else
  const cudaError_t made = cudaGraphInstantiate(&exec_, graph, nullptr, nullptr, 0);
#endif
  (void)cudaGraphDestroy(graph);
  if (made == cudaSuccess) return true;
  exec_ = nullptr;
  return forget_error();
}

}  // namespace trt
}  // namespace jetline
