#include "jetline/importers/tensorflow/control/recurrent_emit.h"

#include "jetline/importers/tensorflow/converter.h"

namespace jetline::tf {
namespace {

// Gates one after another, each [units, rows] (ONNX multiplies by the transpose).
std::vector<float> recurrent_weights(const Cell& cell, bool hidden, int64_t rows) {
  std::vector<float> out;
  out.reserve(cell.gates.size() * static_cast<size_t>(rows * cell.units));
  for (const CellGate& g : cell.gates) {
    const Affine::Matrix& m = hidden ? g.hidden : g.input;
    for (int64_t u = 0; u < cell.units; ++u) {
      for (int64_t r = 0; r < rows; ++r) {
        float w = 0;
        if (m.rows == rows)
          w = m.identity ? (r == u ? 1.0f : 0.0f) : m.data[static_cast<size_t>(r * m.cols + u)];
        out.push_back(w);
      }
    }
  }
  return out;
}

Value* recurrent_row(OpContext& c, Value* state) {
  return c.unsqueeze(state, {0});
}

// perm [T, B] as indices into [T, B, n].
Value* recurrent_indices(OpContext& c, Value* index, Value* like) {
  return c.emit("Expand", {c.unsqueeze(index, {2}), c.shape_of(like)});
}

}  // namespace

RecurrentOutputs emit_recurrent(OpContext& c, const Cell& cell, RecurrentInputs& in) {
  const auto gates = static_cast<int64_t>(cell.gates.size());
  const int64_t h = cell.units;
  Value* x = in.x;
  Value* lengths = nullptr;
  if (in.mask) {
    Value* mask = c.cast(c.squeeze(in.mask, {2}), DType::kI64);
    in.count = c.emit("CumSum", {mask, c.int_scalar(0)}, {}, "count");
    in.length = c.emit("ReduceSum", {mask, c.ints({0})}, {{"keepdims", 0}}, "length");
    // Places in the order of: those that count, by time.
    Value* turns = c.reshape(in.trips, {1});
    Value* time = c.emit("Range", {c.int_scalar(0), c.reshape(in.trips, {}), c.int_scalar(1)});
    Value* key =
        c.emit("Sub", {c.emit("Mul", {mask, c.emit("Mul", {turns, c.ints({2})})}), c.unsqueeze(time, {1})});
    Value* place =
        c.emit_many("TopK", {key, turns}, 2, {{"axis", 0}, {"largest", 1}, {"sorted", 1}}, "order")[1];
    x = c.emit("GatherElements", {x, recurrent_indices(c, place, x)}, {{"axis", 0}}, "compact");
    lengths = c.cast(c.emit("Max", {in.length, c.int_scalar(1)}), DType::kI32);
  }
  std::vector<float> bias;
  for (const CellGate& g : cell.gates) bias.insert(bias.end(), g.bias.begin(), g.bias.end());
  for (const CellGate& g : cell.gates) bias.insert(bias.end(), g.hidden_bias.begin(), g.hidden_bias.end());
  std::vector<Value*> inputs = {
      x,
      c.floats({1, gates * h, cell.inputs}, recurrent_weights(cell, false, cell.inputs)),
      c.floats({1, gates * h, h}, recurrent_weights(cell, true, h)),
      c.floats({1, 2 * gates * h}, bias),
      lengths,
      recurrent_row(c, in.h)};
  if (in.c) inputs.push_back(recurrent_row(c, in.c));
  std::vector<AttrArg> attributes{{"hidden_size", h}};
  if (cell.linear_before_reset) attributes.emplace_back("linear_before_reset", 1);
  const std::vector<std::string> usual = {"Sigmoid", "Tanh", "Tanh"};
  const bool rnn = std::string_view(cell.op) == "RNN";
  for (size_t i = 0; i < cell.activations.size(); ++i) {
    if (cell.activations[i] == (rnn ? "Tanh" : usual[i])) continue;
    attributes.emplace_back("activations", cell.activations);
    if (!cell.alpha.empty()) attributes.emplace_back("activation_alpha", cell.alpha);
    if (!cell.beta.empty()) attributes.emplace_back("activation_beta", cell.beta);
    break;
  }
  const std::vector<Value*> y = c.emit_many(cell.op, inputs, in.c ? 3 : 2, attributes);
  RecurrentOutputs out;
  out.all_h = c.squeeze(y[0], {1});
  out.last_h = c.squeeze(y[1], {0});
  if (in.c) out.last_c = c.squeeze(y[2], {0});
  return out;
}

Value* recurrent_last(OpContext& c, const RecurrentInputs& in, Value* last, Value* first) {
  if (!in.mask) return last;
  Value* some = c.emit("Greater", {c.unsqueeze(in.length, {1}), c.int_scalar(0)});
  return c.emit("Where", {some, last, first});
}

Value* recurrent_spread(OpContext& c, const RecurrentInputs& in, Value* all, Value* first) {
  if (!in.mask) return all;
  Value* place = c.emit("Max", {c.emit("Sub", {in.count, c.int_scalar(1)}), c.int_scalar(0)});
  Value* spread = c.emit("GatherElements", {all, recurrent_indices(c, place, all)}, {{"axis", 0}}, "spread");
  Value* some = c.emit("Greater", {c.unsqueeze(in.count, {2}), c.int_scalar(0)});
  return c.emit("Where", {some, spread, c.unsqueeze(first, {0})});
}

Value* recurrent_zeroed(OpContext& c, const RecurrentInputs& in, Value* all) {
  if (!in.mask) return all;
  Value* place = c.emit("Max", {c.emit("Sub", {in.count, c.int_scalar(1)}), c.int_scalar(0)});
  Value* spread = c.emit("GatherElements", {all, recurrent_indices(c, place, all)}, {{"axis", 0}}, "spread");
  return c.emit("Where", {in.mask, spread, c.scalar(0, spread)});
}

}  // namespace jetline::tf
