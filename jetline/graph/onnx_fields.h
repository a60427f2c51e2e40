// Field numbers of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), by message.
#pragma once

#include <cstdint>

namespace jetline::onnx {

namespace model_field {
enum : uint32_t {
  kIrVersion = 1,
  kProducerName = 2,
  kProducerVersion = 3,
  kDomain = 4,
  kModelVersion = 5,
  kDoc = 6,
  kGraph = 7,
  kOpset = 8,
  kMetadata = 14,
  kTrainingInfo = 20,
  kFunctions = 25,
  kConfiguration = 26,
};
}
namespace opset_field {
enum : uint32_t { kDomain = 1, kVersion = 2 };
}
namespace entry_field {  // StringStringEntryProto
enum : uint32_t { kKey = 1, kValue = 2 };
}
namespace function_field {
enum : uint32_t {
  kName = 1,
  kInput = 4,
  kOutput = 5,
  kAttribute = 6,
  kNode = 7,
  kDoc = 8,
  kOpset = 9,
  kDomain = 10,
  kAttributeProto = 11,
  kValueInfo = 12,
  kOverload = 13,
  kMetadata = 14,
};
}
namespace graph_field {
enum : uint32_t {
  kNode = 1,
  kName = 2,
  kInitializer = 5,
  kDoc = 10,
  kInput = 11,
  kOutput = 12,
  kValueInfo = 13,
  kQuantization = 14,
  kSparseInitializer = 15,
  kMetadata = 16,
};
}
namespace annotation_field {
enum : uint32_t { kTensorName = 1, kParameters = 2 };
}
namespace node_field {
enum : uint32_t {
  kInput = 1,
  kOutput = 2,
  kName = 3,
  kOpType = 4,
  kAttribute = 5,
  kDoc = 6,
  kDomain = 7,
  kOverload = 8,
  kMetadata = 9,
};
}
namespace attribute_field {
enum : uint32_t {
  kName = 1,
  kF = 2,
  kI = 3,
  kS = 4,
  kT = 5,
  kG = 6,
  kFloats = 7,
  kInts = 8,
  kStrings = 9,
  kTensors = 10,
  kGraphs = 11,
  kDoc = 13,
  kTypeProto = 14,
  kTypeProtos = 15,
  kType = 20,
  kRefAttrName = 21,
  kSparseTensor = 22,
  kSparseTensors = 23,
};
}
namespace value_info_field {
enum : uint32_t { kName = 1, kType = 2, kDoc = 3, kMetadata = 4 };
}
namespace tensor_field {
enum : uint32_t {
  kDims = 1,
  kDataType = 2,
  kFloatData = 4,
  kInt32Data = 5,
  kStringData = 6,
  kInt64Data = 7,
  kName = 8,
  kRawData = 9,
  kDoubleData = 10,
  kUint64Data = 11,
  kDoc = 12,
  kExternalData = 13,
  kDataLocation = 14,
  kMetadata = 16,
};
}
namespace sparse_field {
enum : uint32_t { kValues = 1, kIndices = 2, kDims = 3 };
}
namespace type_field {
enum : uint32_t {
  kTensor = 1,
  kSequence = 4,
  kMap = 5,
  kDenotation = 6,
  kOpaque = 7,
  kSparse = 8,
  kOptional = 9
};
}
namespace tensor_type_field {  // and sparse
enum : uint32_t { kElemType = 1, kShape = 2 };
}
namespace map_field {
enum : uint32_t { kKeyType = 1, kValueType = 2 };
}
namespace opaque_field {
enum : uint32_t { kDomain = 1, kName = 2 };
}
namespace dimension_field {
enum : uint32_t { kValue = 1, kParam = 2, kDenotation = 3 };
}

constexpr int64_t kMinIrVersion = 3, kMaxIrVersion = 13;
constexpr int64_t kMinOpset = 7, kMaxOpset = 24;   // of ai.onnx; older ones are read with a note
constexpr uint64_t kMaxProtobufBytes = INT32_MAX;  // what libprotobuf parses

}  // namespace jetline::onnx
