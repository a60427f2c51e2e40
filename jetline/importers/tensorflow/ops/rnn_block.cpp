// LSTMBlockCell, BlockLSTM, BlockLSTMV2 and GRUBlockCell (tensorflow/core/kernels/rnn/{lstm_ops,gru_ops}.cc).
//
//   [i, c, f, o] = [x, h] w + b          (BlockLSTMV2: i, f, c, o)
//   i += cs wci, f += cs wcf             with peepholes
//   cs' = sigmoid(i) tanh(c) + sigmoid(f + forget_bias) cs, clipped to +-cell_clip
//   o += cs' wco                         with peepholes
//   h' = sigmoid(o) tanh(cs')
//
// A whole sequence is ONNX LSTM for h; the gates of all steps then follow from h in one product, and the cell
// states from a scan that doubles its reach each time. With peepholes or clipping the steps are laid out.
#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

struct RnnWeights {
  Value *w, *b;             // [inputs + cells, 4 cells], [4 cells]
  Value *wci, *wcf, *wco;   // null without peepholes
  float forget_bias, clip;  // clip <= 0: none
  bool ifco;                // gate order of BlockLSTMV2
};

struct RnnStep {
  Value* out[7];  // i, cs, f, o, ci, co, h
};

Value* rnn_sigmoid(OpContext& c, Value* v) {
  return c.emit("Sigmoid", {v});
}

// The four gates before activation, in the order i, c, f, o.
std::vector<Value*> rnn_gates(OpContext& c, const RnnWeights& r, Value* x, Value* h, int64_t cells) {
  const int64_t axis = c.rank(x) - 1;
  Value* both = c.emit("Concat", {x, h}, {{"axis", axis}});
  Value* sum = c.emit("Add", {c.emit("MatMul", {both, r.w}), r.b});
  std::vector<Value*> g =
      c.emit_many("Split", {sum, c.ints({cells, cells, cells, cells})}, 4, {{"axis", axis}});
  if (r.ifco) std::swap(g[1], g[2]);
  if (r.forget_bias != 0) g[2] = c.emit("Add", {g[2], c.scalar(r.forget_bias, g[2])});
  return g;
}

RnnStep rnn_lstm_step(OpContext& c, const RnnWeights& r, Value* x, Value* cs_prev, Value* h, int64_t cells) {
  std::vector<Value*> g = rnn_gates(c, r, x, h, cells);
  const auto peep = [&](Value* gate, Value* state, Value* w) {
    return w ? c.emit("Add", {gate, c.emit("Mul", {state, w})}) : gate;
  };
  Value* i = rnn_sigmoid(c, peep(g[0], cs_prev, r.wci));
  Value* f = rnn_sigmoid(c, peep(g[2], cs_prev, r.wcf));
  Value* ci = c.emit("Tanh", {g[1]});
  Value* cs = c.emit("Add", {c.emit("Mul", {ci, i}), c.emit("Mul", {cs_prev, f})});
  if (r.clip > 0) cs = c.emit("Clip", {cs, c.scalar(-r.clip, cs), c.scalar(r.clip, cs)});
  Value* o = rnn_sigmoid(c, peep(g[3], cs, r.wco));
  Value* co = c.emit("Tanh", {cs});
  return {{i, cs, f, o, ci, co, c.emit("Mul", {co, o})}};
}

