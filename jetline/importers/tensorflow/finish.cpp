#include "jetline/importers/tensorflow/finish.h"

#include "jetline/base/strings.h"

namespace jetline::tf {
namespace {

Value* finish_find(const std::vector<Value*>& ends, const std::string& name) {
  for (Value* v : ends)
    if (v->name() == name) return v;
  return nullptr;
}

Status finish_missing(const char* what, const std::string& name, const std::vector<Value*>& ends) {
  std::vector<std::string> names;
  for (const Value* v : ends) names.push_back(v->name());
  return Status::usage("tf.no-such-tensor", std::string("the model has no ") + what + " '" + name + "'",
                       "it has: " + join(names, ", "));
}

Status finish_rank(const Value* v) {
  if (v->type.has_shape && v->type.shape.size() == 4) return Status();
  return Status::usage("tf.shape",
                       "'" + v->name() + "' is " + to_string(v->type) + ", which has no NCHW form",
                       "only tensors of four dimensions have one");
}

}  // namespace

Status make_input_nchw(Model& model, const std::string& name) {
  Graph& g = model.graph();
  Value* in = finish_find(g.inputs(), name);
  if (!in) return finish_missing("input", name, g.inputs());
  JETLINE_RETURN_IF_ERROR(finish_rank(in));
  const ValueType nhwc = in->type;
  const std::vector<Use> uses = in->uses();
  Node* first = g.nodes().empty() ? nullptr : g.nodes().front().get();
  Value* back = g.add_op("Transpose", {in}, name + "/nhwc", first);
  back->producer()->set_attribute(Attribute("perm", std::vector<int64_t>{0, 2, 3, 1}));
  back->type = nhwc;
  in->type.shape = {nhwc.shape[0], nhwc.shape[3], nhwc.shape[1], nhwc.shape[2]};
  for (const Use& u : uses) {
    if (u.node)
      u.node->set_input(static_cast<size_t>(u.index), back);
    else if (u.graph)
      u.graph->set_output(static_cast<size_t>(u.index), back);
  }
  return Status();
}

Status make_output_nchw(Model& model, const std::string& name) {
  Graph& g = model.graph();
  Value* out = finish_find(g.outputs(), name);
  if (!out) return finish_missing("output", name, g.outputs());
  JETLINE_RETURN_IF_ERROR(finish_rank(out));
  JETLINE_RETURN_IF_ERROR(g.rename(out, g.unique_name(name + "/nhwc")));
  Node* t = g.add_node("Transpose", {out});
  t->set_attribute(Attribute("perm", std::vector<int64_t>{0, 3, 1, 2}));
  t->name = g.unique_name(name);
  Value* v = t->add_output(name);
  v->type = out->type;
  v->type.shape = {out->type.shape[0], out->type.shape[3], out->type.shape[1], out->type.shape[2]};
  for (size_t i = 0; i < g.outputs().size(); ++i)
    if (g.outputs()[i] == out) g.set_output(i, v);
  return Status();
}

Status rename_ends(Model& model, const std::vector<std::pair<std::string, std::string>>& rename) {
  Graph& g = model.graph();
  std::vector<std::pair<Value*, std::string>> todo;
  for (const auto& [from, to] : rename) {
    Value* v = finish_find(g.inputs(), from);
    if (!v) v = finish_find(g.outputs(), from);
    if (!v) {
      std::vector<Value*> ends = g.inputs();
      ends.insert(ends.end(), g.outputs().begin(), g.outputs().end());
      return finish_missing("input or output", from, ends);
    }
    todo.emplace_back(v, to);
  }
  for (const auto& [v, to] : todo) JETLINE_RETURN_IF_ERROR(g.rename(v, g.unique_name("renamed")));
  for (const auto& [v, to] : todo) {
    Value* taken = g.find(to);
    const bool inner = taken && !taken->is_input() && !taken->is_output();
    if (inner) JETLINE_RETURN_IF_ERROR(g.rename(taken, g.unique_name(to + "/inner")));
    if (to.empty() || (taken && !inner)) {
      return Status::usage("tf.duplicate-name", "'" + to + "' is the name of another input or output",
                           "choose a name that is free");
    }
    JETLINE_RETURN_IF_ERROR(g.rename(v, to));
  }
  return Status();
}

std::vector<std::string> declare_unknown_ranks(Model& model) {
  std::vector<std::string> out;
  for (const auto* ends : {&model.graph().inputs(), &model.graph().outputs()}) {
    for (Value* v : *ends) {
      if (!v->type.is_tensor() || v->type.has_shape) continue;
      v->type.has_shape = true;
      out.push_back(v->name());
    }
  }
  return out;
}

}  // namespace jetline::tf
