// Checkpoint bundles made for tests with LevelDB's own writer; never included by library code.
#pragma once

#include <leveldb/env.h>
#include <leveldb/options.h>
#include <leveldb/table_builder.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/base/hash.h"
#include "jetline/importers/tensorflow/bundle/slices.h"
#include "jetline/importers/tensorflow/bundle/table.h"
#include "jetline/importers/tensorflow/proto_testing.h"

namespace jetline::tf::made {

class TableBuffer : public leveldb::WritableFile {
 public:
  std::string bytes;
  leveldb::Status Append(const leveldb::Slice& data) override {
    bytes.append(data.data(), data.size());
    return leveldb::Status::OK();
  }
  leveldb::Status Close() override { return leveldb::Status::OK(); }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Sync() override { return leveldb::Status::OK(); }
};

inline std::string table(const std::map<std::string, std::string>& entries, bool snappy = false,
                         size_t block_size = 4096) {
  leveldb::Options options;
  options.compression = snappy ? leveldb::kSnappyCompression : leveldb::kNoCompression;
  options.block_size = block_size;
  TableBuffer out;
  leveldb::TableBuilder builder(options, &out);
  for (const auto& [key, value] : entries) builder.Add(key, value);
  (void)builder.Finish();
  return out.bytes;
}

class BundleMaker {
 public:
  explicit BundleMaker(int shards = 1) : shards_(static_cast<size_t>(shards)) {}

  void tensor(const std::string& key, DataType type, const std::vector<int64_t>& dims,
              const std::string& data, size_t shard = 0) {
    put(key, type, dims, data, masked_crc(crc32c(bytes_of(data))), shard);
  }
  void floats(const std::string& key, const std::vector<int64_t>& dims, const std::vector<float>& values,
              size_t shard = 0) {
    tensor(key, DataType::kFloat, dims, packed(values), shard);
  }
  // Short texts only: each length is one byte.
  void texts(const std::string& key, const std::vector<int64_t>& dims,
             const std::vector<std::string>& values) {
    std::string data;
    uint32_t sum = 0;
    for (const std::string& s : values) {
      const uint32_t length = static_cast<uint32_t>(s.size());
      data.push_back(static_cast<char>(length));
      sum = crc32c(bytes_of(packed<uint32_t>({length})), sum);
    }
    const std::string check = packed<uint32_t>({masked_crc(sum)});
    sum = crc32c(bytes_of(check), sum);
    data += check;
    for (const std::string& s : values) {
      data += s;
      sum = crc32c(bytes_of(s), sum);
    }
    put(key, DataType::kString, dims, data, masked_crc(sum), 0);
  }
  // A float variable in slices; lengths of -1 take the whole dimension.
  void sliced(const std::string& key, const std::vector<int64_t>& dims,
              const std::vector<std::pair<Slice, std::vector<float>>>& parts) {
    std::string proto = number(1, 1) + part(2, shape(dims));
    for (const auto& [slice, values] : parts) {
      std::string extents;
      std::vector<int64_t> lengths;
      for (size_t d = 0; d < dims.size(); ++d) {
        std::string extent = slice.starts[d] ? number(1, slice.starts[d]) : "";
        if (slice.lengths[d] >= 0) extent += number(2, slice.lengths[d]);
        extents += part(1, extent);
        lengths.push_back(slice.lengths[d] < 0 ? dims[d] : slice.lengths[d]);
      }
      proto += part(7, extents);
      floats(slice_key(key, slice), lengths, values);
    }
    entries[key] = proto;
  }

  std::string index(bool snappy = false, size_t block_size = 4096) {
    entries.emplace("", number(1, static_cast<int64_t>(shards_.size())) + part(3, number(1, 1)));
    return table(entries, snappy, block_size);
  }
  const std::string& shard(size_t i) const { return shards_[i]; }
  // Writes PREFIX.index and the shards.
  Status write(const std::string& prefix) {
    JETLINE_RETURN_IF_ERROR(write_file(prefix + ".index", index()));
    for (size_t i = 0; i < shards_.size(); ++i) {
      // Fewer than ten shards.
      const std::string name = ".data-0000" + std::to_string(i) + "-of-0000" + std::to_string(shards_.size());
      JETLINE_RETURN_IF_ERROR(write_file(prefix + name, shards_[i]));
    }
    return Status();
  }
  std::map<std::string, std::string> entries;  // may be changed before index()

 private:
  void put(const std::string& key, DataType type, const std::vector<int64_t>& dims, const std::string& data,
           uint32_t crc, size_t shard) {
    wire::Writer checksum;
    checksum.fixed32(6, crc);
    entries[key] = number(1, static_cast<int64_t>(type)) + part(2, shape(dims)) +
                   number(3, static_cast<int64_t>(shard)) +
                   number(4, static_cast<int64_t>(shards_[shard].size())) +
                   number(5, static_cast<int64_t>(data.size())) + checksum.str();
    shards_[shard] += data;
  }
  std::vector<std::string> shards_;
};

// Puts right the checksums of the blocks that an index reaches, as far as it is sound, so that changed bytes
// get past them.
inline void repair_checksums(std::string& file) {
  const auto varint = [&](size_t& at, size_t end, uint64_t& out) {
    out = 0;
    for (int shift = 0; shift < 63 && at < end; shift += 7) {
      const uint8_t byte = static_cast<uint8_t>(file[at++]);
      out |= uint64_t{byte & 0x7fu} << shift;
      if (!(byte & 0x80)) return true;
    }
    return false;
  };
  const auto repair = [&](uint64_t offset, uint64_t size) {
    if (offset > file.size() || size > file.size() || offset + size + 5 > file.size()) return false;
    const uint32_t crc = masked_crc(crc32c(bytes_of(file).subspan(offset, static_cast<size_t>(size) + 1)));
    std::memcpy(&file[static_cast<size_t>(offset + size) + 1], &crc, 4);
    return file[static_cast<size_t>(offset + size)] == 0;
  };
  if (file.size() < 48) return;
  size_t at = file.size() - 48;
  uint64_t skipped, offset, size;
  if (!varint(at, file.size(), skipped) || !varint(at, file.size(), skipped) ||
      !varint(at, file.size(), offset) || !varint(at, file.size(), size)) {
    return;
  }
  // The data blocks first: repairing one that overlaps the index block would break that again.
  const bool plain = repair(offset, size) && size >= 8;
  uint32_t restarts = 0;
  if (plain) std::memcpy(&restarts, &file[static_cast<size_t>(offset + size) - 4], 4);
  if (!plain || restarts > size / 4 - 1) return;
  const size_t end = static_cast<size_t>(offset + size) - 4 - 4 * size_t{restarts};
  for (at = static_cast<size_t>(offset); at < end;) {
    uint64_t shared, fresh, value, block, length;
    if (!varint(at, end, shared) || !varint(at, end, fresh) || !varint(at, end, value) || fresh > end - at)
      break;
    at += static_cast<size_t>(fresh);
    size_t in_value = at;
    if (value > end - at) break;
    if (varint(in_value, end, block) && varint(in_value, end, length)) repair(block, length);
    at += static_cast<size_t>(value);
  }
  repair(offset, size);
}

}  // namespace jetline::tf::made
