#include "jetline/importers/tensorflow/ops/nn_window.h"

#include <algorithm>

namespace jetline::tf {
namespace {

std::vector<int64_t> window_attr(OpContext& c, const NnWindow& w, std::string_view key, bool* plain) {
  std::vector<int64_t> all = c.ints_attr(key);
  if (all.empty()) return std::vector<int64_t>(static_cast<size_t>(w.spatial), 1);
  if (all.size() != static_cast<size_t>(w.spatial) + 2) {
    *plain = false;
    return std::vector<int64_t>(static_cast<size_t>(w.spatial), 1);
  }
  if (all[0] != 1 || all[static_cast<size_t>(w.channel_axis())] != 1) *plain = false;
  const auto first = all.begin() + w.first_axis();
  return {first, first + w.spatial};
}

std::vector<int64_t> first_perm(int spatial) {  // NHWC -> NCHW
  std::vector<int64_t> perm{0, spatial + 1};
  for (int i = 0; i < spatial; ++i) perm.push_back(i + 1);
  return perm;
}

std::vector<int64_t> last_perm(int spatial) {  // NCHW -> NHWC
  std::vector<int64_t> perm{0};
  for (int i = 0; i < spatial; ++i) perm.push_back(i + 2);
  perm.push_back(1);
  return perm;
}

}  // namespace

Status read_window(OpContext& c, int spatial, NnWindow* w, std::vector<int64_t>* kernel) {
  w->spatial = spatial;
  const std::string format = c.string_attr("data_format", spatial == 2 ? "NHWC" : "NDHWC");
  if (format == (spatial == 2 ? "NHWC" : "NDHWC")) {
    w->channels_last = true;
  } else if (format == (spatial == 2 ? "NCHW" : "NCDHW")) {
    w->channels_last = false;
  } else {
    return c.unsupported("data_format " + format);
  }
  bool plain = true;
  w->strides = window_attr(c, *w, "strides", &plain);
  w->dilations = window_attr(c, *w, "dilations", &plain);
  if (kernel) *kernel = window_attr(c, *w, "ksize", &plain);
  if (!plain) return c.unsupported("a window or stride over batch or channels");
  const auto positive = [](const std::vector<int64_t>& v) {
    return std::all_of(v.begin(), v.end(), [](int64_t x) { return x > 0; });
  };
  if (!positive(w->strides) || !positive(w->dilations) || (kernel && !positive(*kernel)))
    return c.unsupported("a window, stride or dilation that is not positive");
  w->padding = c.string_attr("padding", "VALID");
  if (w->padding == "EXPLICIT") {
    const std::vector<int64_t> p = c.ints_attr("explicit_paddings");
    if (p.size() != 2 * (static_cast<size_t>(spatial) + 2))
      return c.unsupported("explicit_paddings of a wrong length");
    for (int i = 0; i < spatial; ++i) {
      w->explicit_begin.push_back(p[static_cast<size_t>(2 * (w->first_axis() + i))]);
      w->explicit_end.push_back(p[static_cast<size_t>(2 * (w->first_axis() + i) + 1)]);
    }
  } else if (w->padding != "SAME" && w->padding != "VALID") {
    return c.unsupported("padding " + w->padding);
  }
  return {};
}

bool NnPads::any() const {
  return automatic || std::any_of(pads.begin(), pads.end(), [](int64_t p) { return p != 0; });
}

NnPads window_pads(const NnWindow& w, const std::vector<int64_t>& kernel, const std::vector<int64_t>& in) {
  const size_t n = static_cast<size_t>(w.spatial);
  NnPads p;
  p.pads.assign(2 * n, 0);
  for (size_t i = 0; i < n; ++i) {
    if (w.padding == "EXPLICIT") {
      p.pads[i] = w.explicit_begin[i];
      p.pads[n + i] = w.explicit_end[i];
    } else if (w.padding == "SAME") {
      const int64_t extent = (kernel[i] - 1) * w.dilations[i] + 1;
      int64_t total = 0;
      if (w.strides[i] == 1) {
        total = extent - 1;
      } else if (extent > 1 && in[i] < 0) {
        p.automatic = true;
      } else {
        const int64_t out = (in[i] + w.strides[i] - 1) / w.strides[i];
        total = std::max<int64_t>((out - 1) * w.strides[i] + extent - in[i], 0);
      }
      p.pads[i] = total / 2;
      p.pads[n + i] = total - total / 2;
    }
  }
  return p;
}

std::vector<int64_t> spatial_dims(const NnWindow& w, const Value* x) {
  std::vector<int64_t> out;
  for (int i = 0; i < w.spatial; ++i)
    out.push_back(OpContext::rank(x) == w.spatial + 2 ? OpContext::dim(x, w.first_axis() + i) : -1);
  return out;
}

Value* to_channels_first(OpContext& c, Value* x, bool channels_last, int spatial) {
  return channels_last ? c.transpose(x, first_perm(spatial)) : x;
}

Value* from_channels_first(OpContext& c, Value* x, bool channels_last, int spatial) {
  return channels_last ? c.transpose(x, last_perm(spatial)) : x;
}

Value* channel_vector(OpContext& c, Value* v, int spatial) {
  std::vector<int64_t> axes;
  for (int i = 0; i < spatial; ++i) axes.push_back(i + 1);
  return c.unsqueeze(v, axes);
}

}  // namespace jetline::tf
