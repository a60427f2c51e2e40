// The rewrites in the order in which one round of the chooser applies those that findings name: what makes
// facts known first (shapes, branches, constants), then detector tails, so that nothing in them is rewritten
// in vain, then the operator set, types and operators.
#include "jetline/fix/rewrite.h"

namespace jetline::fix {
namespace {

const Rewrite kFixRewrites[] = {
    // --- what is known, and in which version of the operator set it is said
    {"static-shapes",
     "Open dimensions of the inputs get numbers: the batch asked for (1 by itself), picture sizes from the "
     "card, others 1.",
     true, run_static_shapes},
    {"inline-constant-if", "An If of known condition becomes the branch that it takes.", true,
     run_inline_constant_if},
    {"unroll-loop",
     "A Loop of known count, and a Scan of known length, become their turns one after another.", true,
     run_unroll_loop},
    {"inline-functions", "Calls of functions that the model defines become the functions' nodes.", true,
     run_inline_functions},
    {"static-sequences", "Sequences of known length become the tensors in them.", true, run_static_sequences},
    {"fold-constants",
     "What follows from constants and known shapes becomes constant, and no-ops (Identity, Dropout at "
     "inference) go.",
     true, run_fold_constants},
    // --- detector tails: NonMaxSuppression and what gathers by it
    {"tail-efficient-nms", "The tail behind boxes and scores becomes the plugin EfficientNMS_TRT.", true,
     run_tail_efficient_nms},
    {"tail-batched-nms", "The tail behind boxes and scores becomes the plugin BatchedNMSDynamic_TRT.", true,
     run_tail_batched_nms},
    {"tail-cut",
     "The model ends with boxes and scores; suppression is done by the head that the card then names.", true,
     run_tail_cut},
    // --- the operator set
    {"opset-up", "Broadcasting as before operator set 7 is said as it is said since.", true, run_opset_up},
    {"opset-down", "The model is written in the newest operator set that the release reads.", false,
     run_opset_down},
    {"reduce-axes-to-attribute",
     "The model is written in operator set 17, where reductions have their axes as an attribute.", false,
     run_reduce_axes_to_attribute},
    {"noop-reduction", "A reduction over no axes (noop_with_empty_axes) becomes what it does to one element.",
     true, run_noop_reduction},
    // --- element types
    {"uint8-input", "Inputs of bytes take the same numbers as floats.", true, run_uint8_input},
    {"uint8-through-float",
     "Bytes that are only moved about before they become floats are floats from the start.", true,
     run_uint8_through_float},
    {"double-to-float", "Doubles become floats, where their constants fit.", false, run_double_to_float},
    {"clamp-int64",
     "64-bit constants beyond 32 bits that mean 'to the end' or 'without limit' get the ends of 32 bits; "
     "others are refused by name.",
     true, run_clamp_int64},
    {"bool-through-int32", "Operators that move or choose conditions do so with integers 0 and 1.", true,
     run_bool_through_int32},
    {"int-through-float",
     "Operators that take no integers work on floats, where the integers are known to fit 24 bits.", true,
     run_int_through_float},
    {"small-int-through-int32", "8- and 16-bit integers are computed in 32 bits and cut again.", true,
     run_small_int_through_int32},
    {"cast-type", "Casts to small integers that a release does not have are computed in 32 bits.", true,
     run_cast_type},
    {"clip", "Limits of element types that Clip does not take are applied in one that it takes.", true,
     run_clip},
    {"quantization-zero-point",
     "Zero points: bytes around 128 become signed bytes around 0, other ones are computed in floats.", true,
     run_quantization_zero_point},
    // --- operators
    {"einsum", "Einsum becomes transposes, reductions and matrix products.", false, run_einsum},
    {"grid-sample", "GridSample becomes Gathers of the neighbours, weighted and added.", false,
     run_grid_sample},
    {"gather-nd", "GatherND becomes a Gather on the tensor with its leading axes made one.", true,
     run_gather_nd},
    {"gather-elements", "GatherElements becomes a Gather on the flattened tensor.", true,
     run_gather_elements},
    {"scatter-nd",
     "ScatterND with constant indices becomes one Gather from data and updates (reductions: one for each "
     "repetition); computed indices are compared with every place.",
     false, run_scatter_nd},
    {"scatter-elements", "Scatter and ScatterElements, as scatter-nd on single elements.", false,
     run_scatter_elements},
    {"compress", "Compress by a constant condition becomes a Gather.", true, run_compress},
    {"one-hot", "OneHot becomes a comparison with 0, 1, 2, … and a choice.", true, run_one_hot},
    {"eye-like", "EyeLike of known shape becomes a constant.", true, run_eye_like},
    {"reverse-sequence", "ReverseSequence becomes a Gather by computed places.", true, run_reverse_sequence},
    {"top-k",
     "TopK: a K that follows from shapes becomes constant, unsorted results are sorted, whole "
     "numbers that fit 24 bits are compared as floats.",
     true, run_top_k},
    {"layer-normalization", "LayerNormalization becomes means, differences and a division.", false,
     run_layer_normalization},
    {"rms-normalization", "RMSNormalization becomes a mean of squares and a division.", false,
     run_rms_normalization},
    {"group-normalization", "GroupNormalization becomes InstanceNormalization over groups.", false,
     run_group_normalization},
    {"instance-normalization", "InstanceNormalization becomes means, differences and a division.", false,
     run_instance_normalization},
    {"mean-variance-normalization", "MeanVarianceNormalization becomes means, differences and a division.",
     false, run_mean_variance_normalization},
    {"lp-normalization", "LpNormalization becomes a division by ReduceL1 or ReduceL2.", false,
     run_lp_normalization},
    {"batch-normalization-training",
     "BatchNormalization by the statistics of its own batch becomes means, differences and a division.",
     false, run_batch_normalization_training},
    {"hard-swish", "HardSwish becomes x * HardSigmoid(x).", false, run_hard_swish},
    {"gelu", "Gelu becomes Erf or Tanh and arithmetic.", false, run_gelu},
    {"mish", "Mish becomes x * Tanh(Softplus(x)).", false, run_mish},
    {"celu", "Celu becomes a scaled Elu.", false, run_celu},
    {"swish", "Swish becomes x * Sigmoid(alpha * x).", false, run_swish},
    {"shrink", "Shrink becomes comparisons and choices.", true, run_shrink},
    {"thresholded-relu", "ThresholdedRelu becomes a comparison and a choice.", true, run_thresholded_relu},
    {"hardmax", "Hardmax becomes ArgMax, compared with 0, 1, 2, ….", true, run_hardmax},
    {"mod", "Mod becomes a division without remainder, a product and a difference.", false, run_mod},
    {"round", "Round becomes Floor and comparisons, halves to the even side.", true, run_round},
    {"sign", "Sign becomes two comparisons.", true, run_sign},
    {"is-nan", "IsNaN: neither above 0 nor below 1.", true, run_is_nan},
    {"is-inf", "IsInf: beyond the greatest finite number.", true, run_is_inf},
    {"xor", "Xor: one of the two, but not both.", true, run_xor},
    {"or-equal", "GreaterOrEqual and LessOrEqual become two comparisons.", true, run_or_equal},
    {"cum-sum", "CumSum becomes a product with a triangle of ones.", false, run_cum_sum},
    {"trilu", "Trilu becomes a choice by a constant mask.", true, run_trilu},
    {"range", "Range: constants where its ends are known, else counted in 32-bit integers.", false,
     run_range},
    {"size", "Size becomes the product of Shape.", true, run_size},
    {"cast-like", "CastLike becomes Cast.", true, run_cast_like},
    {"bit-shift", "BitShift by a constant becomes a multiplication or division.", true, run_bit_shift},
    // --- Resize
    {"resize-coordinates",
     "Resize in a coordinate mode that is not read: nearest in the usual one where it picks the same "
     "elements, else by Gather; linear by constant weights.",
     false, run_resize_coordinates},
    {"resize-cubic", "Cubic Resize becomes products with constant weights.", false, run_resize_cubic},
    {"resize-antialias", "Resize with antialiasing becomes products with constant weights.", false,
     run_resize_antialias},
    {"resize-axes", "Resize of some axes (axes, keep_aspect_ratio_policy) says scales for all.", true,
     run_resize_axes},
    {"resize-crop", "Resize with tf_crop_and_resize becomes products with constant weights.", false,
     run_resize_crop},
    {"resize-to-scales", "Resize to sizes that are known says constant scales.", true, run_resize_to_scales},
    {"resize-apart", "Resize of known sizes becomes Gathers, or products with constant weights.", false,
     run_resize_apart},
    // --- padding and pooling
    {"pad-mode", "Pad by edge, reflection or wrapping becomes Gather.", true, run_pad_mode},
    {"pad-value", "Pad with a number becomes Concat with constants.", true, run_pad_value},
    {"pool-pads",
     "Uneven padding of a pooling becomes a Pad before it (averages are corrected by a constant).", false,
     run_pool_pads},
    {"pool-dilations", "A pooling with dilations becomes a Gather and a pooling without.", false,
     run_pool_dilations},
    {"pool-ceil-mode", "A pooling that rounds its size up gets the padding that this means.", false,
     run_pool_ceil_mode},
    {"max-pool-indices", "An output of MaxPool that nothing reads goes.", true, run_max_pool_indices},
    {"lp-pool", "LpPool and GlobalLpPool become powers and averages.", false, run_lp_pool},
    {"conv-transpose-pads", "Padding and output_padding of ConvTranspose become a Slice behind it.", true,
     run_conv_transpose_pads},
    {"conv-bias", "A bias of Conv that is no constant is added behind it.", false, run_conv_bias},
    {"conv-kernel-shape", "Conv says the size of its kernel.", true, run_conv_kernel_shape},
    {"matmul-vector", "A vector in MatMul becomes a matrix of one row or column.", true, run_matmul_vector},
    {"rnn-layout", "Recurrent layers that take the batch first are given the time first.", true,
     run_rnn_layout},
    {"split-sizes", "Split into parts that are not all equal says their sizes.", true, run_split_sizes},
    {"split-to-slices", "Split becomes Slices.", true, run_split_to_slices},
};

}  // namespace

Span<const Rewrite> all_rewrites() {
  return {kFixRewrites, sizeof kFixRewrites / sizeof *kFixRewrites};
}

const Rewrite* find_rewrite(std::string_view name) {
  for (const Rewrite& r : all_rewrites()) {
    if (name == r.name) return &r;
  }
  return nullptr;
}

}  // namespace jetline::fix
