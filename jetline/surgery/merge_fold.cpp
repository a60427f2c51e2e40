#include "jetline/surgery/merge_fold.h"

#include <algorithm>
#include <cmath>

#include "jetline/passes/edit.h"

namespace jetline::surgery {
namespace {

bool takes_a_map(const Node& n, const Value* picture) {
  if (!n.is("Conv") || n.input(0) != picture || n.int_or("group", 1) != 1) return false;
  const Tensor* w = passes::constant_of(n.input(1));
  if (!w || w->dtype() != DType::kF32 || w->dims().size() < 3) return false;
  if (n.input(1) == picture || n.input(2) == picture) return false;
  const Tensor* b = n.input(2) ? passes::constant_of(n.input(2)) : nullptr;
  return !n.input(2) || (b && b->dtype() == DType::kF32);
}

Tensor tensor_of(std::vector<int64_t> dims, const std::vector<float>& values) {
  auto t = Tensor::floats(std::move(dims), values);
  return t.ok() ? *t : Tensor();
}

}  // namespace

std::vector<Node*> first_convolutions(const Value* picture) {
  std::vector<Node*> found;
  const auto collect = [&](const Value* v) {
    for (const Use& use : v->uses()) {
      if (!use.node || use.index != 0 || !takes_a_map(*use.node, v)) return false;
      if (std::find(found.begin(), found.end(), use.node) == found.end()) found.push_back(use.node);
    }
    return !v->uses().empty();
  };
  const auto& uses = picture->uses();
  const Node* only = uses.size() == 1 ? uses[0].node : nullptr;
  const bool turned = only && only->is("Transpose") && only->graph() == picture->graph() &&
                      only->ints_or("perm", {}) == std::vector<int64_t>{0, 3, 1, 2};
  if (!collect(turned ? only->output(0) : picture)) found.clear();
  return found;
}

bool pads_nothing(const std::vector<Node*>& convolutions) {
  return std::all_of(convolutions.begin(), convolutions.end(), [](const Node* n) {
    const std::string pad = n->string_or("auto_pad", "NOTSET");
    const std::vector<int64_t> pads = n->ints_or("pads", {});
    return pad == "VALID" ||
           (pad == "NOTSET" && std::all_of(pads.begin(), pads.end(), [](int64_t p) { return p == 0; }));
  });
}

Status fold_channels(const std::vector<Node*>& convolutions, const std::vector<int>& from,
                     const std::vector<float>& scale, const std::vector<float>& shift) {
  for (Node* n : convolutions) {
    const Tensor w = *n->input(1)->initializer();
    const auto channels = static_cast<int64_t>(from.size());
    if (w.dims()[1] != channels) {
      return Status::bad_input("surgery.preprocess",
                               "the first convolution reads " + std::to_string(w.dims()[1]) +
                                   " channels, the picture has " + std::to_string(channels));
    }
    const int64_t outputs = w.dims()[0], area = w.count() / std::max<int64_t>(1, outputs * channels);
    std::vector<float> weights(static_cast<size_t>(w.count()));
    std::vector<float> bias(static_cast<size_t>(outputs), 0.f);
    for (int64_t o = 0; o < outputs; ++o) {
      double sum = n->input(2) ? n->input(2)->initializer()->at<float>(o) : 0;
      for (int64_t i = 0; i < channels; ++i) {
        const auto c = static_cast<size_t>(from[static_cast<size_t>(i)]);
        for (int64_t k = 0; k < area; ++k) {
          const float old = w.at<float>((o * channels + static_cast<int64_t>(c)) * area + k);
          weights[static_cast<size_t>((o * channels + i) * area + k)] = old * scale[c];
          if (!shift.empty()) sum += static_cast<double>(old) * shift[c];
        }
      }
      bias[static_cast<size_t>(o)] = static_cast<float>(sum);
    }
    Graph& g = *n->graph();
    Value* old_weight = n->input(1);
    Value* old_bias = n->input(2);
    n->set_input(1, passes::add_constant(g, tensor_of(w.dims(), weights), old_weight->name() + "_picture"));
    if (!shift.empty()) {
      const std::string name = old_bias ? old_bias->name() + "_picture" : old_weight->name() + "_bias";
      n->set_input(2, passes::add_constant(g, tensor_of({outputs}, bias), name));
    }
    for (Value* v : {old_weight, old_bias}) {
      if (v && v->uses().empty() && !v->is_input())
        JETLINE_RETURN_IF_ERROR(v->graph()->remove_initializer(v));
    }
  }
  return Status();
}

}  // namespace jetline::surgery
