#include "jetline/graph/onnx_fields.h"
#include "jetline/graph/onnx_reader.h"

namespace jetline::onnx {
namespace {
Status type_dtype(const wire::Field& f, DType& out) {
  if (f.type != wire::Type::kVarint)
    return Status::bad_input("onnx.malformed", "an element type has the wrong encoding");
  if (f.int32() < 0 || f.int32() > static_cast<int32_t>(DType::kI2)) {
    return Status::bad_input("onnx.malformed", "element type " + std::to_string(f.int32()) + " is unknown");
  }
  out = static_cast<DType>(f.int32());
  return Status();
}
}  // namespace

Status OnnxReader::dimension(ByteView all, Dim& out) {
  wire::Reader reader(all);
  wire::Field f;
  while (reader.next(f)) {
    switch (f.number) {
      case dimension_field::kValue:
        JETLINE_RETURN_IF_ERROR(integer(f, out.value));
        // Negative sizes stand for "unknown" in files of some exporters.
        out.kind = out.value >= 0 ? Dim::Kind::kValue : Dim::Kind::kUnknown;
        if (out.value < 0) out.value = 0;
        out.param.clear();
        break;
      case dimension_field::kParam:
        JETLINE_RETURN_IF_ERROR(text(f, out.param));
        out.kind = out.param.empty() ? Dim::Kind::kUnknown : Dim::Kind::kParam;
        break;
      case dimension_field::kDenotation:
        JETLINE_RETURN_IF_ERROR(text(f, out.denotation));
        break;
      default:
        ++report_.unknown_fields;
        note("an unknown field of a dimension is dropped");
    }
  }
  return done(reader, "a dimension");
}

Status OnnxReader::shape(ByteView all, ValueType& out) {
  out.has_shape = true;
  out.shape.clear();
  wire::Reader reader(all);
  wire::Field f;
  while (reader.next(f)) {
    if (f.number != 1) {
      ++report_.unknown_fields;
      note("an unknown field of a shape is dropped");
      continue;
    }
    ByteView view;
    JETLINE_RETURN_IF_ERROR(bytes(f, view));
    JETLINE_RETURN_IF_ERROR(spend());
    out.shape.emplace_back();
    JETLINE_RETURN_IF_ERROR(dimension(view, out.shape.back()));
  }
  return done(reader, "a shape");
}

Status OnnxReader::tensor_type(ByteView all, ValueType& out) {
  wire::Reader reader(all);
  wire::Field f;
  while (reader.next(f)) {
    ByteView view;
    switch (f.number) {
      case tensor_type_field::kElemType:
        JETLINE_RETURN_IF_ERROR(type_dtype(f, out.dtype));
        break;
      case tensor_type_field::kShape:
        JETLINE_RETURN_IF_ERROR(bytes(f, view));
        JETLINE_RETURN_IF_ERROR(shape(view, out));
        break;
      default:
        ++report_.unknown_fields;
        note("an unknown field of a tensor type is dropped");
    }
  }
  return done(reader, "a tensor type");
}

Status OnnxReader::container_type(ByteView all, ValueType& out, int depth) {
  const bool map = out.kind == ValueType::Kind::kMap;
  const uint32_t element_field = map ? map_field::kValueType : 1u;
  wire::Reader reader(all);
  wire::Field f;
  while (reader.next(f)) {
    if (f.number == element_field) {
      ByteView view;
      ValueType element;
      JETLINE_RETURN_IF_ERROR(bytes(f, view));
      JETLINE_RETURN_IF_ERROR(type(view, element, depth + 1));
      out.element = std::make_shared<const ValueType>(std::move(element));
    } else if (map && f.number == map_field::kKeyType) {
      JETLINE_RETURN_IF_ERROR(type_dtype(f, out.dtype));
    } else {
      ++report_.unknown_fields;
      note("an unknown field of a container type is dropped");
    }
  }
  return done(reader, "a container type");
}

Status OnnxReader::type(ByteView all, ValueType& out, int depth) {
  if (depth > kMaxDepth) {
    return Status::bad_input("onnx.too-deep",
                             "types are nested more than " + std::to_string(kMaxDepth) + " deep");
  }
  JETLINE_RETURN_IF_ERROR(spend());
  wire::Reader reader(all);
  wire::Field f;
  while (reader.next(f)) {
    ByteView view;
    switch (f.number) {
      case type_field::kTensor:
      case type_field::kSparse:
        JETLINE_RETURN_IF_ERROR(bytes(f, view));
        out.kind =
            f.number == type_field::kTensor ? ValueType::Kind::kTensor : ValueType::Kind::kSparseTensor;
        JETLINE_RETURN_IF_ERROR(tensor_type(view, out));
        break;
      case type_field::kSequence:
      case type_field::kOptional:
      case type_field::kMap:
        JETLINE_RETURN_IF_ERROR(bytes(f, view));
        out.kind = f.number == type_field::kSequence   ? ValueType::Kind::kSequence
                   : f.number == type_field::kOptional ? ValueType::Kind::kOptional
                                                       : ValueType::Kind::kMap;
        JETLINE_RETURN_IF_ERROR(container_type(view, out, depth));
        break;
      case type_field::kOpaque: {
        JETLINE_RETURN_IF_ERROR(bytes(f, view));
        out.kind = ValueType::Kind::kOpaque;
        wire::Reader inner(view);
        wire::Field g;
        while (inner.next(g)) {
          if (g.number == opaque_field::kDomain) JETLINE_RETURN_IF_ERROR(text(g, out.opaque_domain));
          if (g.number == opaque_field::kName) JETLINE_RETURN_IF_ERROR(text(g, out.opaque_name));
        }
        JETLINE_RETURN_IF_ERROR(done(inner, "an opaque type"));
        break;
      }
      case type_field::kDenotation:
        JETLINE_RETURN_IF_ERROR(text(f, out.denotation));
        break;
      default:
        keep(f, out.unknown);
    }
  }
  return done(reader, "a type");
}

}  // namespace jetline::onnx
