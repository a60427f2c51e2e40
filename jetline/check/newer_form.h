// What a node says that ONNX could not say yet at the opset a TensorRT release documents: an attribute, an
// input, or a default that changed. Importers do not refuse it by the opset's number; they read the node by
// the older rules.
#pragma once

#include <optional>

#include "jetline/check/check.h"
#include "jetline/check/subject.h"

namespace jetline::check {

// Nothing when the node means the same at the documented opset, or where a rule of the operator for this
// release asks about the attribute or input in question.
std::optional<Finding> newer_form(const Subject& subject, const targets::Release& release,
                                  const targets::Version& tensorrt);

}  // namespace jetline::check
