// libjetline_torch.so: runs the layer list of torch_abi.h with LibTorch. The only translation unit of jetline
// that includes LibTorch; written against what 1.13 and 2.x share. Activations and weights are channels-last,
// which is the layout oneDNN trains fastest in (measured 2-4 x over NCHW on AVX-512 and AVX2).
#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "jetline/train/torch_abi.h"

#define JL_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

using at::Tensor;

struct Layer {
  jl_layer spec;
  Tensor weight, gamma, beta;  // leaves that collect gradients
  Tensor mean, var;            // running statistics, updated in place
};

}  // namespace

struct jl_torch_net {
  std::vector<Layer> layers;
  std::vector<int32_t> outputs;
  int64_t parameter_count = 0, buffer_count = 0;
  double momentum = 0.1, epsilon = 1e-5;
  int threads = 1;
  std::vector<Tensor> maps;       // channels-last memory, kept alive for the caller
  std::vector<Tensor> map_graph;  // the same before detaching, for backward()
};

namespace {

int fail(const std::string& text, char* error, size_t size) {
  if (error && size) std::snprintf(error, size, "%s", text.c_str());
  return 1;
}

// Runs `body`; every exception of LibTorch becomes a text.
template <typename F>
int guarded(char* error, size_t size, F body) {
  try {
    body();
    return 0;
  } catch (const c10::Error& e) {
    return fail(e.what_without_backtrace(), error, size);
  } catch (const std::exception& e) {
    return fail(e.what(), error, size);
  } catch (...) {
    return fail("unknown failure inside LibTorch", error, size);
  }
}

Tensor leaf(std::vector<int64_t> shape) {
  Tensor t = at::zeros(shape, at::kFloat);
  if (shape.size() == 4) t = t.contiguous(at::MemoryFormat::ChannelsLast);
  t.set_requires_grad(true);
  return t;
}

void copy_in(Tensor& to, const float* from) {
  torch::NoGradGuard no_grad;
  to.copy_(at::from_blob(const_cast<float*>(from), to.sizes(), at::kFloat));
}

void copy_gradient(const Tensor& parameter, float* to) {
  const Tensor out = at::from_blob(to, parameter.sizes(), at::kFloat);
  if (parameter.grad().defined()) {
    out.copy_(parameter.grad());
  } else {
    out.zero_();
  }
}

void build(const jl_torch_spec& spec, jl_torch_net& net) {
  net.parameter_count = spec.parameter_count;
  net.buffer_count = spec.buffer_count;
  net.momentum = spec.bn_momentum;
  net.epsilon = spec.bn_epsilon;
  net.threads = spec.threads;
  net.outputs.assign(spec.outputs, spec.outputs + spec.output_count);
  for (int32_t i = 0; i < spec.layer_count; ++i) {
    Layer layer;
    layer.spec = spec.layers[i];
    const jl_layer& s = layer.spec;
    for (int32_t in : s.input) TORCH_CHECK(in < i, "layer ", i, " reads a later layer");
    if (s.kind == JL_CONV) {
      const int64_t c = s.out_channels;
      layer.weight = leaf({c, s.in_channels / s.groups, s.kernel, s.kernel});
      layer.beta = leaf({c});
      TORCH_CHECK(s.weight >= 0 && s.weight + layer.weight.numel() <= spec.parameter_count, "weight offset");
      TORCH_CHECK(s.beta >= 0 && s.beta + c <= spec.parameter_count, "bias offset");
      if (s.batch_norm) {
        layer.gamma = leaf({c});
        layer.mean = at::zeros({c}, at::kFloat);
        layer.var = at::ones({c}, at::kFloat);
        TORCH_CHECK(s.gamma >= 0 && s.gamma + c <= spec.parameter_count, "gamma offset");
        TORCH_CHECK(s.mean >= 0 && s.mean + c <= spec.buffer_count, "mean offset");
        TORCH_CHECK(s.var >= 0 && s.var + c <= spec.buffer_count, "variance offset");
      }
    }
    net.layers.push_back(std::move(layer));
  }
}

Tensor run_conv(const jl_torch_net& net, const Layer& l, const Tensor& x, const Tensor& shortcut,
                bool train) {
  const jl_layer& s = l.spec;
  const int64_t pad = s.kernel / 2;
  Tensor y = at::conv2d(x, l.weight, s.batch_norm ? Tensor() : l.beta, {s.stride, s.stride}, {pad, pad},
                        {1, 1}, s.groups);
  if (s.batch_norm)
    y = at::batch_norm(y, l.gamma, l.beta, l.mean, l.var, train, net.momentum, net.epsilon, false);
  if (shortcut.defined()) y = y + shortcut;
  if (s.relu) y = at::relu_(y);
  return y;
}

Tensor run_upsample_add(const Tensor& top, const Tensor& side) {
  const std::vector<int64_t> size = {top.size(2) * 2, top.size(3) * 2};
  const Tensor up = at::upsample_nearest2d(top, at::IntArrayRef(size));
  return up.slice(2, 0, side.size(2)).slice(3, 0, side.size(3)) + side;
}

void run(jl_torch_net& net, const float* images, int batch, int height, int width, bool train,
         jl_torch_map* maps) {
  // Per calling thread in OpenMP builds. Only when it changes: LibTorch 1.13 makes a second pool of threads
  // anew at each call, and new threads spin for a while before they sleep.
  if (at::get_num_threads() != net.threads) at::set_num_threads(net.threads);
  net.maps.clear();
  net.map_graph.clear();
  torch::AutoGradMode grad(train);
  // NHWC memory is what channels-last means; the permuted view costs nothing.
  const Tensor input =
      at::from_blob(const_cast<float*>(images), {batch, height, width, 3}, at::kFloat).permute({0, 3, 1, 2});
  std::vector<Tensor> values;
  values.reserve(net.layers.size());
  for (const Layer& l : net.layers) {
    const auto in = [&](int k) {
      return l.spec.input[k] < 0 ? Tensor() : values[static_cast<size_t>(l.spec.input[k])];
    };
    switch (l.spec.kind) {
      case JL_INPUT:
        values.push_back(input);
        break;
      case JL_CONV:
        values.push_back(run_conv(net, l, in(0), in(1), train));
        break;
      case JL_UPSAMPLE_ADD:
        values.push_back(run_upsample_add(in(0), in(1)));
        break;
      default:
        TORCH_CHECK(false, "unknown layer kind ", l.spec.kind);
    }
  }
  for (size_t k = 0; k < net.outputs.size(); ++k) {
    const Tensor& y = values.at(static_cast<size_t>(net.outputs[k]));
    net.map_graph.push_back(train ? y : Tensor());
    net.maps.push_back(y.detach().contiguous(at::MemoryFormat::ChannelsLast));
    const Tensor& m = net.maps.back();
    maps[k] = {m.data_ptr<float>(), static_cast<int32_t>(m.size(2)), static_cast<int32_t>(m.size(3)),
               static_cast<int32_t>(m.size(1))};
  }
}

int api_create(const jl_torch_spec* spec, jl_torch_net** out, char* error, size_t size) {
  return guarded(error, size, [&] {
    // Denormals appear in the tails of averages and cost a hundred cycles each.
    at::globalContext().setFlushDenormal(true);
    auto net = std::make_unique<jl_torch_net>();
    build(*spec, *net);
    *out = net.release();
  });
}

void api_destroy(jl_torch_net* net) {
  delete net;
}

int api_set_state(jl_torch_net* net, const float* parameters, const float* buffers, char* error,
                  size_t size) {
  return guarded(error, size, [&] {
    for (Layer& l : net->layers) {
      if (l.spec.kind != JL_CONV) continue;
      if (parameters) {
        copy_in(l.weight, parameters + l.spec.weight);
        copy_in(l.beta, parameters + l.spec.beta);
        if (l.gamma.defined()) copy_in(l.gamma, parameters + l.spec.gamma);
      }
      if (buffers && l.mean.defined()) {
        copy_in(l.mean, buffers + l.spec.mean);
        copy_in(l.var, buffers + l.spec.var);
      }
    }
  });
}

int api_get_buffers(jl_torch_net* net, float* buffers, char* error, size_t size) {
  return guarded(error, size, [&] {
    for (const Layer& l : net->layers) {
      if (!l.mean.defined()) continue;
      const size_t bytes = sizeof(float) * static_cast<size_t>(l.spec.out_channels);
      std::memcpy(buffers + l.spec.mean, l.mean.data_ptr<float>(), bytes);
      std::memcpy(buffers + l.spec.var, l.var.data_ptr<float>(), bytes);
    }
  });
}

int api_forward(jl_torch_net* net, const float* images, int32_t batch, int32_t height, int32_t width,
                int32_t train, jl_torch_map* maps, char* error, size_t size) {
  return guarded(error, size, [&] { run(*net, images, batch, height, width, train != 0, maps); });
}

int api_backward(jl_torch_net* net, const float* const* map_gradients, float* gradients, char* error,
                 size_t size) {
  return guarded(error, size, [&] {
    TORCH_CHECK(!net->map_graph.empty() && net->map_graph[0].defined(),
                "backward without a training forward");
    std::vector<Tensor> roots, root_gradients;
    for (size_t k = 0; k < net->map_graph.size(); ++k) {
      const Tensor& y = net->map_graph[k];
      roots.push_back(y);
      root_gradients.push_back(at::from_blob(const_cast<float*>(map_gradients[k]),
                                             {y.size(0), y.size(2), y.size(3), y.size(1)}, at::kFloat)
                                   .permute({0, 3, 1, 2}));
    }
    for (Layer& l : net->layers) {
      for (Tensor* t : {&l.weight, &l.gamma, &l.beta}) {
        if (t->defined()) t->mutable_grad() = Tensor();
      }
    }
    torch::autograd::backward(roots, root_gradients);
    net->map_graph.clear();
    for (const Layer& l : net->layers) {
      if (l.spec.kind != JL_CONV) continue;
      copy_gradient(l.weight, gradients + l.spec.weight);
      copy_gradient(l.beta, gradients + l.spec.beta);
      if (l.gamma.defined()) copy_gradient(l.gamma, gradients + l.spec.gamma);
    }
  });
}

const jl_torch_api kApi = {JL_TORCH_ABI,    api_create,  api_destroy, api_set_state,
                           api_get_buffers, api_forward, api_backward};

}  // namespace

JL_EXPORT const jl_torch_api* jetline_torch_api(void) {
  return &kApi;
}
JL_EXPORT const char* jetline_module_version(void) {
  return JETLINE_VERSION;
}
JL_EXPORT const char* jetline_module_backend(void) {
  return "LibTorch " TORCH_VERSION;
}
