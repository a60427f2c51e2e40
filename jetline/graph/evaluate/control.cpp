// If, Loop, Scan, SequenceMap: operators that run subgraphs. Their work counts against the limits of the
// whole evaluation, so that a loop that does not end is refused.
#include <algorithm>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {

Result<Tensor> stack_tensors(Call& c, const std::vector<Item>& parts, int64_t axis) {
  std::vector<Tensor> lifted;
  std::vector<const Tensor*> pointers;
  for (const Item& p : parts) {
    if (p.kind != Item::Kind::kTensor) return c.bad_input("what is stacked is not a tensor");
    Dims dims = p.tensor.dims();
    int64_t at = axis;
    if (!fix_axis(at, dims.size() + 1)) return c.bad_input("axis is out of range");
    dims.insert(dims.begin() + at, 1);
    lifted.push_back(with_dims(p.tensor, std::move(dims)));
  }
  for (const Tensor& t : lifted) pointers.push_back(&t);
  return concat_tensors(c, pointers, axis);
}

Result<Tensor> take_slice(Call& c, const Tensor& x, int64_t axis, int64_t index) {
  if (!fix_axis(axis, x.dims().size())) return c.bad_input("axis is out of range");
  const auto at = static_cast<size_t>(axis);
  Dims out = x.dims();
  out.erase(out.begin() + axis);
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, out));
  const int64_t inner = span_count(x.dims(), at + 1, x.dims().size()), n = x.dims()[at];
  copy_strided(cells.width, {span_count(x.dims(), 0, at), inner}, y.data(), {inner, 1},
               cells.data + index * inner * cells.width, {n * inner, 1});
  return from_cells(y, x.dtype(), out);
}

namespace {

Graph* body_of(const Call& c, const char* name) {
  const Attribute* a = c.attribute(name);
  return a ? a->as_graph() : nullptr;
}

Result<std::vector<Item>> run_body(Call& c, const Graph& body, std::vector<Item> inputs) {
  Scope scope;
  scope.outer = c.scope();
  const auto& formal = body.inputs();
  if (inputs.size() > formal.size()) return c.bad_input("the subgraph takes fewer inputs");
  for (size_t i = 0; i < inputs.size(); ++i) scope.values[formal[i]] = std::move(inputs[i]);
  JETLINE_RETURN_IF_ERROR(c.charge(1));
  return run_graph(body, scope, c.budget(), c.opset());
}

Result<bool> scalar_bool(const Call& c, const Item& item) {
  const Tensor& t = item.tensor;
  if (item.kind != Item::Kind::kTensor || t.dtype() != DType::kBool || t.count() != 1) {
    return c.bad_input("a condition is not one bool");
  }
  return t.bytes()[0] != 0;
}

Status run_if(Call& c) {
  JETLINE_ASSIGN_OR_RETURN(const bool yes, scalar_bool(c, c.item(0)));
  const Graph* branch = body_of(c, yes ? "then_branch" : "else_branch");
  if (!branch) return c.bad_input("the branch is missing");
  JETLINE_ASSIGN_OR_RETURN(c.outputs(), run_body(c, *branch, {}));
  return {};
}

// What a loop without iterations gives for a scan output: nothing, in the declared shape where there is one.
Result<Tensor> empty_scan(Call& c, const Value* declared, int64_t axis) {
  Dims dims;
  DType dtype = DType::kF32;
  if (declared && declared->type.is_tensor()) {
    if (declared->type.dtype != DType::kUndefined) dtype = declared->type.dtype;
    for (const Dim& d : declared->type.shape) dims.push_back(d.known() ? d.value : 0);
  }
  if (!fix_axis(axis, dims.size() + 1)) axis = 0;
  dims.insert(dims.begin() + axis, 0);
  if (dtype == DType::kString) return Tensor::of_strings(dims, {});
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(dtype, dims));
  return y.tensor(dtype, dims);
}

Result<Tensor> gather_scan(Call& c, std::vector<Item>& parts, const Value* declared, int64_t axis,
                           bool backward) {
  if (parts.empty()) return empty_scan(c, declared, axis);
  if (backward) std::reverse(parts.begin(), parts.end());
  return stack_tensors(c, parts, axis);
}

