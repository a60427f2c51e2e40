// What the files of the TensorRT module share: ownership across releases, types, the logger and the error
// recorder that turn what the vendor says into a Status. Nothing here leaves the module.
//
// Threads: the logger may be called from any thread; a Complaints collects for one operation at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "jetline/base/dtype.h"
#include "jetline/base/log.h"
#include "jetline/base/status.h"
#include "jetline/engine/tensorrt/trt_api.h"

namespace jetline {
namespace trt {

struct TrtDelete {
  template <typename T>
  void operator()(T* p) const {
#if TRT_HAS_DELETE
    delete p;
#else
    if (p) p->destroy();
#endif
  }
};
template <typename T>
using Owned = std::unique_ptr<T, TrtDelete>;

DType from_trt(nvinfer1::DataType type);  // kUndefined for types without a counterpart
std::vector<int64_t> from_trt(const nvinfer1::Dims& dims);
nvinfer1::Dims to_trt(const std::vector<int64_t>& dims);  // at most Dims::MAX_DIMS
std::string dims_text(const std::vector<int64_t>& dims);

// "10.6.0.26" of the headers; the library's release from its packed number.
std::string header_release();
std::string library_release();

// What went wrong during one operation: errors by the recorder, the logger's words about them.
class Complaints : public nvinfer1::IErrorRecorder {
 public:
  int32_t getNbErrors() const noexcept override;
  nvinfer1::ErrorCode getErrorCode(int32_t index) const noexcept override;
  ErrorDesc getErrorDesc(int32_t index) const noexcept override;
  bool hasOverflowed() const noexcept override { return false; }
  void clear() noexcept override;
  bool reportError(nvinfer1::ErrorCode code, ErrorDesc text) noexcept override;
  RefCount incRefCount() noexcept override { return 1; }  // owned by us, not by its references
  RefCount decRefCount() noexcept override { return 1; }

  // The failure as a Status: memory, driver and version problems get their own ids, all else `id`.
  Status to_status(ErrorKind kind, const char* id, const std::string& doing, const std::string& where) const;
  std::string text() const;  // the distinct messages, at most a few
  bool out_of_memory() const;

 private:
  struct Entry {
    nvinfer1::ErrorCode code;
    std::string text;
  };
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

// The process's logger: lines go to the log seam, errors and warnings are kept for the operation that
// listens.
class Logger : public nvinfer1::ILogger {
 public:
  void log(Severity severity, char const* message) noexcept override;
  void clear();
  std::vector<std::string> errors() const;  // since clear()
  std::vector<std::string> warnings() const;
  // Hands every line to `listener` too (empty: to nobody), from whatever thread says it.
  void listen(std::function<void(const std::string&)> listener);

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> errors_, warnings_;
  std::mutex listening_;
  std::function<void(const std::string&)> listener_;
};
Logger& logger();  // never destroyed: the vendor keeps a reference

// Registers the vendor's plugins once.
void init_plugins();

}  // namespace trt
}  // namespace jetline
