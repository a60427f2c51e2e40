#include <algorithm>

#include "jetline/importers/tensorflow/proto/message.h"

namespace jetline::tf {
namespace {

// tensor.proto
namespace tensor_proto {
constexpr uint32_t kDtype = 1, kShape = 2, kContent = 4, kFloat = 5, kDouble = 6, kInt = 7, kString = 8,
                   kComplex64 = 9, kInt64 = 10, kBool = 11, kComplex128 = 12, kHalf = 13, kUint32 = 16,
                   kUint64 = 17, kFloat8 = 18;
}

// A tensor of one repeated value takes a few bytes in a file; more elements than this are not made from it.
constexpr int64_t kMaxRepeated = int64_t{1} << 26;

Status proto_tensor_bad(const std::string& what) {
  return Status::bad_input("tf.bad-tensor", "a constant " + what,
                           "the graph is damaged or was not written by TensorFlow");
}

uint32_t proto_tensor_field(DataType t) {
  switch (t) {
    case DataType::kFloat:
      return tensor_proto::kFloat;
    case DataType::kDouble:
      return tensor_proto::kDouble;
    case DataType::kComplex64:
      return tensor_proto::kComplex64;
    case DataType::kComplex128:
      return tensor_proto::kComplex128;
    case DataType::kInt64:
      return tensor_proto::kInt64;
    case DataType::kUint32:
      return tensor_proto::kUint32;
    case DataType::kUint64:
      return tensor_proto::kUint64;
    case DataType::kBool:
      return tensor_proto::kBool;
    case DataType::kHalf:
    case DataType::kBfloat16:
      return tensor_proto::kHalf;
    case DataType::kFloat8e5m2:
    case DataType::kFloat8e4m3fn:
      return tensor_proto::kFloat8;
    default:
      return tensor_proto::kInt;
  }
}

struct TensorProtoParts {
  DataType type = DataType::kInvalid;
  Shape shape;
  ByteView content;
  std::vector<wire::Field> typed;  // in file order, all typed lists
  std::vector<std::string_view> strings;
};

template <typename From>
void proto_tensor_put(const std::vector<From>& values, size_t width, std::vector<uint8_t>& out) {
  out.resize(values.size() * width);
  for (size_t i = 0; i < values.size(); ++i) std::memcpy(out.data() + i * width, &values[i], width);
}

// The typed list of `type` as packed little-endian elements of `width` bytes. Narrow integers come as int32:
// their low bytes are the element. False when the encoding is broken.
bool proto_tensor_elements(const TensorProtoParts& p, size_t width, std::vector<uint8_t>& out) {
  const uint32_t number = proto_tensor_field(p.type);
  std::vector<int64_t> integers;
  std::vector<float> floats;
  std::vector<double> doubles;
  for (const wire::Field& f : p.typed) {
    if (f.number != number) continue;
    bool ok = true;
    switch (number) {
      case tensor_proto::kFloat:
      case tensor_proto::kComplex64:
        ok = wire::append_floats(f, floats);
        break;
      case tensor_proto::kDouble:
      case tensor_proto::kComplex128:
        ok = wire::append_doubles(f, doubles);
        break;
      case tensor_proto::kFloat8:
        out.insert(out.end(), f.bytes.begin(), f.bytes.end());
        break;
      default:
        ok = wire::append_int64s(f, integers);
    }
    if (!ok) return false;
  }
  // float and complex64 are made of floats, double and complex128 of doubles.
  if (!floats.empty()) proto_tensor_put(floats, 4, out);
  if (!doubles.empty()) proto_tensor_put(doubles, 8, out);
  if (number == tensor_proto::kBool) {
    for (int64_t& i : integers) i = i != 0;
  }
  if (!integers.empty()) proto_tensor_put(integers, width, out);
  return out.size() % width == 0;
}

// tensor_content of strings: the length of each as a varint, then all texts.
bool proto_tensor_strings(ByteView content, int64_t n, std::vector<std::string>& out) {
  // Each needs a byte for its length.
  if (n > static_cast<int64_t>(content.size())) return false;
  std::vector<uint64_t> lengths(static_cast<size_t>(n));
  size_t at = 0;
  for (uint64_t& length : lengths) {
    length = 0;
    for (int shift = 0;; shift += 7) {
      if (at == content.size() || shift > 28) return false;
      const uint8_t byte = content[at++];
      length |= uint64_t{byte & 0x7fu} << shift;
      if (!(byte & 0x80)) break;
    }
  }
  for (uint64_t length : lengths) {
    if (length > content.size() - at) return false;
    out.emplace_back(reinterpret_cast<const char*>(content.data()) + at, static_cast<size_t>(length));
    at += static_cast<size_t>(length);
  }
  return true;
}

Result<Tensor> proto_tensor_of_strings(TensorProtoParts& p, int64_t n) {
  std::vector<std::string> strings;
  if (!p.content.empty()) {
    if (!proto_tensor_strings(p.content, n, strings)) return proto_tensor_bad("of text has broken lengths");
  } else {
    if (n > kMaxRepeated / 32) return proto_tensor_bad("of text has too many elements");
    uint64_t bytes = 0;
    for (int64_t i = 0; i < n; ++i) {
      const std::string_view last = p.strings.empty() ? std::string_view() : p.strings.back();
      const std::string_view s =
          i < static_cast<int64_t>(p.strings.size()) ? p.strings[static_cast<size_t>(i)] : last;
      bytes += s.size();
      if (bytes > uint64_t{1} << 31) return proto_tensor_bad("repeats too long a text");
      strings.emplace_back(s);
    }
  }
  return Tensor::of_strings(std::move(p.shape.dims), std::move(strings));
}

Result<Tensor> proto_tensor_of_numbers(TensorProtoParts& p, int64_t n, std::shared_ptr<const void> owner) {
  const DType dtype = to_dtype(p.type);
  const bool nibbles = dtype_bits(dtype) == 4;  // TensorFlow keeps one in a byte
  const size_t width = nibbles ? 1 : static_cast<size_t>(dtype_bits(dtype)) / 8;
  if (n > INT64_MAX / 16) return proto_tensor_bad("has impossible dimensions");
  if (!p.content.empty()) {
    if (p.content.size() != static_cast<uint64_t>(n) * width) {
      return proto_tensor_bad("of " + std::to_string(n) + " elements has " +
                              std::to_string(p.content.size()) + " bytes");
    }
    if (nibbles) return Tensor::own(dtype, std::move(p.shape.dims), decode::pack_nibbles(p.content));
    return Tensor::view(dtype, std::move(p.shape.dims), p.content, std::move(owner));
  }
  // One packed list of floats that is complete is as good as tensor_content.
  if ((p.type == DataType::kFloat || p.type == DataType::kDouble) && p.typed.size() == 1 &&
      p.typed[0].number == proto_tensor_field(p.type) && p.typed[0].type == wire::Type::kBytes &&
      p.typed[0].bytes.size() == static_cast<uint64_t>(n) * width && n > 0) {
    return Tensor::view(dtype, std::move(p.shape.dims), p.typed[0].bytes, std::move(owner));
  }
  std::vector<uint8_t> bytes;
  if (!proto_tensor_elements(p, width, bytes)) return proto_tensor_bad("has broken elements");
  const size_t wanted = static_cast<size_t>(n) * width;
  if (bytes.size() < wanted) {
    if (n > kMaxRepeated) return proto_tensor_bad("repeats a value " + std::to_string(n) + " times");
    const size_t had = bytes.size();
    bytes.resize(wanted);
    // What is not said is the last value again; a list without any is zeros.
    if (had >= width) {
      for (size_t at = had; at < wanted; at += width) {
        std::memcpy(bytes.data() + at, bytes.data() + had - width, width);
      }
    }
  }
  bytes.resize(wanted);
  if (nibbles) bytes = decode::pack_nibbles(bytes);
  return Tensor::own(dtype, std::move(p.shape.dims), std::move(bytes));
}

}  // namespace

std::vector<uint8_t> decode::pack_nibbles(ByteView bytes) {
  std::vector<uint8_t> out((bytes.size() + 1) / 2);
  for (size_t i = 0; i < bytes.size(); ++i) {
    out[i / 2] = static_cast<uint8_t>(out[i / 2] | (bytes[i] & 15) << (i % 2 * 4));
  }
  return out;
}

Result<Tensor> parse_tensor(ByteView bytes, const std::shared_ptr<const void>& owner) {
  decode::Context context;
  context.begin = bytes.data();
  TensorProtoParts p;
  p.shape.known_rank = true;  // an absent shape is a scalar
  decode::Message m(bytes, "constant", context);
  while (m.next()) {
    switch (m.number()) {
      case tensor_proto::kDtype:
        p.type = m.data_type();
        break;
      case tensor_proto::kShape: {
        const ByteView shape = m.bytes();
        if (m.ok()) m.keep(decode::read_shape(shape, context, p.shape));
        break;
      }
      case tensor_proto::kContent:
        p.content = m.bytes();
        break;
      case tensor_proto::kString:
        m.item();
        p.strings.push_back(m.text());
        break;
      case tensor_proto::kFloat:
      case tensor_proto::kDouble:
      case tensor_proto::kInt:
      case tensor_proto::kComplex64:
      case tensor_proto::kInt64:
      case tensor_proto::kBool:
      case tensor_proto::kComplex128:
      case tensor_proto::kHalf:
      case tensor_proto::kUint32:
      case tensor_proto::kUint64:
      case tensor_proto::kFloat8:
        m.item();
        p.typed.push_back(m.field());
        break;
      default:
        break;
    }
  }
  JETLINE_RETURN_IF_ERROR(m.status());
  if (p.type == DataType::kResource || p.type == DataType::kVariant) {
    return Status::bad_input("tf.unsupported-type",
                             "a constant of type " + std::string(data_type_name(p.type)) + " cannot be used",
                             "only numbers, truth values and texts can be constants");
  }
  if (to_dtype(p.type) == DType::kUndefined) return proto_tensor_bad("has an unknown element type");
  const int64_t n = element_count(p.shape.dims);
  if (!p.shape.known_rank || n < 0) return proto_tensor_bad("has no complete shape");
  return p.type == DataType::kString ? proto_tensor_of_strings(p, n) : proto_tensor_of_numbers(p, n, owner);
}

}  // namespace jetline::tf
