// What feeds a model in TensorFlow and cannot be in an ONNX model: strings, files, records, pipelines,
// queues.
#include "jetline/importers/tensorflow/ops/refused.h"

namespace jetline::tf {
namespace {

const RefusedGroup kRefusedInput[] = {
    {"a string operator; ONNX models for boards compute no strings; cut the model behind it: export a "
     "signature that takes numbers (token ids, class indices)",
     "AsString DecodeBase64 EditDistance EncodeBase64 Fingerprint ReduceJoin RegexFullMatch "
     "RegexReplace Skipgram StaticRegexFullMatch StaticRegexReplace StringFormat StringJoin "
     "StringLength StringLower StringNGrams StringSplit StringSplitV2 StringStrip "
     "StringToHashBucket StringToHashBucketFast StringToHashBucketStrong StringToNumber "
     "StringUpper Substr UnicodeDecode UnicodeDecodeWithOffsets UnicodeEncode UnicodeScript "
     "UnicodeTranscode UnsortedSegmentJoin _TensorToHashBucketFast"},
    {"decodes or encodes an image file; a runtime for boards takes pixels; export a signature that takes the "
     "decoded image",
     "DecodeAndCropJpeg DecodeBmp DecodeGif DecodeImage DecodeJpeg DecodePng EncodeJpeg "
     "EncodeJpegVariableQuality EncodePng ExtractJpegShape"},
    {"parses or writes records (tf.Example, CSV, JSON, protocol buffers); export a signature that takes "
     "plain tensors instead of serialized examples",
     "DecodeCSV DecodeCompressed DecodeJSONExample DecodePaddedRaw DecodeProtoV2 DecodeRaw "
     "DeserializeManySparse DeserializeSparse EncodeProto ParseExample ParseExampleDataset "
     "ParseExampleDatasetV2 ParseExampleV2 ParseSequenceExample ParseSequenceExampleV2 "
     "ParseSingleExample ParseSingleSequenceExample ParseTensor SerializeManySparse "
     "SerializeSparse SerializeTensor"},
    {"reads, writes or analyses sound; export a signature that takes the features (a spectrogram), and "
     "compute them outside",
     "AudioMicrofrontend AudioSpectrogram DecodeWav EncodeWav Mfcc"},
    {"reads or writes files; leave it out of the export; a model computes from its inputs alone",
     "DistributedSave FileSystemSetConfiguration FixedLengthRecordReader FixedLengthRecordReaderV2 "
     "GenerateVocabRemapping IdentityReader IdentityReaderV2 ImmutableConst LMDBReader "
     "LoadAndRemapMatrix MatchingFiles MergeV2Checkpoints ReadFile ReaderNumRecordsProduced "
     "ReaderNumRecordsProducedV2 ReaderNumWorkUnitsCompleted ReaderNumWorkUnitsCompletedV2 "
     "ReaderRead ReaderReadUpTo ReaderReadUpToV2 ReaderReadV2 ReaderReset ReaderResetV2 "
     "ReaderRestoreState ReaderRestoreStateV2 ReaderSerializeState ReaderSerializeStateV2 Restore "
     "RestoreSlice RestoreV2 Save SaveSlices SaveV2 ShardedFilename ShardedFilespec "
     "SnapshotDatasetReader SnapshotNestedDatasetReader TFRecordReader TFRecordReaderV2 "
     "TextLineReader TextLineReaderV2 WholeFileReader WholeFileReaderV2 WriteFile"},
    {"belongs to a tf.data pipeline; export the function that takes one batch of tensors",
     "AnonymousIterator AnonymousIteratorV2 AnonymousIteratorV3 AnonymousMemoryCache "
     "AnonymousMultiDeviceIterator AnonymousMultiDeviceIteratorV3 AnonymousRandomSeedGenerator "
     "AnonymousSeedGenerator AssertCardinalityDataset AssertNextDataset AssertPrevDataset "
     "AutoShardDataset BatchDataset BatchDatasetV2 BytesProducedStatsDataset CSVDataset "
     "CSVDatasetV2 CacheDataset CacheDatasetV2 ChooseFastestBranchDataset ChooseFastestDataset "
     "CompressElement ConcatenateDataset DataServiceDataset DataServiceDatasetV2 "
     "DataServiceDatasetV3 DataServiceDatasetV4 DatasetCardinality DatasetFromGraph DatasetToGraph "
     "DatasetToGraphV2 DatasetToSingleElement DatasetToTFRecord DeleteIterator DeleteMemoryCache "
     "DeleteMultiDeviceIterator DeleteRandomSeedGenerator DeleteSeedGenerator "
     "DenseToSparseBatchDataset DeserializeIterator DirectedInterleaveDataset "
     "DummyIterationCounter DummyMemoryCache DummySeedGenerator ExperimentalAssertNextDataset "
     "ExperimentalAutoShardDataset ExperimentalBytesProducedStatsDataset ExperimentalCSVDataset "
     "ExperimentalChooseFastestDataset ExperimentalDatasetCardinality "
     "ExperimentalDatasetToTFRecord ExperimentalDenseToSparseBatchDataset "
     "ExperimentalDirectedInterleaveDataset ExperimentalGroupByReducerDataset "
     "ExperimentalGroupByWindowDataset ExperimentalIgnoreErrorsDataset "
     "ExperimentalIteratorGetDevice ExperimentalLMDBDataset ExperimentalLatencyStatsDataset "
     "ExperimentalMapAndBatchDataset ExperimentalMapDataset ExperimentalMatchingFilesDataset "
     "ExperimentalMaxIntraOpParallelismDataset ExperimentalNonSerializableDataset "
     "ExperimentalParallelInterleaveDataset ExperimentalParseExampleDataset "
     "ExperimentalPrivateThreadPoolDataset ExperimentalRandomDataset ExperimentalRebatchDataset "
     "ExperimentalScanDataset ExperimentalSetStatsAggregatorDataset ExperimentalSleepDataset "
     "ExperimentalSlidingWindowDataset ExperimentalSqlDataset ExperimentalStatsAggregatorHandle "
     "ExperimentalTakeWhileDataset ExperimentalThreadPoolDataset ExperimentalThreadPoolHandle "
     "ExperimentalUnbatchDataset ExperimentalUniqueDataset FilterByLastComponentDataset "
     "FilterDataset FinalizeDataset FixedLengthRecordDataset FixedLengthRecordDatasetV2 "
     "FlatMapDataset GeneratorDataset GetElementAtIndex GroupByReducerDataset GroupByWindowDataset "
     "IgnoreErrorsDataset InitializeTableFromDataset InterleaveDataset Iterator "
     "IteratorFromStringHandle IteratorFromStringHandleV2 IteratorGetDevice IteratorGetNext "
     "IteratorGetNextAsOptional IteratorGetNextSync IteratorToStringHandle IteratorV2 LMDBDataset "
     "LatencyStatsDataset LegacyParallelInterleaveDatasetV2 ListDataset LoadDataset MakeIterator "
     "MapAndBatchDataset MapDataset MatchingFilesDataset MaxIntraOpParallelismDataset ModelDataset "
     "MultiDeviceIterator MultiDeviceIteratorFromStringHandle MultiDeviceIteratorGetNextFromShard "
     "MultiDeviceIteratorInit MultiDeviceIteratorToStringHandle NonSerializableDataset "
     "OneShotIterator OptimizeDataset OptimizeDatasetV2 OptionalFromValue OptionalGetValue "
     "OptionalHasValue OptionalNone OptionsDataset PaddedBatchDataset PaddedBatchDatasetV2 "
     "ParallelBatchDataset ParallelFilterDataset ParallelInterleaveDataset "
     "ParallelInterleaveDatasetV2 ParallelInterleaveDatasetV3 ParallelInterleaveDatasetV4 "
     "ParallelMapDataset ParallelMapDatasetV2 PrefetchDataset PrivateThreadPoolDataset "
     "RandomDataset RandomDatasetV2 RangeDataset RebatchDataset RebatchDatasetV2 ReduceDataset "
     "RegisterDataset RegisterDatasetV2 RepeatDataset RewriteDataset SamplingDataset SaveDataset "
     "SaveDatasetV2 ScanDataset SerializeIterator SetStatsAggregatorDataset ShardDataset "
     "ShuffleAndRepeatDataset ShuffleAndRepeatDatasetV2 ShuffleDataset ShuffleDatasetV2 "
     "ShuffleDatasetV3 SkipDataset SleepDataset SlidingWindowDataset SnapshotChunkDataset "
     "SnapshotDataset SnapshotDatasetV2 SparseTensorSliceDataset SqlDataset StatsAggregatorHandle "
     "StatsAggregatorHandleV2 TFRecordDataset TFRecordDatasetV2 TakeDataset TakeWhileDataset "
     "TensorDataset TensorSliceDataset TextLineDataset ThreadPoolDataset ThreadPoolHandle "
     "UnbatchDataset UncompressElement UniqueDataset UnwrapDatasetVariant WindowDataset "
     "WrapDatasetVariant ZipDataset"},
    {"belongs to an input queue, a staging area or a shared lock; export a graph for inference, whose inputs "
     "are placeholders",
     "AccumulatorApplyGradient AccumulatorNumAccumulated AccumulatorSetGlobalStep "
     "AccumulatorTakeGradient Barrier BarrierClose BarrierIncompleteSize BarrierInsertMany "
     "BarrierReadySize BarrierTakeMany Batch BatchFunction ConditionalAccumulator ConsumeMutexLock "
     "DynamicEnqueueTPUEmbeddingArbitraryTensorBatch DynamicEnqueueTPUEmbeddingRaggedTensorBatch "
     "EnqueueTPUEmbeddingArbitraryTensorBatch EnqueueTPUEmbeddingBatch "
     "EnqueueTPUEmbeddingIntegerBatch EnqueueTPUEmbeddingRaggedTensorBatch "
     "EnqueueTPUEmbeddingSparseBatch EnqueueTPUEmbeddingSparseTensorBatch FIFOQueue FIFOQueueV2 "
     "FakeParam FakeQueue MapClear MapIncompleteSize MapPeek MapSize MapStage MapUnstage "
     "MapUnstageNoKey MutexLock MutexV2 OrderedMapClear OrderedMapIncompleteSize OrderedMapPeek "
     "OrderedMapSize OrderedMapStage OrderedMapUnstage OrderedMapUnstageNoKey PaddingFIFOQueue "
     "PaddingFIFOQueueV2 PriorityQueue PriorityQueueV2 QueueClose QueueCloseV2 QueueDequeue "
     "QueueDequeueMany QueueDequeueManyV2 QueueDequeueUpTo QueueDequeueUpToV2 QueueDequeueV2 "
     "QueueEnqueue QueueEnqueueMany QueueEnqueueManyV2 QueueEnqueueV2 QueueIsClosed "
     "QueueIsClosedV2 QueueSize QueueSizeV2 RandomShuffleQueue RandomShuffleQueueV2 RecordInput "
     "ResourceAccumulatorApplyGradient ResourceAccumulatorNumAccumulated "
     "ResourceAccumulatorSetGlobalStep ResourceAccumulatorTakeGradient "
     "ResourceConditionalAccumulator SparseAccumulatorApplyGradient SparseAccumulatorTakeGradient "
     "SparseConditionalAccumulator Stage StageClear StagePeek StageSize Unbatch UnbatchGrad "
     "Unstage"},
    {"calls Python code, which is not in the file; write that part with TensorFlow operators, or cut the "
     "model there",
     "EagerPyFunc PyFunc PyFuncStateless"},
};
}  // namespace

Span<const RefusedGroup> refused_input() {
  return {kRefusedInput, sizeof(kRefusedInput) / sizeof(RefusedGroup)};
}
}  // namespace jetline::tf