Status run_loop(Call& c) {
  const Graph* body = body_of(c, "body");
  if (!body) return c.bad_input("the body is missing");
  int64_t trips = INT64_MAX;
  if (c.has(0)) {
    JETLINE_ASSIGN_OR_RETURN(trips, c.scalar_int(0));
  }
  bool go = true;
  if (c.has(1)) {
    JETLINE_ASSIGN_OR_RETURN(go, scalar_bool(c, c.item(1)));
  }
  const size_t carried = c.input_count() > 2 ? c.input_count() - 2 : 0, outputs = body->outputs().size();
  if (outputs < carried + 1) return c.bad_input("the body gives fewer values than it takes");
  std::vector<Item> state;
  for (size_t i = 0; i < carried; ++i) state.push_back(c.item(i + 2));
  std::vector<std::vector<Item>> scans(outputs - carried - 1);
  for (int64_t i = 0; i < trips && go; ++i) {
    JETLINE_ASSIGN_OR_RETURN(Tensor iteration, Tensor::ints({}, {i}));
    JETLINE_ASSIGN_OR_RETURN(Tensor condition, Tensor::own(DType::kBool, {}, {1}));
    std::vector<Item> inputs = {std::move(iteration), std::move(condition)};
    for (Item& s : state) inputs.push_back(std::move(s));
    JETLINE_ASSIGN_OR_RETURN(auto results, run_body(c, *body, std::move(inputs)));
    JETLINE_ASSIGN_OR_RETURN(go, scalar_bool(c, results[0]));
    for (size_t k = 0; k < carried; ++k) state[k] = std::move(results[k + 1]);
    for (size_t k = 0; k < scans.size(); ++k) scans[k].push_back(std::move(results[carried + 1 + k]));
  }
  for (size_t k = 0; k < carried; ++k) c.set(k, std::move(state[k]));
  for (size_t k = 0; k < scans.size(); ++k) {
    JETLINE_ASSIGN_OR_RETURN(Tensor t, gather_scan(c, scans[k], body->outputs()[carried + 1 + k], 0, false));
    c.set(carried + k, std::move(t));
  }
  return {};
}

// One run over the scan inputs' axes. inputs: states, then scan inputs. Gives final states, then scans.
Result<std::vector<Item>> scan_once(Call& c, const Graph& body, std::vector<Item> inputs,
                                    int64_t steps_wanted) {
  const int64_t scanned = c.int_or("num_scan_inputs", 0);
  if (scanned < 1 || scanned > static_cast<int64_t>(inputs.size())) return c.bad_input("num_scan_inputs");
  const size_t k = static_cast<size_t>(scanned), n = inputs.size() - k, outputs = body.outputs().size();
  if (outputs < n) return c.bad_input("the body gives fewer values than it takes");
  const Dims directions = c.ints_or(c.opset() < 9 ? "directions" : "scan_input_directions", Dims(k, 0));
  Dims axes = c.ints_or("scan_input_axes", Dims(k, 0));
  const Dims out_directions = c.ints_or("scan_output_directions", Dims(outputs - n, 0));
  const Dims out_axes = c.ints_or("scan_output_axes", Dims(outputs - n, 0));
  if (directions.size() != k || axes.size() != k || out_directions.size() != outputs - n ||
      out_axes.size() != outputs - n) {
    return c.bad_input("directions or axes do not fit the number of scans");
  }
  int64_t steps = -1;
  for (size_t i = 0; i < k; ++i) {
    const Item& x = inputs[n + i];
    if (x.kind != Item::Kind::kTensor || !fix_axis(axes[i], x.tensor.dims().size()))
      return c.bad_input("a scan axis");
    const int64_t length = x.tensor.dims()[static_cast<size_t>(axes[i])];
    if (steps >= 0 && length != steps) return c.bad_input("scan inputs of different lengths");
    steps = length;
  }
  if (steps_wanted >= 0) steps = std::min(steps, steps_wanted);
  std::vector<Item> state(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(n));
  std::vector<std::vector<Item>> scans(outputs - n);
  for (int64_t s = 0; s < steps; ++s) {
    std::vector<Item> actual = state;
    for (size_t i = 0; i < k; ++i) {
      JETLINE_ASSIGN_OR_RETURN(
          Tensor slice, take_slice(c, inputs[n + i].tensor, axes[i], directions[i] ? steps - 1 - s : s));
      actual.emplace_back(std::move(slice));
    }
    JETLINE_ASSIGN_OR_RETURN(auto results, run_body(c, body, std::move(actual)));
    for (size_t i = 0; i < n; ++i) state[i] = std::move(results[i]);
    for (size_t i = 0; i < scans.size(); ++i) scans[i].push_back(std::move(results[n + i]));
  }
  for (size_t i = 0; i < scans.size(); ++i) {
    JETLINE_ASSIGN_OR_RETURN(
        Tensor t, gather_scan(c, scans[i], body.outputs()[n + i], out_axes[i], out_directions[i] != 0));
    state.emplace_back(std::move(t));
  }
  return state;
}

