// Attention and what belongs to it: Attention-23, RotaryEmbedding, TensorScatter.
#include "jetline/graph/ops/types.h"

namespace jetline::ops {
namespace {

struct AttentionShapes {
  Dim batch, q_heads, kv_heads, q_length, kv_length, size, v_size, v_total;
  bool packed = false;  // [batch, length, heads * size] instead of [batch, heads, length, size]
};

Dim attention_share(const Dim& all, int64_t heads) {
  return all.known() && heads > 0 ? Dim(all.value / heads) : Dim();
}

bool attention_shapes(const Context& c, AttentionShapes& s) {
  const auto *q = c.shape(0), *k = c.shape(1), *v = c.shape(2);
  if (!q || !k || !v || q->size() != k->size() || q->size() != v->size()) return false;
  if (q->size() == 4) {
    s = {(*q)[0], (*q)[1], (*k)[1], (*q)[2], (*k)[2], (*k)[3], (*v)[3], {}, false};
    return true;
  }
  const int64_t qh = c.node().int_or("q_num_heads", 0), kvh = c.node().int_or("kv_num_heads", 0);
  if (q->size() != 3 || qh < 1 || kvh < 1) return false;
  s = {(*q)[0],
       Dim(qh),
       Dim(kvh),
       (*q)[1],
       (*k)[1],
       attention_share((*k)[2], kvh),
       attention_share((*v)[2], kvh),
       {},
       true};
  return true;
}

void attention_infer(Context& c) {
  c.set_dtype(0, c.dtype(0));
  c.set_dtype(1, c.dtype(1));
  c.set_dtype(2, c.dtype(2));
  c.set_dtype(3, c.dtype(0));
  AttentionShapes s;
  if (!attention_shapes(c, s)) return;
  if (s.packed)
    c.set(0, c.dtype(0),
          {s.batch, s.q_length, s.q_heads.known() ? dim_mul(s.v_size, s.q_heads.value) : Dim()});
  else
    c.set(0, c.dtype(0), {s.batch, s.q_heads, s.q_length, s.v_size});
  Dim total = s.kv_length;
  if (c.has(4)) {
    const auto* past = c.shape(4);
    total = past && past->size() == 4 && (*past)[2].known() ? dim_add(total, (*past)[2].value) : Dim();
  }
  c.set(1, c.dtype(1), {s.batch, s.kv_heads, total, s.size});
  c.set(2, c.dtype(2), {s.batch, s.kv_heads, total, s.v_size});
  c.set(3, c.dtype(0), {s.batch, s.q_heads, s.q_length, total});
}

// query, key [B, T, H * D], value [B, T, Hkv * Dv], past_state [B, Hkv, D, Dv] (ONNX Operators.md).
void linear_attention_infer(Context& c) {
  c.set_dtype(0, c.dtype(0));
  c.set_dtype(1, c.has(3) ? c.dtype(3) : c.dtype(0));
  const auto *q = c.shape(0), *k = c.shape(1), *v = c.shape(2);
  const int64_t qh = c.node().int_or("q_num_heads", 0), kvh = c.node().int_or("kv_num_heads", 0);
  if (!q || !k || !v || q->size() != 3 || k->size() != 3 || v->size() != 3 || qh < 1 || kvh < 1) return;
  const Dim v_size = attention_share((*v)[2], kvh);
  c.set(0, c.dtype(0), {(*q)[0], (*q)[1], dim_mul(v_size, qh)});
  c.set(1, c.has(3) ? c.dtype(3) : c.dtype(0), {(*q)[0], Dim(kvh), attention_share((*k)[2], kvh), v_size});
}

// input [B, C, L], weight [C, 1, k]: the state keeps the last k - 1 steps.
void causal_conv_infer(Context& c) {
  copy_input(c, 0, 0);
  c.set_dtype(1, c.dtype(0));
  const auto *x = c.shape(0), *w = c.shape(1);
  if (!x || !w || x->size() != 3 || w->size() != 3) return;
  c.set(1, c.dtype(0), {(*x)[0], (*x)[1], dim_add((*w)[2], -1)});
}

void attention_same_infer(Context& c) {
  copy_input(c, 0, 0);
}

const Rule kAttentionRules[] = {
    {"", "Attention", attention_infer},
    {"ai.onnx.preview", "FlexAttention",
     [](Context& c) {
       const auto *q = c.shape(0), *v = c.shape(2);
       c.set_dtype(0, c.dtype(0));
       if (q && v && q->size() == 4 && v->size() == 4)
         c.set(0, c.dtype(0), {(*q)[0], (*q)[1], (*q)[2], (*v)[3]});
     }},
    {"", "LinearAttention", linear_attention_infer},
    {"", "CausalConvWithState", causal_conv_infer},
    {"", "RotaryEmbedding", attention_same_infer},
    {"", "TensorScatter", attention_same_infer},
    {"", "SwiGLU",
     [](Context& c) {
       const auto *a = c.shape(0), *b = c.shape(1);
       if (a && b)
         c.set(0, c.dtype(0), broadcast(*a, *b));
       else
         c.set_dtype(0, c.dtype(0));
     }},
};
}  // namespace

Span<const Rule> attention_rules() {
  return {kAttentionRules, sizeof(kAttentionRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
