// Small differences between what a node says and what a release reads: attributes that go without saying,
// vectors, layouts of recurrent layers, limits and casts of types that are not there, broadcasting as before
// operator set 7, functions that a model defines.
#include <algorithm>
#include <cmath>

#include "jetline/check/inline_calls.h"
#include "jetline/check/schema.h"
#include "jetline/fix/place.h"
#include "jetline/passes/edit.h"

namespace jetline::fix {
namespace {

// The kernel's size is that of the weights.
Outcome small_kernel_shape(Place& p) {
  Node& n = p.node();
  if (n.attribute("kernel_shape")) return Outcome::skipped();
  if (!Place::is_static(p.in(1)) || Place::rank(p.in(1)) < 3)
    return Outcome::refused("its weights are of unknown size");
  const auto dims = Place::dims(p.in(1));
  n.set_attribute(Attribute("kernel_shape", std::vector<int64_t>(dims.begin() + 2, dims.end())));
  return {};
}

// A vector is a matrix of one row (or column), and the result loses that axis again.
Outcome small_vector(Place& p) {
  const int a = Place::rank(p.in(0)), b = Place::rank(p.in(1));
  if (a != 1 && b != 1) return Outcome::skipped();
  if (a < 1 || b < 1) return Outcome::refused("of unknown rank");
  Value* x = a == 1 ? p.unsqueeze(p.in(0), {0}) : p.in(0);
  Value* y = b == 1 ? p.unsqueeze(p.in(1), {1}) : p.in(1);
  Value* z = p.emit("MatMul", {x, y});
  const int64_t rank = std::max(std::max(a, b), 2);
  std::vector<int64_t> gone;
  if (a == 1) gone.push_back(rank - 2);
  if (b == 1) gone.push_back(rank - 1);
  return p.done(p.squeeze(z, gone));
}

// Batch first: [N, T, …] in and [N, T, D, H], [N, D, H] out.
Outcome small_rnn_layout(Place& p) {
  Node& n = p.node();
  if (n.int_or("layout", 0) == 0) return Outcome::skipped();
  std::vector<Value*> inputs = n.inputs();
  if (!inputs[0]) return Outcome::refused("without an input");
  inputs[0] = p.transpose(inputs[0], {1, 0, 2});
  for (size_t i = 5; i < inputs.size() && i < 7; ++i) {
    if (inputs[i]) inputs[i] = p.transpose(inputs[i], {1, 0, 2});
  }
  Graph& g = *n.graph();
  Node* copy = g.clone_node(n, {}, &n);
  copy->name = n.name;
  copy->remove_attribute("layout");
  for (size_t i = 0; i < inputs.size(); ++i) copy->set_input(i, inputs[i]);
  for (Value* v : copy->outputs()) {
    if (v) v->type = ValueType();
  }
  p.context().inference->node(*copy);
  for (size_t i = n.outputs().size(); i-- > 0;) {
    if (!p.used(i)) continue;
    p.replace(i, p.transpose(copy->output(i),
                             i == 0 ? std::vector<int64_t>{2, 0, 1, 3} : std::vector<int64_t>{1, 0, 2}));
  }
  p.remove();
  return {};
}

// The last part is what is left over: sizes say so in every operator set.
Outcome small_split_sizes(Place& p) {
  Node& n = p.node();
  if (p.in(1) || n.attribute("split")) return Outcome::skipped();
  const int rank = Place::rank(p.in(0));
  int64_t axis = n.int_or("axis", 0);
  axis += axis < 0 ? rank : 0;
  const int64_t total = p.dim(p.in(0), static_cast<int>(axis)),
                parts = static_cast<int64_t>(n.outputs().size());
  if (rank < 1 || total < 0) return Outcome::refused("of unknown size");
  const int64_t part = (total + parts - 1) / parts;
  std::vector<int64_t> sizes;
  for (int64_t i = 0; i < parts; ++i) sizes.push_back(std::clamp<int64_t>(total - part * i, 0, part));
  n.remove_attribute("num_outputs");
  if (p.opset() >= 13)
    n.set_input(1, p.int_list(sizes));
  else
    n.set_attribute(Attribute("split", sizes));
  return {};
}

// Limits of types that Clip does not take, by a type that holds them.
Outcome small_clip(Place& p) {
  Node& n = p.node();
  const DType t = Place::dtype(n.input(0));
  DType work = DType::kUndefined;
  if (t == DType::kI8 || t == DType::kU8 || t == DType::kI16 || t == DType::kU16) work = DType::kI32;
  if (t == DType::kF16 || t == DType::kBF16) work = DType::kF32;
  if (work == DType::kUndefined) return Outcome::refused("of " + std::string(dtype_name(t)));
  std::vector<Value*> inputs = n.inputs();
  for (Value*& v : inputs) v = v ? p.cast(v, work) : nullptr;
  return p.done(p.cast(p.emit("Clip", inputs), t));
}

// Numbers of a small integer type in 32 bits: cut towards 0, and wrapped as the type does.
Outcome small_cast(Place& p) {
  Node& n = p.node();
  const auto to = static_cast<DType>(n.int_or("to", 0));
  const bool small = to == DType::kI8 || to == DType::kU8 || to == DType::kI16 || to == DType::kU16;
  if (!small) return Outcome::refused("to " + std::string(dtype_name(to)));
  const bool readable =
      !p.out()->is_output() && std::all_of(p.out()->uses().begin(), p.out()->uses().end(), [](const Use& u) {
        return u.node && (u.node->is("Cast") || u.node->is("Shape"));
      });
  if (!readable) return Outcome::refused("its numbers are read by something else than a Cast");
  Value* x = p.cast(p.in(0), DType::kI32);
  const DType from = Place::dtype(p.in(0));
  if (from != DType::kBool && from != to) {
    // The remainder of a division that rounds down, moved to where the type begins.
    const double range = std::ldexp(1.0, dtype_bits(to));
    const double low = to == DType::kI8 || to == DType::kI16 ? -range / 2 : 0;
    Value* whole = p.scalar(range, DType::kI32);
    Value* zero = p.scalar(0, DType::kI32);
    if (low != 0) x = p.sub(x, p.scalar(low, DType::kI32));
    Value* rest = p.sub(x, p.mul(p.div(x, whole), whole));
    x = p.where(p.emit("Less", {rest, zero}), p.add(rest, whole), rest);
    if (low != 0) x = p.add(x, p.scalar(low, DType::kI32));
  }
  return p.done(x);
}

// Before operator set 7 the second input is laid along the first one from `axis` on.
Outcome small_broadcast(Place& p) {
  Node& n = p.node();
  const int a = Place::rank(p.in(0)), b = Place::rank(p.in(1));
  if (n.int_or("broadcast", 0) != 0 && n.attribute("axis")) {
    int64_t axis = n.int_or("axis", 0);
    axis += axis < 0 ? a : 0;
    if (a < 0 || b < 0 || axis + b > a) return Outcome::refused("of unknown rank");
    std::vector<int64_t> behind;
    for (int64_t i = b; i < a - axis; ++i) behind.push_back(i);
    if (!behind.empty()) n.set_input(1, p.unsqueeze(p.in(1), behind));
  }
  const bool changed = n.remove_attribute("axis") | n.remove_attribute("broadcast");
  return changed ? Outcome{} : Outcome::skipped();
}

constexpr std::initializer_list<const char*> kSmallBinary = {
    "Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Less", "Greater", "Equal", "PRelu"};

}  // namespace

Result<int> run_conv_kernel_shape(Model&, FixContext& c) {
  return rewrite_places(c, {"Conv"}, small_kernel_shape);
}
Result<int> run_matmul_vector(Model&, FixContext& c) {
  return rewrite_places(c, {"MatMul"}, small_vector);
}
Result<int> run_rnn_layout(Model&, FixContext& c) {
  return rewrite_places(c, {"LSTM", "GRU", "RNN"}, small_rnn_layout);
}
Result<int> run_split_sizes(Model&, FixContext& c) {
  return rewrite_places(c, {"Split"}, small_split_sizes);
}
Result<int> run_clip(Model&, FixContext& c) {
  return rewrite_places(c, {"Clip"}, small_clip);
}
Result<int> run_cast_type(Model&, FixContext& c) {
  return rewrite_places(c, {"Cast"}, small_cast);
}

// The bodies of the model's own functions stand in place of their calls.
Result<int> run_inline_functions(Model& m, FixContext& c) {
  const targets::Catalog catalog;
  check::InlinedModel inlined = check::inline_calls(m, catalog);
  if (!inlined.model) return 0;
  if (!inlined.opsets.empty()) {
    c.refuse(*inlined.opsets.begin()->first, "comes from a function of another operator set");
    return 0;
  }
  m.swap(*inlined.model);
  bool called = false;
  passes::each_graph(m.graph(), [&](Graph& g) {
    for (const auto& n : g.nodes()) called = called || m.function(*n);
  });
  if (!called) m.functions.clear();
  c.refresh();
  return 1;
}

// Of a model below operator set 7, where nothing but broadcasting changed for its operators.
Result<int> run_opset_up(Model& m, FixContext& c) {
  constexpr int64_t kBroadcasting = 7;
  if (c.opset >= kBroadcasting) return 0;
  bool sound = true;
  passes::each_graph(m.graph(), [&](Graph& g) {
    for (const auto& n : g.nodes()) {
      if (!n->domain().empty()) continue;
      if (std::any_of(kSmallBinary.begin(), kSmallBinary.end(),
                      [&](const char* op) { return n->op() == op; }))
        continue;
      const auto *before = check::find_form("", n->op(), c.opset),
                 *after = check::find_form("", n->op(), kBroadcasting);
      if (before && after && before->since == after->since) continue;
      c.refuse(*n, "means something else from operator set 7 on");
      sound = false;
    }
  });
  if (!sound) return 0;
  c.places.clear();
  JETLINE_ASSIGN_OR_RETURN(int changed, rewrite_places(c, kSmallBinary, small_broadcast));
  m.set_opset("", kBroadcasting);
  c.refresh();
  return changed + 1;
}

}  // namespace jetline::fix