// Inputs `first` on: w, wci, wcf, wco, b.
Status rnn_read(OpContext& c, size_t first, RnnWeights* r, int64_t* cells) {
  for (size_t i = 0; i < first + 5; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  const bool v2 = c.op() == "BlockLSTMV2";
  const bool peephole = c.bool_attr("use_peephole");
  r->w = c.tensor(first);
  r->wci = peephole ? c.tensor(first + 1) : nullptr;
  r->wcf = peephole ? c.tensor(first + 2) : nullptr;
  r->wco = peephole ? c.tensor(first + 3) : nullptr;
  r->b = c.tensor(first + 4);
  r->forget_bias = v2 ? 0 : c.float_attr("forget_bias", 1);
  r->clip = c.float_attr("cell_clip", v2 ? 0.0f : 3.0f);
  r->ifco = v2;
  *cells = c.dim(r->w, 1) / 4;
  if (c.dim(r->w, 1) <= 0 || c.dim(r->w, 1) % 4 != 0 || c.dim(r->w, 1) > (int64_t{1} << 20))
    return c.unsupported("weights of unknown size");
  return {};
}

Status convert_lstm_cell(OpContext& c) {
  RnnWeights r{};
  int64_t cells = 0;
  if (Status s = rnn_read(c, 3, &r, &cells); !s.ok()) return s;
  Value* x = c.tensor(0);
  const RnnStep step = rnn_lstm_step(c, r, x, c.tensor(1), c.tensor(2), cells);
  for (size_t i = 0; i < 7; ++i)
    if (Status s = c.set(i, step.out[i]); !s.ok()) return s;
  return {};
}

// h of all steps [T, batch, cells] by ONNX LSTM: gate order i, o, f, c; peepholes i, o, f.
Value* rnn_sequence(OpContext& c, const RnnWeights& r, Value* x, Value* cs_prev, Value* h_prev,
                    int64_t cells) {
  const int64_t inputs = c.dim(r.w, 0) - cells;
  std::vector<Value*> rows = c.emit_many("Split", {r.w, c.ints({inputs, cells})}, 2, {{"axis", 0}});
  const auto turned = [&](Value* v) {  // [rows, i c f o] -> [1, i o f c, rows]
    std::vector<Value*> g =
        c.emit_many("Split", {v, c.ints({cells, cells, cells, cells})}, 4, {{"axis", -1}});
    if (r.ifco) std::swap(g[1], g[2]);
    Value* joined = c.emit("Concat", {g[0], g[3], g[2], g[1]}, {{"axis", -1}});
    if (c.rank(joined) == 2) joined = c.transpose(joined, {1, 0});
    return c.unsqueeze(joined, {0});
  };
  std::vector<float> forget(static_cast<size_t>(4 * cells), 0.0f);
  const size_t at = static_cast<size_t>((r.ifco ? 1 : 2) * cells);
  for (size_t i = at; i < at + static_cast<size_t>(cells); ++i) forget[i] = r.forget_bias;
  Value* bias = c.emit("Add", {r.b, c.cast(c.floats({4 * cells}, forget), c.dtype(r.b))});
  Value* none = c.cast(c.floats({1, 4 * cells}, std::vector<float>(static_cast<size_t>(4 * cells), 0.0f)),
                       c.dtype(r.b));
  Value* b = c.emit("Concat", {turned(bias), none}, {{"axis", 1}});
  std::vector<Value*> in{x,       turned(rows[0]),          turned(rows[1]),          b,
                         nullptr, c.unsqueeze(h_prev, {0}), c.unsqueeze(cs_prev, {0})};
  if (r.wci) in.push_back(c.unsqueeze(c.emit("Concat", {r.wci, r.wco, r.wcf}, {{"axis", 0}}), {0}));
  const std::vector<Value*> out = c.emit_many("LSTM", in, 3, {{"hidden_size", cells}});
  return c.squeeze(out[0], {1});  // [T, 1, batch, cells]
}

// cs_t = f_t cs_{t-1} + n_t for all t: pairs (f, n) are joined over 1, 2, 4, … steps.
Value* rnn_cell_states(OpContext& c, Value* f, Value* n, Value* cs_prev, int64_t steps) {
  Value* first =
      c.emit("Mul", {c.emit("Slice", {f, c.ints({0}), c.ints({1}), c.ints({0})}), c.unsqueeze(cs_prev, {0})});
  Value* start = c.emit("Slice", {n, c.ints({0}), c.ints({1}), c.ints({0})});
  start = c.emit("Add", {start, first});
  if (steps > 1)
    n = c.emit("Concat", {start, c.emit("Slice", {n, c.ints({1}), c.ints({steps}), c.ints({0})})},
               {{"axis", 0}});
  if (steps == 1) n = start;
  for (int64_t by = 1; by < steps; by *= 2) {
    const auto earlier = [&](Value* v, double fill) {
      Value* kept = c.emit("Slice", {v, c.ints({0}), c.ints({steps - by}), c.ints({0})});
      return c.emit("Pad", {kept, c.ints({by, 0, 0, 0, 0, 0}), c.scalar(fill, v)}, {{"mode", "constant"}});
    };
    n = c.emit("Add", {n, c.emit("Mul", {f, earlier(n, 0)})});
    f = c.emit("Mul", {f, earlier(f, 1)});
  }
  return n;
}

Status convert_block_lstm(OpContext& c) {
  RnnWeights r{};
  int64_t cells = 0, length = 0;
  if (Status s = rnn_read(c, 4, &r, &cells); !s.ok()) return s;
  Value *x = c.tensor(1), *cs_prev = c.tensor(2), *h_prev = c.tensor(3);
  const int64_t steps = c.dim(x, 0);
  const bool laid_out = r.clip > 0 || r.wci;
  const DType type = c.dtype(x);
  if (type != DType::kF32 && type != DType::kF16) return c.unsupported("this element type");
  Value* sequences[7] = {};
  if (r.clip <= 0) sequences[6] = rnn_sequence(c, r, x, cs_prev, h_prev, cells);
  if (!laid_out) {
    // h one step earlier gives the gates of every step.
    Value* before = c.unsqueeze(h_prev, {0});
    Value* all = c.emit("Concat", {before, sequences[6]}, {{"axis", 0}});
    before = c.emit("Slice", {all, c.ints({0}), c.ints({-1}), c.ints({0})});
    const std::vector<Value*> g = rnn_gates(c, r, x, before, cells);
    Value *i = rnn_sigmoid(c, g[0]), *f = rnn_sigmoid(c, g[2]), *ci = c.emit("Tanh", {g[1]});
    sequences[0] = i;
    sequences[2] = f;
    sequences[3] = rnn_sigmoid(c, g[3]);
    sequences[4] = ci;
    if (steps > 0) {
      sequences[1] = rnn_cell_states(c, f, c.emit("Mul", {i, ci}), cs_prev, steps);
      sequences[5] = c.emit("Tanh", {sequences[1]});
    }
  } else if (steps > 0 && steps <= c.converter().options().max_unroll) {
    std::vector<Value*> parts[7];
    for (int64_t t = 0; t < steps; ++t) {
      Value* now = c.emit("Gather", {x, c.int_scalar(t)}, {{"axis", 0}});
      const RnnStep step = rnn_lstm_step(c, r, now, cs_prev, h_prev, cells);
      cs_prev = step.out[1];
      h_prev = step.out[6];
      for (size_t k = 0; k < 7; ++k) parts[k].push_back(c.unsqueeze(step.out[k], {0}));
    }
    for (size_t k = 0; k < 7; ++k)
      if (!sequences[k]) sequences[k] = c.emit("Concat", parts[k], {{"axis", 0}});
  } else if (r.clip > 0) {
    return c.unsupported("a clipped cell state over an unknown or very long sequence");
  }
  // Steps from seq_len_max on are zeros.
  Value* mask = nullptr;
  if (!c.known_int(c.tensor(0), length) || steps < 0 || length < steps) {
    Value* n = c.emit("Gather", {c.shape_of(x), c.int_scalar(0)}, {{"axis", 0}});
    Value* range = c.emit("Range", {c.int_scalar(0), n, c.int_scalar(1)});
    mask = c.unsqueeze(c.emit("Less", {range, c.reshape(c.to_i64(c.tensor(0)), {})}), {1, 2});
  }
  for (size_t k = 0; k < 7; ++k) {
    if (!sequences[k]) continue;
    Value* v = mask ? c.emit("Where", {mask, sequences[k], c.scalar(0, type)}) : sequences[k];
    if (Status s = c.set(k, v); !s.ok()) return s;
  }
  return {};
}

// r, u = sigmoid([x, h] w_ru + b_ru); c = tanh([x, r h] w_c + b_c); h' = (1 - u) c + u h.
Status convert_gru_cell(OpContext& c) {
  for (size_t i = 0; i < 6; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value *x = c.tensor(0), *h = c.tensor(1);
  const int64_t cells = c.dim(c.tensor(3), 1);
  if (cells <= 0) return c.unsupported("weights of unknown size");
  const auto dense = [&](Value* a, Value* b, size_t w, size_t bias) {
    Value* both = c.emit("Concat", {a, b}, {{"axis", 1}});
    return c.emit("Add", {c.emit("MatMul", {both, c.tensor(w)}), c.tensor(bias)});
  };
  Value* both = rnn_sigmoid(c, dense(x, h, 2, 4));
  const std::vector<Value*> ru = c.emit_many("Split", {both, c.ints({cells, cells})}, 2, {{"axis", 1}});
  Value* candidate = c.emit("Tanh", {dense(x, c.emit("Mul", {ru[0], h}), 3, 5)});
  Value* rest = c.emit("Mul", {c.emit("Sub", {c.scalar(1, ru[1]), ru[1]}), candidate});
  Value* next = c.emit("Add", {rest, c.emit("Mul", {ru[1], h})});
  Value* outs[4] = {ru[0], ru[1], candidate, next};
  for (size_t i = 0; i < 4; ++i)
    if (Status s = c.set(i, outs[i]); !s.ok()) return s;
  return {};
}

const OpRule kRnnRules[] = {
    {"LSTMBlockCell", convert_lstm_cell, "i,cs,f,o,ci,co,h"},
    {"BlockLSTM", convert_block_lstm, "i,cs,f,o,ci,co,h",
     "as ONNX LSTM; clipped or with peepholes the length must be known for all but h"},
    {"BlockLSTMV2", convert_block_lstm, "i,cs,f,o,ci,co,h", "as ONNX LSTM"},
    {"GRUBlockCell", convert_gru_cell, "r,u,c,h"},
};

}  // namespace

Span<const OpRule> rnn_block_rules() {
  return {kRnnRules, std::size(kRnnRules)};
}

}  // namespace jetline::tf
