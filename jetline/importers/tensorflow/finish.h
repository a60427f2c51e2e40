// Giving a converted model the interface that was asked for: layouts, names. Used by convert.h.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "jetline/graph/graph.h"

namespace jetline::tf {

// The input (output) takes and gives NCHW instead of NHWC. Rank 4 only. tf.no-such-tensor, tf.shape.
Status make_input_nchw(Model& model, const std::string& name);
Status make_output_nchw(Model& model, const std::string& name);
// All renames at once, so that names can be swapped. tf.no-such-tensor, tf.duplicate-name.
Status rename_ends(Model& model, const std::vector<std::pair<std::string, std::string>>& rename);
// ONNX wants a shape for every input and output. One whose rank nobody knows is declared a scalar, which ONNX
// Runtime takes as "any rank"; the names of such ends are returned.
std::vector<std::string> declare_unknown_ranks(Model& model);

}  // namespace jetline::tf
