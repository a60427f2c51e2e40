#include "jetline/surgery/set_batch.h"

#include <algorithm>
#include <cmath>

#include "jetline/passes/edit.h"
#include "jetline/surgery/batch_trace.h"
#include "jetline/surgery/names.h"

namespace jetline::surgery {
namespace {

constexpr int64_t kProbe = 7, kOtherProbe = 3, kMostPictures = 65536;

Status batch_refused(const std::string& what, const std::string& hint = {}) {
  return Status::bad_input("surgery.batch", what, hint);
}

// The inputs with a batch axis and the size that they have.
Status find_batched(Model& model, const SetBatchOptions& options, std::vector<Value*>& inputs,
                    int64_t& size) {
  std::vector<std::string> names;
  for (Value* v : model.graph().free_inputs()) {
    names.push_back(v->name());
    const bool named = std::count(options.inputs.begin(), options.inputs.end(), v->name()) > 0;
    if (named || (options.inputs.empty() && passes::rank_of(v) >= 2)) inputs.push_back(v);
  }
  for (const std::string& name : options.inputs) {
    if (std::find(names.begin(), names.end(), name) == names.end()) return unknown_name("input", name, names);
  }
  if (inputs.empty()) return batch_refused("the model has no input with a batch axis");
  size = 0;
  for (const Value* v : inputs) {
    if (passes::rank_of(v) < 1) return batch_refused("input '" + v->name() + "' has no axis for a batch");
    const Dim& d = v->type.shape[0];
    const int64_t mine = d.known() ? d.value : 1;
    if (mine < 1) return batch_refused("input '" + v->name() + "' is empty");
    if (size != 0 && mine != size) {
      return batch_refused("input '" + v->name() + "' starts with " + std::to_string(mine) +
                               ", another with " + std::to_string(size),
                           "name those that have a batch axis with --input");
    }
    size = mine;
  }
  return Status();
}

// Gives the inputs of that names another leading dimension; what the file declares elsewhere is dropped, to
// be inferred again.
void set_leading(Model& model, const std::vector<std::string>& inputs, const Dim& dim, bool forget_types) {
  Graph& g = model.graph();
  for (const std::string& name : inputs) g.find(name)->type.shape[0] = dim;
  if (!forget_types) return;
  for (const auto& v : g.values()) {
    if (v->producer() && v->type.is_tensor()) v->type = ValueType::tensor(v->type.dtype);
  }
}

Status check_result(const Model& model, const std::vector<std::string>& inputs, const BatchTrace& trace,
                    const Model& traced, int64_t probe, int64_t old_size) {
  const std::unique_ptr<Model> copy = model.clone();
  set_leading(*copy, inputs, probe, true);
  const InferReport report = infer_shapes(*copy);
  if (report.conflicts > 0) return batch_refused("shapes contradict each other after the change");
  for (size_t i = 0; i < copy->graph().outputs().size(); ++i) {
    const Value* now = copy->graph().outputs()[i];
    const Value* then = traced.graph().outputs()[i];
    const int axis = trace.axis_of(then);
    if (axis < 0) continue;
    const int64_t wanted = trace.old_type(then).shape[static_cast<size_t>(axis)].value / old_size * probe;
    const auto at = static_cast<size_t>(axis);
    if (!now->type.has_shape || now->type.shape.size() <= at || !now->type.shape[at].known() ||
        now->type.shape[at].value != wanted) {
      return batch_refused("output '" + now->name() + "' becomes " + to_string(now->type) + " for " +
                           std::to_string(probe) + " pictures");
    }
  }
  return Status();
}

}  // namespace

Result<SetBatchResult> set_batch(const Model& model, const SetBatchOptions& options) {
  if (options.size < 0 || options.size > kMostPictures || (options.size == 0 && options.name.empty())) {
    return Status::usage("surgery.batch",
                         "a batch is a number from 1 to " + std::to_string(kMostPictures) + " or a name");
  }
  SetBatchResult result;
  std::unique_ptr<Model> before = model.clone();
  passes::OptimizeOptions listed;
  listed.only = {"listed-constants"};
  JETLINE_RETURN_IF_ERROR(passes::optimize(*before, listed, nullptr));
  std::vector<Value*> inputs;
  JETLINE_RETURN_IF_ERROR(find_batched(*before, options, inputs, result.before));
  for (Value* v : inputs) result.batched_inputs.push_back(v->name());
  const bool open_before = !inputs[0]->type.shape[0].known();
  set_leading(*before, result.batched_inputs, result.before, open_before);
  infer_shapes(*before);
  if (result.before == 1) {
    const int kept = keep_single_picture_axis(*before, inputs);
    if (kept > 0) {
      result.notes.push_back("the only picture was taken out of its batch and put back " +
                             std::to_string(kept) + " time(s); the batch stays whole now");
      infer_shapes(*before);
    }
  }
  const bool fixed = options.size > 0;
  const int64_t size = fixed ? options.size : result.before == kProbe ? kOtherProbe : kProbe;
  std::unique_ptr<Model> now = before->clone();
  set_leading(*now, result.batched_inputs, size, true);
  BatchTrace trace(*before, *now, result.before, size, fixed ? "" : options.name);
  for (const std::string& name : result.batched_inputs) trace.input(now->graph().find(name));
  if (size != result.before) JETLINE_RETURN_IF_ERROR(trace.run());
  if (size == result.before) infer_shapes(*now);
  now->graph().remove_dead();
  for (Value* v : std::vector<Value*>(now->graph().initializers())) {
    if (v->uses().empty() && !v->is_input()) JETLINE_RETURN_IF_ERROR(now->graph().remove_initializer(v));
  }
  if (now->ir_version < 4) now->ir_version = 4;
  if (size != result.before) {
    const int64_t probe = fixed ? size : kOtherProbe;
    JETLINE_RETURN_IF_ERROR(check_result(*now, result.batched_inputs, trace, *now, probe, result.before));
  }
  for (const Value* v : now->graph().outputs()) {
    result.output_axes.push_back(size == result.before ? -1 : trace.axis_of(v));
    if (size != result.before && result.output_axes.back() < 0) {
      result.notes.push_back("output '" + v->name() + "' does not grow with the batch");
    }
  }
  if (!fixed) {
    std::vector<ValueType> probed;
    for (const Value* v : now->graph().outputs()) probed.push_back(v->type);
    set_leading(*now, result.batched_inputs, Dim::named(options.name), true);
    infer_shapes(*now);
    for (size_t i = 0; i < probed.size(); ++i) {
      Value* v = now->graph().outputs()[i];
      const int axis = result.output_axes[i];
      if (axis < 0 || v->type.shape.size() != probed[i].shape.size()) continue;
      const bool one = probed[i].shape[static_cast<size_t>(axis)].value == size;
      Dim& d = v->type.shape[static_cast<size_t>(axis)];
      if (d.kind == Dim::Kind::kUnknown && one) d = Dim::named(options.name);
    }
  }
  JETLINE_RETURN_IF_ERROR(now->graph().verify());
  for (const Value* v : now->graph().free_inputs()) result.inputs.push_back({v->name(), v->type});
  for (const Value* v : now->graph().outputs()) result.outputs.push_back({v->name(), v->type});
  result.patches = std::move(trace.patches());
  result.model = std::move(now);
  return result;
}

}  // namespace jetline::surgery
