#include "jetline/importers/tensorflow/control/cells.h"

#include <algorithm>

namespace jetline::tf {
namespace {

struct CellActivation {
  std::string name;  // of ONNX's recurrent operators
  const Value* of = nullptr;
  float alpha = 0, beta = 0;
};

bool cell_number(const Value* v, double& out) {
  if (!v || !v->is_constant() || v->initializer()->count() != 1) return false;
  Result<std::vector<double>> r = v->initializer()->to_doubles();
  if (r.ok()) out = r->at(0);
  return r.ok();
}

// The other input of a commutative operator whose one input is the constant `number`.
const Value* cell_with(const Value* v, const char* op, double& number) {
  const Node* n = v ? v->producer() : nullptr;
  if (!n || !n->is(op)) return nullptr;
  for (size_t side : {0, 1})
    if (n->inputs().size() == 2 && cell_number(n->input(side), number)) return n->input(1 - side);
  return nullptr;
}

// Keras' hard sigmoid: min(max(alpha * x + beta, 0), 1), in either order, or as Clip.
bool cell_hard_sigmoid(const Value* v, CellActivation& out) {
  double low = 0, high = 1, alpha = 1, beta = 0;
  const Value* line = nullptr;
  const Node* n = v->producer();
  if (n && n->is("Clip")) {
    if (!cell_number(n->input(1), low) || !cell_number(n->input(2), high)) return false;
    line = n->input(0);
  } else if (const Value* inner = cell_with(v, "Min", high)) {
    line = cell_with(inner, "Max", low);
  } else if (const Value* other = cell_with(v, "Max", low)) {
    line = cell_with(other, "Min", high);
  }
  const Value* scaled = line ? cell_with(line, "Add", beta) : nullptr;
  const Value* x = scaled ? cell_with(scaled, "Mul", alpha) : nullptr;
  if (!x || low != 0 || high != 1) return false;
  out = {"HardSigmoid", x, static_cast<float>(alpha), static_cast<float>(beta)};
  return true;
}

bool cell_activation(const Value* v, CellActivation& out) {
  const Node* n = v ? v->producer() : nullptr;
  if (!n) return false;
  for (const char* op : {"Sigmoid", "Tanh", "Relu", "Softsign", "Softplus"}) {
    if (!n->is(op)) continue;
    out = {op, n->input(0)};
    return true;
  }
  return cell_hard_sigmoid(v, out);
}

bool cell_pair(const Value* v, const char* op, const Value*& a, const Value*& b) {
  const Node* n = v ? v->producer() : nullptr;
  if (!n || !n->is(op)) return false;
  a = n->input(0);
  b = n->input(1);
  return true;
}

bool cell_is_one(const Value* v) {
  if (!v || !v->is_constant()) return false;
  Result<std::vector<double>> r = v->initializer()->to_doubles();
  return r.ok() && !r->empty() && std::all_of(r->begin(), r->end(), [](double x) { return x == 1; });
}

class CellMatch {
 public:
  CellMatch(const Value* next, const Value* h) : next_(next), h_(h) {}

  bool lstm() {
    cell_.op = "LSTM";
    const Value *a = nullptr, *b = nullptr;
    if (!cell_pair(next_, "Mul", a, b)) return false;
    return lstm_sides(a, b) || lstm_sides(b, a);
  }

  bool gru() {
    cell_.op = "GRU";
    const Value *a = nullptr, *b = nullptr;
    if (cell_pair(next_, "Add", a, b)) return gru_sides(a, b) || gru_sides(b, a);
    return false;
  }

  bool rnn() {
    cell_.op = "RNN";
    CellActivation act;
    if (!cell_activation(next_, act)) return false;
    std::optional<Affine> f = affine_of(act.of);
    if (!f || !f->term(h_)) return false;
    reset();
    use({act});
    return gate(*f);
  }

  Cell take() { return std::move(cell_); }

 private:
  void reset() {
    cell_.gates.clear();
    cell_.activations.clear();
    cell_.alpha.clear();
    cell_.beta.clear();
    cell_.x = nullptr;
    cell_.linear_before_reset = false;
    cell_.inputs = cell_.units = 0;
  }

  static bool same(const CellActivation& a, const CellActivation& b) {
    return a.name == b.name && a.alpha == b.alpha && a.beta == b.beta;
  }

  void use(const std::vector<CellActivation>& activations) {
    for (const CellActivation& a : activations) {
      cell_.activations.push_back(a.name);
      if (a.name != "HardSigmoid") continue;  // only those that have numbers take from the lists
      cell_.alpha.push_back(a.alpha);
      cell_.beta.push_back(a.beta);
    }
  }

  // Appends a gate of terms x and h; false when something else takes part.
  bool gate(const Affine& f, const Value* hidden = nullptr) {
    CellGate g;
    g.bias = f.bias;
    if (cell_.units && cell_.units != f.width) return false;
    cell_.units = f.width;
    for (const auto& [v, m] : f.terms) {
      if (v == (hidden ? hidden : h_)) {
        g.hidden = m;
      } else if (!cell_.x || cell_.x == v) {
        cell_.x = v;
        g.input = m;
        cell_.inputs = m.rows;
      } else {
        return false;
      }
    }
    g.hidden_bias.assign(g.bias.size(), 0.0f);
    cell_.gates.push_back(std::move(g));
    return true;
  }

