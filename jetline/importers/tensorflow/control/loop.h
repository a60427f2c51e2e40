// A while loop as one ONNX Loop. The body is converted with a fresh value for each loop variable that
// changes; what no turn changes stays outside, so that weights stay constants. How a variable behaves only
// shows when the body has been converted, so that the body is converted again with what has been learnt until
// nothing new turns up: a variable that comes out as it went in, a dimension that changes from turn to turn,
// a list whose content is read.
//
// Lists: written once a turn at the place of a counter from 0, they are a scan output; written at constant
// places, each place is a carried tensor; read, they are one stacked carried tensor. Threads: one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jetline/importers/tensorflow/control/list.h"

namespace jetline::tf {

struct LoopVar {
  enum class Role { kUnneeded, kInvariant, kTensor, kList };
  Role role = Role::kUnneeded;
  Symbol first;           // before the first turn
  ValueType type;         // of a tensor, and of a list's stack, as far as it holds for every turn
  Value* in = nullptr;    // in the body
  Value* next = nullptr;  // in the body
  // kList:
  bool content = false;                            // carried as one stacked tensor
  std::shared_ptr<LoopList> list;                  // else
  Value* scan = nullptr;                           // what each turn writes at the counter's place
  std::vector<std::pair<int64_t, Value*>> places;  // what each turn writes at constant places
};

struct LoopForm {
  Node* node = nullptr;  // in the graph around; without inputs and outputs yet
  Graph* body = nullptr;
  Value* iteration = nullptr;  // int64 [], in the body
  Value* going = nullptr;      // bool [], in the body
  Value* goes_on = nullptr;    // the condition after a turn, in the body
  std::vector<LoopVar> vars;
  // The number of turns (int64 [], outside) where the condition is a counter below a bound; then nothing else
  // ends the loop.
  Value* trips = nullptr;
  int64_t known_trips = -1;
  // The variable counting up by one from a known number that `v` (of the body) is; -1: none.
  int counter(OpContext& c, const Value* v, int64_t& start) const;
};

struct LoopFunctions {
  std::string_view cond, body;
};

// Converts condition and body. `needed[i]` tells which variables are wanted (loop_needs). On failure nothing
// is left.
Status build_loop(OpContext& c, const LoopFunctions& f, const std::vector<Symbol>& first,
                  const std::vector<bool>& needed, LoopForm& out);
// Fills in trips where the condition allows.
void find_trips(OpContext& c, LoopForm& form);
// Makes the node whole; `before` is the condition before the first turn (a bool in the graph around).
// `results[i]` is set for each needed variable.
Status finish_loop(OpContext& c, LoopForm& form, Value* before, std::vector<Symbol>& results);

// Whether two integers are the same number, followed through casts, reshapes and reductions of one element.
bool same_number(OpContext& c, const Value* a, const Value* b);
// What list variable `v` is after the loop, given its scanned items [turns, …] in the graph around.
Status scanned_list(OpContext& c, const LoopForm& form, const LoopVar& v, Value* scanned, ListPtr& out);

}  // namespace jetline::tf
