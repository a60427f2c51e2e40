#include "jetline/train/network.h"

#include <algorithm>
#include <cmath>

namespace jetline {
namespace {

class NetBuilder {
 public:
  explicit NetBuilder(NetSpec& spec) : spec_(spec) {
    jl_layer input = {};
    input.kind = JL_INPUT;
    input.input[0] = input.input[1] = -1;
    input.out_channels = 3;
    push(input, "images");
  }
  int32_t conv(const std::string& name, int32_t from, int out, int kernel, int stride, bool relu = true,
               bool norm = true, int32_t shortcut = -1) {
    jl_layer l = {};
    l.kind = JL_CONV;
    l.input[0] = from;
    l.input[1] = shortcut;
    l.in_channels = spec_.layers[static_cast<size_t>(from)].out_channels;
    l.out_channels = out;
    l.kernel = kernel;
    l.stride = stride;
    l.groups = 1;
    l.batch_norm = norm;
    l.relu = relu;
    l.weight = take(spec_.parameter_count, int64_t{out} * l.in_channels * kernel * kernel);
    l.gamma = norm ? take(spec_.parameter_count, out) : -1;
    l.beta = take(spec_.parameter_count, out);
    l.mean = norm ? take(spec_.buffer_count, out) : -1;
    l.var = norm ? take(spec_.buffer_count, out) : -1;
    return push(l, name);
  }
  int32_t block(const std::string& name, int32_t from) {  // He et al. 2016, basic block
    const int c = spec_.layers[static_cast<size_t>(from)].out_channels;
    const int32_t a = conv(name + ".a", from, c, 3, 1);
    return conv(name + ".b", a, c, 3, 1, true, true, from);
  }
  int32_t upsample_add(const std::string& name, int32_t top, int32_t side) {
    jl_layer l = {};
    l.kind = JL_UPSAMPLE_ADD;
    l.input[0] = top;
    l.input[1] = side;
    l.in_channels = l.out_channels = spec_.layers[static_cast<size_t>(side)].out_channels;
    l.weight = l.gamma = l.beta = l.mean = l.var = -1;
    return push(l, name);
  }

