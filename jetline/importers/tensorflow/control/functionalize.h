// TensorFlow 1 control flow made functional. A while loop of TensorFlow 1 is a frame: Enter, Merge, LoopCond,
// Switch, NextIteration and Exit nodes around a cyclic graph. Each frame becomes two functions and a While
// node, innermost first, so that everything after this meets acyclic graphs with one kind of loop. A Merge of
// a conditional (no frame) gets its predicate as a further input, so that both sides can be computed where
// the predicate is not known.
//
// Ownership: names made here are kept alive by Functionalized::names. Threads: none shared. Work is linear in
// the nodes times the depth of nesting. Ids: tf.malformed-frame (a loop whose parts do not fit each other).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jetline/importers/tensorflow/proto.h"

namespace jetline::tf {

struct Functionalized {
  std::vector<NodeDef> nodes;  // without frames
  std::vector<std::unique_ptr<FunctionDef>>
      functions;  // conditions and bodies, in the input form of functions
  std::shared_ptr<const void> names;
};

// True when `nodes` hold what functionalize() rewrites.
bool has_frames_or_merges(const std::vector<NodeDef>& nodes);
// Which nodes of a graph stand inside of a loop: what they give differs from turn to turn, and is no output.
std::vector<bool> inside_frames(const std::vector<NodeDef>& nodes);
// `in_function`: inputs are written as in a function's body. `unique` begins the names of functions made
// here.
Result<Functionalized> functionalize(const std::vector<NodeDef>& nodes, bool in_function,
                                     const std::string& unique);

}  // namespace jetline::tf
