// Inside of save_onnx: turns a Model into wire pieces. Weights stay views of the tensors' own memory, so the
// model must outlive the pieces. Fields are written in the order of their numbers. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "jetline/graph/graph.h"
#include "jetline/graph/wire.h"

namespace jetline::onnx {

// Where large initialisers go when they leave the model file.
struct ExternalSink {
  std::string location;  // written into the model
  int64_t threshold = 1024;
  struct Block {
    int64_t padding;  // zero bytes before it
    ByteView bytes;
  };
  std::vector<Block> blocks;
  int64_t size = 0;
};

// `sink` may be null: everything inside.
wire::Writer write_model(const Model& model, ExternalSink* sink);

}  // namespace jetline::onnx
