// Computations that ONNX has no form for.
#include "jetline/importers/tensorflow/ops/refused.h"

namespace jetline::tf {
namespace {

const RefusedGroup kRefusedNumeric[] = {
    {"computes with complex numbers, which boards lack; compute the transform outside of the model, or write "
     "it as a product with a constant matrix",
     "Angle BatchFFT BatchFFT2D BatchFFT3D BatchIFFT BatchIFFT2D BatchIFFT3D Complex ComplexAbs "
     "FFT FFT2D FFT3D FFTND IFFT IFFT2D IFFT3D IFFTND IRFFT IRFFT2D IRFFT3D IRFFTND Imag RFFT "
     "RFFT2D RFFT3D RFFTND"},
    {"decomposes a matrix; ONNX has no such operator; fold it into constants before the export",
     "BandedTriangularSolve BatchCholeskyGrad BatchMatrixSolveLs BatchSelfAdjointEig "
     "BatchSelfAdjointEigV2 BatchSvd CholeskyGrad Eig Lu MatrixExponential MatrixLogarithm "
     "MatrixSolveLs MatrixSquareRoot Qr SelfAdjointEig SelfAdjointEigV2 Svd TridiagonalMatMul "
     "TridiagonalSolve"},
    {"a special function that ONNX lacks; fold it into constants before the export",
     "BesselJ0 BesselJ1 BesselK0 BesselK0e BesselK1 BesselK1e BesselY0 BesselY1 Betainc Dawsn "
     "Expint FresnelCos FresnelSin Igamma IgammaGradA Igammac NextAfter Polygamma RandomGammaGrad "
     "Spence Zeta"},
    {"decodes or scores label sequences (CTC); cut the model at the logits and decode outside",
     "CTCBeamSearchDecoder CTCGreedyDecoder CTCLoss CTCLossV2"},
    {"computes with sparse tensors whose sizes depend on the data; use dense tensors",
     "AddManySparseToTensorsMap AddSparseToTensorsMap CSRSparseMatrixComponents "
     "CSRSparseMatrixToDense CSRSparseMatrixToSparseTensor DenseCountSparseOutput "
     "DenseToCSRSparseMatrix DenseToDenseSetOperation DenseToSparseSetOperation SetSize SparseAdd "
     "SparseBincount SparseCountSparseOutput SparseCross SparseCrossHashed SparseCrossV2 "
     "SparseMatrixAdd SparseMatrixMatMul SparseMatrixMul SparseMatrixNNZ SparseMatrixOrderingAMD "
     "SparseMatrixSoftmax SparseMatrixSparseCholesky SparseMatrixSparseMatMul "
     "SparseMatrixTranspose SparseMatrixZeros SparseReduceMaxSparse SparseReduceSumSparse "
     "SparseSparseMaximum SparseSparseMinimum SparseSplit SparseTensorToCSRSparseMatrix "
     "SparseToSparseSetOperation TakeManySparseFromTensorsMap"},
    {"makes ragged tensors whose sizes depend on the data; pad to dense tensors",
     "RaggedBincount RaggedCountSparseOutput RaggedCross RaggedFillEmptyRows "
     "RaggedTensorFromVariant RaggedTensorToVariant"},
    {"belongs to TensorFlow's old quantized kernels; export the float model, and quantize the ONNX file",
     "QuantizedBatchNormWithGlobalNormalization QuantizedConcatV2 QuantizedConv2DAndRelu "
     "QuantizedConv2DAndReluAndRequantize QuantizedConv2DAndRequantize QuantizedConv2DPerChannel "
     "QuantizedConv2DWithBias QuantizedConv2DWithBiasAndRelu "
     "QuantizedConv2DWithBiasAndReluAndRequantize QuantizedConv2DWithBiasAndRequantize "
     "QuantizedConv2DWithBiasSignedSumAndReluAndRequantize QuantizedConv2DWithBiasSumAndRelu "
     "QuantizedConv2DWithBiasSumAndReluAndRequantize QuantizedDepthwiseConv2D "
     "QuantizedDepthwiseConv2DWithBias QuantizedDepthwiseConv2DWithBiasAndRelu "
     "QuantizedDepthwiseConv2DWithBiasAndReluAndRequantize QuantizedInstanceNorm "
     "QuantizedMatMulWithBias QuantizedMatMulWithBiasAndDequantize QuantizedMatMulWithBiasAndRelu "
     "QuantizedMatMulWithBiasAndReluAndRequantize QuantizedMatMulWithBiasAndRequantize "
     "QuantizedReluX QuantizedResizeBilinear RequantizationRangePerChannel RequantizePerChannel "
     "UniformDequantize UniformQuantize UniformQuantizedAdd UniformQuantizedClipByValue "
     "UniformQuantizedConvolution UniformQuantizedConvolutionHybrid UniformQuantizedDot "
     "UniformQuantizedDotHybrid UniformRequantize"},
    {"belongs to boosted trees or linear optimizers on sparse features; convert such a model with a "
     "converter for decision trees",
     "BoostedTreesAggregateStats BoostedTreesBucketize BoostedTreesCalculateBestFeatureSplit "
     "BoostedTreesCalculateBestFeatureSplitV2 BoostedTreesCalculateBestGainsPerFeature "
     "BoostedTreesCenterBias BoostedTreesCreateEnsemble BoostedTreesCreateQuantileStreamResource "
     "BoostedTreesDeserializeEnsemble BoostedTreesEnsembleResourceHandleOp "
     "BoostedTreesExampleDebugOutputs BoostedTreesFlushQuantileSummaries "
     "BoostedTreesGetEnsembleStates BoostedTreesMakeQuantileSummaries BoostedTreesPredict "
     "BoostedTreesQuantileStreamResourceAddSummaries BoostedTreesQuantileStreamResourceDeserialize "
     "BoostedTreesQuantileStreamResourceFlush "
     "BoostedTreesQuantileStreamResourceGetBucketBoundaries "
     "BoostedTreesQuantileStreamResourceHandleOp BoostedTreesSerializeEnsemble "
     "BoostedTreesSparseAggregateStats BoostedTreesSparseCalculateBestFeatureSplit "
     "BoostedTreesTrainingPredict BoostedTreesUpdateEnsemble BoostedTreesUpdateEnsembleV2 "
     "IsBoostedTreesEnsembleInitialized IsBoostedTreesQuantileStreamResourceInitialized SdcaFprint "
     "SdcaOptimizer SdcaOptimizerV2 SdcaShrinkL1"},
};
}  // namespace

Span<const RefusedGroup> refused_numeric() {
  return {kRefusedNumeric, sizeof(kRefusedNumeric) / sizeof(RefusedGroup)};
}
}  // namespace jetline::tf
