// What a rewrite sees, and the tools that rewrites share. A rewrite is one function that changes the places
// it was asked to change (FixContext::wanted) into operators that the target reads, and counts them; where a
// place cannot be rewritten it says why (FixContext::refuse) and leaves it. Outputs of the model stay what
// they were: exactly for rewrites marked so, else within rounding.
//
// One rewrite, or one family that shares a mechanism, is one file; registry.cpp lists all of them by the
// names that findings use. Growth is bounded: what would make a constant of more than kMaxFixConstant
// elements is refused with its size. Threads: as the Model. Ids: graph.* from editing (our bug when it
// happens).
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "jetline/fix/fix.h"
#include "jetline/graph/inference.h"
#include "jetline/passes/opset/step.h"

namespace jetline::fix {

constexpr int64_t kMaxFixConstant = int64_t{1} << 22;  // elements of one constant that a rewrite adds

struct FixContext {
  FixContext(Model& model, const FixOptions& options, int64_t max_opset);

  Model& model;
  const FixOptions& options;
  int64_t opset = 0;      // of ai.onnx; refresh() after it changed
  int64_t max_opset = 0;  // of the target's release; 0: not known
  std::unique_ptr<ShapeInference> inference;
  passes::opset::SharedInts shared;  // constants that rewrites add

  const char* rewrite = "";       // the one that runs
  std::set<std::string> plugins;  // that ship with the target's release
  std::set<std::string> places;   // node_label() of those to change; empty: wherever it applies
  std::vector<Refusal> refusals;
  std::vector<std::string> notes;  // for people: a profile to build with, a changed input
  // How to compare, where a rewrite changes what the outputs are (detector tails); empty: as all others.
  std::function<Difference(const Model& before, const Model& after)> proof;

  bool wanted(const Node& n) const;
  void refuse(const Node& n, std::string reason);
  // Types and facts anew, after a change of the whole model.
  void refresh();
};

// How findings name a node: its name, or "Resize producing 'x'" where it has none.
std::string node_label(const Node& n);

// The rewrites, each in a file of its own or in that of its family.
Result<int> run_batch_normalization_training(Model&, FixContext&);
Result<int> run_bit_shift(Model&, FixContext&);
Result<int> run_bool_through_int32(Model&, FixContext&);
Result<int> run_cast_like(Model&, FixContext&);
Result<int> run_celu(Model&, FixContext&);
Result<int> run_clamp_int64(Model&, FixContext&);
Result<int> run_compress(Model&, FixContext&);
Result<int> run_conv_bias(Model&, FixContext&);
Result<int> run_conv_transpose_pads(Model&, FixContext&);
Result<int> run_cum_sum(Model&, FixContext&);
Result<int> run_double_to_float(Model&, FixContext&);
Result<int> run_einsum(Model&, FixContext&);
Result<int> run_eye_like(Model&, FixContext&);
Result<int> run_fold_constants(Model&, FixContext&);
Result<int> run_gather_elements(Model&, FixContext&);
Result<int> run_gather_nd(Model&, FixContext&);
Result<int> run_gelu(Model&, FixContext&);
Result<int> run_grid_sample(Model&, FixContext&);
Result<int> run_group_normalization(Model&, FixContext&);
Result<int> run_hard_swish(Model&, FixContext&);
Result<int> run_hardmax(Model&, FixContext&);
Result<int> run_inline_constant_if(Model&, FixContext&);
Result<int> run_instance_normalization(Model&, FixContext&);
Result<int> run_int_through_float(Model&, FixContext&);
Result<int> run_is_inf(Model&, FixContext&);
Result<int> run_is_nan(Model&, FixContext&);
Result<int> run_layer_normalization(Model&, FixContext&);
Result<int> run_lp_normalization(Model&, FixContext&);
Result<int> run_lp_pool(Model&, FixContext&);
Result<int> run_max_pool_indices(Model&, FixContext&);
Result<int> run_mean_variance_normalization(Model&, FixContext&);
Result<int> run_mish(Model&, FixContext&);
Result<int> run_mod(Model&, FixContext&);
Result<int> run_noop_reduction(Model&, FixContext&);
Result<int> run_one_hot(Model&, FixContext&);
Result<int> run_opset_down(Model&, FixContext&);
Result<int> run_or_equal(Model&, FixContext&);
Result<int> run_pad_mode(Model&, FixContext&);
Result<int> run_pad_value(Model&, FixContext&);
Result<int> run_pool_ceil_mode(Model&, FixContext&);
Result<int> run_pool_dilations(Model&, FixContext&);
Result<int> run_pool_pads(Model&, FixContext&);
Result<int> run_quantization_zero_point(Model&, FixContext&);
Result<int> run_range(Model&, FixContext&);
Result<int> run_reduce_axes_to_attribute(Model&, FixContext&);
Result<int> run_resize_antialias(Model&, FixContext&);
Result<int> run_resize_apart(Model&, FixContext&);
Result<int> run_resize_axes(Model&, FixContext&);
Result<int> run_resize_coordinates(Model&, FixContext&);
Result<int> run_resize_crop(Model&, FixContext&);
Result<int> run_resize_cubic(Model&, FixContext&);
Result<int> run_resize_to_scales(Model&, FixContext&);
Result<int> run_reverse_sequence(Model&, FixContext&);
Result<int> run_rms_normalization(Model&, FixContext&);
Result<int> run_round(Model&, FixContext&);
Result<int> run_scatter_elements(Model&, FixContext&);
Result<int> run_scatter_nd(Model&, FixContext&);
Result<int> run_shrink(Model&, FixContext&);
Result<int> run_sign(Model&, FixContext&);
Result<int> run_size(Model&, FixContext&);
Result<int> run_small_int_through_int32(Model&, FixContext&);
Result<int> run_split_to_slices(Model&, FixContext&);
Result<int> run_static_sequences(Model&, FixContext&);
Result<int> run_static_shapes(Model&, FixContext&);
Result<int> run_swish(Model&, FixContext&);
Result<int> run_tail_batched_nms(Model&, FixContext&);
Result<int> run_tail_cut(Model&, FixContext&);
Result<int> run_tail_efficient_nms(Model&, FixContext&);
Result<int> run_thresholded_relu(Model&, FixContext&);
Result<int> run_top_k(Model&, FixContext&);
Result<int> run_trilu(Model&, FixContext&);
Result<int> run_uint8_input(Model&, FixContext&);
Result<int> run_uint8_through_float(Model&, FixContext&);
Result<int> run_unroll_loop(Model&, FixContext&);
Result<int> run_xor(Model&, FixContext&);
Result<int> run_conv_kernel_shape(Model&, FixContext&);
Result<int> run_matmul_vector(Model&, FixContext&);
Result<int> run_rnn_layout(Model&, FixContext&);
Result<int> run_split_sizes(Model&, FixContext&);
Result<int> run_clip(Model&, FixContext&);
Result<int> run_cast_type(Model&, FixContext&);
Result<int> run_opset_up(Model&, FixContext&);
Result<int> run_inline_functions(Model&, FixContext&);

}  // namespace jetline::fix
