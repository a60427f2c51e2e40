"""Recurrent cells and layers: TensorFlow's fused ones, and the loops that Keras exports."""
import numpy as np

from builder import raw, tf

F32, I, L = np.float32, np.int32, np.int64


def lstm(g, op, time=4, batch=2, inputs=3, units=4, peephole=False, seq=None, **kw):
    small = lambda *s: g.uniform(-0.5, 0.5, *s)
    peep = [small(units) if peephole else np.zeros(units, F32) for _ in range(3)]
    return list(getattr(raw, op)(
        seq_len_max=L(time if seq is None else seq), x=g.input(g.normal(time, batch, inputs)), cs_prev=g.input(small(batch, units)),
        h_prev=g.input(small(batch, units)), w=small(inputs + units, 4 * units), wci=peep[0], wcf=peep[1], wco=peep[2],
        b=small(4 * units), use_peephole=peephole, **kw))




def make(add):
    for op in ["BlockLSTM", "BlockLSTMV2"]:
        # Outputs: i, cs, f, o, ci, co, h.
        add(op, "hidden", lambda g: lstm(g, op)[6])
        add(op, "all_outputs", lambda g: lstm(g, op))
        add(op, "cell_clip", lambda g: [lstm(g, op, cell_clip=0.3)[i] for i in (1, 6)])
        add(op, "peephole", lambda g: [lstm(g, op, peephole=True)[i] for i in (1, 6)])
        add(op, "one_step", lambda g: lstm(g, op, time=1)[6])
    add("BlockLSTM", "forget_bias_zero", lambda g: lstm(g, "BlockLSTM", forget_bias=0.0)[6])

    def cell(g, **kw):
        small = lambda *s: g.uniform(-0.5, 0.5, *s)
        return list(raw.LSTMBlockCell(x=g.input(g.normal(2, 3)), cs_prev=g.input(small(2, 4)), h_prev=g.input(small(2, 4)), w=small(7, 16),
                                      wci=small(4), wcf=small(4), wco=small(4), b=small(16), **kw))
    add("LSTMBlockCell", "plain", lambda g: cell(g))
    add("LSTMBlockCell", "clip_peephole", lambda g: cell(g, cell_clip=0.2, use_peephole=True, forget_bias=0.5))

    def gru(g):
        small = lambda *s: g.uniform(-0.5, 0.5, *s)
        return list(raw.GRUBlockCell(x=g.input(g.normal(2, 3)), h_prev=g.input(small(2, 4)), w_ru=small(7, 8), w_c=small(7, 4), b_ru=small(8), b_c=small(4)))
    add("GRUBlockCell", "hidden", lambda g: gru(g)[3])
    add("GRUBlockCell", "all_outputs", lambda g: gru(g))

    # What Keras exports: a StatelessWhile over TensorLists, written here as its backend writes it.
    # Batches are left open inside, as Keras does.
    def rnn_loop(g, step, states, time, batch, inputs, shape="same", sequences=True):
        x = raw.Transpose(x=g.input(g.normal(batch, time, inputs), shape), perm=np.array([1, 0, 2], I))
        rows = raw.TensorListFromTensor(tensor=x, element_shape=np.array([-1, inputs], I))
        units = states[0].shape[-1]
        steps = raw.StridedSlice(input=raw.Shape(input=x), begin=np.array([0], I), end=np.array([1], I), strides=np.array([1], I), shrink_axis_mask=1)
        out = raw.TensorListReserve(element_shape=np.array([-1, units], I), num_elements=steps, element_dtype=tf.float32)

        def body(t, out, *s):
            row = raw.TensorListGetItem(input_handle=rows, index=t, element_shape=np.array([-1, inputs], I), element_dtype=tf.float32)
            h, s = step(row, s)
            return (t + 1, raw.TensorListSetItem(input_handle=out, index=t, item=h), *s)
        results = tf.while_loop(lambda t, *_: t < steps, body, (tf.constant(0), out, *[tf.constant(s) for s in states]),
                                shape_invariants=(tf.TensorShape([]), tf.TensorShape(None), *[tf.TensorShape([None, units])] * len(states)))
        all_h = raw.TensorListStack(input_handle=results[1], element_shape=np.array([-1, units], I), element_dtype=tf.float32)
        return [raw.Transpose(x=all_h, perm=np.array([1, 0, 2], I)), *results[2:]] if sequences else list(results[2:])

    def lstm_step(g, inputs, units):
        w, u, b = g.uniform(-0.5, 0.5, inputs, 4 * units), g.uniform(-0.5, 0.5, units, 4 * units), g.uniform(-0.5, 0.5, 4 * units)

        def step(x, s):
            h, c = s
            z = raw.BiasAdd(value=raw.AddV2(x=raw.MatMul(a=x, b=w), y=raw.MatMul(a=h, b=u)), bias=b)
            i, f, n, o = raw.Split(axis=I(1), value=z, num_split=4)
            c = raw.AddV2(x=raw.Mul(x=raw.Sigmoid(x=f), y=c), y=raw.Mul(x=raw.Sigmoid(x=i), y=raw.Tanh(x=n)))
            h = raw.Mul(x=raw.Sigmoid(x=o), y=raw.Tanh(x=c))
            return h, (h, c)
        return step

    def gru_step(g, inputs, units):
        w, u, b = g.uniform(-0.5, 0.5, inputs, 3 * units), g.uniform(-0.5, 0.5, units, 3 * units), g.uniform(-0.5, 0.5, 2, 3 * units)

        def step(x, s):
            h, = s
            a = raw.Split(axis=I(-1), value=raw.BiasAdd(value=raw.MatMul(a=x, b=w), bias=b[0]), num_split=3)
            r = raw.Split(axis=I(-1), value=raw.BiasAdd(value=raw.MatMul(a=h, b=u), bias=b[1]), num_split=3)
            z, q = raw.Sigmoid(x=raw.AddV2(x=a[0], y=r[0])), raw.Sigmoid(x=raw.AddV2(x=a[1], y=r[1]))
            n = raw.Tanh(x=raw.AddV2(x=a[2], y=raw.Mul(x=q, y=r[2])))
            h = raw.AddV2(x=raw.Mul(x=z, y=h), y=raw.Mul(x=raw.Sub(x=F32(1), y=z), y=n))
            return h, (h,)
        return step

    zeros = lambda *s: np.zeros(s, F32)
    add("StatelessWhile", "keras_lstm", lambda g: rnn_loop(g, lstm_step(g, 3, 4), [zeros(2, 4)] * 2, 5, 2, 3))
    add("StatelessWhile", "keras_lstm_last", lambda g: rnn_loop(g, lstm_step(g, 3, 2), [zeros(1, 2)] * 2, 4, 1, 3, sequences=False))
    add("StatelessWhile", "keras_lstm_open_time", lambda g: rnn_loop(g, lstm_step(g, 3, 4), [zeros(2, 4)] * 2, 5, 2, 3, [2, None, 3]))
    add("StatelessWhile", "keras_gru", lambda g: rnn_loop(g, gru_step(g, 3, 4), [zeros(2, 4)], 5, 2, 3))
    add("StatelessWhile", "keras_gru_open_time", lambda g: rnn_loop(g, gru_step(g, 3, 4), [zeros(2, 4)], 5, 2, 3, [2, None, 3]))
