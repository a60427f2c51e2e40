#include "jetline/engine/tensorrt/trt_common.h"

#include <algorithm>

#include "jetline/base/strings.h"

namespace jetline {
namespace trt {
namespace {

constexpr size_t kKeptLines = 16;

bool says_any(const std::string& lower, std::initializer_list<const char*> words) {
  for (const char* w : words) {
    if (lower.find(w) != std::string::npos) return true;
  }
  return false;
}

// Texts of releases 7 to 11 that mean one thing: no memory.
bool says_no_memory(const std::string& text) {
  return says_any(to_lower(text), {"out of memory", "outofmemory", "bad_alloc", "insufficient memory",
                                   "device memory is insufficient", "cudaerrormemoryallocation",
                                   "failed to allocate", "requested amount of gpu memory"});
}

std::string release_of(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace

DType from_trt(nvinfer1::DataType type) {
  switch (type) {
    case nvinfer1::DataType::kFLOAT:
      return DType::kF32;
    case nvinfer1::DataType::kHALF:
      return DType::kF16;
    case nvinfer1::DataType::kINT8:
      return DType::kI8;
    case nvinfer1::DataType::kINT32:
      return DType::kI32;
    case nvinfer1::DataType::kBOOL:
      return DType::kBool;
#if TRT_AT_LEAST(8, 5)
    case nvinfer1::DataType::kUINT8:
      return DType::kU8;
#endif
#if TRT_AT_LEAST(10, 0)
    case nvinfer1::DataType::kBF16:
      return DType::kBF16;
    case nvinfer1::DataType::kINT64:
      return DType::kI64;
#endif
    default:
      return DType::kUndefined;
  }
}

std::vector<int64_t> from_trt(const nvinfer1::Dims& dims) {
  std::vector<int64_t> out;
  for (int32_t i = 0; i < dims.nbDims; ++i) out.push_back(static_cast<int64_t>(dims.d[i]));
  return out;
}

nvinfer1::Dims to_trt(const std::vector<int64_t>& dims) {
  nvinfer1::Dims out{};
  out.nbDims = static_cast<int32_t>(std::min<size_t>(dims.size(), nvinfer1::Dims::MAX_DIMS));
  for (int32_t i = 0; i < out.nbDims; ++i)
    out.d[i] = static_cast<std::remove_reference_t<decltype(out.d[0])>>(dims[static_cast<size_t>(i)]);
  return out;
}

std::string dims_text(const std::vector<int64_t>& dims) {
  std::string s = "[";
  for (size_t i = 0; i < dims.size(); ++i)
    s += (i ? "," : "") + (dims[i] < 0 ? "?" : std::to_string(dims[i]));
  return s + "]";
}

std::string header_release() {
  return release_of(NV_TENSORRT_MAJOR, NV_TENSORRT_MINOR, NV_TENSORRT_PATCH) + "." +
         std::to_string(NV_TENSORRT_BUILD);
}

std::string library_release() {
  const int v = getInferLibVersion();
  // Packed as major * 1000 up to release 8 and as major * 10000 from 10 on.
  const int unit = v >= 90000 ? 10000 : 1000;
  return release_of(v / unit, v % unit / 100, v % 100);
}

int32_t Complaints::getNbErrors() const noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int32_t>(entries_.size());
}

nvinfer1::ErrorCode Complaints::getErrorCode(int32_t index) const noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  return index >= 0 && static_cast<size_t>(index) < entries_.size()
             ? entries_[static_cast<size_t>(index)].code
             : nvinfer1::ErrorCode::kSUCCESS;
}

nvinfer1::IErrorRecorder::ErrorDesc Complaints::getErrorDesc(int32_t index) const noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  return index >= 0 && static_cast<size_t>(index) < entries_.size()
             ? entries_[static_cast<size_t>(index)].text.c_str()
             : "";
}

void Complaints::clear() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  entries_.clear();
}

