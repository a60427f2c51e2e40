// What a node of an operator can say at a version of its domain: inputs, outputs, attributes and their
// defaults, from onnx's own schemas (schema_table.cpp, made by make_schemas.py). Used for attributes that a
// node leaves out, and to see whether a node says something that came with a later opset than a TensorRT
// release documents.
//
// Tables of constants; any thread.
#pragma once

#include <string_view>

#include "jetline/base/span.h"
#include "jetline/targets/condition.h"

namespace jetline::check {

struct SchemaForm {
  const char* op;
  const char* domain;  // "" or "ai.onnx.ml"
  int since;           // first version of the domain with this form
  int max_inputs, max_outputs;
  const char* attributes;  // "axis=i-1;keepdims=i1;perm"
};

Span<const SchemaForm> schema_forms();
// The form at `version` of the domain (0: the newest). Null: no such operator there, or not yet.
const SchemaForm* find_form(std::string_view domain, std::string_view op, int64_t version);
bool form_has_attribute(const SchemaForm& form, std::string_view attribute);
// monostate: the attribute is unknown to the form or has no default.
targets::Operand attribute_default(const SchemaForm& form, std::string_view attribute);

}  // namespace jetline::check
