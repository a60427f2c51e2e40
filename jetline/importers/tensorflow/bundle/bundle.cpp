#include "jetline/importers/tensorflow/bundle.h"

#include <set>

#include "jetline/base/hash.h"
#include "jetline/importers/tensorflow/bundle/checks.h"
#include "jetline/importers/tensorflow/bundle/slices.h"
#include "jetline/importers/tensorflow/bundle/strings.h"
#include "jetline/importers/tensorflow/bundle/table.h"
#include "jetline/importers/tensorflow/proto/message.h"

namespace jetline::tf {
namespace {

constexpr size_t kBundleMaxSlices = 4096;
constexpr size_t kBundleBeside = size_t{32} << 10;  // smaller ones are checked at once
const char* const kBundleHint = "copy the whole folder again, or export the model again";

Status bundle_corrupt(const std::string& what) {
  return Status::bad_input("tf.bundle-corrupt", what, kBundleHint);
}

std::string bundle_digits(int32_t n) {
  std::string s = std::to_string(n);
  return s.size() < 5 ? std::string(5 - s.size(), '0') + s : s;
}

struct BundleHeader {
  int64_t shards = 1;
  bool big_endian = false;
};

Status bundle_header(ByteView bytes, BundleHeader& out) {
  decode::Context context;
  context.begin = bytes.data();
  decode::Message m(bytes, "header of the variables", context);
  while (m.next()) {
    if (m.number() == 1) out.shards = m.integer();
    if (m.number() == 2) out.big_endian = m.integer() == 1;
  }
  JETLINE_RETURN_IF_ERROR(m.status());
  if (out.big_endian) {
    return Status::bad_input("tf.bundle-endian", "the variables were written on a big-endian machine",
                             "export the model on a little-endian machine (x86, ARM)");
  }
  // Zero is what merged empty bundles have.
  if (out.shards < 0 || out.shards > 1'000'000) {
    return bundle_corrupt("the variables claim to be in " + std::to_string(out.shards) + " shards");
  }
  return Status();
}

// TensorSliceProto: an extent a dimension; without a length it is the whole dimension.
Status bundle_slice(ByteView bytes, decode::Context& context, Slice& out) {
  decode::Message m(bytes, "slice", context);
  while (m.next()) {
    if (m.number() != 1) continue;
    m.item();
    int64_t start = 0, length = -1;
    decode::Message extent(m.bytes(), "slice", context);
    while (extent.next()) {
      if (extent.number() == 1) start = extent.integer();
      if (extent.number() == 2) length = extent.integer();
    }
    m.keep(extent.status());
    out.starts.push_back(start);
    out.lengths.push_back(length);
  }
  return m.status();
}

Status bundle_entry(ByteView bytes, Bundle::Entry& out) {
  decode::Context context;
  context.begin = bytes.data();
  out.shape.known_rank = true;
  decode::Message m(bytes, "variable's entry", context);
  int64_t shard = 0;
  while (m.next()) {
    switch (m.number()) {
      case 1:
        out.dtype = m.data_type();
        break;
      case 2: {
        const ByteView shape = m.bytes();
        if (m.ok()) m.keep(decode::read_shape(shape, context, out.shape));
        break;
      }
      case 3:
        shard = m.integer();
        break;
      case 4:
        out.offset = m.integer();
        break;
      case 5:
        out.size = m.integer();
        break;
      case 6:
        if (m.field().type != wire::Type::kFixed32) return bundle_corrupt("a variable's checksum is broken");
        out.crc32c = static_cast<uint32_t>(m.field().value);
        break;
      case 7:
        out.sliced = true;
        break;
      default:
        break;
    }
  }
  JETLINE_RETURN_IF_ERROR(m.status());
  if (shard < 0 || shard > INT32_MAX || out.offset < 0 || out.size < 0) {
    return bundle_corrupt("has a negative shard, offset or size");
  }
  out.shard = static_cast<int32_t>(shard);
  return Status();
}

}  // namespace

struct Bundle::Shards {
  std::string prefix;
  int32_t count = 1;
  bool in_memory = false;
  struct Shard {
    ByteView bytes;
    std::shared_ptr<const void> owner;
  };
  std::map<int32_t, Shard> open;
  std::set<std::string, std::less<>> checked;               // keys whose CRC was right
  std::vector<std::shared_ptr<std::vector<uint8_t>>> kept;  // protos of sliced entries
  std::shared_ptr<const void> owner;
  std::unique_ptr<ChecksumQueue> queue;  // the last member: it reads from the others until it ends

  Status wrong_checksum(const std::string& key) const {
    return Status::bad_input("tf.bundle-corrupt",
                             "the data of variable '" + key + "' does not fit its checksum", kBundleHint, prefix);
  }

