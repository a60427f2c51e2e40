#include "jetline/engine/openvino/ov_cache.h"

#include <cstring>
#include <sstream>

#include "jetline/base/hash.h"

namespace jetline::ov_engine {
namespace {

// The last 16 bytes of an entry: magic, CRC-32C of what stands before. At the end, so that the vendor's blob
// begins at a page of the mapped file.
struct BlobTrailer {
  char magic[8];
  uint32_t crc;
  uint32_t reserved;
};
constexpr char kBlobMagic[8] = {'J', 'L', 'O', 'V', 'B', 'L', 'B', '1'};

}  // namespace

Result<std::unique_ptr<BlobCache>> BlobCache::open(const ModelSource& source, const EngineOptions& o) {
  Sha256 h;
  h.update(source.content_sha256);
  const ov::Version version = ov::get_openvino_version();
  std::string text = std::string("\njetline blob 1\n") + (version.buildNumber ? version.buildNumber : "") +
                     "\n" + core().get_property(o.device, ov::device::full_name) + "\n" + o.device + "\n" +
                     o.precision + "\n" + std::to_string(o.threads) +
                     (o.throughput ? " throughput\n" : " latency\n");
  for (const auto& [name, dims] : o.shapes) text += name + shape_text(dims) + "\n";
  h.update(text);
  auto cache = std::make_unique<BlobCache>();
  cache->directory_ = o.cache_dir;
  cache->entry_ = join_path(o.cache_dir, h.hex() + ".ovblob");
  cache->device_ = o.device;
  return cache;
}

bool BlobCache::restore(const ov::AnyMap& config, ov::CompiledModel& compiled) {
  state_ = "miss";
  if (!file_exists(entry_)) return false;
  state_ = "miss (damaged entry)";
  auto mapped = MappedFile::open(entry_);
  BlobTrailer t;
  if (!mapped.ok() || mapped.value()->bytes().size() <= sizeof t) return false;
  const ByteView all = mapped.value()->bytes();
  const size_t length = all.size() - sizeof t;
  std::memcpy(&t, all.data() + length, sizeof t);
  if (std::memcmp(t.magic, kBlobMagic, sizeof t.magic) != 0 || t.crc != crc32c(all.subspan(0, length))) {
    return false;
  }
  const Status s =
      guarded(ErrorKind::kBadInput, "engine.load-failed", "cannot restore " + entry_, entry_, [&] {
        const ov::Tensor view(ov::element::u8, ov::Shape{length}, const_cast<uint8_t*>(all.data()));
        // The mapping lives as long as the vendor keeps the tensor.
        const ov::Tensor blob(view, std::const_pointer_cast<MappedFile>(mapped.value()));
        compiled = core().import_model(blob, device_, config);
        return Status();
      });
  if (s.ok()) state_ = "hit";
  return s.ok();
}

void BlobCache::store(const ov::CompiledModel& compiled) {
  Status s = real_file_system().make_directories(directory_);
  std::ostringstream out;  // in memory: the vendor goes back to fill its header in
  if (s.ok()) {
    s = guarded(ErrorKind::kInternal, "engine.run-failed", "cannot export the compiled model", "", [&] {
      const_cast<ov::CompiledModel&>(compiled).export_model(out);
      return Status();
    });
  }
  if (s.ok()) {
    std::string blob = out.str();
    BlobTrailer t = {};
    std::memcpy(t.magic, kBlobMagic, sizeof t.magic);
    t.crc = crc32c(ByteView(reinterpret_cast<const uint8_t*>(blob.data()), blob.size()));
    blob.append(reinterpret_cast<const char*>(&t), sizeof t);
    s = write_file(entry_, blob);
  }
  if (!s.ok()) state_ = "not written: " + s.message();
}

}  // namespace jetline::ov_engine
