#include "jetline/surgery/cut.h"

#include <algorithm>

#include "jetline/base/strings.h"
#include "jetline/surgery/names.h"
#include "jetline/surgery/region.h"

namespace jetline::surgery {
namespace {

void cut_add_once(std::vector<Value*>& list, Value* v) {
  if (v && std::find(list.begin(), list.end(), v) == list.end()) list.push_back(v);
}

// The tensors that cross, in order, and what is behind them.
struct Crossing {
  std::vector<Value*> tensors;
  std::vector<Value*> behind;  // first values that go when the rest downstream goes
};

Status find_crossing(Model& model, const CutOptions& options, ShapeInference& inference, Crossing& out) {
  JETLINE_ASSIGN_OR_RETURN(const std::vector<Spot> before, find_spots(model, options.before));
  JETLINE_ASSIGN_OR_RETURN(const std::vector<Spot> after, find_spots(model, options.after));
  for (const std::vector<Spot>* list : {&before, &after}) {
    for (const Spot& s : *list) {
      const Graph* g = s.node ? s.node->graph() : s.value->graph();
      if (!g->outer()) continue;
      return Status::bad_input("surgery.nothing-to-cut",
                               "'" + (s.node ? node_label(*s.node) : s.value->name()) + "' lies inside " +
                                   node_label(*g->parent()) + "; a model can only be cut in its main graph",
                               "cut before or after that node, or take the part out with `jetline extract`");
    }
  }
  Reach data(&model.graph());
  for (const Value* v : scope_inputs(data)) data.add(v);
  for (const Spot& s : before) {
    if (s.value) cut_add_once(out.tensors, s.value);
    if (s.node) {
      for (Value* v : data_inputs(*s.node, data, inference)) cut_add_once(out.tensors, v);
      for (Value* v : s.node->outputs()) cut_add_once(out.behind, v);
    }
    if (s.value) cut_add_once(out.behind, s.value);
  }
  for (const Spot& s : after) {
    if (s.value) cut_add_once(out.tensors, s.value);
    if (s.node) {
      for (Value* v : s.node->outputs()) {
        if (v && (!v->uses().empty() || s.node->outputs().size() == 1)) cut_add_once(out.tensors, v);
      }
    }
  }
  for (Value* v : out.tensors) cut_add_once(out.behind, v);
  return Status();
}

Result<std::vector<Value*>> kept_outputs(Model& model, const CutOptions& options, const Reach& gone) {
  std::vector<Value*> kept;
  std::vector<std::string> names;
  for (const Value* v : model.graph().outputs()) names.push_back(v->name());
  std::vector<std::string> wanted;
  for (const std::string& word : options.keep) {
    const bool whole = std::find(names.begin(), names.end(), word) != names.end();
    const std::vector<std::string> pieces = whole ? std::vector<std::string>{word} : split(word, ',');
    wanted.insert(wanted.end(), pieces.begin(), pieces.end());
  }
  for (const std::string& name : wanted) {
    Value* v = model.graph().find(name);
    if (!v || !v->is_output()) return unknown_name("output", name, names);
    if (gone.has(v) == !options.upstream) {
      return Status::bad_input(
          "surgery.no-path",
          "output '" + name + "' cannot be kept: it " +
              (options.upstream ? "does not depend on the cut" : "is computed from what goes"),
          "leave it out of --keep, or cut elsewhere");
    }
    cut_add_once(kept, v);
  }
  if (options.keep_outputs) {
    for (Value* v : model.graph().outputs()) {
      if (!gone.has(v) && (v->producer() != nullptr)) cut_add_once(kept, v);
    }
  }
  return kept;
}

Result<CutModel> cut_downstream(Model& model, const CutOptions& options, ShapeInference& inference,
                                Crossing crossing) {
  Reach gone(&model.graph());
  for (const Value* v : crossing.behind) gone.add(v);
  JETLINE_ASSIGN_OR_RETURN(const std::vector<Value*> kept, kept_outputs(model, options, gone));
  RegionRequest request;
  request.all_inputs = true;
  request.from = model.graph().free_inputs();
  std::vector<std::string> notes;
  for (Value* v : crossing.tensors) {
    if (v->is_input()) {
      notes.push_back("'" + v->name() + "' crosses the cut and is an input already");
    } else {
      request.to.push_back(v);
    }
  }
  for (Value* v : kept) cut_add_once(request.to, v);
  if (request.to.empty()) {
    return Status::bad_input("surgery.nothing-to-cut", "nothing is left in front of the cut",
                             "cut further behind, or give --upstream to keep what lies behind");
  }
  JETLINE_ASSIGN_OR_RETURN(CutModel result, extract_region(model, inference, request));
  result.notes.insert(result.notes.begin(), notes.begin(), notes.end());
  return result;
}

Result<CutModel> cut_upstream(Model& model, const CutOptions& options, ShapeInference& inference,
                              const Crossing& crossing) {
  Reach left(&model.graph());
  for (const Value* v : crossing.tensors) left.add(v);
  RegionRequest request;
  request.from = crossing.tensors;
  if (options.keep.empty()) {
    for (Value* v : model.graph().outputs()) {
      const bool input = std::find(request.from.begin(), request.from.end(), v) != request.from.end();
      if (left.has(v) && !input) cut_add_once(request.to, v);
    }
  } else {
    JETLINE_ASSIGN_OR_RETURN(request.to, kept_outputs(model, options, left));
  }
  if (request.to.empty()) {
    return Status::bad_input("surgery.nothing-to-cut", "no output of the model lies behind the cut",
                             "cut further in front");
  }
  return extract_region(model, inference, request);
}

}  // namespace

Result<CutModel> cut(Model& model, const CutOptions& options) {
  ShapeInference inference(model);
  inference.graph(model.graph());
  Crossing crossing;
  JETLINE_RETURN_IF_ERROR(find_crossing(model, options, inference, crossing));
  if (crossing.tensors.empty()) {
    return Status::bad_input("surgery.nothing-to-cut", "no tensor with data crosses the cut",
                             "name a node that takes or gives what the model computes from its inputs");
  }
  return options.upstream ? cut_upstream(model, options, inference, crossing)
                          : cut_downstream(model, options, inference, std::move(crossing));
}

}  // namespace jetline::surgery
