#include "jetline/train/backend.h"

#include <cstring>

#include "jetline/base/module.h"

namespace jetline {

Result<std::unique_ptr<NetBackend>> NetBackend::create(const NetSpec& spec, int threads) {
  JETLINE_ASSIGN_OR_RETURN(void* symbol, module_symbol("torch", "jetline_torch_api"));
  const jl_torch_api* api = reinterpret_cast<jl_torch_api_fn>(symbol)();
  if (!api || api->abi != JL_TORCH_ABI) {
    return Status::missing("module.version", "libjetline_torch.so speaks another interface than this program",
                           "install program and modules from one build");
  }
  return create(spec, threads, api);
}

Result<std::unique_ptr<NetBackend>> NetBackend::create(const NetSpec& spec, int threads,
                                                       const jl_torch_api* api) {
  jl_torch_spec s = {};
  s.layers = spec.layers.data();
  s.layer_count = static_cast<int32_t>(spec.layers.size());
  s.outputs = spec.outputs.data();
  s.output_count = static_cast<int32_t>(spec.outputs.size());
  s.parameter_count = spec.parameter_count;
  s.buffer_count = spec.buffer_count;
  s.bn_momentum = spec.bn_momentum;
  s.bn_epsilon = spec.bn_epsilon;
  s.threads = threads < 1 ? 1 : threads;
  char error[1024] = "";
  jl_torch_net* net = nullptr;
  if (api->create(&s, &net, error, sizeof error) != 0 || !net) {
    return Status::internal("torch.failed", std::string("LibTorch cannot build the network: ") + error);
  }
  return std::unique_ptr<NetBackend>(new NetBackend(spec, api, net));
}

NetBackend::NetBackend(const NetSpec& spec, const jl_torch_api* api, jl_torch_net* net)
    : spec_(spec), api_(api), net_(net) {}
NetBackend::~NetBackend() {
  api_->destroy(net_);
}

Status NetBackend::check(int code, const char* error) const {
  if (code == 0) return Status();
  return Status::internal("torch.failed", std::string("LibTorch failed: ") + error,
                          "with too little memory a smaller --batch or --size helps");
}

Status NetBackend::set_state(Span<const float> parameters, Span<const float> buffers) {
  if ((!parameters.empty() && static_cast<int64_t>(parameters.size()) != spec_.parameter_count) ||
      (!buffers.empty() && static_cast<int64_t>(buffers.size()) != spec_.buffer_count)) {
    return Status::internal("torch.failed", "weights do not fit the network");
  }
  char error[1024] = "";
  return check(api_->set_state(net_, parameters.empty() ? nullptr : parameters.data(),
                               buffers.empty() ? nullptr : buffers.data(), error, sizeof error),
               error);
}

Status NetBackend::get_buffers(std::vector<float>& buffers) {
  buffers.resize(static_cast<size_t>(spec_.buffer_count));
  char error[1024] = "";
  return check(api_->get_buffers(net_, buffers.data(), error, sizeof error), error);
}

Status NetBackend::forward(const float* images, int batch, int height, int width, bool train,
                           std::vector<float>& predictions) {
  std::vector<jl_torch_map> maps(spec_.outputs.size());
  char error[1024] = "";
  JETLINE_RETURN_IF_ERROR(check(
      api_->forward(net_, images, batch, height, width, train ? 1 : 0, maps.data(), error, sizeof error),
      error));
  map_values_.clear();
  int64_t total = 0;
  for (const jl_torch_map& m : maps) {
    map_values_.push_back(int64_t{m.height} * m.width * m.channels);
    total += map_values_.back();
  }
  batch_ = batch;
  predictions.resize(static_cast<size_t>(total * batch));
  for (int b = 0; b < batch; ++b) {
    float* to = predictions.data() + total * b;
    for (size_t k = 0; k < maps.size(); ++k) {
      std::memcpy(to, maps[k].data + map_values_[k] * b, sizeof(float) * static_cast<size_t>(map_values_[k]));
      to += map_values_[k];
    }
  }
  return Status();
}

Status NetBackend::backward(Span<const float> gradient, std::vector<float>& parameters) {
  int64_t total = 0;
  for (int64_t n : map_values_) total += n;
  if (static_cast<int64_t>(gradient.size()) != total * batch_) {
    return Status::internal("torch.failed", "the gradient does not fit the predictions");
  }
  map_gradients_.resize(map_values_.size());
  std::vector<const float*> pointers;
  int64_t offset = 0;
  for (size_t k = 0; k < map_values_.size(); ++k) {
    map_gradients_[k].resize(static_cast<size_t>(map_values_[k] * batch_));
    for (int b = 0; b < batch_; ++b) {
      std::memcpy(map_gradients_[k].data() + map_values_[k] * b, gradient.data() + total * b + offset,
                  sizeof(float) * static_cast<size_t>(map_values_[k]));
    }
    offset += map_values_[k];
    pointers.push_back(map_gradients_[k].data());
  }
  parameters.resize(static_cast<size_t>(spec_.parameter_count));
  char error[1024] = "";
  return check(api_->backward(net_, pointers.data(), parameters.data(), error, sizeof error), error);
}

std::string NetBackend::version() {
  auto symbol = module_symbol("torch", "jetline_module_backend");
  return symbol.ok() ? reinterpret_cast<const char* (*)()>(symbol.value())() : "";
}

}  // namespace jetline
