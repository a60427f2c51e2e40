// The writing half of files.h: the real file system, the one that fails on demand, and AtomicFile.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "jetline/base/files.h"

namespace jetline {
namespace {

// Write errors that are not about space or rights keep an id of their own.
Status write_error(const char* what, const std::string& path) {
  Status s = file_error(what, path);
  if (s.id() != "file.read-failed") return s;
  return Status::bad_input("file.write-failed", s.message(), "", path);
}

class RealWritableFile : public WritableFile {
 public:
  RealWritableFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~RealWritableFile() override {
    if (fd_ >= 0) ::close(fd_);
  }
  Status append(ByteView bytes) override {
    const uint8_t* p = bytes.data();
    size_t left = bytes.size();
    while (left > 0) {
      const ssize_t n = ::write(fd_, p, left);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return write_error("write", path_);
      p += n;
      left -= static_cast<size_t>(n);
    }
    return Status();
  }
  Status close() override { return finish(true); }
  Status close_unflushed() override { return finish(false); }

 private:
  Status finish(bool flush) {
    const int fd = fd_;
    fd_ = -1;
    Status s;
    // Some file systems report a full disk only here. EINVAL: a pipe or device that cannot be synced.
    if (flush && fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP) s = write_error("flush", path_);
    if (::close(fd) != 0 && s.ok()) s = write_error("close", path_);
    return s;
  }

  int fd_;
  std::string path_;
};

class RealFileSystem : public FileSystem {
 public:
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return write_error("create", path);
    return std::unique_ptr<WritableFile>(new RealWritableFile(fd, path));
  }
  Status rename(const std::string& from, const std::string& to) override {
    return ::rename(from.c_str(), to.c_str()) == 0 ? Status() : write_error("rename to", to);
  }
  Status remove(const std::string& path) override {
    return ::unlink(path.c_str()) == 0 ? Status() : write_error("remove", path);
  }
  Status make_directories(const std::string& path) override {
    std::error_code ec;
    std::filesystem::create_directories(path, ec);
    if (!ec) return Status();
    errno = ec.value();
    return write_error("create folder", path);
  }
};

class FaultyWritableFile : public WritableFile {
 public:
  FaultyWritableFile(FaultyFileSystem& fs, std::unique_ptr<WritableFile> real, std::string path)
      : fs_(fs), real_(std::move(real)), path_(std::move(path)) {}
  Status append(ByteView bytes) override {
    if (static_cast<int64_t>(bytes.size()) > fs_.bytes_left) {
      // As a real disk does: part of the data lands before the error.
      JETLINE_RETURN_IF_ERROR(real_->append(bytes.subspan(0, static_cast<size_t>(fs_.bytes_left))));
      fs_.bytes_left = 0;
      errno = ENOSPC;
      return file_error("write", path_);
    }
    fs_.bytes_left -= static_cast<int64_t>(bytes.size());
    return real_->append(bytes);
  }
  Status close() override { return real_->close(); }
  Status close_unflushed() override { return real_->close_unflushed(); }

 private:
  FaultyFileSystem& fs_;
  std::unique_ptr<WritableFile> real_;
  std::string path_;
};

}  // namespace

FileSystem& real_file_system() {
  static RealFileSystem* const fs = new RealFileSystem();
  return *fs;
}

Result<std::unique_ptr<WritableFile>> FaultyFileSystem::create(const std::string& path) {
  if (read_only) {
    errno = EROFS;
    return file_error("create", path);
  }
  JETLINE_ASSIGN_OR_RETURN(auto real, real_.create(path));
  return std::unique_ptr<WritableFile>(new FaultyWritableFile(*this, std::move(real), path));
}
Status FaultyFileSystem::rename(const std::string& from, const std::string& to) {
  if (read_only || fail_rename) {
    errno = read_only ? EROFS : EIO;
    return write_error("rename to", to);
  }
  return real_.rename(from, to);
}
Status FaultyFileSystem::remove(const std::string& path) { return real_.remove(path); }
Status FaultyFileSystem::make_directories(const std::string& path) {
  if (read_only) {
    errno = EROFS;
    return file_error("create folder", path);
  }
  return real_.make_directories(path);
}

AtomicFile::AtomicFile(FileSystem& fs, std::string path, std::string temporary, std::unique_ptr<WritableFile> file)
    : fs_(fs), path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {}

Result<std::unique_ptr<AtomicFile>> AtomicFile::create(const std::string& path, FileSystem& fs,
                                                       Durability durability) {
  if (is_directory(path)) {
    return Status::bad_input("file.not-a-file", path + " is a folder", "give the name of a file to write", path);
  }
  static std::atomic<unsigned> counter{0};
  // In the same folder, so that the rename stays on one file system; hidden, so that globs do not see it.
  const std::string temporary =
      join_path(parent_path(path), "." + file_name(path) + "." + std::to_string(getpid()) + "-" +
                                       std::to_string(counter.fetch_add(1)) + ".tmp");
  auto file = fs.create(temporary);
  if (!file.ok()) {
    const Status s = file.status();  // name the file the user asked for, not the temporary one
    std::string message = s.message();
    const size_t at = message.find(temporary);
    if (at != std::string::npos) message.replace(at, temporary.size(), path);
    return Status::make(s.kind(), s.id(), message, s.hint(), path);
  }
  std::unique_ptr<AtomicFile> out(new AtomicFile(fs, path, temporary, std::move(file).value()));
  out->durability_ = durability;
  return out;
}

AtomicFile::~AtomicFile() {
  if (done_) return;
  file_.reset();
  (void)fs_.remove(temporary_);
}

Status AtomicFile::append(ByteView bytes) { return file_->append(bytes).at(path_); }
Status AtomicFile::append(std::string_view t) {
  return append(ByteView(reinterpret_cast<const uint8_t*>(t.data()), t.size()));
}

Status AtomicFile::commit() {
  JETLINE_RETURN_IF_ERROR(durability_ == Durability::kProcess ? file_->close_unflushed() : file_->close());
  JETLINE_RETURN_IF_ERROR(fs_.rename(temporary_, path_));
  done_ = true;
  return Status();
}

Status write_file(const std::string& path, std::string_view content, FileSystem& fs) {
  JETLINE_ASSIGN_OR_RETURN(auto file, AtomicFile::create(path, fs));
  JETLINE_RETURN_IF_ERROR(file->append(content));
  return file->commit();
}

}  // namespace jetline
