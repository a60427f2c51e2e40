#include "jetline/importers/tensorflow/bundle/table.h"

#include <leveldb/comparator.h>
#include <leveldb/env.h>
#include <leveldb/iterator.h>
#include <leveldb/options.h>
#include <leveldb/table.h>

#include <algorithm>
#include <memory>

namespace jetline::tf {
namespace {

// A file for LevelDB whose bytes are in memory: it reads them where they lie.
class TableBytes : public leveldb::RandomAccessFile {
 public:
  explicit TableBytes(ByteView bytes) : bytes_(bytes) {}
  leveldb::Status Read(uint64_t offset, size_t n, leveldb::Slice* result, char*) const override {
    const size_t from = static_cast<size_t>(std::min<uint64_t>(offset, bytes_.size()));
    *result = leveldb::Slice(reinterpret_cast<const char*>(bytes_.data()) + from,
                             std::min(n, bytes_.size() - from));
    return leveldb::Status::OK();
  }

 private:
  ByteView bytes_;
};

Status table_error(const leveldb::Status& s) {
  return Status::bad_input("tf.bundle-corrupt", "the index of the variables cannot be read: " + s.ToString(),
                           "the file is damaged; copy or export the model again");
}

}  // namespace

Status read_table(ByteView file, const std::function<Status(std::string_view key, ByteView value)>& entry) {
  JETLINE_RETURN_IF_ERROR(check_table(file));
  const TableBytes bytes(file);
  leveldb::Options options;
  options.comparator = leveldb::BytewiseComparator();
  options.paranoid_checks = true;
  leveldb::Table* opened = nullptr;
  const leveldb::Status s =
      leveldb::Table::Open(options, const_cast<TableBytes*>(&bytes), file.size(), &opened);
  if (!s.ok()) return table_error(s);
  const std::unique_ptr<leveldb::Table> table(opened);
  leveldb::ReadOptions read;
  read.verify_checksums = true;
  read.fill_cache = false;
  const std::unique_ptr<leveldb::Iterator> it(table->NewIterator(read));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const leveldb::Slice key = it->key(), value = it->value();
    JETLINE_RETURN_IF_ERROR(
        entry({key.data(), key.size()}, {reinterpret_cast<const uint8_t*>(value.data()), value.size()}));
  }
  return it->status().ok() ? Status() : table_error(it->status());
}

}  // namespace jetline::tf
