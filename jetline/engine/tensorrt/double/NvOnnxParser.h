// The ONNX parser's stand-in; see NvInfer.h.
#pragma once

#include "NvInfer.h"

namespace nvonnxparser {

enum class ErrorCode : int {
  kSUCCESS = 0,
  kINTERNAL_ERROR = 1,
  kMEM_ALLOC_FAILED = 2,
  kMODEL_DESERIALIZE_FAILED = 3,
  kINVALID_VALUE = 4,
  kINVALID_GRAPH = 5,
  kINVALID_NODE = 6,
  kUNSUPPORTED_GRAPH = 7,
  kUNSUPPORTED_NODE = 8,
};

class IParserError {
 public:
  virtual ErrorCode code() const = 0;
  virtual char const* desc() const = 0;
  virtual int node() const = 0;
#if TRT_DOUBLE_SINCE(1000)
  virtual char const* nodeName() const = 0;
  virtual char const* nodeOperator() const = 0;
#endif
  virtual ~IParserError() {}
};

class IParser {
 public:
  virtual bool parse(void const* model, size_t size, const char* path = nullptr) = 0;
  virtual int getNbErrors() const = 0;
  virtual IParserError const* getError(int index) const = 0;
  virtual ~IParser() {}
};

IParser* createParser(nvinfer1::INetworkDefinition& network, nvinfer1::ILogger& logger);

}  // namespace nvonnxparser
