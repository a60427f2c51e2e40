// The passes in the order in which a round runs them.
#include "jetline/passes/pass.h"

namespace jetline::passes {
namespace {

const Pass kRegistryPasses[] = {
    {"listed-constants",
     "In files that list every constant among the inputs, as IR version 3 demanded, those listings go, and "
     "the "
     "IR version becomes 4 at least.",
     false, false, run_listed_constants},
    {"dead-code", "Nodes and initialisers that no output needs are removed.", false, false, run_dead_code},
    {"identities",
     "Operators that give back their input (Identity, Dropout at inference, Cast to the same type, no-op "
     "Reshape, Transpose, Pad, Slice, Expand, Concat of one, x*1, x+0, …) are bypassed.",
     false, false, run_identities},
    {"constant-folding",
     "Nodes whose inputs are all constant become constants, unless the file would grow by more than a limit.",
     false, false, run_constant_folding},
    {"shape-folding", "Values whose integer content follows from known shapes become constants.", false,
     false, run_shape_folding},
    {"constant-branches",
     "An If whose condition is known becomes the branch that is taken, and what only the other one used "
     "goes.",
     false, false, run_constant_branches},
    {"unroll-loops",
     "A Loop whose turns can be told becomes those turns: always one turn or none, more where all of them "
     "together are a few nodes.",
     false, false, run_unroll_loops},
    {"common-subexpressions",
     "Equal nodes with equal inputs are computed once; initialisers of equal content are stored once.", false,
     false, run_common_subexpressions},
    {"reshape-chains",
     "Of Reshape, Flatten, Squeeze and Unsqueeze in a row only the last one reshapes; computed shapes that "
     "follow "
     "from the types become constants.",
     false, false, run_reshape_chains},
    {"concat-reshapes",
     "Transposed heads that are reshaped one by one and joined are joined first and reshaped once.", false,
     false, run_concat_reshapes},
    {"transpose-chains", "Transposes in a row become one, or none.", false, false, run_transpose_chains},
    {"layout",
     "The memory layout of every part of the graph is chosen so that the least data is transposed (a minimum "
     "cut); transposes on constants are applied to them.",
     false, false, run_layout},
    {"dense-rows",
     "A Transpose that is flattened into a MatMul or Gemm with constant weights is applied to the rows of "
     "the "
     "weights instead.",
     true, false, run_dense_rows},
    {"fuse-pad", "A Pad becomes the padding of the Conv or pooling that reads it.", false, false,
     run_fuse_pad},
    {"fuse-batch-norm",
     "BatchNormalization, and Mul, Div, Add and Sub with one number a channel, go into weights and bias of "
     "the "
     "Conv, ConvTranspose, Gemm, MatMul or BatchNormalization before; weights that others share are not "
     "copied.",
     true, false, run_fuse_batch_norm},
    {"fuse-scale-before",
     "BatchNormalization, and Mul, Div, Add and Sub with one number a channel, go into weights and bias of "
     "the "
     "Conv, ConvTranspose, Gemm or MatMul behind, shifts only where nothing is padded.",
     true, false, run_fuse_scale_before},
    {"merge-scales",
     "Mul, Div, Add and Sub with constants, in a row, become one Mul, one Add, or a Mul and an Add.", true,
     false, run_merge_scales},
    {"fuse-gemm", "MatMul of matrices and Add of a bias become Gemm.", true, false, run_fuse_gemm},
    {"merge-clips", "Relu, Clip, and Min and Max with a number, in a row become one.", false, false,
     run_merge_clips},
    {"recognise-activations",
     "Written-out HardSigmoid, Softplus, HardSwish (opset 14), Mish (18) and Gelu (20) become those "
     "operators.",
     true, false, run_recognise_activations},
    {"recognise-layer-norm",
     "A written-out layer normalisation over the last axis becomes LayerNormalization (opset 17).", true,
     false, run_recognise_layer_norm},
    {"merge-slices", "A Slice of a Slice along other axes becomes one Slice.", false, false,
     run_merge_slices},
    {"canonical-slice",
     "Slices with constant bounds get one form: int64, axes in ascending order, no steps of 1, bounds inside "
     "of "
     "dimensions that are known and of int32 elsewhere.",
     false, false, run_canonical_slice},
    {"canonical-resize",
     "Sizes of a Resize that are exact multiples become scales, what its mode does not read goes, and "
     "coordinate "
     "modes that say the same become the commonest one.",
     false, false, run_canonical_resize},
    {"merge-casts",
     "A Cast of a Cast becomes one where the type between holds every value; indices are taken as they are.",
     false, false, run_merge_casts},
    {"narrow-integers",
     "int64 arithmetic on indices that are known to fit is done in int32, where that takes no more Casts "
     "than it "
     "removes.",
     false, true, run_narrow_integers, true},
    {"transpose-as-reshape", "A Transpose that moves only axes of size 1 becomes a Reshape.", false, true,
     run_transpose_as_reshape},
};

}  // namespace

Span<const Pass> all_passes() {
  return {kRegistryPasses, sizeof(kRegistryPasses) / sizeof(Pass)};
}

const Pass* find_pass(std::string_view name) {
  for (const Pass& p : all_passes()) {
    if (name == p.name) return &p;
  }
  return nullptr;
}

}  // namespace jetline::passes
