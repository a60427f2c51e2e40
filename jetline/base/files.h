// Files as a seam, and the two habits every part of jetline shares: inputs are mapped or read whole with a size
// limit, outputs appear complete or not at all (temporary file in the same folder, then rename).
//
// Ids: file.not-found, file.not-a-file, file.permission, file.read-failed, file.too-large, file.write-failed,
// file.disk-full, file.exists.
// Thread rules: a FileSystem is thread-safe; a MappedFile may be shared for reading; one writer per AtomicFile.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/base/status.h"

namespace jetline {

// The Status for a failed system call on `path`, from errno: `what` is a verb ("open", "write").
Status file_error(const char* what, const std::string& path);

// A whole file mapped read-only. Views into it stay valid while the object lives (keep the shared_ptr).
class MappedFile {
 public:
  static Result<std::shared_ptr<const MappedFile>> open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ByteView bytes() const { return bytes_; }
  const std::string& path() const { return path_; }

 private:
  MappedFile() = default;
  ByteView bytes_;
  std::string path_;
};

// Gives back the memory of the pages that lie wholly inside `view`, a part of a MappedFile whose content has been
// used; touched again, they are read from the file again. Does nothing with views of other memory. Weights that
// were copied elsewhere need not stay resident twice. Thread-safe.
void release_pages(ByteView view);

// What a file that was put in place outlives.
enum class Durability : uint8_t {
  // A power cut: its content is on the device before it gets its name, which takes as long as the device does.
  // For what would be lost: checkpoints, the user's own data.
  kPowerCut,
  // The end of the program, however abrupt: never half a file. For what can be made again. After a power cut
  // within the next seconds a new file may be empty; one that was replaced has its old or its new content on
  // file systems that write the data of a renamed file first (ext4, btrfs).
  kProcess,
};

// A file open for writing. Nothing is certain before close() returned OK.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual Status append(ByteView bytes) = 0;
  virtual Status close() = 0;                           // flushes to the device; call once
  virtual Status close_unflushed() { return close(); }  // instead of close(): for Durability::kProcess
};

// The operations that change a disk. Tests replace it to inject a full disk or a read-only folder.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<WritableFile>> create(const std::string& path) = 0;  // truncates
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  virtual Status make_directories(const std::string& path) = 0;
};
FileSystem& real_file_system();

// Delegates to another FileSystem and fails on demand. Not thread-safe while the knobs change.
class FaultyFileSystem : public FileSystem {
 public:
  explicit FaultyFileSystem(FileSystem& real = real_file_system()) : real_(real) {}
  int64_t bytes_left = INT64_MAX;  // writing past this many bytes reports file.disk-full
  bool read_only = false;          // create, rename and make_directories report file.permission
  bool fail_rename = false;
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_directories(const std::string& path) override;

 private:
  FileSystem& real_;
};

// Writes beside `path` under a temporary name and renames on commit(); without a commit the destructor removes
// the temporary file, so that a reader never sees half a file.
class AtomicFile {
 public:
  static Result<std::unique_ptr<AtomicFile>> create(const std::string& path, FileSystem& fs = real_file_system(),
                                                    Durability durability = Durability::kPowerCut);
  ~AtomicFile();
  Status append(ByteView bytes);
  Status append(std::string_view text);
  Status commit();
  const std::string& temporary_path() const { return temporary_; }

 private:
  AtomicFile(FileSystem& fs, std::string path, std::string temporary, std::unique_ptr<WritableFile> file);
  FileSystem& fs_;
  Durability durability_ = Durability::kPowerCut;
  std::string path_, temporary_;
  std::unique_ptr<WritableFile> file_;
  bool done_ = false;
};

// Whole-file helpers. read_file refuses files over `max_bytes` (file.too-large) before it reads them.
Result<std::string> read_file(const std::string& path, int64_t max_bytes = int64_t{1} << 31);
Status write_file(const std::string& path, std::string_view content, FileSystem& fs = real_file_system());

bool file_exists(const std::string& path);   // anything of that name
bool is_directory(const std::string& path);
// Entries of a folder (names, not paths), sorted by byte order; without "." and "..".
Result<std::vector<std::string>> list_directory(const std::string& path);
// Every regular file below `path`, as paths that begin with `path`, sorted; links to folders are not followed.
Result<std::vector<std::string>> list_files_recursive(const std::string& path);

// Lexical path helpers: "a/b.c" -> "a", "b.c", "b", ".c"; join ignores an empty left side.
std::string parent_path(const std::string& path);
std::string file_name(const std::string& path);
std::string file_stem(const std::string& path);
std::string file_extension_lower(const std::string& path);
std::string join_path(const std::string& a, const std::string& b);

// A fresh folder under the system's temporary folder, removed with its content by the destructor.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return join_path(path_, name); }

 private:
  std::string path_;
};

}  // namespace jetline
