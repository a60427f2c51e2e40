// RNN, GRU, LSTM: all directions, lengths, activations, clipping, peepholes; the equations of the operators'
// text, in double.
#include <algorithm>
#include <cmath>

#include "jetline/graph/evaluate/product.h"

namespace jetline::calc {
namespace {

struct RecurrentFunction {
  std::string name;
  double alpha = 0, beta = 0;
  double operator()(double x) const {
    if (name == "sigmoid") return 1 / (1 + std::exp(-x));
    if (name == "tanh") return std::tanh(x);
    if (name == "relu") return std::max(0.0, x);
    if (name == "affine") return alpha * x + beta;
    if (name == "leakyrelu") return x < 0 ? alpha * x : x;
    if (name == "thresholdedrelu") return x >= alpha ? x : 0;
    if (name == "scaledtanh") return alpha * std::tanh(beta * x);
    if (name == "hardsigmoid") return std::max(0.0, std::min(1.0, alpha * x + beta));
    if (name == "elu") return x >= 0 ? x : alpha * std::expm1(x);
    if (name == "softsign") return x / (1 + std::fabs(x));
    return std::log1p(std::exp(x));  // softplus
  }
};

bool recurrent_function(std::string name, RecurrentFunction& f) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char ch) { return ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch + 32) : ch; });
  static const std::vector<RecurrentFunction> kKnown = {{"sigmoid", 0, 0},      {"tanh", 0, 0},
                                                        {"relu", 0, 0},         {"affine", 1, 0},
                                                        {"leakyrelu", 0.01, 0}, {"thresholdedrelu", 1, 0},
                                                        {"scaledtanh", 1, 1},   {"hardsigmoid", 0.2, 0.5},
                                                        {"elu", 1, 0},          {"softsign", 0, 0},
                                                        {"softplus", 0, 0}};
  for (const RecurrentFunction& k : kKnown) {
    if (k.name == name) {
      f = k;
      return true;
    }
  }
  return false;
}

enum class RecurrentKind : uint8_t { kRnn, kGru, kLstm };

struct RecurrentSetup {
  int64_t steps = 0, batch = 0, width = 0, hidden = 0, directions = 1, gates = 1;
  bool batch_first = false, backward = false;
  std::vector<RecurrentFunction> functions;  // per direction
  double clip = 0;
  Dims lengths;
};

Result<RecurrentSetup> recurrent_setup(Call& c, int64_t gates, std::vector<std::string> defaults) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(3));
  JETLINE_RETURN_IF_ERROR(c.need_floating(0));
  const Dims &x = c.tensor(0)->dims(), &w = c.tensor(1)->dims(), &r = c.tensor(2)->dims();
  RecurrentSetup s;
  s.gates = gates;
  if (x.size() != 3 || w.size() != 3 || r.size() != 3) return c.bad_input("X, W and R have three dimensions");
  s.batch_first = c.int_or("layout", 0) != 0;
  s.steps = x[s.batch_first ? 1 : 0];
  s.batch = x[s.batch_first ? 0 : 1];
  s.width = x[2];
  s.hidden = r[2];
  const std::string direction = c.string_or("direction", "forward");
  s.directions = direction == "bidirectional" ? 2 : 1;
  s.backward = direction == "reverse";
  int64_t rows = 0;
  if (__builtin_mul_overflow(gates, s.hidden, &rows) || w != Dims{s.directions, rows, s.width} ||
      r != Dims{s.directions, rows, s.hidden}) {
    return c.bad_input("W or R do not fit X");
  }
  const auto fits = [&](size_t input, const Dims& d) {
    return !c.tensor(input) || c.tensor(input)->dims() == d;
  };
  const Dims state =
      s.batch_first ? Dims{s.batch, s.directions, s.hidden} : Dims{s.directions, s.batch, s.hidden};
  if (!fits(3, {s.directions, 2 * rows}) || !fits(5, state) ||
      (gates == 4 && (!fits(6, state) || !fits(7, {s.directions, 3 * s.hidden})))) {
    return c.bad_input("bias, initial states or peepholes do not fit");
  }
  s.lengths.assign(static_cast<size_t>(s.batch), s.steps);
  if (c.has(4)) {
    JETLINE_ASSIGN_OR_RETURN(s.lengths, c.ints(4));
  }
  if (static_cast<int64_t>(s.lengths.size()) != s.batch ||
      std::any_of(s.lengths.begin(), s.lengths.end(), [&](int64_t n) { return n < 0 || n > s.steps; })) {
    return c.bad_input("sequence_lens do not fit");
  }
  const Attribute* names = c.attribute("activations");
  std::vector<std::string> wanted;
  for (int64_t d = 0; d < s.directions; ++d) wanted.insert(wanted.end(), defaults.begin(), defaults.end());
  if (names && names->as_strings()) wanted = *names->as_strings();
  if (wanted.size() != defaults.size() * static_cast<size_t>(s.directions))
    return c.bad_input("activations do not fit the directions");
  const auto alphas = c.floats_or("activation_alpha", {}), betas = c.floats_or("activation_beta", {});
  for (size_t i = 0; i < wanted.size(); ++i) {
    RecurrentFunction f;
    if (!recurrent_function(wanted[i], f))
      return c.unsupported("activation '" + wanted[i].substr(0, 40) + "'");
    if (i < alphas.size()) f.alpha = alphas[i];
    if (i < betas.size()) f.beta = betas[i];
    s.functions.push_back(f);
  }
  s.clip = c.float_or("clip", 0);
  JETLINE_RETURN_IF_ERROR(
      c.charge(span_count({s.steps, s.batch, s.directions, rows, s.width + s.hidden}, 0, 5)));
  return s;
}

