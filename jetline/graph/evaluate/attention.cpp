// Attention and RotaryEmbedding of opset 23 and 24. Where the operators' text rounds between steps (scores
// and probabilities in the type of Q), so does this.
#include <algorithm>
#include <cmath>
#include <limits>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

// Every number rounded to `dtype`.
void round_numbers(DType dtype, std::vector<double>& v) {
  if (dtype == DType::kF64 || v.empty()) return;
  std::vector<uint8_t> bytes(v.size() * 8);
  store(dtype, bytes.data(), 0, static_cast<int64_t>(v.size()), v.data());
  load(dtype, bytes.data(), 0, static_cast<int64_t>(v.size()), v.data());
}

// [batch, heads, length, size], from that or from [batch, length, heads * size].
struct HeadTensor {
  int64_t batch = 0, heads = 0, length = 0, size = 0;
  std::vector<double> v;
  const double* row(int64_t b, int64_t h, int64_t i) const {
    return v.data() + ((b * heads + h) * length + i) * size;
  }
};

Result<HeadTensor> head_tensor(Call& c, size_t input, int64_t heads) {
  const Tensor& t = *c.tensor(input);
  const Dims& d = t.dims();
  const Numbers<double> n(t);
  HeadTensor h;
  if (d.size() == 4) {
    h = {d[0], d[1], d[2], d[3], {n.begin(), n.end()}};
    return h;
  }
  if (d.size() != 3 || heads < 1 || d[2] % heads != 0) return c.bad_input("the number of heads does not fit");
  h = {d[0], heads, d[1], d[2] / heads, std::vector<double>(static_cast<size_t>(n.size()))};
  int64_t o = 0;
  for (int64_t b = 0; b < h.batch; ++b) {
    for (int64_t k = 0; k < heads; ++k) {
      for (int64_t i = 0; i < h.length; ++i) {
        for (int64_t j = 0; j < h.size; ++j)
          h.v[static_cast<size_t>(o++)] = n[(b * h.length + i) * d[2] + k * h.size + j];
      }
    }
  }
  return h;
}

// Keys or values with those of the past before them.
Status prepend_past(Call& c, size_t input, HeadTensor& h) {
  if (!c.has(input)) return {};
  JETLINE_RETURN_IF_ERROR(c.need_numbers_of(input));
  JETLINE_ASSIGN_OR_RETURN(const HeadTensor past, head_tensor(c, input, h.heads));
  if (past.batch != h.batch || past.heads != h.heads || past.size != h.size)
    return c.bad_input("the past does not fit");
  HeadTensor all{h.batch, h.heads, past.length + h.length, h.size, {}};
  for (int64_t k = 0; k < h.batch * h.heads; ++k) {
    const auto add = [&](const HeadTensor& t) {
      all.v.insert(all.v.end(), t.v.begin() + k * t.length * t.size,
                   t.v.begin() + (k + 1) * t.length * t.size);
    };
    add(past);
    add(h);
  }
  h = std::move(all);
  return {};
}

struct AttentionMask {
  std::vector<double> bias;  // [batch, heads, queries, keys]
};

// What is added to each score: the mask, causality, the window and the padding; minus infinity where a key is
// not seen.
Result<AttentionMask> attention_mask(Call& c, const HeadTensor& q, const HeadTensor& k, int64_t past) {
  const Dims full = {q.batch, q.heads, q.length, k.length};
  AttentionMask m;
  JETLINE_RETURN_IF_ERROR(c.charge(span_count(full, 0, 4)));
  if (span_count(full, 0, 4) > c.budget().options.max_output_bytes / 8) return c.too_large("the scores");
  m.bias.assign(static_cast<size_t>(element_count(full)), 0);
  Dims lengths;
  if (c.has(6)) {
    JETLINE_ASSIGN_OR_RETURN(lengths, c.ints(6));
    if (static_cast<int64_t>(lengths.size()) != q.batch) return c.bad_input("one length a batch is needed");
  }
  const Tensor* given = c.tensor(3);
  const bool is_bool = given && given->dtype() == DType::kBool;
  Dims shape = given ? given->dims() : Dims(), strides(4, 0);
  int64_t seen = k.length;  // keys that the mask covers; those after it are not seen
  if (given) {
    if (shape.empty() || shape.size() > 4 || (shape.back() > k.length))
      return c.bad_input("the mask does not fit");
    if (shape.back() != 1 || k.length == 1) seen = shape.back();
    Dims wide = full, fits;
    wide[3] = seen;
    if (!broadcast_dims(shape, wide, fits) || fits != wide) return c.bad_input("the mask does not fit");
    strides = broadcast_strides(shape, wide);
  }
  const Numbers<double> v(given ? *given : Tensor());
  const bool causal = c.int_or("is_causal", 0) != 0;
  const int64_t left = c.int_or("left_window_size", -1), right = c.int_or("right_window_size", -1);
  size_t o = 0;
  for (int64_t b = 0; b < q.batch; ++b) {
    const int64_t shift = c.has(6) ? lengths[static_cast<size_t>(b)] - q.length : past;
    for (int64_t h = 0; h < q.heads; ++h) {
      for (int64_t i = 0; i < q.length; ++i) {
        for (int64_t j = 0; j < k.length; ++j, ++o) {
          double& bias = m.bias[o];
          if (given && j < seen) {
            const double e = v[b * strides[0] + h * strides[1] + i * strides[2] + j * strides[3]];
            bias = is_bool ? (e != 0 ? 0 : kMinusInfinity) : e;
          }
          const int64_t ahead = j - (i + shift);
          if (j >= seen || (causal && ahead > 0) || (left >= 0 && -ahead > left) ||
              (right >= 0 && ahead > right) || (c.has(6) && j >= lengths[static_cast<size_t>(b)])) {
            bias = kMinusInfinity;
          }
        }
      }
    }
  }
  return m;
}

