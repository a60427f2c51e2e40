#include "jetline/surgery/extract.h"

#include <algorithm>

#include "jetline/surgery/names.h"
#include "jetline/surgery/region.h"

namespace jetline::surgery {
namespace {

void add_once(std::vector<Value*>& list, Value* v) {
  if (v && std::find(list.begin(), list.end(), v) == list.end()) list.push_back(v);
}

}  // namespace

Result<CutModel> extract(Model& model, const ExtractOptions& options) {
  JETLINE_ASSIGN_OR_RETURN(const std::vector<Spot> from, find_spots(model, options.from));
  JETLINE_ASSIGN_OR_RETURN(const std::vector<Spot> to, find_spots(model, options.to));
  ShapeInference inference(model);
  inference.graph(model.graph());
  RegionRequest request;
  request.complete = options.complete;
  request.all_inputs = from.empty();
  if (from.empty()) request.from = model.graph().free_inputs();
  for (const Spot& s : from) {
    if (s.value) {
      add_once(request.from, s.value);
      continue;
    }
    Reach data(s.node->graph());
    for (const Value* v : scope_inputs(data)) data.add(v);
    for (Value* v : data_inputs(*s.node, data, inference)) add_once(request.from, v);
  }
  for (const Spot& s : to) {
    if (s.value) add_once(request.to, s.value);
    if (s.node) {
      for (Value* v : s.node->outputs()) {
        if (v && (!v->uses().empty() || s.node->outputs().size() == 1)) add_once(request.to, v);
      }
    }
  }
  if (to.empty()) {
    for (Value* v : model.graph().outputs()) add_once(request.to, v);
  }
  if (request.to.empty() || request.from.empty()) {
    return Status::bad_input(
        "surgery.no-path",
        request.to.empty() ? "there is no output to extract" : "there is no input to start from",
        "name tensors that the model computes");
  }
  return extract_region(model, inference, request);
}

}  // namespace jetline::surgery