// One direction and one sequence: state h (and cell c) of `hidden` numbers, step by step.
struct RecurrentCell {
  const RecurrentSetup& s;
  RecurrentKind kind;
  const double *w, *r, *b, *p;  // of this direction; b and p may be null
  const RecurrentFunction* f;
  bool linear_before_reset, input_forget;

  double clipped(double v) const { return s.clip > 0 ? std::max(-s.clip, std::min(s.clip, v)) : v; }
  // Row `g` of the gates: W x + Wb, R h + Rb.
  double input_part(int64_t g, const double* x) const {
    double sum = b ? b[g] : 0;
    for (int64_t i = 0; i < s.width; ++i) sum += w[g * s.width + i] * x[i];
    return sum;
  }
  double state_part(int64_t g, const double* h) const {
    double sum = b ? b[s.gates * s.hidden + g] : 0;
    for (int64_t i = 0; i < s.hidden; ++i) sum += r[g * s.hidden + i] * h[i];
    return sum;
  }
  void step(const double* x, std::vector<double>& h, std::vector<double>& cell) const {
    const int64_t n = s.hidden;
    std::vector<double> next(static_cast<size_t>(n)), reset(static_cast<size_t>(n)),
        update(static_cast<size_t>(n));
    if (kind == RecurrentKind::kGru) {
      for (int64_t j = 0; j < n; ++j) {
        update[static_cast<size_t>(j)] = f[0](clipped(input_part(j, x) + state_part(j, h.data())));
        reset[static_cast<size_t>(j)] = f[0](clipped(input_part(n + j, x) + state_part(n + j, h.data())));
      }
      std::vector<double> gated = h;
      for (size_t j = 0; j < gated.size(); ++j) gated[j] *= reset[j];
      for (int64_t j = 0; j < n; ++j) {
        const auto k = static_cast<size_t>(j);
        const double state = linear_before_reset ? reset[k] * state_part(2 * n + j, h.data())
                                                 : state_part(2 * n + j, gated.data());
        next[k] = (1 - update[k]) * f[1](clipped(input_part(2 * n + j, x) + state)) + update[k] * h[k];
      }
      h = next;
      return;
    }
    for (int64_t j = 0; j < n; ++j) {
      const auto k = static_cast<size_t>(j);
      if (kind == RecurrentKind::kRnn) {
        next[k] = f[0](clipped(input_part(j, x) + state_part(j, h.data())));
        continue;
      }
      // LSTM: gates i, o, f, c; peepholes i, o, f.
      const double old = cell[k];
      const auto gate = [&](int64_t g) { return input_part(g * n + j, x) + state_part(g * n + j, h.data()); };
      const double i = f[0](clipped(gate(0) + (p ? p[j] * old : 0)));
      const double forget = input_forget ? 1 - i : f[0](clipped(gate(2) + (p ? p[2 * n + j] * old : 0)));
      cell[k] = forget * old + i * f[1](clipped(gate(3)));
      const double o = f[0](clipped(gate(1) + (p ? p[n + j] * cell[k] : 0)));
      next[k] = o * f[2](cell[k]);
    }
    h = next;
  }
};

