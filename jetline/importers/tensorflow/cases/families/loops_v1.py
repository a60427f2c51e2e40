"""TensorFlow 1's control flow: Switch and Merge, and loops of Enter, Exit and NextIteration."""
import numpy as np

from builder import raw, tf

F32, I = np.float32, np.int32


def make(add):
    def old(op, what, build, **kw):
        add(op, what, build, control_v2=False, **kw)

    def cond(g, p):
        x = g.input(g.normal(3))
        return tf.cond(p(g, x), lambda: x * 2.0, lambda: tf.nn.relu(x) + 1.0)
    for op in ["Switch", "Merge"]:
        for value in [True, False]:
            old(op, f"runtime_{str(value).lower()}", lambda g: cond(g, lambda g, x: g.input(np.array(value))))
            old(op, f"constant_{str(value).lower()}", lambda g: cond(g, lambda g, x: raw.PlaceholderWithDefault(input=np.array(value), shape=[])))
        old(op, "computed", lambda g: cond(g, lambda g, x: tf.reduce_sum(x) > 0.0))

    def two(g):
        x, y = g.input(g.normal(3)), g.input(g.normal(2))
        return tf.cond(g.input(np.array(True)), lambda: (x + 1.0, y), lambda: (x * y[0], y * 2.0))
    old("Switch", "two_outputs", two)

    def nested(g):
        x = g.input(g.normal(3))
        inner = lambda: tf.cond(x[1] > 0.0, lambda: x * 3.0, lambda: x - 1.0)
        return tf.cond(x[0] > 0.0, inner, lambda: -x)
    old("Merge", "nested", nested)

    def index_of_merge(g):
        f, t = raw.Switch(data=g.input(g.normal(3)), pred=g.input(np.array(True)))
        return list(raw.Merge(inputs=[f * 2.0, t + 1.0]))
    old("Merge", "value_index", index_of_merge)

    def loop(g, n):
        x = g.input(g.normal(2, 2))
        return tf.while_loop(lambda i, a: i < n(g), lambda i, a: (i + 1, a * 0.5 + x), (tf.constant(0), x))
    for op in ["Enter", "Exit", "NextIteration", "LoopCond"]:
        old(op, "three_turns", lambda g: loop(g, lambda g: 3))

        def runtime(g):
            n = g.input(I(4))
            return loop(g, lambda g: n)
        old(op, "runtime_count", runtime)
    old("Exit", "no_turn", lambda g: loop(g, lambda g: 0))

    def until(g):
        x = g.input(np.array([1.5, 2.0], F32))
        return tf.while_loop(lambda a: tf.reduce_sum(a) < 100.0, lambda a: (a * 2.0,), (x,))
    old("LoopCond", "until_condition", until)

    def nested_loop(g):
        x = g.input(g.normal(2))
        inner = lambda a: tf.while_loop(lambda j, b: j < 2, lambda j, b: (j + 1, b + x), (tf.constant(0), a))[1]
        return tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, inner(a)), (tf.constant(0), x))
    old("Enter", "nested", nested_loop)

    def branch(g):
        x = g.input(g.normal(3))
        return tf.while_loop(lambda i, a: i < 4, lambda i, a: (i + 1, tf.cond(a[0] > 0.0, lambda: a - 1.0, lambda: a + 2.0)), (tf.constant(0), x))
    old("NextIteration", "branch_inside", branch)

    def beside(g):
        a = loop(g, lambda g: 2)[1]
        return a + tf.while_loop(lambda b: tf.reduce_sum(b) < 9.0, lambda b: (b + 1.0,), (tf.abs(a),))[0]
    old("Enter", "two_loops", beside)
    old("TensorArrayWriteV3", "map_fn", lambda g: tf.map_fn(lambda row: tf.nn.relu(row) * 2.0, g.input(g.normal(3, 4))))
    old("TensorArrayReadV3", "map_fn_open", lambda g: tf.map_fn(lambda row: tf.nn.relu(row) * 2.0, g.input(g.normal(3, 4), [None, 4])))
    old("TensorArrayV3", "scan", lambda g: tf.scan(lambda a, row: a * 0.5 + row, g.input(g.normal(4, 2))))

    def dynamic_rnn(g):
        x = g.input(g.normal(5, 2, 3))  # time first
        w, u = g.uniform(-0.5, 0.5, 3, 4), g.uniform(-0.5, 0.5, 4, 4)
        rows = tf.TensorArray(tf.float32, 5).unstack(x)
        out = tf.TensorArray(tf.float32, 5)

        def step(t, out, h):
            h = tf.tanh(tf.matmul(rows.read(t), w) + tf.matmul(h, u))
            return t + 1, out.write(t, h), h
        _, out, h = tf.while_loop(lambda t, *_: t < 5, step, (tf.constant(0), out, tf.zeros([2, 4])))
        return [out.stack(), h]
    old("TensorArrayScatterV3", "dynamic_rnn", dynamic_rnn)
