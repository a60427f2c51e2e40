#include "jetline/base/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>

namespace jetline {
namespace stdfs = std::filesystem;

Status file_error(const char* what, const std::string& path) {
  const int e = errno;
  const std::string message = std::string("cannot ") + what + " " + path + ": " + std::strerror(e);
  switch (e) {
    case ENOENT:
    case ENOTDIR:
      return Status::bad_input("file.not-found", message, "check the path", path);
    case EACCES:
    case EPERM:
    case EROFS:
      return Status::bad_input("file.permission", message, "check the owner and the rights of the file and its folder",
                               path);
    case EISDIR:
      return Status::bad_input("file.not-a-file", message, "a file is expected here, not a folder", path);
    case ENOSPC:
    case EDQUOT:
    case EFBIG:  // over the process's limit of file sizes
      return Status::bad_input("file.disk-full", message, "free some space or choose another output folder", path);
    default:
      return Status::bad_input("file.read-failed", message, "", path);
  }
}

namespace {
// Which memory is mapped files: begin -> end. release_pages() must not touch anything else, as the heap's pages
// would come back as zeros. Never destroyed, as files may outlive every static.
struct Mappings {
  std::mutex mutex;
  std::map<uintptr_t, uintptr_t> ranges;
};
Mappings& live_mappings() {
  static auto* const mappings = new Mappings();
  return *mappings;
}
}  // namespace

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::string& path) {
  // O_NONBLOCK: opening a named pipe would wait for a writer, perhaps for ever. Files do not care.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return file_error("open", path);
  struct stat st;
  if (fstat(fd, &st) != 0) {
    Status s = file_error("stat", path);
    ::close(fd);
    return s;
  }
  if (!S_ISREG(st.st_mode)) {
    ::close(fd);
    return Status::bad_input("file.not-a-file", path + " is not a regular file",
                             "give a file, not a folder or a device", path);
  }
  std::shared_ptr<MappedFile> file(new MappedFile());
  file->path_ = path;
  if (st.st_size > 0) {
    void* p = mmap(nullptr, static_cast<size_t>(st.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) {
      Status s = file_error("map", path);
      ::close(fd);
      return s;
    }
    file->bytes_ = ByteView(static_cast<const uint8_t*>(p), static_cast<size_t>(st.st_size));
    Mappings& mappings = live_mappings();
    const std::lock_guard<std::mutex> lock(mappings.mutex);
    const uintptr_t begin = reinterpret_cast<uintptr_t>(p);
    mappings.ranges[begin] = begin + file->bytes_.size();
  }
  ::close(fd);
  return std::shared_ptr<const MappedFile>(std::move(file));
}

MappedFile::~MappedFile() {
  if (bytes_.empty()) return;
  Mappings& mappings = live_mappings();
  const std::lock_guard<std::mutex> lock(mappings.mutex);
  mappings.ranges.erase(reinterpret_cast<uintptr_t>(bytes_.data()));
  munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
}

void release_pages(ByteView view) {
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t from = reinterpret_cast<uintptr_t>(view.data()), to = from + view.size();
  Mappings& mappings = live_mappings();
  const std::lock_guard<std::mutex> lock(mappings.mutex);
  auto at = mappings.ranges.upper_bound(from);
  if (at == mappings.ranges.begin()) return;
  --at;
  if (from < at->first || to > at->second) return;
  const uintptr_t first = (from + page - 1) / page * page;
  // The last page of a file is whole although the file ends inside it.
  const uintptr_t last = to == at->second ? (to + page - 1) / page * page : to / page * page;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

Result<std::string> read_file(const std::string& path, int64_t max_bytes) {
  struct stat st;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &st) != 0) {
    Status s = file_error("open", path);
    if (fd >= 0) ::close(fd);
    return s;
  }
  Status bad;
  if (S_ISDIR(st.st_mode)) {
    bad = Status::bad_input("file.not-a-file", path + " is a folder", "a file is expected here", path);
  } else if (st.st_size > max_bytes) {
    bad = Status::bad_input("file.too-large",
                            path + " has " + std::to_string(st.st_size) + " bytes; at most " +
                                std::to_string(max_bytes) + " are accepted here",
                            "is this the right file?", path);
  }
  std::string content;
  char buffer[65536];
  while (bad.ok()) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) bad = file_error("read", path);
    if (n <= 0) break;
    if (static_cast<int64_t>(content.size()) + n > max_bytes) {  // pipes and growing files
      bad = Status::bad_input("file.too-large", path + " is larger than " + std::to_string(max_bytes) + " bytes", "",
                              path);
      break;
    }
    content.append(buffer, static_cast<size_t>(n));
  }
  ::close(fd);
  if (!bad.ok()) return bad;
  return content;
}

bool file_exists(const std::string& path) {
  struct stat st;
  return lstat(path.c_str(), &st) == 0;
}
bool is_directory(const std::string& path) {
  struct stat st;
  return stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode);
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  std::error_code ec;
  std::vector<std::string> names;
  stdfs::directory_iterator it(path, ec);
  for (; !ec && it != stdfs::directory_iterator(); it.increment(ec)) names.push_back(it->path().filename().string());
  if (ec) {
    errno = ec.value();
    return file_error("list", path);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<std::string>> list_files_recursive(const std::string& path) {
  std::error_code ec;
  std::vector<std::string> files;
  stdfs::recursive_directory_iterator it(path, stdfs::directory_options::skip_permission_denied, ec);
  for (; !ec && it != stdfs::recursive_directory_iterator(); it.increment(ec)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored)) files.push_back(it->path().string());
  }
  if (ec) {
    errno = ec.value();
    return file_error("list", path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string parent_path(const std::string& path) { return stdfs::path(path).parent_path().string(); }
std::string file_name(const std::string& path) { return stdfs::path(path).filename().string(); }
std::string file_stem(const std::string& path) { return stdfs::path(path).stem().string(); }
std::string file_extension_lower(const std::string& path) {
  std::string e = stdfs::path(path).extension().string();
  for (char& c : e) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return e;
}
std::string join_path(const std::string& a, const std::string& b) {
  return a.empty() ? b : (stdfs::path(a) / b).string();
}

TemporaryDirectory::TemporaryDirectory() {
  std::error_code ec;
  std::string pattern = (stdfs::temp_directory_path(ec) / "jetline-XXXXXX").string();
  path_ = mkdtemp(pattern.data()) ? pattern : std::string();
}
TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ec;
  if (!path_.empty()) stdfs::remove_all(path_, ec);
}

}  // namespace jetline
