// ONNX files: IR version 3 to 13, weights mapped, external data included. Read and written with our own
// protobuf wire code (wire.h); nothing is copied but names and small attributes.
//
// Loading refuses what cannot be a sound model; what is merely unknown is kept and written back, what is
// dropped is named in LoadReport. Saving is deterministic: load, save, load, save gives the same bytes as the
// first save. Weights are always written as raw_data, nodes in execution order. Threads: functions without
// shared state. Ids: onnx.not-a-model, onnx.truncated, onnx.malformed, onnx.unsupported-ir,
// onnx.unsupported-opset, onnx.no-opset, onnx.no-graph, onnx.too-deep, onnx.too-many, onnx.cycle,
// onnx.duplicate-name, onnx.missing-name, onnx.dangling-input, onnx.dangling-output, onnx.bad-tensor,
// onnx.bad-attribute, onnx.external-missing, onnx.external-outside, onnx.external-range,
// onnx.external-overlap, onnx.external-elsewhere (to save), onnx.too-large (to save), file.*.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/base/span.h"
#include "jetline/base/status.h"
#include "jetline/graph/graph.h"

namespace jetline {

// What loading noticed without refusing.
struct LoadReport {
  std::vector<std::string> notes;  // one sentence each
  int64_t unknown_fields = 0;      // kept as they are
  int64_t external_bytes = 0;      // weights outside the model file
};

Result<std::unique_ptr<Model>> load_onnx(const std::string& path, LoadReport* report = nullptr);
// `owner` keeps `bytes` alive (null: the caller does, longer than the model). External data is looked for in
// `base_dir`; with none such a model is refused (onnx.external-missing).
Result<std::unique_ptr<Model>> load_onnx_bytes(ByteView bytes, std::shared_ptr<const void> owner,
                                               const std::string& base_dir = "",
                                               LoadReport* report = nullptr);

struct OnnxSaveOptions {
  enum class External { kAuto, kNever, kAlways };
  // kAuto: only when the file would pass protobuf's limit of 2 GiB. The data goes to `PATH.data` beside the
  // model.
  External external = External::kAuto;
  int64_t external_threshold = 1024;  // tensors of fewer bytes stay inside
  // Tensors that lie in the files the model was loaded with (Model::external_files) stay there and are
  // referred to; everything else is written as `external` says, never into those files. The model must be
  // saved where those names lead to them: onnx.external-elsewhere.
  bool keep_external = false;
  Durability durability = Durability::kProcess;  // a model is made of something, and can be made again
};

// Where the weights went.
struct OnnxSaveReport {
  int64_t file_bytes = 0;      // the model file
  int64_t external_bytes = 0;  // the new data file, 0: none
  int64_t kept_bytes = 0;      // of tensors left in files that were there
};

Status save_onnx(const Model& model, const std::string& path, FileSystem& fs = real_file_system(),
                 const OnnxSaveOptions& options = {}, OnnxSaveReport* report = nullptr);
// The whole file in memory, weights embedded. onnx.too-large over 2 GiB.
Result<std::string> save_onnx_bytes(const Model& model);

}  // namespace jetline
