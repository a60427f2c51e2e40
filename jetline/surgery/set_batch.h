// Another batch size for a model: a number, or a name that leaves it open. What the file fixed for the old
// size is patched: constant targets of Reshape, sizes of Resize, shapes of Expand, constants that were stored
// once a picture, and the detour of picking picture 0 and adding the axis again.
//
// Every node is followed: for each value it is known on which axis the pictures lie (also merged with others,
// [batch * n, 4]), by inferring the model with the old and the new size and by a rule for every operator that
// says on which axes it mixes elements. What mixes pictures, reads only one of them, or is not known is
// refused with its node's name; nothing is guessed. An open dimension counts as 1 before.
//
// Ownership: the result is a new model that shares weights. Threads: as the Model. Ids: surgery.batch
// (bad_input: a node that depends on the old size; inputs without a common one), surgery.unknown-name,
// surgery.batch-differs (negative, of prove_batch).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jetline/graph/inspect.h"

namespace jetline::surgery {

struct SetBatchOptions {
  int64_t size = 0;  // 0: open, under `name`
  std::string name = "batch";
  std::vector<std::string> inputs;  // that have a batch axis in front; empty: all of rank 2 and more
};

struct BatchPatch {
  std::string node, op, what;  // "the target became [4, 25200, 85]"
};

struct SetBatchResult {
  std::unique_ptr<Model> model;
  int64_t before = 1;  // the size that the model had; 1 where it was open
  std::vector<PortInfo> inputs, outputs;
  std::vector<std::string> batched_inputs;
  std::vector<int> output_axes;  // on which axis of each output the pictures lie; -1: on none
  std::vector<BatchPatch> patches;
  std::vector<std::string> notes;
};

Result<SetBatchResult> set_batch(const Model& model, const SetBatchOptions& options);

// Runs both models on random pictures, the old one on one batch after the other, with the reference
// evaluator: the largest difference relative to the range of its output. The ids of evaluate.h when the
// evaluator cannot or should not (a minute of work).
Result<double> prove_batch(const Model& before, const SetBatchResult& after, uint64_t seed = 1);

}  // namespace jetline::surgery
