// Any bytes as a model, carried to other opsets: conversion ends with a sound graph or a Status, and a
// refusal leaves the model as it was.
#include <cstdlib>

#include "jetline/graph/onnx_file.h"
#include "jetline/passes/opset.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jetline;  // NOLINT(google-build-using-namespace): one function
  auto model = load_onnx_bytes(ByteView(data, size), nullptr);
  if (!model.ok()) return 0;
  const int64_t lowest = passes::lowest_opset(**model);
  for (int64_t to : {9, 11, 13, 17, 21}) {
    auto copy = (*model)->clone();
    const int64_t before = copy->opset();
    const Status done = passes::convert_opset(*copy, to);
    if (!copy->graph().verify().ok()) std::abort();
    if (copy->opset() != (done.ok() ? to : before)) std::abort();
    if (done.ok() && before > to && lowest > to) std::abort();
    const auto bytes = save_onnx_bytes(*copy);
    (void)bytes;
  }
  return 0;
}
