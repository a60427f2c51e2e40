#include "jetline/passes/channel_affine.h"

#include <algorithm>
#include <cmath>

namespace jetline::passes {
namespace {

const Tensor* channel_floats(const Value* v) {
  const Tensor* t = constant_of(v);
  return t && t->dtype() == DType::kF32 ? t : nullptr;
}

bool channel_finite(const std::vector<double>& v) {
  return std::all_of(v.begin(), v.end(), [](double x) { return std::isfinite(static_cast<float>(x)); });
}

bool channel_batch_norm(const Node& n, int64_t channels, ChannelAffine& a) {
  std::vector<double> p[4];  // scale, bias, mean, variance
  for (size_t i = 0; i < 4; ++i) {
    const Tensor* t = channel_floats(n.input(i + 1));
    if (!t || t->count() != channels || !channel_numbers(n.input(i + 1), channels, p[i])) return false;
  }
  const double epsilon = n.float_or("epsilon", 1e-5f);
  for (size_t i = 0; i < p[0].size(); ++i) {
    const double s = p[0][i] / std::sqrt(p[3][i] + epsilon);
    a.scale.push_back(s);
    a.shift.push_back(p[1][i] - p[2][i] * s);
  }
  return true;
}

bool channel_inference(const Node& n) {
  return n.is("BatchNormalization") && n.outputs().size() == 1 && n.int_or("training_mode", 0) == 0 &&
         n.int_or("is_test", 1) != 0 && n.int_or("spatial", 1) != 0;
}

// The constant operand as one number a channel of an output of `rank` axes.
bool channel_operand(const Value* v, const ChannelHost& host, std::vector<double>& out) {
  const Tensor* t = channel_floats(v);
  if (!t || host.rank < 0 || static_cast<int>(t->dims().size()) > host.rank) return false;
  const int shift = host.rank - static_cast<int>(t->dims().size());
  for (size_t i = 0; i < t->dims().size(); ++i) {
    const bool channel = static_cast<int>(i) + shift == host.axis;
    if (t->dims()[i] != 1 && !(channel && t->dims()[i] == host.channels)) return false;
  }
  auto numbers = t->to_doubles();
  if (!numbers.ok() || numbers->empty()) return false;
  out = std::move(*numbers);
  if (out.size() == 1) out.assign(static_cast<size_t>(host.channels), out[0]);
  return static_cast<int64_t>(out.size()) == host.channels;
}

}  // namespace

bool channel_numbers(const Value* v, int64_t channels, std::vector<double>& out) {
  const Tensor* t = channel_floats(v);
  if (!t) return false;
  const int64_t last = t->dims().empty() ? 1 : t->dims().back();
  if (t->count() != last || (last != 1 && last != channels)) return false;
  auto numbers = t->to_doubles();
  if (!numbers.ok()) return false;
  out = std::move(*numbers);
  if (last == 1) out.assign(static_cast<size_t>(channels), out[0]);
  return true;
}

bool channel_host(const Node& n, ChannelHost& host) {
  host = ChannelHost();
  if (!n.domain().empty() || !n.output(0)) return false;
  const Tensor* w = channel_floats(n.input(1));
  if (!w || !n.input(0)) return false;
  const std::vector<int64_t>& d = w->dims();
  if (n.is("Conv") && d.size() >= 3) {
    host.kind = ChannelHost::kConv;
    host.channels = d[0];
    host.rank = static_cast<int>(d.size());
  } else if (n.is("ConvTranspose") && d.size() >= 3) {
    host.kind = ChannelHost::kConvTranspose;
    if (n.int_or("group", 1) < 1 || d[0] % n.int_or("group", 1) != 0) return false;
    host.channels = d[1] * n.int_or("group", 1);
    host.rank = static_cast<int>(d.size());
  } else if (n.is("Gemm") && d.size() == 2) {
    if (n.float_or("alpha", 1) != 1 || n.float_or("beta", 1) != 1) return false;
    host.kind = ChannelHost::kGemm;
    host.channels = n.int_or("transB", 0) ? d[0] : d[1];
    host.rank = 2;
  } else if (n.is("MatMul") && d.size() == 2) {
    host.kind = ChannelHost::kMatMul;
    host.channels = d[1];
    host.rank = rank_of(n.input(0));
    host.axis = host.rank - 1;
    if (host.rank < 2) return false;
  } else if (channel_inference(n) && d.size() == 1) {
    host.kind = ChannelHost::kBatchNorm;
    host.channels = d[0];
    host.rank = rank_of(n.input(0));
  } else {
    return false;
  }
  if (host.channels < 1) return false;
  if (host.kind == ChannelHost::kMatMul || !n.input(host.bias_input)) return true;
  host.bias = n.input(host.bias_input);
  std::vector<double> numbers;
  return channel_numbers(host.bias, host.channels, numbers);
}

bool channel_affine(const Node& next, const Value* x, const ChannelHost& host, ChannelAffine& a) {
  a = ChannelAffine();
  const size_t channels = static_cast<size_t>(host.channels);
  if (channel_inference(next)) {
    return next.input(0) == x && host.axis == 1 && channel_batch_norm(next, host.channels, a) &&
           channel_finite(a.scale) && channel_finite(a.shift);
  }
  if (!next.domain().empty() || next.inputs().size() != 2 || next.input(0) == next.input(1)) return false;
  const bool first = next.input(0) == x;
  std::vector<double> v;
  if (!channel_operand(next.input(first ? 1 : 0), host, v)) return false;
  a.scale.assign(channels, 1);
  a.shift.assign(channels, 0);
  if (next.is("Mul")) {
    a.scale = v;
  } else if (next.is("Div") && first) {
    for (size_t i = 0; i < channels; ++i) a.scale[i] = 1 / v[i];
  } else if (next.is("Add")) {
    a.shift = v;
  } else if (next.is("Sub")) {
    if (first) {
      for (size_t i = 0; i < channels; ++i) a.shift[i] = -v[i];
    } else {
      a.scale.assign(channels, -1);
      a.shift = v;
    }
  } else {
    return false;
  }
  return channel_finite(a.scale) && channel_finite(a.shift);
}

ChannelWalk channel_outputs(const Node& n, const ChannelHost& host) {
  const Tensor& w = *n.input(1)->initializer();
  const std::vector<int64_t>& d = w.dims();
  ChannelWalk walk;
  walk.period = host.channels;
  if (host.kind == ChannelHost::kConv) {
    walk.inner = w.count() / d[0];
  } else if (host.kind == ChannelHost::kConvTranspose) {
    walk.period = d[1];
    walk.inner = d[0] * d[1] == 0 ? 1 : w.count() / (d[0] * d[1]);
    walk.group = d[0] / n.int_or("group", 1) * d[1] * walk.inner;
  } else if (host.kind == ChannelHost::kGemm && n.int_or("transB", 0)) {
    walk.inner = d[1];
  }
  walk.inner = std::max<int64_t>(walk.inner, 1);
  return walk;
}

ChannelWalk channel_inputs(const Node& n, const ChannelHost& host, int64_t& channels) {
  const Tensor& w = *n.input(1)->initializer();
  const std::vector<int64_t>& d = w.dims();
  ChannelWalk walk;
  walk.period = channels = d[0];
  if (host.kind == ChannelHost::kConv) {
    const int64_t groups = n.int_or("group", 1);
    walk.period = d[1];
    walk.inner = d[0] * d[1] == 0 ? 1 : w.count() / (d[0] * d[1]);
    walk.group = d[0] / groups * d[1] * walk.inner;
    channels = d[1] * groups;
  } else if (host.kind == ChannelHost::kGemm && n.int_or("transB", 0)) {
    walk.period = channels = d[1];
  } else {
    walk.inner = d[0] == 0 ? 1 : w.count() / d[0];
  }
  walk.inner = std::max<int64_t>(walk.inner, 1);
  return walk;
}

Result<Value*> channel_scaled(Graph& g, const Node& n, const ChannelWalk& walk,
                              const std::vector<double>& scale) {
  const Tensor& w = *n.input(1)->initializer();
  JETLINE_ASSIGN_OR_RETURN(Tensor t, scaled_later(w, walk, scale));
  if (t.byte_count() < kDeferFrom) {
    JETLINE_ASSIGN_OR_RETURN(t, Tensor::view(t.dtype(), t.dims(), t.bytes(), t.owner()));
  }
  return add_constant(g, std::move(t), n.input(1)->name());
}

Value* channel_constant(Graph& g, const std::vector<double>& values, const std::string& name) {
  std::vector<float> floats;
  floats.reserve(values.size());
  for (double v : values) floats.push_back(static_cast<float>(v));
  auto t = Tensor::floats({static_cast<int64_t>(floats.size())}, floats);
  return t.ok() ? add_constant(g, std::move(*t), name) : nullptr;
}

}  // namespace jetline::passes
