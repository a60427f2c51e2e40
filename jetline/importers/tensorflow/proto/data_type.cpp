#include "jetline/importers/tensorflow/proto.h"

namespace jetline::tf {
namespace {

struct DataTypeRow {
  DataType type;
  const char* name;  // tensorflow/core/framework/types.cc, DataTypeString
  DType dtype;
};

constexpr DataTypeRow kDataTypes[] = {
    {DataType::kFloat, "float", DType::kF32},
    {DataType::kDouble, "double", DType::kF64},
    {DataType::kInt32, "int32", DType::kI32},
    {DataType::kUint8, "uint8", DType::kU8},
    {DataType::kInt16, "int16", DType::kI16},
    {DataType::kInt8, "int8", DType::kI8},
    {DataType::kString, "string", DType::kString},
    {DataType::kComplex64, "complex64", DType::kC64},
    {DataType::kInt64, "int64", DType::kI64},
    {DataType::kBool, "bool", DType::kBool},
    {DataType::kQint8, "qint8", DType::kI8},
    {DataType::kQuint8, "quint8", DType::kU8},
    {DataType::kQint32, "qint32", DType::kI32},
    {DataType::kBfloat16, "bfloat16", DType::kBF16},
    {DataType::kQint16, "qint16", DType::kI16},
    {DataType::kQuint16, "quint16", DType::kU16},
    {DataType::kUint16, "uint16", DType::kU16},
    {DataType::kComplex128, "complex128", DType::kC128},
    {DataType::kHalf, "half", DType::kF16},
    {DataType::kResource, "resource", DType::kUndefined},
    {DataType::kVariant, "variant", DType::kUndefined},
    {DataType::kUint32, "uint32", DType::kU32},
    {DataType::kUint64, "uint64", DType::kU64},
    {DataType::kFloat8e5m2, "float8_e5m2", DType::kF8E5M2},
    {DataType::kFloat8e4m3fn, "float8_e4m3fn", DType::kF8E4M3FN},
    {DataType::kInt4, "int4", DType::kI4},
    {DataType::kUint4, "uint4", DType::kU4},
};

const DataTypeRow* data_type_row(DataType t) {
  for (const DataTypeRow& row : kDataTypes) {
    if (row.type == t) return &row;
  }
  return nullptr;
}

}  // namespace

DType to_dtype(DataType t) {
  const DataTypeRow* row = data_type_row(t);
  return row ? row->dtype : DType::kUndefined;
}

std::string_view data_type_name(DataType t) {
  const DataTypeRow* row = data_type_row(t);
  return row ? row->name : "invalid";
}

}  // namespace jetline::tf
