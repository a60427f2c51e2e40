// Files: outputs appear whole or not at all, whatever the disk does.
#include "jetline/base/files.h"

#include <sys/stat.h>

#include "jetline/base/hash.h"
#include "jetline/base/testing.h"

namespace jetline {
namespace {

TEST(BaseFiles, WriteThenReadAndMap) {
  TemporaryDirectory dir;
  const std::string path = dir.file("a b \xc3\xa4.txt");
  JETLINE_ASSERT_OK(write_file(path, "hello"));
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string text, read_file(path));
  EXPECT_EQ(text, "hello");
  JETLINE_ASSERT_OK_AND_ASSIGN(auto map, MappedFile::open(path));
  EXPECT_EQ(map->bytes().size(), 5u);
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string hash, sha256_file(path));
  EXPECT_EQ(hash, sha256_hex("hello"));
  JETLINE_ASSERT_OK_AND_ASSIGN(auto names, list_directory(dir.path()));
  EXPECT_EQ(names.size(), 1u) << "no temporary file is left";
}

TEST(BaseFiles, AnEmptyFileMapsToNothing) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(write_file(dir.file("e"), ""));
  JETLINE_ASSERT_OK_AND_ASSIGN(auto map, MappedFile::open(dir.file("e")));
  EXPECT_TRUE(map->bytes().empty());
}

// kB of mapped files in memory, from /proc; -1 where that is not said.
int64_t resident_file_kb() {
  const std::string status = read_file("/proc/self/status").value_or("");
  const size_t at = status.find("RssFile:");
  return at == std::string::npos ? -1 : std::atoll(status.c_str() + at + 8);
}

TEST(BaseFiles, ReleasedPagesLeaveMemoryAndComeBackWithTheirContent) {
  TemporaryDirectory dir;
  std::string text(32 << 20, 'x');
  for (size_t i = 0; i < text.size(); i += 4096) text[i] = static_cast<char>('a' + i / 4096 % 26);
  JETLINE_ASSERT_OK(write_file(dir.file("big"), text));
  JETLINE_ASSERT_OK_AND_ASSIGN(auto map, MappedFile::open(dir.file("big")));
  const uint32_t crc = crc32c(map->bytes());
  const int64_t before = resident_file_kb();
  release_pages(map->bytes().subspan(100, text.size() / 2));
  const int64_t half = resident_file_kb();
  release_pages(map->bytes());
  if (before >= 0) {  // where the system says it
    EXPECT_GT(before - half, 15000);
    EXPECT_GT(before - resident_file_kb(), 31000);
  }
  EXPECT_EQ(crc32c(map->bytes()), crc);
}

TEST(BaseFiles, MemoryThatIsNoMappedFileIsNotReleased) {
  const std::vector<uint8_t> heap(1 << 20, 7);
  release_pages(heap);
  release_pages({});
  EXPECT_EQ(heap, std::vector<uint8_t>(1 << 20, 7));
}

TEST(BaseFiles, ErrorsAreTold) {
  TemporaryDirectory dir;
  EXPECT_EQ(read_file(dir.file("none")).status().id(), "file.not-found");
  EXPECT_EQ(read_file(dir.path()).status().id(), "file.not-a-file");
  EXPECT_EQ(MappedFile::open(dir.path()).status().id(), "file.not-a-file");
  EXPECT_EQ(MappedFile::open("/dev/null").status().id(), "file.not-a-file");
  // A named pipe without a writer is no reason to wait.
  ASSERT_EQ(mkfifo(dir.file("pipe").c_str(), 0600), 0);
  EXPECT_EQ(MappedFile::open(dir.file("pipe")).status().id(), "file.not-a-file");
  JETLINE_ASSERT_OK(write_file(dir.file("big"), std::string(100, 'x')));
  EXPECT_EQ(read_file(dir.file("big"), 99).status().id(), "file.too-large");
  EXPECT_EQ(read_file("/dev/zero", 1000).status().id(), "file.too-large") << "endless devices end";
  EXPECT_EQ(write_file(dir.path(), "x").id(), "file.not-a-file");
  EXPECT_EQ(write_file(dir.file("no/such/folder"), "x").id(), "file.not-found");
  EXPECT_EQ(list_directory(dir.file("none")).status().id(), "file.not-found");
}

void expect_only_old_content(const TemporaryDirectory& dir, const char* when) {
  EXPECT_EQ(read_file(dir.file("out")).value(), "old") << when;
  EXPECT_EQ(list_directory(dir.path()).value().size(), 1u) << when;
}