// Softmax of one row; a row of which no key is seen becomes zeros.
void attention_softmax(std::vector<double>& row, bool nothing_seen, DType dtype) {
  double top = kMinusInfinity, sum = 0;
  for (double s : row) top = std::max(top, s);
  if (nothing_seen || top == kMinusInfinity) {
    std::fill(row.begin(), row.end(), 0);
    return;
  }
  for (double& s : row) s -= top;
  round_numbers(dtype, row);
  for (double& s : row) s = std::exp(s);
  round_numbers(dtype, row);
  for (double s : row) sum += s;
  for (double& s : row) s /= sum;
  round_numbers(dtype, row);
}

Status give_heads(Call& c, size_t output, DType dtype, const HeadTensor& h) {
  return give_doubles(c, output, dtype, {h.batch, h.heads, h.length, h.size}, h.v);
}

Status run_attention(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(3));
  JETLINE_RETURN_IF_ERROR(c.need_floating(0));
  const DType t = c.tensor(0)->dtype();
  JETLINE_ASSIGN_OR_RETURN(HeadTensor q, head_tensor(c, 0, c.int_or("q_num_heads", 0)));
  JETLINE_ASSIGN_OR_RETURN(HeadTensor k, head_tensor(c, 1, c.int_or("kv_num_heads", 0)));
  JETLINE_ASSIGN_OR_RETURN(HeadTensor v, head_tensor(c, 2, c.int_or("kv_num_heads", 0)));
  const int64_t fresh = k.length;
  JETLINE_RETURN_IF_ERROR(prepend_past(c, 4, k));
  JETLINE_RETURN_IF_ERROR(prepend_past(c, 5, v));
  if (k.batch != q.batch || v.batch != q.batch || k.heads != v.heads || k.length != v.length ||
      k.size != q.size || k.heads < 1 || q.heads % k.heads != 0) {
    return c.bad_input("queries, keys and values do not fit each other");
  }
  JETLINE_RETURN_IF_ERROR(
      c.charge(span_count({q.batch, q.heads, q.length, k.length, q.size + v.size}, 0, 5)));
  JETLINE_ASSIGN_OR_RETURN(const AttentionMask mask, attention_mask(c, q, k, k.length - fresh));
  if (c.wanted(1)) JETLINE_RETURN_IF_ERROR(give_heads(c, 1, t, k));
  if (c.wanted(2)) JETLINE_RETURN_IF_ERROR(give_heads(c, 2, t, v));
  // Queries and keys are each scaled by the root of the scale.
  const Attribute* given = c.attribute("scale");
  const double scale =
      given && given->as_float() ? *given->as_float() : 1 / std::sqrt(static_cast<double>(q.size));
  std::vector<double> root = {std::sqrt(scale)};
  round_numbers(t, root);
  for (HeadTensor* h : {&q, &k}) {
    for (double& e : h->v) e *= root[0];
    round_numbers(t, h->v);
  }
  const double cap = c.float_or("softcap", 0);
  const int64_t mode = c.int_or("qk_matmul_output_mode", 0);
  const auto precision = static_cast<DType>(c.int_or("softmax_precision", static_cast<int64_t>(t)));
  if (lane_of(precision) != Lane::kFloat && lane_of(precision) != Lane::kDouble)
    return c.unsupported_type(precision);
  const bool flat = c.tensor(0)->dims().size() == 3;
  const Dims y_dims =
      flat ? Dims{q.batch, q.length, q.heads * v.size} : Dims{q.batch, q.heads, q.length, v.size};
  std::vector<double> scores, y(static_cast<size_t>(element_count(y_dims)));
  for (int64_t r = 0; r < q.batch * q.heads * q.length; ++r) {
    const int64_t i = r % q.length, h = r / q.length % q.heads, b = r / q.length / q.heads;
    const int64_t shared = h / (q.heads / k.heads);
    std::vector<double> row(static_cast<size_t>(k.length));
    const double* query = q.row(b, h, i);
    for (int64_t j = 0; j < k.length; ++j) {
      const double* key = k.row(b, shared, j);
      double sum = 0;
      for (int64_t e = 0; e < q.size; ++e) sum += query[e] * key[e];
      row[static_cast<size_t>(j)] = sum;
    }
    round_numbers(t, row);
    const auto keep = [&](int64_t which) {
      if (mode == which) scores.insert(scores.end(), row.begin(), row.end());
    };
    keep(0);
    if (cap > 0) {
      for (double& s : row) s = cap * std::tanh(s / cap);
      round_numbers(t, row);
    }
    keep(1);
    bool nothing_seen = true;
    for (int64_t j = 0; j < k.length; ++j) {
      const double bias = mask.bias[static_cast<size_t>(r * k.length + j)];
      nothing_seen = nothing_seen && bias == kMinusInfinity;
      row[static_cast<size_t>(j)] += bias;
    }
    round_numbers(t, row);
    keep(2);
    attention_softmax(row, nothing_seen, precision);
    round_numbers(t, row);
    keep(3);
    double* to = y.data() + (flat ? (b * q.length + i) * q.heads + h : r) * v.size;
    for (int64_t j = 0; j < k.length; ++j) {
      const double* value = v.row(b, shared, j);
      const double p = row[static_cast<size_t>(j)];
      for (int64_t e = 0; e < v.size && p != 0; ++e) to[e] += p * value[e];
    }
  }
  if (c.wanted(3)) {
    JETLINE_RETURN_IF_ERROR(give_doubles(c, 3, t, {q.batch, q.heads, q.length, k.length}, scores));
  }
  return give_doubles(c, 0, t, y_dims, y);
}

