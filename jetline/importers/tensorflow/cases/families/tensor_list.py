"""TensorList operators, alone and in the loops that map_fn and scan make of them."""
import numpy as np
import tensorflow as tf

from builder import raw


def _stack(l, shape, dtype=tf.float32, n=-1):
    return raw.TensorListStack(input_handle=l, element_shape=np.array(shape, np.int32), element_dtype=dtype, num_elements=n)


def make(add):
    shape = np.array([3], np.int32)

    def reserve(g, n, s=shape):
        return raw.TensorListReserve(element_shape=np.array(s, np.int32), num_elements=np.array(n, np.int32), element_dtype=tf.float32)

    def set_item(l, i, x):
        return raw.TensorListSetItem(input_handle=l, index=i, item=x)

    def get_item(l, i, s=shape):
        return raw.TensorListGetItem(input_handle=l, index=i, element_shape=np.array(s, np.int32), element_dtype=tf.float32)

    def set_two(g):
        a, b = g.input(g.normal(3)), g.input(g.normal(3))
        return _stack(set_item(set_item(reserve(g, 2), 1, a), 0, b), [3])
    add("TensorListSetItem", "two", set_two)
    add("TensorListReserve", "unwritten_is_zero", lambda g: _stack(set_item(reserve(g, 3), 1, g.input(g.normal(3))), [3]))
    add("TensorListReserve", "unknown_element_shape", lambda g: _stack(
        raw.TensorListSetItem(input_handle=raw.TensorListReserve(element_shape=-1, num_elements=1, element_dtype=tf.float32), index=0, item=g.input(g.normal(2, 2))), -1))
    add("TensorListReserve", "open_length", lambda g: _stack(raw.TensorListReserve(
        element_shape=shape, num_elements=g.input(np.array(2, np.int32)), element_dtype=tf.float32), [3]))
    add("TensorListSetItem", "open_index", lambda g: _stack(set_item(reserve(g, 3), g.input(np.array(1, np.int32)), g.input(g.normal(3))), [3]))
    add("TensorListSetItem", "open_length", lambda g: _stack(set_item(raw.TensorListReserve(
        element_shape=shape, num_elements=g.input(np.array(2, np.int32)), element_dtype=tf.float32), 1, g.input(g.normal(3))), [3]))

    def from_tensor(g, feed="same"):
        return raw.TensorListFromTensor(tensor=g.input(g.normal(4, 3), feed), element_shape=shape)
    for feed in ("same", "dims"):
        add("TensorListFromTensor", f"stack_{feed}", lambda g, feed=feed: _stack(from_tensor(g, feed), [3]))
        add("TensorListGetItem", f"known_index_{feed}", lambda g, feed=feed: get_item(from_tensor(g, feed), 2))
        add("TensorListGetItem", f"open_index_{feed}", lambda g, feed=feed: get_item(from_tensor(g, feed), g.input(np.array(3, np.int32))))
        add("TensorListLength", f"from_tensor_{feed}", lambda g, feed=feed: raw.TensorListLength(input_handle=from_tensor(g, feed)))
        add("TensorListSetItem", f"over_tensor_{feed}", lambda g, feed=feed: _stack(set_item(from_tensor(g, feed), 1, g.input(g.normal(3))), [3]))
        add("TensorListPushBack", f"after_tensor_{feed}", lambda g, feed=feed: _stack(raw.TensorListPushBack(
            input_handle=from_tensor(g, feed), tensor=g.input(g.normal(3))), [3]))
        add("TensorListPopBack", f"from_tensor_{feed}", lambda g, feed=feed: (lambda r: [_stack(r[0], [3]), r[1]])(
            raw.TensorListPopBack(input_handle=from_tensor(g, feed), element_shape=shape, element_dtype=tf.float32)))
        add("TensorListGather", f"known_{feed}", lambda g, feed=feed: raw.TensorListGather(
            input_handle=from_tensor(g, feed), indices=np.array([2, 0, 2], np.int32), element_shape=shape, element_dtype=tf.float32))
        add("TensorListGather", f"open_{feed}", lambda g, feed=feed: raw.TensorListGather(
            input_handle=from_tensor(g, feed), indices=g.input(np.array([2, 0], np.int32)), element_shape=shape, element_dtype=tf.float32))
        add("TensorListConcatV2", f"of_tensor_{feed}", lambda g, feed=feed: list(raw.TensorListConcatV2(
            input_handle=raw.TensorListFromTensor(tensor=g.input(g.normal(3, 2, 4), feed), element_shape=np.array([2, 4], np.int32)),
            element_shape=np.array([2, 4], np.int32), leading_dims=np.array([], np.int64), element_dtype=tf.float32)))
    add("EmptyTensorList", "push_pop", lambda g: _stack(raw.TensorListPushBack(input_handle=raw.TensorListPushBack(
        input_handle=raw.EmptyTensorList(element_shape=shape, max_num_elements=-1, element_dtype=tf.float32),
        tensor=g.input(g.normal(3))), tensor=g.input(g.normal(3))), [3]))
    add("EmptyTensorList", "length", lambda g: [raw.TensorListLength(input_handle=raw.EmptyTensorList(
        element_shape=shape, max_num_elements=-1, element_dtype=tf.float32)), g.input(g.normal(1)) + 1.0])
    add("TensorListScatterV2", "known", lambda g: _stack(raw.TensorListScatterV2(
        tensor=g.input(g.normal(2, 3)), indices=np.array([3, 1], np.int32), element_shape=shape, num_elements=5), [3]))
    add("TensorListScatterV2", "counting", lambda g: _stack(raw.TensorListScatterV2(
        tensor=g.input(g.normal(3, 3), "dims"), indices=tf.range(tf.shape(g.feeds[0][0])[0]), element_shape=shape, num_elements=-1), [3]))
    add("TensorListScatterIntoExistingList", "known", lambda g: _stack(raw.TensorListScatterIntoExistingList(
        input_handle=from_tensor(g), tensor=g.input(g.normal(2, 3)), indices=np.array([3, 1], np.int32)), [3]))
    add("TensorListSplit", "known", lambda g: [get_item(raw.TensorListSplit(
        tensor=g.input(g.normal(5, 3)), element_shape=np.array([-1, 3], np.int32), lengths=np.array([2, 3], np.int64)), i, [n, 3]) for i, n in ((0, 2), (1, 3))])
    add("TensorListConcatV2", "written", lambda g: list(raw.TensorListConcatV2(input_handle=raw.TensorListPushBack(
        input_handle=raw.TensorListPushBack(input_handle=raw.EmptyTensorList(element_shape=np.array([-1, 3], np.int32), max_num_elements=-1, element_dtype=tf.float32),
        tensor=g.input(g.normal(2, 3))), tensor=g.input(g.normal(1, 3))), element_shape=np.array([-1, 3], np.int32), leading_dims=np.array([], np.int64), element_dtype=tf.float32)))

    # --- loops
    def mapped(shape, f, feed="same", **kw):
        return lambda g: tf.map_fn(f, g.input(g.normal(*shape), feed), **kw)
    for feed, what in (("same", "known"), ("dims", "open")):
        add("TensorListStack", f"map_{what}", mapped((3, 4), lambda x: x * 2.0 + tf.reduce_sum(x), feed))
        add("TensorListStack", f"map_one_{what}", mapped((1, 4), lambda x: tf.exp(x), feed))
        add("TensorListStack", f"map_two_results_{what}", mapped((3, 4), lambda x: (tf.reduce_max(x), tf.sort(x)), feed,
                                                                fn_output_signature=(tf.float32, tf.float32)))
        add("TensorListStack", f"map_resize_{what}", mapped((2, 4, 6, 3), lambda x: tf.image.resize(x, [3, 3]), feed), tolerance=1e-4)
        add("TensorListStack", f"scan_{what}", lambda g, feed=feed: tf.scan(lambda a, x: a * 0.5 + x, g.input(g.normal(4, 3), feed)))
        add("TensorListStack", f"fold_{what}", lambda g, feed=feed: [tf.foldl(lambda a, x: a * 0.5 + x, g.input(g.normal(4, 3), feed)),
                                                                    tf.map_fn(lambda x: x + 1.0, g.feeds[0][0])])

        def written_and_read(g, feed=feed):
            x = g.input(g.normal(4, 3), feed)
            n = tf.shape(x)[0]
            a = tf.TensorArray(tf.float32, size=n + 1, element_shape=[3], clear_after_read=False).write(0, x[0])
            _, a = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, a.write(i + 1, a.read(i) + x[i])), [tf.constant(0), a])
            return a.stack()
        add("TensorListStack", f"written_and_read_{what}", written_and_read)

        def half_written(g, feed=feed):
            x = g.input(g.normal(4, 3), feed)
            n = tf.shape(x)[0]
            a = tf.TensorArray(tf.float32, size=n, element_shape=[3])
            _, a = tf.while_loop(lambda i, a: i < n - 2, lambda i, a: (i + 1, a.write(i, x[i] * 2.0)), [tf.constant(0), a])
            return a.stack()
        add("TensorListStack", f"half_written_{what}", half_written)

        def last_only(g, feed=feed):
            x = g.input(g.normal(4, 3), feed)
            a = tf.TensorArray(tf.float32, size=1, element_shape=[3])
            _, h, a = tf.while_loop(lambda i, h, a: i < tf.shape(x)[0], lambda i, h, a: (i + 1, h + x[i], a.write(0, tf.exp(h))),
                                    [tf.constant(0), tf.zeros([3]), a])
            return h, a.stack()
        add("TensorListStack", f"last_only_{what}", last_only)

        def backwards(g, feed=feed):
            x = g.input(g.normal(4, 3), feed)
            n = tf.shape(x)[0]
            a = tf.TensorArray(tf.float32, size=n, element_shape=[3])
            _, a = tf.while_loop(lambda i, a: i >= 0, lambda i, a: (i - 1, a.write(i, x[i] * 2.0)), [n - 1, a])
            return a.stack()
        add("TensorListStack", f"backwards_{what}", backwards)

        def pushed(g, feed=feed):
            x = g.input(g.normal(4, 3), feed)
            l = raw.EmptyTensorList(element_shape=shape, max_num_elements=-1, element_dtype=tf.float32)
            _, l = tf.while_loop(lambda i, l: i < tf.shape(x)[0], lambda i, l: (i + 1, raw.TensorListPushBack(input_handle=l, tensor=x[i])), [tf.constant(0), l])
            return _stack(l, [3])
        add("TensorListStack", f"pushed_{what}", pushed)