  bool gate_of(const CellActivation& a) {
    std::optional<Affine> f = affine_of(a.of);
    return f && gate(*f);
  }

  bool lstm_sides(const Value* o, const Value* squashed) {
    CellActivation out, over;
    const Value *p = nullptr, *q = nullptr;
    if (!cell_activation(o, out) || !cell_activation(squashed, over)) return false;
    cell_.next_c = over.of;
    if (!cell_pair(over.of, "Add", p, q)) return false;
    return lstm_terms(out, over, p, q) || lstm_terms(out, over, q, p);
  }

  // kept = f·c, added = i·g, factors in any order.
  bool lstm_terms(const CellActivation& out, const CellActivation& over, const Value* kept,
                  const Value* added) {
    const Value *k[2], *m[2];
    if (!cell_pair(kept, "Mul", k[0], k[1]) || !cell_pair(added, "Mul", m[0], m[1])) return false;
    for (int x : {0, 1}) {
      for (int y : {0, 1}) {
        CellActivation forget, in, candidate;
        if (k[1 - x]->producer() || !cell_activation(k[x], forget) || !cell_activation(m[y], in) ||
            !cell_activation(m[1 - y], candidate))
          continue;
        if (!same(forget, in) || !same(out, in)) continue;
        reset();
        cell_.c = k[1 - x];
        use({in, candidate, over});
        if (gate_of(in) && gate_of(out) && gate_of(forget) && gate_of(candidate) && cell_.c != h_)
          return true;
      }
    }
    return false;
  }

  // kept = z·h, fresh = (1 - z)·n.
  bool gru_sides(const Value* kept, const Value* fresh) {
    const Value *k[2], *m[2];
    if (!cell_pair(kept, "Mul", k[0], k[1]) || !cell_pair(fresh, "Mul", m[0], m[1])) return false;
    for (int x : {0, 1}) {
      for (int y : {0, 1}) {
        const Value *one = nullptr, *z = nullptr;
        if (k[1 - x] != h_ || !cell_pair(m[y], "Sub", one, z) || z != k[x] || !cell_is_one(one)) continue;
        CellActivation update, candidate;
        if (!cell_activation(z, update) || !cell_activation(m[1 - y], candidate)) continue;
        if (reset_after(update, candidate) || reset_before(update, candidate)) return true;
      }
    }
    return false;
  }

  bool gru_start(const CellActivation& update, const CellActivation& reset_gate,
                 const CellActivation& candidate) {
    reset();
    if (!same(update, reset_gate)) return false;
    use({update, candidate});
    return gate_of(update) && gate_of(reset_gate);
  }

  // n = act(x·W + b + r·(h·R + b'))
  bool reset_after(const CellActivation& update, const CellActivation& candidate) {
    const Value *s[2], *m[2];
    if (!cell_pair(candidate.of, "Add", s[0], s[1])) return false;
    for (int side : {0, 1}) {
      if (!cell_pair(s[side], "Mul", m[0], m[1])) continue;
      for (int r : {0, 1}) {
        CellActivation gate_r;
        if (!cell_activation(m[r], gate_r) || !gru_start(update, gate_r, candidate)) continue;
        std::optional<Affine> input = affine_of(s[1 - side]), hidden = affine_of(m[1 - r]);
        if (!input || !hidden || input->width != hidden->width || hidden->terms.size() != 1 ||
            hidden->terms[0].first != h_ || input->term(h_))
          continue;
        if (!gate(*input)) continue;
        cell_.gates.back().hidden = hidden->terms[0].second;
        cell_.gates.back().hidden_bias = hidden->bias;
        cell_.linear_before_reset = true;
        return true;
      }
    }
    return false;
  }

  // n = act(x·W + (r·h)·R + b)
  bool reset_before(const CellActivation& update, const CellActivation& candidate) {
    std::optional<Affine> f = affine_of(candidate.of);
    if (!f) return false;
    for (const auto& [v, matrix] : f->terms) {
      const Value* m[2];
      if (!cell_pair(v, "Mul", m[0], m[1])) continue;
      for (int r : {0, 1}) {
        CellActivation gate_r;
        if (m[1 - r] != h_ || !cell_activation(m[r], gate_r) || !gru_start(update, gate_r, candidate))
          continue;
        if (gate(*f, v)) return true;
      }
    }
    return false;
  }

  const Value* next_;
  const Value* h_;
  Cell cell_;
};

}  // namespace

std::optional<Cell> find_cell(const Value* next, const Value* h) {
  for (int kind : {0, 1, 2}) {
    CellMatch m(next, h);
    if (kind == 0 ? m.lstm() : kind == 1 ? m.gru() : m.rnn()) {
      Cell cell = m.take();
      if (cell.x && cell.units > 0) return cell;
    }
  }
  return std::nullopt;
}

}  // namespace jetline::tf
