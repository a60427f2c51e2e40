// A network that can be run and trained: the C interface of torch_abi.h with an owner, spans and Status.
// Tests put a fake jl_torch_api behind it.
//
// Threads: one thread at a time per NetBackend. Ids: module.* (no libjetline_torch.so), torch.failed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/base/status.h"
#include "jetline/train/network.h"

namespace jetline {

class NetBackend {
 public:
  // Loads the torch module at the first call. `threads` >= 1 of the arithmetic.
  static Result<std::unique_ptr<NetBackend>> create(const NetSpec& spec, int threads);
  static Result<std::unique_ptr<NetBackend>> create(const NetSpec& spec, int threads,
                                                    const jl_torch_api* api);
  ~NetBackend();
  NetBackend(const NetBackend&) = delete;
  NetBackend& operator=(const NetBackend&) = delete;

  Status set_state(Span<const float> parameters,
                   Span<const float> buffers);  // an empty span keeps what is there
  Status get_buffers(std::vector<float>& buffers);
  // images: batch x height x width x 3, as the network wants them. `predictions` becomes batch x N x (4 + C):
  // the maps of all strides one after the other, raw (before decode_box and the sigmoid).
  Status forward(const float* images, int batch, int height, int width, bool train,
                 std::vector<float>& predictions);
  // `gradient` has the shape of the last training forward's predictions; `parameters` gets the gradients.
  Status backward(Span<const float> gradient, std::vector<float>& parameters);
  static std::string version();  // "LibTorch 1.13.0", "" when the module is not there

 private:
  NetBackend(const NetSpec& spec, const jl_torch_api* api, jl_torch_net* net);
  Status check(int code, const char* error) const;
  NetSpec spec_;
  const jl_torch_api* api_;
  jl_torch_net* net_;
  int batch_ = 0;
  std::vector<std::vector<float>> map_gradients_;
  std::vector<int64_t> map_values_;  // per image, per stride
};

}  // namespace jetline
