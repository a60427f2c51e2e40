"""TensorList and TensorArray, straight lines of them (loops over them: control.py, rnn.py)."""
import numpy as np

from builder import raw, tf

F32, I = np.float32, np.int32
TF32 = tf.float32


def vec(*a, dtype=I):
    return np.array(a, dtype)


def make(add):
    def filled(g, n=3, shape=(2,)):
        h = raw.TensorListReserve(element_shape=vec(*shape), num_elements=I(n), element_dtype=TF32)
        for i in range(n):
            h = raw.TensorListSetItem(input_handle=h, index=I(i), item=g.input(g.normal(*shape)))
        return h

    def stack(h, shape=(2,)):
        return raw.TensorListStack(input_handle=h, element_shape=vec(*shape) if shape is not None else I(-1), element_dtype=TF32)
    for op in ["TensorListReserve", "TensorListSetItem", "TensorListStack"]:
        add(op, "three", lambda g: stack(filled(g)))
        add(op, "scalars", lambda g: stack(filled(g, 4, ()), ()))

    def holes(g):
        h = raw.TensorListReserve(element_shape=vec(2), num_elements=I(3), element_dtype=TF32)
        return stack(raw.TensorListSetItem(input_handle=h, index=I(1), item=g.input(g.normal(2))))
    add("TensorListReserve", "unset_elements_are_zero", holes)
    add("TensorListFromTensor", "and_back", lambda g: stack(raw.TensorListFromTensor(tensor=g.input(g.normal(3, 2)), element_shape=vec(2))))
    add("TensorListFromTensor", "open", lambda g: stack(raw.TensorListFromTensor(tensor=g.input(g.normal(3, 2), [None, 2]), element_shape=vec(2))))
    add("TensorListGetItem", "second", lambda g: raw.TensorListGetItem(
        input_handle=raw.TensorListFromTensor(tensor=g.input(g.normal(3, 2)), element_shape=vec(2)), index=I(1), element_shape=vec(2), element_dtype=TF32))
    add("TensorListGetItem", "runtime_index", lambda g: raw.TensorListGetItem(
        input_handle=raw.TensorListFromTensor(tensor=g.input(g.normal(3, 2)), element_shape=vec(2)), index=g.input(I(2)), element_shape=vec(2), element_dtype=TF32))
    add("TensorListGetItem", "of_set", lambda g: raw.TensorListGetItem(input_handle=filled(g), index=I(2), element_shape=vec(2), element_dtype=TF32))
    add("TensorListSetItem", "overwrites", lambda g: stack(raw.TensorListSetItem(input_handle=filled(g), index=I(0), item=g.input(g.normal(2)))))
    add("TensorListSetItem", "runtime_index", lambda g: stack(raw.TensorListSetItem(input_handle=filled(g), index=g.input(I(2)), item=g.input(g.normal(2)))))

    def pushed(g, n=3):
        h = raw.EmptyTensorList(element_shape=vec(2), max_num_elements=I(n), element_dtype=TF32)
        for _ in range(n):
            h = raw.TensorListPushBack(input_handle=h, tensor=g.input(g.normal(2)))
        return h
    for op in ["EmptyTensorList", "TensorListPushBack"]:
        add(op, "three", lambda g: stack(pushed(g)))

    def popped(g):
        h, last = raw.TensorListPopBack(input_handle=pushed(g), element_shape=vec(2), element_dtype=TF32)
        return [stack(h), last]
    add("TensorListPopBack", "one", popped)
    add("TensorListLength", "reserved", lambda g: raw.AddV2(x=raw.TensorListLength(input_handle=filled(g)), y=g.input(I(1))))
    add("TensorListLength", "pushed", lambda g: raw.AddV2(x=raw.TensorListLength(input_handle=pushed(g, 2)), y=g.input(I(1))))
    add("TensorListLength", "open", lambda g: raw.TensorListLength(input_handle=raw.TensorListFromTensor(tensor=g.input(g.normal(3, 2), [None, 2]), element_shape=vec(2))))
    add("TensorListElementShape", "reserved", lambda g: raw.AddV2(x=raw.TensorListElementShape(input_handle=filled(g), shape_type=I), y=g.input(I(1))))
    add("TensorListResize", "cut", lambda g: stack(raw.TensorListResize(input_handle=filled(g), size=I(2))))
    add("TensorListResize", "grown", lambda g: stack(raw.TensorListResize(input_handle=filled(g), size=I(4))))
    add("TensorListGather", "two", lambda g: raw.TensorListGather(input_handle=filled(g), indices=vec(2, 0), element_shape=vec(2), element_dtype=TF32))
    add("TensorListGather", "runtime", lambda g: raw.TensorListGather(
        input_handle=raw.TensorListFromTensor(tensor=g.input(g.normal(4, 2)), element_shape=vec(2)), indices=g.input(vec(2, 0)), element_shape=vec(2), element_dtype=TF32))
    add("TensorListScatter", "three", lambda g: stack(raw.TensorListScatter(tensor=g.input(g.normal(3, 2)), indices=vec(2, 0, 1), element_shape=vec(2))))
    add("TensorListScatterV2", "four", lambda g: stack(raw.TensorListScatterV2(tensor=g.input(g.normal(2, 2)), indices=vec(2, 0), element_shape=vec(2), num_elements=I(4))))
    add("TensorListScatterIntoExistingList", "two", lambda g: stack(raw.TensorListScatterIntoExistingList(
        input_handle=filled(g), tensor=g.input(g.normal(2, 2)), indices=vec(2, 0))))
    add("TensorListSplit", "rows", lambda g: [raw.TensorListGetItem(
        input_handle=raw.TensorListSplit(tensor=g.input(g.normal(4, 2)), element_shape=vec(-1, 2), lengths=np.array([1, 3], np.int64)),
        index=I(i), element_shape=vec(-1, 2), element_dtype=TF32) for i in range(2)])
    add("TensorListConcat", "rows", lambda g: list(raw.TensorListConcat(input_handle=filled(g, 3, (2, 2)), element_dtype=TF32, element_shape=[2, 2])))
    add("TensorListConcatV2", "rows", lambda g: raw.TensorListConcatV2(
        input_handle=filled(g, 3, (2, 2)), element_shape=vec(-1, 2), leading_dims=np.zeros(0, np.int64), element_dtype=TF32)[0])
    add("TensorListConcatLists", "two", lambda g: stack(raw.TensorListConcatLists(input_a=filled(g, 2), input_b=filled(g, 1), element_dtype=TF32)))
    add("TensorListPushBackBatch", "two", lambda g: stack(_batch(g)))

    def array(g, n=3, shape=(2,), **kw):
        h, flow = raw.TensorArrayV3(size=I(n), dtype=TF32, **kw)
        return h, flow

    def written(g, n=3, **kw):
        h, flow = array(g, n, **kw)
        for i in range(n):
            flow = raw.TensorArrayWriteV3(handle=h, index=I(i), value=g.input(g.normal(2)), flow_in=flow)
        return h, flow

    def gather(h, flow, indices):
        return raw.TensorArrayGatherV3(handle=h, indices=indices, flow_in=flow, dtype=TF32)
    for op in ["TensorArrayV3", "TensorArrayWriteV3", "TensorArrayGatherV3"]:
        add(op, "all", lambda g: gather(*written(g), vec(0, 1, 2)))
    add("TensorArrayGatherV3", "range_of_size", lambda g: (lambda h, f: gather(h, f, raw.Range(
        start=I(0), limit=raw.TensorArraySizeV3(handle=h, flow_in=f), delta=I(1))))(*written(g)))
    add("TensorArraySizeV3", "three", lambda g: (lambda h, f: raw.AddV2(x=raw.TensorArraySizeV3(handle=h, flow_in=f), y=g.input(I(0))))(*written(g)))
    add("TensorArrayReadV3", "second", lambda g: (lambda h, f: raw.TensorArrayReadV3(handle=h, index=I(1), flow_in=f, dtype=TF32))(*written(g)))

    def scattered(g, x):
        h, flow = array(g, clear_after_read=False)
        return h, raw.TensorArrayScatterV3(handle=h, indices=vec(0, 1, 2), value=x, flow_in=flow)
    add("TensorArrayScatterV3", "and_read", lambda g: (lambda h, f: [raw.TensorArrayReadV3(handle=h, index=I(i), flow_in=f, dtype=TF32) for i in (2, 0)])(*scattered(g, g.input(g.normal(3, 2)))))
    add("TensorArrayReadV3", "runtime_index", lambda g: (lambda h, f: raw.TensorArrayReadV3(handle=h, index=g.input(I(2)), flow_in=f, dtype=TF32))(*scattered(g, g.input(g.normal(3, 2)))))
    add("TensorArrayConcatV3", "rows", lambda g: _array_concat(g)[0])

    def split(g):
        h, flow = array(g, 2)
        flow = raw.TensorArraySplitV3(handle=h, value=g.input(g.normal(4, 2)), lengths=np.array([1, 3], np.int64), flow_in=flow)
        return [raw.TensorArrayReadV3(handle=h, index=I(i), flow_in=flow, dtype=TF32) for i in range(2)]
    add("TensorArraySplitV3", "rows", split)


def _batch(g):
    lists = [raw.EmptyTensorList(element_shape=vec(2), max_num_elements=I(5), element_dtype=TF32) for _ in range(2)]
    both = raw.TensorListPushBackBatch(input_handles=raw.Pack(values=lists, axis=0), tensor=g.input(g.normal(2, 2)))
    return raw.Unpack(value=both, num=2, axis=0)[1]


def _array_concat(g):
    h, flow = raw.TensorArrayV3(size=I(2), dtype=TF32)
    for i in range(2):
        flow = raw.TensorArrayWriteV3(handle=h, index=I(i), value=g.input(g.normal(i + 1, 2)), flow_in=flow)
    return raw.TensorArrayConcatV3(handle=h, flow_in=flow, dtype=TF32)