TEST(BaseFiles, AFullDiskAtAnyByteLeavesTheOldFile) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(write_file(dir.file("out"), "old"));
  for (int64_t room = 0; room < 10; ++room) {
    FaultyFileSystem fs;
    fs.bytes_left = room;
    const Status s = write_file(dir.file("out"), "0123456789", fs);
    EXPECT_EQ(s.id(), "file.disk-full");
    EXPECT_EQ(s.exit_code(), 3);
    expect_only_old_content(dir, "disk full");
  }
}

TEST(BaseFiles, AReadOnlyFolderAndAFailedRenameLeaveTheOldFile) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(write_file(dir.file("out"), "old"));
  FaultyFileSystem fs;
  fs.read_only = true;
  const Status s = write_file(dir.file("out"), "new", fs);
  EXPECT_EQ(s.id(), "file.permission");
  EXPECT_EQ(s.where(), dir.file("out"));
  EXPECT_EQ(s.message().find(".tmp"), std::string::npos) << "the temporary name is nobody's business";
  fs.read_only = false;
  fs.fail_rename = true;
  EXPECT_EQ(write_file(dir.file("out"), "new", fs).id(), "file.write-failed");
  expect_only_old_content(dir, "rename failed");
}

TEST(BaseFiles, AnUncommittedFileDisappears) {
  TemporaryDirectory dir;
  {
    JETLINE_ASSERT_OK_AND_ASSIGN(auto f, AtomicFile::create(dir.file("x")));
    JETLINE_ASSERT_OK(f->append("half"));
    EXPECT_FALSE(file_exists(dir.file("x")));
  }
  EXPECT_TRUE(list_directory(dir.path()).value().empty());
}

// Counts how files are closed.
class ClosingFileSystem : public FaultyFileSystem {
 public:
  int flushed = 0, unflushed = 0;
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override {
    JETLINE_ASSIGN_OR_RETURN(auto real, FaultyFileSystem::create(path));
    return std::unique_ptr<WritableFile>(new Closing(*this, std::move(real)));
  }

 private:
  struct Closing : WritableFile {
    Closing(ClosingFileSystem& fs, std::unique_ptr<WritableFile> real) : fs(fs), real(std::move(real)) {}
    Status append(ByteView bytes) override { return real->append(bytes); }
    Status close() override {
      ++fs.flushed;
      return real->close();
    }
    Status close_unflushed() override {
      ++fs.unflushed;
      return real->close_unflushed();
    }
    ClosingFileSystem& fs;
    std::unique_ptr<WritableFile> real;
  };
};

TEST(BaseFiles, WhatCanBeMadeAgainIsNotWaitedFor) {
  TemporaryDirectory dir;
  ClosingFileSystem fs;
  JETLINE_ASSERT_OK(write_file(dir.file("kept"), "x", fs));
  EXPECT_EQ(fs.flushed, 1);
  JETLINE_ASSERT_OK_AND_ASSIGN(auto f, AtomicFile::create(dir.file("made"), fs, Durability::kProcess));
  JETLINE_ASSERT_OK(f->append("yy"));
  EXPECT_FALSE(file_exists(dir.file("made")));
  JETLINE_ASSERT_OK(f->commit());
  EXPECT_EQ(fs.flushed, 1);
  EXPECT_EQ(fs.unflushed, 1);
  EXPECT_EQ(read_file(dir.file("made")).value(), "yy");
}

TEST(BaseFiles, PathHelpers) {
  EXPECT_EQ(parent_path("a/b.C"), "a");
  EXPECT_EQ(file_name("a/b.C"), "b.C");
  EXPECT_EQ(file_stem("a/b.C"), "b");
  EXPECT_EQ(file_extension_lower("a/b.JPG"), ".jpg");
  EXPECT_EQ(join_path("", "b"), "b");
  EXPECT_EQ(join_path("a", "b"), "a/b");
}

TEST(BaseFiles, RecursiveListingIsSortedAndComplete) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(real_file_system().make_directories(dir.file("b/c")));
  JETLINE_ASSERT_OK(write_file(dir.file("b/c/2"), ""));
  JETLINE_ASSERT_OK(write_file(dir.file("a"), ""));
  JETLINE_ASSERT_OK_AND_ASSIGN(auto files, list_files_recursive(dir.path()));
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0], dir.file("a"));
  EXPECT_EQ(files[1], dir.file("b/c/2"));
}

}  // namespace
}  // namespace jetline
