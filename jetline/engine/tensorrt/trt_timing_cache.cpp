#include "jetline/engine/tensorrt/trt_timing_cache.h"

#include <cstdio>

#include "jetline/base/hash.h"
#include "jetline/base/strings.h"

namespace jetline {
namespace trt {
namespace {

constexpr const char* kCacheMagic = "jetline timing cache 1";

std::string cache_line(const PlanHost& host, ByteView bytes) {
  char crc[16];
  std::snprintf(crc, sizeof crc, "%08x", crc32c(bytes));
  return std::string(kCacheMagic) + "|" + host.tensorrt + "|" + host.compute_capability + "|" + host.gpu +
         "|" + crc + "\n";
}

}  // namespace

std::string read_timing_cache(const std::string& path, const PlanHost& host, std::string& note) {
  if (path.empty() || !file_exists(path)) return "";
  auto text = read_file(path);
  if (!text.ok()) {
    note = "the timing cache cannot be read: " + text.status().message();
    return "";
  }
  const size_t end = text->find('\n');
  if (!starts_with(*text, kCacheMagic) || end == std::string::npos || end > 1024) {
    note = path + " is not a timing cache; it is made anew";
    return "";
  }
  const std::string bytes = text->substr(end + 1);
  const ByteView view(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (text->substr(0, end + 1) == cache_line(host, view)) return bytes;
  note = path + " is of another TensorRT or GPU, or damaged; it is made anew";
  return "";
}

Status write_timing_cache(const std::string& path, const PlanHost& host, ByteView bytes, FileSystem& fs) {
  JETLINE_ASSIGN_OR_RETURN(auto file, AtomicFile::create(path, fs, Durability::kProcess));
  JETLINE_RETURN_IF_ERROR(file->append(cache_line(host, bytes)));
  JETLINE_RETURN_IF_ERROR(file->append(bytes));
  return file->commit();
}

}  // namespace trt
}  // namespace jetline