  Result<Shard> get(int32_t shard) {
    const auto known = open.find(shard);
    if (known != open.end()) return known->second;
    const std::string path = prefix + ".data-" + bundle_digits(shard) + "-of-" + bundle_digits(count);
    if (shard >= count) {
      return bundle_corrupt("a variable names shard " + std::to_string(shard) + " of " +
                            std::to_string(count));
    }
    if (in_memory || !file_exists(path)) {
      return Status::bad_input("tf.bundle-missing", "the variables' file " + file_name(path) + " is missing",
                               "it belongs beside the .index file; " + std::string(kBundleHint), path);
    }
    JETLINE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MappedFile::open(path));
    return open[shard] = {file->bytes(), file};
  }
};

Result<Bundle> Bundle::open(const std::string& prefix) {
  const std::string path = prefix + ".index";
  if (!file_exists(path)) {
    return Status::bad_input(
        "tf.bundle-missing", "the index of the variables is missing: " + path,
        "a SavedModel has variables/variables.index beside its data files; " + std::string(kBundleHint),
        path);
  }
  JETLINE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> index, MappedFile::open(path));
  auto shards = std::make_shared<Shards>();
  shards->prefix = prefix;
  Result<Bundle> bundle = read(index->bytes(), shards);
  if (!bundle.ok()) return bundle.status().at(path);
  return bundle;
}

Result<Bundle> Bundle::from_memory(ByteView index, std::vector<ByteView> shards,
                                   std::shared_ptr<const void> owner) {
  auto all = std::make_shared<Shards>();
  all->prefix = "(memory)";
  all->in_memory = true;
  for (size_t i = 0; i < shards.size(); ++i) all->open[static_cast<int32_t>(i)] = {shards[i], owner};
  all->owner = std::move(owner);
  return read(index, std::move(all));
}

Result<Bundle> Bundle::read(ByteView index, std::shared_ptr<Shards> shards) {
  Bundle out;
  out.shards_ = std::move(shards);
  bool header_seen = false;
  JETLINE_RETURN_IF_ERROR(read_table(index, [&](std::string_view key, ByteView value) -> Status {
    if (key.empty()) {
      BundleHeader header;
      JETLINE_RETURN_IF_ERROR(bundle_header(value, header));
      out.shards_->count = static_cast<int32_t>(header.shards);
      header_seen = true;
      return Status();
    }
    Entry entry;
    const Status s = bundle_entry(value, entry);
    if (!s.ok()) {
      return bundle_corrupt("the entry of variable '" + std::string(key) + "' is broken: " + s.message());
    }
    if (entry.sliced) {
      auto kept = std::make_shared<std::vector<uint8_t>>(value.begin(), value.end());
      entry.slices = ByteView(kept->data(), kept->size());
      out.shards_->kept.push_back(std::move(kept));
    }
    // A name never begins with a zero byte; the key of a slice always does.
    (key[0] == '\0' ? out.slices_ : out.entries_)[std::string(key)] = std::move(entry);
    return Status();
  }));
  if (!header_seen) return bundle_corrupt("the index of the variables has no header");
  return out;
}

// The checked bytes of an entry that is stored whole.
Result<ByteView> Bundle::bytes_of(const std::string& key, const Entry& entry) const {
  JETLINE_ASSIGN_OR_RETURN(const Shards::Shard shard, shards_->get(entry.shard));
  const uint64_t size = shard.bytes.size(), from = static_cast<uint64_t>(entry.offset);
  if (from > size || static_cast<uint64_t>(entry.size) > size - from) {
    return Status::bad_input("tf.bundle-truncated",
                             "variable '" + key + "' lies at bytes " + std::to_string(from) + " to " +
                                 std::to_string(from + static_cast<uint64_t>(entry.size)) + " of shard " +
                                 std::to_string(entry.shard) + ", which has only " + std::to_string(size),
                             kBundleHint, shards_->prefix);
  }
  const ByteView bytes = shard.bytes.subspan(from, static_cast<size_t>(entry.size));
  if (shards_->checked.count(key)) return bytes;
  // Of strings the lengths are covered as numbers, not as they are written; read_bundle_strings() checks.
  if (shards_->queue && bytes.size() >= kBundleBeside && entry.dtype != DataType::kString) {
    shards_->queue->add(key, bytes, entry.crc32c);
  } else if (entry.dtype != DataType::kString && stored_crc(bytes) != entry.crc32c) {
    return shards_->wrong_checksum(key);
  }
  shards_->checked.insert(key);
  return bytes;
}

void Bundle::check_beside() {
  if (!shards_->queue) shards_->queue = std::make_unique<ChecksumQueue>();
}

Status Bundle::checked() const {
  const std::string wrong = shards_->queue ? shards_->queue->wrong() : std::string();
  return wrong.empty() ? Status() : shards_->wrong_checksum(wrong);
}