bool Complaints::reportError(nvinfer1::ErrorCode code, ErrorDesc text) noexcept {
  try {
    std::lock_guard<std::mutex> lock(mutex_);
    if (entries_.size() < kKeptLines) entries_.push_back({code, text ? text : ""});
  } catch (...) {  // no memory for the message: the code of the call still says that it failed
  }
  return true;
}

std::string Complaints::text() const {
  std::vector<std::string> lines;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const Entry& e : entries_) lines.push_back(e.text);
  }
  for (const std::string& e : logger().errors()) lines.push_back(e);
  // The recorder and the logger say the same thing, one of them with a prefix.
  std::vector<std::string> distinct;
  for (const std::string& line : lines) {
    bool known = false;
    for (const std::string& d : distinct)
      known = known || d.find(line) != std::string::npos || line.find(d) != std::string::npos;
    if (!known && distinct.size() < 3) distinct.push_back(line);
  }
  return join(distinct, "; ");
}

bool Complaints::out_of_memory() const {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const Entry& e : entries_) {
      if (e.code == nvinfer1::ErrorCode::kFAILED_ALLOCATION || says_no_memory(e.text)) return true;
    }
  }
  for (const std::vector<std::string>& lines : {logger().errors(), logger().warnings()}) {
    for (const std::string& line : lines) {
      if (says_no_memory(line)) return true;
    }
  }
  return false;
}

Status Complaints::to_status(ErrorKind kind, const char* id, const std::string& doing,
                             const std::string& where) const {
  const std::string said = text();
  const std::string message = doing + (said.empty() ? ": TensorRT gave no reason" : ": " + said);
  if (out_of_memory()) {
    return Status::make(ErrorKind::kBadInput, "engine.out-of-memory", message,
                        "a smaller --workspace, a smaller input, --precision fp16, or end other programs",
                        where);
  }
  if (says_any(to_lower(said), {"driver version is insufficient", "cudaerrorinsufficientdriver"})) {
    return Status::make(ErrorKind::kMissing, "engine.driver", message,
                        "a newer driver, or the TensorRT that fits this one", where);
  }
  return Status::make(kind, id, message, "", where);
}

void Logger::log(Severity severity, char const* message) noexcept {
  try {
    const std::string text = message ? message : "";
    LogLevel level = LogLevel::kDebug;
    if (severity == Severity::kINTERNAL_ERROR || severity == Severity::kERROR) level = LogLevel::kError;
    if (severity == Severity::kWARNING) level = LogLevel::kWarning;
    if (level != LogLevel::kDebug) {
      std::lock_guard<std::mutex> lock(mutex_);
      std::vector<std::string>& lines = level == LogLevel::kError ? errors_ : warnings_;
      if (lines.size() < kKeptLines) lines.push_back(text);
    }
    {
      std::lock_guard<std::mutex> lock(listening_);
      if (listener_) listener_(text);
    }
    // Errors become the Status of whoever asked; the builder also says them of tactics that it then leaves
    // out.
    jetline::log(level == LogLevel::kError ? LogLevel::kInfo : level, "tensorrt", text);
  } catch (...) {  // a line is lost; the vendor's threads must not see our exception
  }
}

void Logger::clear() {
  std::lock_guard<std::mutex> lock(mutex_);
  errors_.clear();
  warnings_.clear();
}

std::vector<std::string> Logger::errors() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return errors_;
}

std::vector<std::string> Logger::warnings() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return warnings_;
}

void Logger::listen(std::function<void(const std::string&)> listener) {
  std::lock_guard<std::mutex> lock(listening_);
  listener_ = std::move(listener);
}

Logger& logger() {
  static Logger* const l = new Logger();
  return *l;
}

void init_plugins() {
  static const bool done = initLibNvInferPlugins(&logger(), "");
  (void)done;
}

}  // namespace trt
}  // namespace jetline
