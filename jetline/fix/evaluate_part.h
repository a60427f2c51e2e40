// A part of a graph computed by the evaluator: some values from others that are given. Node by node in the
// graph's order, without recursion. Threads: a free function. Ids: fix.not-comparable (negative: a value is
// needed that is neither given nor computable here), those of evaluate.h.
#pragma once

#include <functional>
#include <optional>
#include <unordered_map>

#include "jetline/base/status.h"
#include "jetline/graph/graph.h"

namespace jetline::fix {

// Gives the content of a value where the part begins, and nothing where it is to be computed. Inputs of the
// graph must be given.
using PartFeed = std::function<std::optional<Result<Tensor>>(const Value&)>;

// `known` is read and filled: calls that share it share what they computed.
Result<std::vector<Tensor>> evaluate_part(const Model& model, const std::vector<const Value*>& wanted,
                                          const PartFeed& feed,
                                          std::unordered_map<const Value*, Tensor>& known);

}  // namespace jetline::fix