 private:
  static int64_t take(int64_t& count, int64_t n) {
    const int64_t at = count;
    count += n;
    return at;
  }
  int32_t push(const jl_layer& l, const std::string& name) {
    spec_.layers.push_back(l);
    spec_.names.push_back(name);
    return static_cast<int32_t>(spec_.layers.size()) - 1;
  }
  NetSpec& spec_;
};

struct NetWidths {
  const char* name;
  int stem, s4, s8, s16, s32, head4, head;
};
// Multiples of 16 where the maps are large: oneDNN works in blocks of 16 channels, and 24 cost more than 32.
constexpr NetWidths kNetWidths[] = {
    {"default", 16, 32, 48, 96, 128, 32, 48},
    {"small", 16, 16, 32, 64, 80, 16, 32},
};

}  // namespace

Result<NetSpec> make_detector_net(const std::string& size, int classes) {
  const NetWidths* w = nullptr;
  for (const NetWidths& k : kNetWidths) {
    if (size == k.name) w = &k;
  }
  if (!w) return Status::usage("train.options", "no network size '" + size + "'", "sizes: default, small");
  if (classes < 1 || classes > 1000) {
    return Status::bad_input("train.options", std::to_string(classes) + " classes; a detector has 1 to 1000");
  }
  NetSpec spec;
  spec.classes = classes;
  NetBuilder b(spec);
  const int32_t stem = b.conv("stem", 0, w->stem, 3, 2);
  const int32_t c4 = b.conv("stage4.down", stem, w->s4, 3, 2);
  const int32_t c8 = b.block("stage8.block", b.conv("stage8.down", c4, w->s8, 3, 2));
  const int32_t c16 = b.block("stage16.block", b.conv("stage16.down", c8, w->s16, 3, 2));
  const int32_t c32 = b.block("stage32.block", b.conv("stage32.down", c16, w->s32, 3, 2));
  const int32_t l32 = b.conv("neck.lateral32", c32, w->head, 1, 1);
  const int32_t l16 = b.conv("neck.lateral16", c16, w->head, 1, 1);
  const int32_t l8 = b.conv("neck.lateral8", c8, w->head, 1, 1);
  const int32_t l4 = b.conv("neck.lateral4", c4, w->head4, 1, 1);
  const int32_t p16 = b.upsample_add("neck.merge16", l32, l16);
  const int32_t p8 = b.upsample_add("neck.merge8", p16, l8);
  // Narrower before it is enlarged: at stride 4 every channel is 16 times as dear as at stride 16.
  const int32_t p4 = b.upsample_add("neck.merge4", b.conv("neck.narrow8", p8, w->head4, 1, 1), l4);
  const struct {
    int stride, channels;
    int32_t from;
  } levels[] = {{4, w->head4, p4}, {8, w->head, p8}, {16, w->head, p16}};
  for (const auto& level : levels) {
    const std::string name = "head" + std::to_string(level.stride);
    const int32_t h = b.conv(name + ".conv", level.from, level.channels, 3, 1);
    spec.outputs.push_back(b.conv(name + ".out", h, 4 + classes, 1, 1, false, false));
    spec.strides.push_back(level.stride);
  }
  return spec;
}

void init_weights(const NetSpec& spec, uint64_t seed, std::vector<float>& parameters,
                  std::vector<float>& buffers) {
  parameters.assign(static_cast<size_t>(spec.parameter_count), 0.f);
  buffers.assign(static_cast<size_t>(spec.buffer_count), 0.f);
  const Random root(seed);
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    const jl_layer& l = spec.layers[i];
    if (l.kind != JL_CONV) continue;
    Random random = root.fork(0x77656967 + i);
    const int64_t fan_in = int64_t{l.in_channels} / l.groups * l.kernel * l.kernel;
    const bool output =
        std::find(spec.outputs.begin(), spec.outputs.end(), static_cast<int32_t>(i)) != spec.outputs.end();
    const double deviation = output ? 0.01 : std::sqrt(2.0 / static_cast<double>(fan_in));
    for (int64_t k = 0; k < fan_in * l.out_channels; ++k) {
      parameters[static_cast<size_t>(l.weight + k)] = static_cast<float>(random.normal(0, deviation));
    }
    for (int c = 0; c < l.out_channels; ++c) {
      if (l.gamma >= 0) parameters[static_cast<size_t>(l.gamma + c)] = l.input[1] >= 0 ? 0.f : 1.f;
      if (l.var >= 0) buffers[static_cast<size_t>(l.var + c)] = 1.f;
      if (!output) continue;
      const double bias = c < 2 ? 0 : c < 4 ? std::log(4.0) : -std::log((1 - 0.01) / 0.01);
      parameters[static_cast<size_t>(l.beta + c)] = static_cast<float>(bias);
    }
  }
}

std::vector<Anchor> make_anchors(const NetSpec& spec, int width, int height) {
  std::vector<Anchor> anchors;
  for (int s : spec.strides) {
    for (int y = 0; y < height / s; ++y) {
      for (int x = 0; x < width / s; ++x) {
        anchors.push_back({(static_cast<float>(x) + 0.5f) * static_cast<float>(s),
                           (static_cast<float>(y) + 0.5f) * static_cast<float>(s), static_cast<float>(s)});
      }
    }
  }
  return anchors;
}

Box decode_box(const Anchor& a, const float* t) {
  const float cx = a.x + t[0] * a.stride, cy = a.y + t[1] * a.stride;
  const float w = std::exp(t[2]) * a.stride, h = std::exp(t[3]) * a.stride;
  return {cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2};
}

int64_t net_macs(const NetSpec& spec, int width, int height) {
  std::vector<std::pair<int64_t, int64_t>> size(spec.layers.size());
  int64_t macs = 0;
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    const jl_layer& l = spec.layers[i];
    if (l.kind == JL_INPUT) {
      size[i] = {width, height};
    } else if (l.kind == JL_UPSAMPLE_ADD) {
      size[i] = size[static_cast<size_t>(l.input[1])];
    } else {
      const auto in = size[static_cast<size_t>(l.input[0])];
      size[i] = {(in.first + l.stride - 1) / l.stride, (in.second + l.stride - 1) / l.stride};
      macs +=
          size[i].first * size[i].second * l.out_channels * l.in_channels / l.groups * l.kernel * l.kernel;
    }
  }
  return macs;
}

}  // namespace jetline
