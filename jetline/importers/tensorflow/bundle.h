// A TensorFlow checkpoint bundle: PREFIX.index (a LevelDB-format table from tensor name to BundleEntryProto,
// blocks plain or snappy) and PREFIX.data-SSSSS-of-NNNNN shards. Tensors are views into the mapped shards;
// nothing is copied but partitioned variables, which are put together. A shard is mapped when a tensor of it
// is asked for. Sources: tensorflow/core/util/tensor_bundle/, tensorflow/core/protobuf/tensor_bundle.proto.
//
// The pages of a tensor that has been copied elsewhere can be given back: release_pages(tensor.bytes()).
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
    ByteView slices;      // the BundleEntryProto, when sliced
  };
  // `prefix` as in ".../variables/variables".
  static Result<Bundle> open(const std::string& prefix);
  // The same from memory that `owner` keeps.
  static Result<Bundle> from_memory(ByteView index, std::vector<ByteView> shards,
                                    std::shared_ptr<const void> owner);

  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }
  bool has(std::string_view key) const { return entries_.find(key) != entries_.end(); }
  // The tensor of `key`, its CRC checked (once a key); slices are put together; strings decoded.
  Result<Tensor> tensor(std::string_view key) const;
  // From now on the CRCs of large tensors are computed by a thread beside, and tensor() does not wait for them;
  // checked() does, and says what was wrong. The same for all copies of this Bundle.
  void check_beside();
  Status checked() const;

 private:
  struct Shards;
  static Result<Bundle> read(ByteView index, std::shared_ptr<Shards> shards);
  Result<ByteView> bytes_of(const std::string& key, const Entry& entry) const;
  Result<Tensor> put_together(const std::string& key, const Entry& entry) const;

  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, Entry, std::less<>> slices_;  // by slice_key()
  std::shared_ptr<Shards> shards_;
};

}  // namespace jetline::tf