// Opset 8: a first optional input of sequence lengths, and a batch dimension before all others.
Result<std::vector<Item>> scan_batches(Call& c, const Graph& body) {
  Dims lengths;
  if (c.has(0)) {
    JETLINE_ASSIGN_OR_RETURN(lengths, c.ints(0));
  }
  int64_t batches = -1;
  for (size_t i = 1; i < c.input_count(); ++i) {
    const Tensor* t = c.tensor(i);
    if (!t || t->dims().empty() || (batches >= 0 && t->dims()[0] != batches))
      return c.bad_input("no common batch");
    batches = t->dims()[0];
  }
  std::vector<std::vector<Item>> all(body.outputs().size());
  for (int64_t b = 0; b < batches; ++b) {
    std::vector<Item> inputs;
    for (size_t i = 1; i < c.input_count(); ++i) {
      JETLINE_ASSIGN_OR_RETURN(Tensor t, take_slice(c, *c.tensor(i), 0, b));
      inputs.emplace_back(std::move(t));
    }
    const bool given = static_cast<size_t>(b) < lengths.size();
    JETLINE_ASSIGN_OR_RETURN(
        auto results, scan_once(c, body, std::move(inputs), given ? lengths[static_cast<size_t>(b)] : -1));
    for (size_t i = 0; i < all.size() && i < results.size(); ++i) all[i].push_back(std::move(results[i]));
  }
  std::vector<Item> out;
  for (auto& parts : all) {
    if (parts.empty()) return c.bad_input("an empty batch");
    JETLINE_ASSIGN_OR_RETURN(Tensor t, stack_tensors(c, parts, 0));
    out.emplace_back(std::move(t));
  }
  return out;
}

Status run_scan(Call& c) {
  const Graph* body = body_of(c, "body");
  if (!body) return c.bad_input("the body is missing");
  if (c.opset() < 9) {
    JETLINE_ASSIGN_OR_RETURN(c.outputs(), scan_batches(c, *body));
    return {};
  }
  std::vector<Item> inputs;
  for (size_t i = 0; i < c.input_count(); ++i) inputs.push_back(c.item(i));
  JETLINE_ASSIGN_OR_RETURN(c.outputs(), scan_once(c, *body, std::move(inputs), -1));
  return {};
}

Status run_sequence_map(Call& c) {
  const Graph* body = body_of(c, "body");
  if (!body || c.item(0).kind != Item::Kind::kSequence) return c.bad_input("no body, or no sequence");
  std::vector<std::vector<Item>> parts(body->outputs().size());
  const size_t n = c.item(0).items->size();
  for (size_t s = 0; s < n; ++s) {
    std::vector<Item> inputs;
    for (size_t i = 0; i < c.input_count(); ++i) {
      const Item& x = c.item(i);
      if (x.kind == Item::Kind::kSequence && x.items->size() != n)
        return c.bad_input("sequences of different lengths");
      inputs.push_back(x.kind == Item::Kind::kSequence ? (*x.items)[s] : x);
    }
    JETLINE_ASSIGN_OR_RETURN(auto results, run_body(c, *body, std::move(inputs)));
    for (size_t i = 0; i < parts.size(); ++i) parts[i].push_back(std::move(results[i]));
  }
  for (size_t i = 0; i < parts.size(); ++i) c.set(i, Item::sequence(std::move(parts[i])));
  return {};
}

const Rule kControlRules[] = {
    {"If", run_if}, {"Loop", run_loop}, {"Scan", run_scan}, {"SequenceMap", run_sequence_map}};

}  // namespace

Span<const Rule> control_rules() {
  return {kControlRules, sizeof kControlRules / sizeof *kControlRules};
}

}  // namespace jetline::calc
