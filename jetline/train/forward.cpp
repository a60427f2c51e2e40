#include <cmath>

#include "jetline/train/backend.h"
#include "jetline/train/checkpoint.h"

namespace jetline {

Result<Card> checkpoint_card(const std::string& checkpoint) {
  JETLINE_ASSIGN_OR_RETURN(Checkpoint c, load_checkpoint(checkpoint));
  return std::move(c.card);
}

Result<ForwardResult> checkpoint_forward(const std::string& checkpoint, const float* images, int batch,
                                         int threads) {
  JETLINE_ASSIGN_OR_RETURN(const Checkpoint c, load_checkpoint(checkpoint));
  JETLINE_ASSIGN_OR_RETURN(const NetSpec net, checkpoint_net(c));
  if (batch < 1 || batch > 1024) return Status::usage("train.options", "a batch holds 1 to 1024 pictures");
  JETLINE_ASSIGN_OR_RETURN(auto backend, NetBackend::create(net, threads));
  JETLINE_RETURN_IF_ERROR(backend->set_state(c.ema_parameters, c.ema_buffers));
  const int w = c.card.input.width, h = c.card.input.height;
  const int64_t plane = int64_t{w} * h;
  std::vector<float> inner(static_cast<size_t>(3 * plane * batch));  // channels innermost
  for (int b = 0; b < batch; ++b) {
    for (int64_t i = 0; i < plane; ++i) {
      for (int k = 0; k < 3; ++k)
        inner[static_cast<size_t>((b * plane + i) * 3 + k)] = images[(b * 3 + k) * plane + i];
    }
  }
  ForwardResult r;
  JETLINE_RETURN_IF_ERROR(backend->forward(inner.data(), batch, h, w, false, r.values));
  const std::vector<Anchor> anchors = make_anchors(net, w, h);
  const size_t values = 4 + static_cast<size_t>(net.classes);
  r.shape = {batch, static_cast<int64_t>(anchors.size()), static_cast<int64_t>(values)};
  float* p = r.values.data();
  for (int b = 0; b < batch; ++b) {
    for (const Anchor& a : anchors) {
      const Box box = decode_box(a, p);
      p[0] = box.x1;
      p[1] = box.y1;
      p[2] = box.x2;
      p[3] = box.y2;
      for (size_t k = 4; k < values; ++k) p[k] = 1 / (1 + std::exp(-p[k]));
      p += values;
    }
  }
  return r;
}

}  // namespace jetline
