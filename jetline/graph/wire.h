// Protocol buffers on the wire, without libprotobuf: a reader that hands out views into the bytes it was
// given and a writer that keeps large byte fields as views, so that weights are never copied on the way in or
// out. Knows nothing of any particular message; ONNX and other formats lie on top.
//
// The encoding: https://protobuf.dev/programming-guides/encoding/. Lengths are 64-bit, so messages over 2 GiB
// can be read. Groups (wire types 3 and 4, deprecated) are skipped whole with bounded nesting. Ownership:
// views point into the caller's bytes, which must outlive them. Threads: one thread per object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/base/span.h"
#include "jetline/base/status.h"
#include "jetline/graph/deferred.h"

namespace jetline::wire {

enum class Type : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kGroup = 3, kGroupEnd = 4, kFixed32 = 5 };

enum class Error : uint8_t {
  kNone,
  kTruncated,  // the bytes end inside a field
  kMalformed,  // no such encoding: varint over 10 bytes, field number 0, reserved wire type, unbalanced group
};

struct Field {
  uint32_t number = 0;
  Type type = Type::kVarint;
  uint64_t value = 0;  // kVarint, kFixed32, kFixed64
  ByteView bytes;      // kBytes: content. kGroup: empty
  ByteView raw;        // the whole field as it stands, tag included

  int64_t int64() const { return static_cast<int64_t>(value); }
  // int32 and enum fields: negative numbers come as 64 bits, excess bits are dropped as protobuf does.
  int32_t int32() const { return static_cast<int32_t>(static_cast<uint32_t>(value)); }
  float float32() const;
  double float64() const;
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

class Reader {
 public:
  explicit Reader(ByteView bytes) : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}
  // The next field; false at the end and on an error (then error() says which, and stays).
  bool next(Field& field);
  Error error() const { return error_; }
  size_t offset() const { return static_cast<size_t>(at_ - begin_); }  // of what comes next, or of the error

 private:
  bool varint(uint64_t& value);
  bool take(uint64_t n, ByteView& bytes);
  bool body(Field& field, int depth);
  bool skip_group(uint32_t number, int depth);
  const uint8_t *begin_, *at_, *end_;
  Error error_ = Error::kNone;
};

// Repeated scalars come packed (one kBytes field) or one by one; each call appends what `field` holds. False
// when the field is of a wrong wire type or its packed bytes are broken.
bool append_int64s(const Field& field, std::vector<int64_t>& out);
bool append_int32s(const Field& field, std::vector<int32_t>& out);
bool append_floats(const Field& field, std::vector<float>& out);
bool append_doubles(const Field& field, std::vector<double>& out);

// A message under construction. Small fields gather in owned pieces; bytes_view() keeps a pointer.
class Writer {
 public:
  void varint(uint32_t number, uint64_t value);
  void int64(uint32_t number, int64_t value) { varint(number, static_cast<uint64_t>(value)); }
  void fixed32(uint32_t number, uint32_t bits);
  void float32(uint32_t number, float value);
  void text(uint32_t number, std::string_view value);
  void bytes_view(uint32_t number, ByteView value);  // `value` must outlive the writer when over 64 bytes
  void bytes_later(uint32_t number, std::shared_ptr<const DeferredBytes> value);
  void message(uint32_t number, Writer&& nested);
  // One field an element, as proto2 writes what is not marked [packed]: readers of every age take it.
  void int64s(uint32_t number, const std::vector<int64_t>& values);
  void floats(uint32_t number, const std::vector<float>& values);
  void raw(std::string_view fields);  // whole fields, tags included

  uint64_t size() const { return size_; }
  // The message as one string; for messages that fit memory twice.
  std::string str() const;
  // Deferred bytes are computed on several threads while what is done is written.
  Status write_to(AtomicFile& file) const;

 private:
  struct Piece {
    std::string owned;
    ByteView view;                               // used when owned is empty
    std::shared_ptr<const DeferredBytes> later;  // used when view is empty too
  };
  void tag(uint32_t number, Type type);
  void put_varint(uint64_t value);
  void put(const void* data, size_t n);
  std::string& tail();
  std::vector<Piece> pieces_;
  uint64_t size_ = 0;
};

}  // namespace jetline::wire