Result<Tensor> Bundle::tensor(std::string_view key) const {
  const auto at = entries_.find(key);
  if (at == entries_.end()) {
    return Status::bad_input(
        "tf.variable-missing", "there is no variable '" + std::string(key) + "' in the file",
        "the graph and its variables do not belong together; export the model again", shards_->prefix);
  }
  const Entry& entry = at->second;
  const std::string& name = at->first;
  const DType dtype = to_dtype(entry.dtype);
  if (dtype == DType::kUndefined) {
    return Status::bad_input("tf.unsupported-type",
                             "variable '" + name + "' has type " + std::string(data_type_name(entry.dtype)),
                             "only numbers, truth values and texts can be variables", shards_->prefix);
  }
  const int64_t n = entry.shape.known_rank ? element_count(entry.shape.dims) : -1;
  if (n < 0 || n > INT64_MAX / 16) return bundle_corrupt("variable '" + name + "' has no sound shape");
  if (entry.sliced) return put_together(name, entry);

  JETLINE_ASSIGN_OR_RETURN(const ByteView bytes, bytes_of(name, entry));
  if (entry.dtype == DataType::kString) {
    std::vector<std::string> strings;
    const Status s = read_bundle_strings(bytes, n, entry.crc32c, strings);
    if (!s.ok()) return bundle_corrupt("variable '" + name + "' " + s.message());
    return Tensor::of_strings(entry.shape.dims, std::move(strings));
  }
  const bool nibbles = dtype_bits(dtype) == 4;  // TensorFlow stores one in a byte
  if (entry.size != (nibbles ? n : dtype_bytes(dtype, n))) {
    return bundle_corrupt("variable '" + name + "' of " + std::to_string(n) + " elements of type " +
                          std::string(data_type_name(entry.dtype)) + " has " + std::to_string(entry.size) +
                          " bytes");
  }
  if (nibbles) return Tensor::own(dtype, entry.shape.dims, decode::pack_nibbles(bytes));
  JETLINE_ASSIGN_OR_RETURN(const Shards::Shard shard, shards_->get(entry.shard));
  return Tensor::view(dtype, entry.shape.dims, bytes, shard.owner);
}

Result<Tensor> Bundle::put_together(const std::string& key, const Entry& entry) const {
  const std::string what = "partitioned variable '" + key + "'";
  const DType dtype = to_dtype(entry.dtype);
  if (dtype_bits(dtype) < 8) {
    return Status::bad_input("tf.unsupported-type",
                             what + " has type " + std::string(data_type_name(entry.dtype)),
                             "export the model without partitioning this variable", shards_->prefix);
  }
  const size_t width = static_cast<size_t>(dtype_bits(dtype)) / 8, rank = entry.shape.dims.size();
  decode::Context context;
  context.begin = entry.slices.data();
  decode::Message m(entry.slices, "variable's entry", context);
  std::vector<Slice> slices;
  std::vector<const Entry*> parts;
  int64_t left = element_count(entry.shape.dims);
  while (m.next()) {
    if (m.number() != 7) continue;
    Slice slice;
    const ByteView bytes = m.bytes();
    if (m.ok()) m.keep(bundle_slice(bytes, context, slice));
    if (!m.ok()) break;
    if (slice.starts.size() != rank || slices.size() == kBundleMaxSlices) {
      return bundle_corrupt(what + " has slices of another rank, or too many");
    }
    const auto part = slices_.find(slice_key(key, slice));
    if (part == slices_.end()) return bundle_corrupt(what + " lacks a slice");
    for (size_t d = 0; d < rank; ++d) {
      if (slice.lengths[d] == -1) slice.lengths[d] = entry.shape.dims[d] - slice.starts[d];
      if (slice.starts[d] < 0 || slice.lengths[d] < 0 || slice.starts[d] > entry.shape.dims[d] ||
          slice.lengths[d] > entry.shape.dims[d] - slice.starts[d]) {
        return bundle_corrupt(what + " has a slice outside of its shape");
      }
    }
    const Entry& e = part->second;
    const int64_t n = element_count(slice.lengths);
    if (e.dtype != entry.dtype || e.sliced || n < 0 || n > left ||
        e.size != n * static_cast<int64_t>(width)) {
      return bundle_corrupt(what + " has a slice of another size or type");
    }
    left -= n;
    for (const Slice& other : slices) {
      if (n > 0 && element_count(other.lengths) > 0 && slices_overlap(slice, other)) {
        return bundle_corrupt(what + " has slices that overlap");
      }
    }
    slices.push_back(std::move(slice));
    parts.push_back(&e);
  }
  JETLINE_RETURN_IF_ERROR(m.status());
  if (left != 0) return bundle_corrupt(what + " is not covered by its slices");
  // Everything is looked at before memory is taken, which the files' sizes then justify.
  std::vector<ByteView> data;
  uint64_t total = 0, present = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    JETLINE_ASSIGN_OR_RETURN(const ByteView bytes,
                             bytes_of(key + " (slice " + std::to_string(i) + ")", *parts[i]));
    data.push_back(bytes);
    total += bytes.size();
  }
  for (const auto& [id, shard] : shards_->open) present += shard.bytes.size();
  if (total > present) return bundle_corrupt(what + " has slices that share bytes");
  std::vector<uint8_t> out(static_cast<size_t>(total));
  for (size_t i = 0; i < data.size(); ++i) place_slice(data[i], slices[i], entry.shape.dims, width, out);
  return Tensor::own(dtype, entry.shape.dims, std::move(out));
}

}  // namespace jetline::tf