// Pairs of each head's first rotary_embedding_dim numbers, turned by the angle of their position.
Status run_rotary_embedding(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(3));
  JETLINE_RETURN_IF_ERROR(c.need_floating(0));
  const Tensor& x = *c.tensor(0);
  const Dims& d = x.dims();
  const bool four = d.size() == 4;
  if (d.size() != 3 && !four) return c.bad_input("the input has neither three nor four dimensions");
  const int64_t heads = four ? d[1] : c.int_or("num_heads", 0), length = four ? d[2] : d[1];
  if (heads < 1 || (!four && d[2] % heads != 0)) return c.bad_input("num_heads does not fit");
  const int64_t size = four ? d[3] : d[2] / heads, batch = d[0];
  int64_t turned = c.int_or("rotary_embedding_dim", 0);
  if (turned == 0) turned = size;
  if (turned < 0 || turned > size || turned % 2 != 0) return c.bad_input("rotary_embedding_dim does not fit");
  const int64_t half = turned / 2;
  const Tensor &cosines = *c.tensor(1), &sines = *c.tensor(2);
  const bool by_position = c.has(3);
  Dims positions;
  if (by_position) {
    JETLINE_ASSIGN_OR_RETURN(positions, c.ints(3));
    if (static_cast<int64_t>(positions.size()) != batch * length || cosines.dims().size() != 2) {
      return c.bad_input("position_ids do not fit");
    }
  }
  const Dims expected = by_position ? Dims{cosines.dims()[0], half} : Dims{batch, length, half};
  if (cosines.dims() != expected || sines.dims() != expected) return c.bad_input("the caches do not fit");
  const bool interleaved = c.int_or("interleaved", 0) != 0;
  const Numbers<double> v(x), cosine(cosines), sine(sines);
  std::vector<double> y(v.begin(), v.end());
  for (int64_t r = 0; r < batch * heads * length; ++r) {
    const int64_t b = r / (heads * length), i = four ? r % length : r / heads % length;
    int64_t at = b * length + i;
    if (by_position) {
      at = positions[static_cast<size_t>(at)];
      if (at < 0 || at >= expected[0]) return c.bad_input("a position outside the caches");
    }
    for (int64_t j = 0; j < half; ++j) {
      const int64_t p = r * size + (interleaved ? 2 * j : j),
                    q = r * size + (interleaved ? 2 * j + 1 : j + half);
      const double cs = cosine[at * half + j], sn = sine[at * half + j];
      y[static_cast<size_t>(p)] = cs * v[p] - sn * v[q];
      y[static_cast<size_t>(q)] = sn * v[p] + cs * v[q];
    }
  }
  return give_doubles(c, 0, x.dtype(), d, y);
}

const Rule kAttentionRules[] = {{"Attention", run_attention}, {"RotaryEmbedding", run_rotary_embedding}};

}  // namespace

Span<const Rule> attention_rules() {
  return {kAttentionRules, sizeof kAttentionRules / sizeof *kAttentionRules};
}

}  // namespace jetline::calc
