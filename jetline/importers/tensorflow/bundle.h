// A TensorFlow checkpoint bundle: PREFIX.index (a LevelDB-format table from tensor name to BundleEntryProto,
// blocks plain or snappy) and PREFIX.data-SSSSS-of-NNNNN shards. Tensors are views into the mapped shards;
// nothing is copied. Sources: tensorflow/core/util/tensor_bundle/,
// tensorflow/core/protobuf/tensor_bundle.proto.
//
// Ownership: returned tensors keep their shard mapped. Threads: one thread (a table is read on open).
// Ids: tf.bundle-missing (index or a shard), tf.bundle-truncated, tf.bundle-corrupt (a block's or tensor's
// CRC32C, a shape that does not fit its bytes), tf.bundle-endian, tf.variable-missing, tf.unsupported-type.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/importers/tensorflow/proto.h"

namespace jetline::tf {

class Bundle {
 public:
  struct Entry {
    DataType dtype = DataType::kInvalid;
    Shape shape;
    int32_t shard = 0;
    int64_t offset = 0, size = 0;
    uint32_t crc32c = 0;  // masked as LevelDB masks
    bool sliced = false;  // stored in slices (partitioned variable)
  };
  // `prefix` as in ".../variables/variables".
  static Result<Bundle> open(const std::string& prefix);

  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }
  bool has(std::string_view key) const { return entries_.find(key) != entries_.end(); }
  // The tensor of `key`, its CRC checked; slices are put together; strings decoded.
  Result<Tensor> tensor(std::string_view key) const;

 private:
  struct Shards;
  std::map<std::string, Entry, std::less<>> entries_;
  std::shared_ptr<Shards> shards_;
};

}  // namespace jetline::tf
