// Bodies of ONNX If and Loop nodes while they are made. The node stands in the graph from the start, so that
// names inside and outside cannot collide and constants find a place before it; a body that did not work out
// is taken away without trace. Threads: one.
#pragma once

#include <unordered_set>
#include <vector>

#include "jetline/importers/tensorflow/op_context.h"

namespace jetline::tf {

// An empty body of `node`; one that was there goes.
Graph* attach_body(Converter& converter, Node* node, const char* attribute);
// Removes a control flow node without outputs, with all that its bodies hold.
void discard(Converter& converter, Node* node);
// Makes `v` an output of `body`, through an Identity where it is not the body's own to give.
void add_body_output(Converter& converter, Graph& body, Value* v);
// What is true of both.
ValueType common_type(const ValueType& a, const ValueType& b);
// What differs becomes unknown; true when `known` changed. Element types are not looked at.
bool widen(ValueType& known, const ValueType& other);
// A condition in TensorFlow's sense as a bool []: a number is true when it is not 0, a longer tensor when it
// is not empty, a string when it is not "". Null when it is neither.
Value* truth(OpContext& c, const Symbol& s);

}  // namespace jetline::tf
