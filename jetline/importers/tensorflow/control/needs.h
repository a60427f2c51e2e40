// What the nodes of functional control flow (If, Case, While) need of their inputs, for the walk that marks
// what is converted: a loop variable that only feeds an assertion is not worth an ONNX node, and may not have
// one. Threads: as the Converter.
#pragma once

#include <vector>

#include "jetline/importers/tensorflow/proto.h"

namespace jetline::tf {

class Converter;

bool is_functional_control(std::string_view op);  // If, Case, While and their stateless twins
// needed[i]: whether data input i is needed for the wanted outputs; everything is when the functions do not
// fit the node (the rule says so). False when the node is none of these.
bool control_needs(Converter& converter, const NodeDef& node, const std::vector<bool>& wanted,
                   std::vector<bool>& needed);
// Loop variables that a While needs to give the wanted ones: those the condition asks for, and what the body
// needs to make them.
std::vector<bool> loop_needs(Converter& converter, const FunctionDef& cond, const FunctionDef& body,
                             const std::vector<bool>& wanted);

}  // namespace jetline::tf
