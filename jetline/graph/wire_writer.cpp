#include <cstring>

#include "jetline/graph/piece_stream.h"
#include "jetline/graph/wire.h"

namespace jetline::wire {
namespace {
constexpr size_t kViewFrom = 64;  // shorter byte fields are cheaper copied than kept as pieces
}  // namespace

std::string& Writer::tail() {
  if (pieces_.empty() || pieces_.back().owned.empty()) pieces_.emplace_back();
  return pieces_.back().owned;
}

void Writer::put(const void* data, size_t n) {
  if (n == 0) return;
  tail().append(static_cast<const char*>(data), n);
  size_ += n;
}

void Writer::put_varint(uint64_t v) {
  char buffer[10];
  size_t n = 0;
  for (; v >= 0x80; v >>= 7) buffer[n++] = static_cast<char>(v | 0x80);
  buffer[n++] = static_cast<char>(v);
  put(buffer, n);
}

void Writer::tag(uint32_t number, Type type) {
  put_varint(uint64_t{number} << 3 | static_cast<uint64_t>(type));
}

void Writer::varint(uint32_t number, uint64_t value) {
  tag(number, Type::kVarint);
  put_varint(value);
}

void Writer::fixed32(uint32_t number, uint32_t bits) {
  tag(number, Type::kFixed32);
  put(&bits, 4);
}

void Writer::float32(uint32_t number, float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  fixed32(number, bits);
}

void Writer::text(uint32_t number, std::string_view value) {
  tag(number, Type::kBytes);
  put_varint(value.size());
  put(value.data(), value.size());
}

void Writer::bytes_view(uint32_t number, ByteView value) {
  tag(number, Type::kBytes);
  put_varint(value.size());
  if (value.size() <= kViewFrom) {
    put(value.data(), value.size());
    return;
  }
  pieces_.emplace_back();
  pieces_.back().view = value;
  size_ += value.size();
}

void Writer::bytes_later(uint32_t number, std::shared_ptr<const DeferredBytes> value) {
  tag(number, Type::kBytes);
  put_varint(static_cast<uint64_t>(value->size()));
  if (value->size() == 0) return;
  size_ += static_cast<uint64_t>(value->size());
  pieces_.emplace_back();
  pieces_.back().later = std::move(value);
}

void Writer::message(uint32_t number, Writer&& nested) {
  tag(number, Type::kBytes);
  put_varint(nested.size_);
  for (Piece& p : nested.pieces_) {
    if (!p.owned.empty()) {
      put(p.owned.data(), p.owned.size());
    } else {
      size_ += p.later ? static_cast<uint64_t>(p.later->size()) : p.view.size();
      pieces_.push_back(std::move(p));
    }
  }
}

void Writer::int64s(uint32_t number, const std::vector<int64_t>& values) {
  for (int64_t v : values) int64(number, v);
}

void Writer::floats(uint32_t number, const std::vector<float>& values) {
  for (float v : values) float32(number, v);
}

void Writer::raw(std::string_view fields) {
  put(fields.data(), fields.size());
}

std::string Writer::str() const {
  std::string out;
  out.reserve(static_cast<size_t>(size_));
  for (const Piece& p : pieces_) {
    if (!p.owned.empty()) {
      out += p.owned;
    } else if (p.later) {
      const size_t at = out.size();
      out.resize(at + static_cast<size_t>(p.later->size()));
      p.later->read(0, reinterpret_cast<uint8_t*>(&out[at]), p.later->size());
    } else {
      out.append(reinterpret_cast<const char*>(p.view.data()), p.view.size());
    }
  }
  return out;
}

Status Writer::write_to(AtomicFile& file) const {
  std::vector<StreamPiece> all;
  for (const Piece& p : pieces_) {
    const ByteView owned(reinterpret_cast<const uint8_t*>(p.owned.data()), p.owned.size());
    all.push_back({p.owned.empty() ? p.view : owned, p.later.get()});
  }
  return append_pieces(file, all);
}

}  // namespace jetline::wire
