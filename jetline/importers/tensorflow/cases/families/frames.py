"""Control flow of TensorFlow 1: frames, Switch and Merge, TensorArrays."""
import numpy as np
import tensorflow as tf

from builder import raw, v1


def make(add_any):
    def add(*args, **kw):
        add_any(*args, control_v2=False, **kw)

    def cond(value, then, other, known=False, shape=(2, 3), feed="same"):
        def build(g):
            x = g.input(g.normal(*shape), feed)
            p = tf.constant(value) if known else g.input(np.array(value))
            p = tf.identity(p)
            return v1.cond(p, lambda: then(x), lambda: other(x))
        return build

    for value in (True, False):
        v = str(value).lower()
        add("Merge", f"known_{v}", cond(value, lambda x: x + 1.0, lambda x: x * 2.0, True))
        add("Merge", f"dynamic_{v}", cond(value, lambda x: x + 1.0, lambda x: x * 2.0))
        add("Merge", f"dynamic_{v}_open", cond(value, lambda x: x[:1], lambda x: tf.concat([x, x], 0), feed="dims"))
        add("Merge", f"dynamic_{v}_constant", cond(value, lambda x: tf.ones([2, 3]), lambda x: x))
        add("Merge", f"nested_{v}", cond(value, lambda x: v1.cond(x[0, 0] > 0, lambda: x + 1.0, lambda: x - 1.0), lambda x: -x))
        add("Merge", f"two_results_{v}", cond(value, lambda x: (tf.exp(x), tf.reduce_sum(x)), lambda x: (x, tf.constant(2.0))))
        add("Switch", f"index_{v}", lambda g, value=value: (lambda s: list(raw.Merge(inputs=[s[0] - 1.0, s[1] + 1.0])))(
            raw.Switch(data=g.input(g.normal(3)), pred=g.input(np.array(value)))))

    def loop(n, body, known, **kw):
        def build(g):
            x = g.input(g.normal(2, 3))
            limit = tf.constant(n) if known else g.input(np.array(n, np.int32))
            return v1.while_loop(lambda i, v: i < limit, lambda i, v: (i + 1, body(i, v, x)), [tf.constant(0), x], **kw)
        return build

    for known in (True, False):
        w = "known" if known else "open"
        add("Exit", f"counted_{w}", loop(4, lambda i, v, x: v * 1.1 + tf.cast(i, tf.float32), known))
        add("Exit", f"no_turn_{w}", loop(0, lambda i, v, x: v * 1.1, known))
        add("Exit", f"invariant_{w}", loop(3, lambda i, v, x: tf.tanh(tf.matmul(v, tf.constant(np.eye(3, dtype=np.float32) * 0.5))) + x, known))
        add("Exit", f"nested_{w}", loop(3, lambda i, v, x: v1.while_loop(
            lambda j, u: j < 2, lambda j, u: (j + 1, u * 1.5 + x), [tf.constant(0), v])[1], known))
        add("Exit", f"nested_open_inner_{w}", loop(3, lambda i, v, x: v1.while_loop(
            lambda j, u: j < i, lambda j, u: (j + 1, u * 1.5 + x), [tf.constant(0), v])[1], known))
        add("Exit", f"branch_inside_{w}", loop(3, lambda i, v, x: v1.cond(
            tf.reduce_sum(v) > 0, lambda: v - 1.0, lambda: v + x), known))

        def array_loop(g, known=known):
            x = g.input(g.normal(4, 2, 3), "same" if known else "dims")
            n = tf.shape(x)[0]
            source = tf.TensorArray(tf.float32, size=n).unstack(x)
            out = tf.TensorArray(tf.float32, size=n, element_shape=[2, 3])
            _, _, out = v1.while_loop(lambda i, h, o: i < n, lambda i, h, o: (
                i + 1, h * 0.5 + source.read(i), o.write(i, h * 2.0)),
                [tf.constant(0), tf.zeros([2, 3]), out])
            return out.stack()
        add("TensorArrayWriteV3", f"loop_{w}", array_loop)
        add("TensorArrayGatherV3", f"map_{w}", lambda g, known=known: tf.map_fn(
            lambda x: x * 2.0 + tf.reduce_sum(x), g.input(g.normal(3, 4), "same" if known else "dims")))
        add("TensorArrayGatherV3", f"map_one_{w}", lambda g, known=known: tf.map_fn(
            lambda x: x * 2.0 + tf.reduce_sum(x), g.input(g.normal(1, 4), "same" if known else "dims")))

    def array(g, n=3, **kw):
        return tf.TensorArray(tf.float32, size=n, **kw)
    add("TensorArrayReadV3", "after_write", lambda g: array(g).write(1, g.input(g.normal(2))).read(1))
    add("TensorArrayReadV3", "after_unstack", lambda g: array(g).unstack(g.input(g.normal(3, 2))).read(2))
    add("TensorArrayV3", "stack", lambda g: array(g, 2).write(1, g.input(g.normal(2))).write(0, g.input(g.normal(2))).stack())
    add("TensorArrayV3", "dynamic_size", lambda g: array(g, 0, dynamic_size=True).write(0, g.input(g.normal(2))).write(1, g.input(g.normal(2))).stack())
    add("TensorArraySizeV3", "known", lambda g: (lambda a: [raw.TensorArraySizeV3(handle=a.handle, flow_in=a.flow), g.feeds[0][0] + 1.0])(array(g).unstack(g.input(g.normal(3, 2)))))
    add("TensorArrayScatterV3", "known", lambda g: array(g).scatter(np.array([2, 0, 1], np.int32), g.input(g.normal(3, 2))).stack())
    add("TensorArrayConcatV3", "two", lambda g: array(g, 2, infer_shape=False).write(0, g.input(g.normal(2, 3))).write(1, g.input(g.normal(1, 3))).concat())
    add("TensorArraySplitV3", "two", lambda g: (lambda a: [a.read(0), a.read(1)])(array(g, 2, infer_shape=False).split(g.input(g.normal(3, 2)), np.array([1, 2], np.int32))))
    add("TensorArrayGatherV3", "some", lambda g: array(g).unstack(g.input(g.normal(3, 2))).gather(np.array([2, 0], np.int32)))
