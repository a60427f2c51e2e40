"""Branches, loops and calls through functions."""
import numpy as np

from builder import raw, tf

F32, I = np.float32, np.int32


def stateful(x):
    """An operator with state makes the conditional around it stateful; nothing is printed here."""
    with tf.control_dependencies([raw.Assert(condition=tf.reduce_all(x > -1e9), data=[x])]):
        return tf.identity(x)


def make(add):
    def cond(g, predicate, wrap=lambda x: x):
        x = g.input(g.normal(2, 3))
        p = predicate(g, x)
        return tf.cond(p, lambda: wrap(x) * 2.0, lambda: tf.nn.relu(x) + 1.0)
    for op, wrap in [("StatelessIf", lambda x: x), ("If", stateful)]:
        for value in [True, False]:
            add(op, f"runtime_{str(value).lower()}", lambda g: cond(g, lambda g, x: g.input(np.array(value)), wrap))
        add(op, "computed", lambda g: cond(g, lambda g, x: tf.reduce_sum(x) > 0.0, wrap))
        add(op, "by_shape", lambda g: cond(g, lambda g, x: tf.constant(2) > tf.shape(x)[0], wrap))

        def two_outputs(g):
            x, y = g.input(g.normal(3)), g.input(g.ints(0, 9, 2))
            return tf.cond(g.input(np.array(True)), lambda: (wrap(x) + 1.0, y), lambda: (x, y * 2))
        add(op, "two_outputs", two_outputs)

        def nested(g):
            x = g.input(g.normal(3))
            inner = lambda: tf.cond(x[1] > 0.0, lambda: wrap(x) * 3.0, lambda: x - 1.0)
            return tf.cond(x[0] > 0.0, inner, lambda: -x)
        add(op, "nested", nested)
    add("StatelessIf", "number_as_predicate", lambda g: _number_if(g))

    def case(g, index, wrap=lambda x: x):
        x = g.input(g.normal(4))
        return tf.switch_case(index(g), [lambda: wrap(x) + 1.0, lambda: x * 2.0, lambda: -x])
    for op, wrap in [("StatelessCase", lambda x: x), ("Case", stateful)]:
        for i in [0, 1, 2, 7, -1]:
            add(op, f"runtime_{str(i).replace('-', 'm')}", lambda g: case(g, lambda g: g.input(I(i)), wrap))
        add(op, "constant", lambda g: case(g, lambda g: tf.constant(1), wrap))

    def loop(g, n, wrap=lambda x: x, shape="same", **kw):
        x = g.input(g.normal(2, 2), shape)
        return tf.while_loop(lambda i, a: i < n(g), lambda i, a: (i + 1, wrap(a) * 0.5 + x), (tf.constant(0), x), **kw)
    for op, wrap in [("StatelessWhile", lambda x: x), ("While", stateful)]:
        add(op, "three_turns", lambda g: loop(g, lambda g: 3, wrap))
        add(op, "zero_turns", lambda g: loop(g, lambda g: 0, wrap))
        add(op, "maximum_iterations", lambda g: loop(g, lambda g: 10, wrap, maximum_iterations=2))

        def runtime(g):
            n = g.input(I(4))
            return loop(g, lambda g: n, wrap)
        add(op, "runtime_count", runtime)

        def until(g):
            x = g.input(np.array([1.5, 2.0], F32))
            return tf.while_loop(lambda a: tf.reduce_sum(a) < 100.0, lambda a: (wrap(a) * 2.0,), (x,))
        add(op, "until_condition", until)

        def growing(g):  # an invariant that changes its shape
            x = g.input(g.normal(1, 2))
            return tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, tf.concat([wrap(a), a[:1] * 2.0], 0)),
                                 (tf.constant(0), x), shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, 2])))
        add(op, "growing", growing)

        def nested_loop(g):
            x = g.input(g.normal(2))
            inner = lambda a: tf.while_loop(lambda j, b: j < 2, lambda j, b: (j + 1, wrap(b) + x), (tf.constant(0), a))[1]
            return tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, inner(a)), (tf.constant(0), x))
        add(op, "nested", nested_loop)

        def with_branch(g):
            x = g.input(g.normal(3))
            return tf.while_loop(lambda i, a: i < 4, lambda i, a: (i + 1, tf.cond(a[0] > 0.0, lambda: wrap(a) - 1.0, lambda: a + 2.0)), (tf.constant(0), x))
        add(op, "branch_inside", with_branch)

    def map_rows(g, shape):  # as map_fn
        x = g.input(g.normal(3, 4), shape)
        return tf.map_fn(lambda row: tf.nn.relu(row) * 2.0, x)
    add("StatelessWhile", "map_fn", lambda g: map_rows(g, "same"))
    add("StatelessWhile", "map_fn_open", lambda g: map_rows(g, [None, 4]))
    add("StatelessWhile", "scan", lambda g: tf.scan(lambda a, row: a * 0.5 + row, g.input(g.normal(4, 2))))
    add("StatelessWhile", "foldl", lambda g: tf.foldl(lambda a, row: a * 0.5 + row, g.input(g.normal(4, 2))))

    def called(g, op, body, *args):
        function = tf.function(body, autograph=False).get_concrete_function(*[tf.TensorSpec(a.shape, a.dtype) for a in args])
        function.add_to_graph(tf.compat.v1.get_default_graph())
        outs = [t.dtype for t in function.outputs]
        return getattr(raw, op)(args=list(args), Tout=outs, f=function)
    for op in ["PartitionedCall", "StatefulPartitionedCall"]:
        add(op, "one", lambda g: called(g, op, lambda x: tf.nn.relu(x) + 1.0, g.input(g.normal(2, 3))))
        add(op, "two_results", lambda g: called(g, op, lambda x, y: (x + y, x * y), g.input(g.normal(3)), g.input(g.normal(3))))
        add(op, "constant_argument", lambda g: called(g, op, lambda x, n: tf.reshape(x, n), g.input(g.normal(2, 3)), tf.constant([3, 2])))

        def twice(g):  # the same function twice, and one function inside another
            inner = tf.function(lambda x: x * 2.0 + 1.0, autograph=False)
            x = g.input(g.normal(3))
            return called(g, op, lambda a: inner(inner(a)) - a, called(g, op, lambda a: inner(a), x)[0])
        add(op, "nested", twice)
    add("Assert", "beside", lambda g: stateful(g.input(g.normal(3))))
    add("NoOp", "beside", lambda g: _after_no_op(g))


def _number_if(g):
    """TensorFlow takes any tensor as predicate: a number is true unless zero."""
    x = g.input(g.normal(3))
    spec = tf.TensorSpec([3], tf.float32)
    then = tf.function(lambda a: a + 1.0, autograph=False).get_concrete_function(spec)
    other = tf.function(lambda a: a * 2.0, autograph=False).get_concrete_function(spec)
    for f in (then, other):
        f.add_to_graph(tf.compat.v1.get_default_graph())
    return raw.StatelessIf(cond=g.input(I(3)), input=[x], Tout=[tf.float32], then_branch=then, else_branch=other)


def _after_no_op(g):
    with tf.control_dependencies([tf.no_op()]):
        return tf.identity(g.input(g.normal(2)))
