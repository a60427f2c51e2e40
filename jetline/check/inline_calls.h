// Puts the bodies of model functions in the place of their calls, as TensorRT's parser does from 9.0 on
// (LocalFunctionImporter), so that rules see the nodes that are imported.
//
// Works on a copy of the model that shares its weights. Calls of functions whose name is an operator's of
// ai.onnx stay: the parser takes the importer of that name. Bounded: a model that would grow beyond a limit,
// or functions that call themselves, keep the calls that are left. Threads: as the Model.
#pragma once

#include <memory>

#include "jetline/check/subject.h"

namespace jetline::check {

struct InlinedModel {
  std::unique_ptr<Model> model;  // null: there is nothing to put in place
  NodeOpsets opsets;             // of nodes whose function imports another operator set than the model
};

InlinedModel inline_calls(const Model& model, const targets::Catalog& catalog);

}  // namespace jetline::check