Status recurrent_run(Call& c, RecurrentKind kind) {
  const bool lstm = kind == RecurrentKind::kLstm, gru = kind == RecurrentKind::kGru;
  JETLINE_ASSIGN_OR_RETURN(const RecurrentSetup s,
                           recurrent_setup(c,
                                           lstm  ? 4
                                           : gru ? 3
                                                 : 1,
                                           lstm  ? std::vector<std::string>{"Sigmoid", "Tanh", "Tanh"}
                                           : gru ? std::vector<std::string>{"Sigmoid", "Tanh"}
                                                 : std::vector<std::string>{"Tanh"}));
  const DType t = c.tensor(0)->dtype();
  const auto numbers = [&](size_t i) { return Numbers<double>(c.tensor(i) ? *c.tensor(i) : Tensor()); };
  const Numbers<double> x = numbers(0), w = numbers(1), r = numbers(2), b = numbers(3), h0 = numbers(5),
                        c0 = numbers(6), p = numbers(7);
  const int64_t n = s.hidden, rows = s.gates * n, dirs = s.directions;
  const size_t per_direction = s.functions.size() / static_cast<size_t>(dirs);
  const Dims y_dims = s.batch_first ? Dims{s.batch, s.steps, dirs, n} : Dims{s.steps, dirs, s.batch, n};
  const Dims h_dims = s.batch_first ? Dims{s.batch, dirs, n} : Dims{dirs, s.batch, n};
  JETLINE_RETURN_IF_ERROR(c.check_working_copy(y_dims));
  std::vector<double> y(static_cast<size_t>(element_count(y_dims)), 0), last_h, last_c;
  last_h.resize(static_cast<size_t>(element_count(h_dims)));
  last_c.resize(last_h.size());
  for (int64_t d = 0; d < dirs; ++d) {
    const RecurrentCell cell{s,
                             kind,
                             w.data() + d * rows * s.width,
                             r.data() + d * rows * n,
                             c.tensor(3) ? b.data() + d * 2 * rows : nullptr,
                             lstm && c.tensor(7) ? p.data() + d * 3 * n : nullptr,
                             s.functions.data() + static_cast<size_t>(d) * per_direction,
                             c.int_or("linear_before_reset", 0) != 0,
                             c.int_or("input_forget", 0) != 0};
    for (int64_t k = 0; k < s.batch; ++k) {
      const int64_t at = s.batch_first ? (k * dirs + d) * n : (d * s.batch + k) * n;
      std::vector<double> h(static_cast<size_t>(n), 0), memory(static_cast<size_t>(n), 0);
      if (c.tensor(5)) std::copy(h0.data() + at, h0.data() + at + n, h.begin());
      if (lstm && c.tensor(6)) std::copy(c0.data() + at, c0.data() + at + n, memory.begin());
      const int64_t length = s.lengths[static_cast<size_t>(k)];
      for (int64_t i = 0; i < length; ++i) {
        const int64_t step = s.backward || d == 1 ? length - 1 - i : i;
        cell.step(x.data() + (s.batch_first ? k * s.steps + step : step * s.batch + k) * s.width, h, memory);
        const int64_t to =
            s.batch_first ? ((k * s.steps + step) * dirs + d) * n : ((step * dirs + d) * s.batch + k) * n;
        std::copy(h.begin(), h.end(), y.begin() + to);
      }
      std::copy(h.begin(), h.end(), last_h.begin() + at);
      std::copy(memory.begin(), memory.end(), last_c.begin() + at);
    }
  }
  JETLINE_RETURN_IF_ERROR(give_doubles(c, 0, t, y_dims, y));
  JETLINE_RETURN_IF_ERROR(give_doubles(c, 1, t, h_dims, last_h));
  return lstm ? give_doubles(c, 2, t, h_dims, last_c) : Status();
}

Status run_rnn(Call& c) {
  return recurrent_run(c, RecurrentKind::kRnn);
}
Status run_gru(Call& c) {
  return recurrent_run(c, RecurrentKind::kGru);
}
Status run_lstm(Call& c) {
  return recurrent_run(c, RecurrentKind::kLstm);
}

const Rule kRecurrentRules[] = {{"RNN", run_rnn}, {"GRU", run_gru}, {"LSTM", run_lstm}};

}  // namespace

Span<const Rule> recurrent_rules() {
  return {kRecurrentRules, sizeof kRecurrentRules / sizeof *kRecurrentRules};
}

}  // namespace jetline::calc
