// Inside of save_onnx: turns a Model into wire pieces. Weights stay views of the tensors' own memory, so the
// model must outlive the pieces. Fields are written in the order of their numbers. Private to the room.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "jetline/graph/graph.h"
#include "jetline/graph/piece_stream.h"
#include "jetline/graph/wire.h"

namespace jetline::onnx {

// Data files that are there already: tensors that lie in them are referred to.
class KeptFiles {
 public:
  explicit KeptFiles(const std::vector<ExternalFile>& files) : files_(files) {}
  // The file and offset of `bytes`. Null when they lie elsewhere, or share some of their bytes with a tensor
  // that was asked for before but not all (loading refuses files in which tensors overlap).
  const ExternalFile* place(ByteView bytes, int64_t& offset);
  int64_t bytes() const { return bytes_; }  // of all that have a place
  const std::set<const ExternalFile*>& used() const { return used_; }

 private:
  const std::vector<ExternalFile>& files_;
  std::map<uintptr_t, uintptr_t> taken_;  // begin -> end
  std::set<const ExternalFile*> used_;
  int64_t bytes_ = 0;
};

// Where large initialisers go when they leave the model file.
struct ExternalSink {
  bool apart = true;          // false: all that is not kept stays inside
  KeptFiles* kept = nullptr;  // may be null
  std::string location;       // written into the model
  int64_t threshold = 1024;
  struct Block {
    int64_t padding;  // zero bytes before it
    StreamPiece piece;
  };
  std::vector<Block> blocks;
  int64_t size = 0;
};

// `sink` may be null: everything inside.
wire::Writer write_model(const Model& model, ExternalSink* sink);

}  // namespace jetline::onnx
