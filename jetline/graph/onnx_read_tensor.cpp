#include "jetline/base/strings.h"
#include "jetline/graph/onnx_fields.h"
#include "jetline/graph/onnx_reader.h"

namespace jetline::onnx {
namespace {

// Which typed field of TensorProto holds the elements of a type (onnx.proto, comments on TensorProto's
// fields).
uint32_t tensor_data_field(DType t) {
  switch (t) {
    case DType::kF32:
    case DType::kC64:
      return tensor_field::kFloatData;
    case DType::kF64:
    case DType::kC128:
      return tensor_field::kDoubleData;
    case DType::kI64:
      return tensor_field::kInt64Data;
    case DType::kU32:
    case DType::kU64:
      return tensor_field::kUint64Data;
    case DType::kString:
      return tensor_field::kStringData;
    default:
      return tensor_field::kInt32Data;
  }
}

template <typename To, typename From>
std::vector<uint8_t> tensor_narrow(const std::vector<From>& values) {
  std::vector<uint8_t> out(values.size() * sizeof(To));
  for (size_t i = 0; i < values.size(); ++i) {
    const To v = static_cast<To>(values[i]);
    std::memcpy(out.data() + i * sizeof(To), &v, sizeof(To));
  }
  return out;
}

// Elements from typed fields to packed bytes. Types under a byte come already packed, one byte an entry.
bool tensor_typed_bytes(DType dtype, const std::vector<wire::Field>& fields, std::vector<uint8_t>& out) {
  std::vector<int32_t> i32;
  std::vector<int64_t> i64;
  std::vector<float> f32;
  std::vector<double> f64;
  for (const wire::Field& f : fields) {
    switch (tensor_data_field(dtype)) {
      case tensor_field::kFloatData:
        if (!append_floats(f, f32)) return false;
        break;
      case tensor_field::kDoubleData:
        if (!append_doubles(f, f64)) return false;
        break;
      case tensor_field::kInt32Data:
        if (!append_int32s(f, i32)) return false;
        break;
      default:
        if (!append_int64s(f, i64)) return false;
    }
  }
  switch (tensor_data_field(dtype)) {
    case tensor_field::kFloatData:
      out = tensor_narrow<float>(f32);
      return true;
    case tensor_field::kDoubleData:
      out = tensor_narrow<double>(f64);
      return true;
    case tensor_field::kInt64Data:
      out = tensor_narrow<int64_t>(i64);
      return true;
    case tensor_field::kUint64Data:
      out = dtype == DType::kU32 ? tensor_narrow<uint32_t>(i64) : tensor_narrow<int64_t>(i64);
      return true;
    default:
      break;
  }
  switch (dtype_bits(dtype)) {
    case 32:
      out = tensor_narrow<int32_t>(i32);
      return true;
    case 16:
      out = tensor_narrow<uint16_t>(i32);
      return true;
    default:
      out = tensor_narrow<uint8_t>(i32);
      return true;
  }
}

Status tensor_bad(const std::string& name, const std::string& what) {
  return Status::bad_input("onnx.bad-tensor", "tensor '" + name + "' " + what,
                           "the file is damaged or was made by a faulty tool; export the model again");
}

struct TensorParts {
  std::vector<int64_t> dims;
  int64_t dtype = 0, location = 0;
  std::vector<wire::Field> typed;
  uint32_t typed_field = 0;
  bool mixed = false, has_raw = false;
  ByteView raw;
  std::vector<std::string> strings;
  Metadata external;
};

bool tensor_entry_number(const Metadata& entries, const char* key, int64_t& out) {
  for (const auto& [k, v] : entries) {
    if (k == key) return parse_int(v, out) && out >= 0;
  }
  return true;
}

}  // namespace

Status OnnxReader::tensor(ByteView all, Tensor& out) {
  JETLINE_RETURN_IF_ERROR(spend());
  TensorParts p;
  wire::Reader reader(all);
  wire::Field f;
  while (reader.next(f)) {
    switch (f.number) {
      case tensor_field::kDims:
        if (!append_int64s(f, p.dims))
          return Status::bad_input("onnx.malformed", "dims have the wrong encoding");
        break;
      case tensor_field::kDataType:
        JETLINE_RETURN_IF_ERROR(integer(f, p.dtype));
        break;
      case tensor_field::kDataLocation:
        JETLINE_RETURN_IF_ERROR(integer(f, p.location));
        break;
      case tensor_field::kName:
        JETLINE_RETURN_IF_ERROR(text(f, out.name));
        break;
      case tensor_field::kDoc:
        JETLINE_RETURN_IF_ERROR(text(f, out.doc));
        break;
      case tensor_field::kMetadata:
        JETLINE_RETURN_IF_ERROR(metadata(f, out.metadata));
        break;
      case tensor_field::kExternalData:
        JETLINE_RETURN_IF_ERROR(metadata(f, p.external));
        break;
      case tensor_field::kRawData:
        JETLINE_RETURN_IF_ERROR(bytes(f, p.raw));
        p.has_raw = true;
        break;
      case tensor_field::kStringData:
        JETLINE_RETURN_IF_ERROR(spend());
        p.strings.emplace_back();
        JETLINE_RETURN_IF_ERROR(text(f, p.strings.back()));
        break;
      case tensor_field::kFloatData:
      case tensor_field::kInt32Data:
      case tensor_field::kInt64Data:
      case tensor_field::kDoubleData:
      case tensor_field::kUint64Data:
        if (f.type == wire::Type::kBytes && f.bytes.empty()) break;
        p.mixed = p.mixed || (p.typed_field != 0 && p.typed_field != f.number);
        p.typed_field = f.number;
        p.typed.push_back(f);
        break;
      default:
        keep(f, out.unknown);
    }
  }
  JETLINE_RETURN_IF_ERROR(done(reader, "a tensor"));
  if (p.dims.size() > 1024)
    return tensor_bad(out.name, "has " + std::to_string(p.dims.size()) + " dimensions");
  if (p.dtype <= 0 || p.dtype > static_cast<int64_t>(DType::kI2)) {
    return tensor_bad(out.name, "has element type " + std::to_string(p.dtype) + ", which is unknown");
  }
  const DType dtype = static_cast<DType>(p.dtype);
  const int64_t n = element_count(p.dims);
  if (n < 0) return tensor_bad(out.name, "has impossible dimensions");
  if (p.mixed || (p.has_raw && !p.raw.empty() && (!p.typed.empty() || !p.strings.empty()))) {
    return tensor_bad(out.name, "stores its elements twice");
  }

  Result<Tensor> made = Tensor();
  if (p.location == 1) {
    if (dtype == DType::kString) return tensor_bad(out.name, "stores text in an external file");
    if (n > INT64_MAX / 128) return tensor_bad(out.name, "has impossible dimensions");
    std::string location;
    for (const auto& [k, v] : p.external) {
      if (k == "location")
        location = v;
      else if (k != "offset" && k != "length")
        note("external data key '" + k + "' is dropped");
    }
    int64_t offset = 0, length = -1;
    if (!tensor_entry_number(p.external, "offset", offset) ||
        !tensor_entry_number(p.external, "length", length)) {
      return Status::bad_input("onnx.external-range", "offset or length of external tensor '" + out.name +
                                                          "' is not a number from 0 up");
    }
    ByteView view;
    std::shared_ptr<const void> owner;
    JETLINE_RETURN_IF_ERROR(
        external_.open(location, offset, length, dtype_bytes(dtype, n), out.name, view, owner));
    report_.external_bytes += static_cast<int64_t>(view.size());
    made = Tensor::view(dtype, std::move(p.dims), view, std::move(owner));
  } else if (dtype == DType::kString) {
    if (!p.typed.empty() || !p.raw.empty()) return tensor_bad(out.name, "of text has numbers as elements");
    made = Tensor::of_strings(std::move(p.dims), std::move(p.strings));
  } else if (p.has_raw && p.typed.empty()) {
    made = Tensor::view(dtype, std::move(p.dims), p.raw, owner_);
  } else if (p.typed.empty()) {
    made = Tensor::view(dtype, std::move(p.dims), {}, nullptr);
  } else if (p.typed_field != tensor_data_field(dtype)) {
    return tensor_bad(out.name, "stores its elements in the field of another type");
  } else if (p.typed.size() == 1 && p.typed[0].type == wire::Type::kBytes &&
             (p.typed_field == tensor_field::kFloatData || p.typed_field == tensor_field::kDoubleData)) {
    made =
        Tensor::view(dtype, std::move(p.dims), p.typed[0].bytes, owner_);  // packed: the bytes are raw_data
  } else {
    std::vector<uint8_t> data;
    if (!tensor_typed_bytes(dtype, p.typed, data)) return tensor_bad(out.name, "has broken packed elements");
    made = Tensor::own(dtype, std::move(p.dims), std::move(data));
  }
  if (!made.ok()) return tensor_bad(out.name, "is broken: " + made.status().message());
  Tensor& t = made.value();
  t.name = std::move(out.name);
  t.doc = std::move(out.doc);
  t.metadata = std::move(out.metadata);
  t.unknown = std::move(out.unknown);
  out = std::move(t);
  return Status();
}

Status OnnxReader::sparse_tensor(ByteView all, SparseTensor& out) {
  wire::Reader reader(all);
  wire::Field f;
  while (reader.next(f)) {
    ByteView view;
    switch (f.number) {
      case sparse_field::kValues:
        JETLINE_RETURN_IF_ERROR(bytes(f, view));
        JETLINE_RETURN_IF_ERROR(tensor(view, out.values));
        break;
      case sparse_field::kIndices:
        JETLINE_RETURN_IF_ERROR(bytes(f, view));
        JETLINE_RETURN_IF_ERROR(tensor(view, out.indices));
        break;
      case sparse_field::kDims:
        if (!append_int64s(f, out.dims))
          return Status::bad_input("onnx.malformed", "dims have the wrong encoding");
        break;
      default:
        keep(f, out.unknown);
    }
  }
  JETLINE_RETURN_IF_ERROR(done(reader, "a sparse tensor"));
  const auto& vd = out.values.dims();
  const auto& id = out.indices.dims();
  const bool shaped =
      vd.size() == 1 &&
      (id.size() == 1 || (id.size() == 2 && id[1] == static_cast<int64_t>(out.dims.size()))) &&
      id[0] == vd[0] && out.indices.dtype() == DType::kI64;
  if (!shaped || element_count(out.dims) < 0) {
    return tensor_bad(out.values.name,
                      "is sparse and its values, indices and dimensions do not fit together");
  }
  return Status();
}

}  // namespace jetline::onnx
