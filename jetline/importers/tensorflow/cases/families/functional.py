"""Functional control flow: If, Case, While; known while converting, and only when the model runs."""
import numpy as np
import tensorflow as tf

from builder import raw, v1


def _static_while(g, x, n, body, **kw):
    return tf.while_loop(lambda i, v: i < n, body, [tf.constant(0), x], **kw)


def make(add):
    def if_dynamic(shape, value, then, other, feed_shape="same"):
        def build(g):
            x = g.input(g.normal(*shape), feed_shape)
            p = g.input(np.array(value))
            return tf.cond(p, lambda: then(x), lambda: other(x))
        return build

    for value in (True, False):
        v = str(value).lower()
        add("StatelessIf", f"known_{v}_from_rank", lambda g, value=value: tf.cond(
            tf.equal(tf.rank(g.input(g.normal(2, 3))), 2 if value else 3), lambda: g.feeds[0][0] + 1.0,
            lambda: g.feeds[0][0] * 2.0))
        add("StatelessIf", f"dynamic_{v}", if_dynamic((2, 3), value, lambda x: x + 1.0, lambda x: x * 2.0))
        add("StatelessIf", f"dynamic_{v}_two_results", if_dynamic(
            (2, 3), value, lambda x: (tf.exp(x), tf.reduce_sum(x)), lambda x: (x, tf.constant(3.0))))
        add("StatelessIf", f"dynamic_{v}_shapes_differ", if_dynamic(
            (4, 3), value, lambda x: x[:2], lambda x: tf.concat([x, x], 0)))
        add("StatelessIf", f"dynamic_{v}_open_dims", if_dynamic(
            (4, 3), value, lambda x: tf.reshape(x, [-1]), lambda x: tf.reduce_sum(x, 1), "dims"))
        add("StatelessIf", f"dynamic_{v}_untouched", if_dynamic((3,), value, lambda x: x, lambda x: x))
        add("StatelessIf", f"dynamic_{v}_constant_side", if_dynamic(
            (3,), value, lambda x: tf.constant([1.0, 2.0, 3.0]), lambda x: x))
        add("StatelessIf", f"nested_{v}", if_dynamic(
            (5,), value, lambda x: tf.cond(x[0] > 0, lambda: x + 1.0, lambda: x - 1.0), lambda x: -x))
        add("StatelessIf", f"loop_inside_{v}", if_dynamic(
            (5,), value, lambda x: _static_while(None, x, 3, lambda i, v: (i + 1, v * 1.5))[1], lambda x: -x))
        add("StatelessIf", f"list_result_{v}", if_dynamic((4, 2), value, *[
            (lambda x, k=k: tf.raw_ops.TensorListStack(input_handle=tf.raw_ops.TensorListFromTensor(
                tensor=x * k, element_shape=[2]), element_shape=[2], element_dtype=tf.float32)) for k in (2.0, 3.0)]))

    def if_tensor_condition(value, dtype):
        def build(g):
            x = g.input(g.normal(3))
            c = g.input(np.array(value, dtype))

            @tf.function
            def then(a):
                return a + 1.0

            @tf.function
            def other(a):
                return a - 1.0
            spec = tf.TensorSpec([3], tf.float32)
            return raw.If(cond=c, input=[x], Tout=[tf.float32], then_branch=then.get_concrete_function(spec),
                          else_branch=other.get_concrete_function(spec), output_shapes=[[3]])[0]
        return build

    for what, value, dtype in (("int_zero", 0, np.int32), ("int_seven", 7, np.int32), ("float_half", 0.5, np.float32),
                               ("vector", [0, 0], np.int32), ("bool", True, bool)):
        add("If", f"condition_{what}", if_tensor_condition(value, dtype))

    def case(index, known):
        def build(g):
            x = g.input(g.normal(2, 2))
            i = tf.constant(index) if known else g.input(np.array(index, np.int32))
            return tf.switch_case(i, [lambda: x + 1.0, lambda: x * 3.0, lambda: -x])
        return build

    for index in (-1, 0, 1, 2, 5):
        name = str(index).replace("-", "minus_")
        add("StatelessCase", f"dynamic_{name}", case(index, False))

    # --- while
    add("StatelessWhile", "counted", lambda g: _static_while(g, g.input(g.normal(2, 3)), 4, lambda i, v: (i + 1, v * 1.1 + tf.cast(i, tf.float32))))
    add("StatelessWhile", "known_no_turn", lambda g: _static_while(g, g.input(g.normal(2, 3)), 0, lambda i, v: (i + 1, v * 1.1)))
    add("StatelessWhile", "one_turn", lambda g: _static_while(g, g.input(g.normal(2, 3)), 1, lambda i, v: (i + 1, v * 1.1)))
    add("StatelessWhile", "many_turns", lambda g: _static_while(g, g.input(g.normal(2, 3)), 1000, lambda i, v: (i + 1, v * 0.999 + 0.01)), tolerance=1e-4)

    def dynamic_count(n, start=0, two_bounds=False):
        def build(g):
            x = g.input(g.normal(3))
            limit = g.input(np.array(n, np.int32))
            condition = (lambda i, v: tf.logical_and(i < limit, i < 100)) if two_bounds else (lambda i, v: i < limit)
            return tf.while_loop(condition, lambda i, v: (i + 1, v * 1.5 + tf.cast(i, tf.float32)), [tf.constant(start), x])
        return build

    for n in (0, 1, 5):
        add("StatelessWhile", f"dynamic_count_{n}", dynamic_count(n))
    add("StatelessWhile", "dynamic_count_from_2", dynamic_count(6, 2))
    add("StatelessWhile", "dynamic_two_bounds", dynamic_count(6, 0, True))

    def converge(g):
        x = g.input(g.uniform(1, 50, 4))
        return tf.while_loop(lambda v, n: tf.reduce_max(v) > 1.0, lambda v, n: (v * 0.5, n + 1), [x, tf.constant(0)])
    add("StatelessWhile", "until_small", converge)

    def growing(g):
        x = g.input(g.normal(1, 2))
        limit = g.input(np.array(3, np.int32))
        return tf.while_loop(lambda i, v: i < limit, lambda i, v: (i + 1, tf.concat([v, v[:1] * 2.0], 0)),
                             [tf.constant(0), x], shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 2])])
    add("StatelessWhile", "dynamic_growing", growing)

    def captured(g):
        x = g.input(g.normal(2, 3))
        w = g.normal(3, 3)
        limit = g.input(np.array(4, np.int32))
        return tf.while_loop(lambda i, v: i < limit, lambda i, v: (i + 1, tf.tanh(tf.matmul(v, w)) + x),
                             [tf.constant(0), x])[1]
    add("StatelessWhile", "dynamic_captured_weight", captured)

    def nested(known):
        def build(g):
            x = g.input(g.normal(3))
            outer = tf.constant(3) if known else g.input(np.array(3, np.int32))

            def body(i, v):
                _, w = tf.while_loop(lambda j, w: j < i + 1, lambda j, w: (j + 1, w * 1.25), [tf.constant(0), v])
                return i + 1, w + 1.0
            return tf.while_loop(lambda i, v: i < outer, body, [tf.constant(0), x])
        return build
    add("StatelessWhile", "nested_counted", nested(True))
    add("StatelessWhile", "nested_dynamic", nested(False))

    def branch_inside(g):
        x = g.input(g.normal(4))
        limit = g.input(np.array(5, np.int32))
        return tf.while_loop(lambda i, v: i < limit, lambda i, v: (
            i + 1, tf.cond(tf.reduce_sum(v) > 0, lambda: v - 1.0, lambda: v + 2.0)), [tf.constant(0), x])
    add("StatelessWhile", "dynamic_branch_inside", branch_inside)

    def swapped(g):
        a, b = g.input(g.normal(3)), g.input(g.normal(3))
        limit = g.input(np.array(3, np.int32))
        return tf.while_loop(lambda i, p, q: i < limit, lambda i, p, q: (i + 1, q, p + q), [tf.constant(0), a, b])
    add("StatelessWhile", "dynamic_swapped", swapped)

    def int64_counter(g):
        x = g.input(g.normal(3))
        limit = g.input(np.array(3, np.int64))
        return tf.while_loop(lambda i, v: i < limit, lambda i, v: (i + 1, v * 2.0), [tf.constant(0, tf.int64), x])
    add("StatelessWhile", "dynamic_int64", int64_counter)

    def empty_constant(g):
        n = g.input(np.array(5, np.int32))
        return tf.while_loop(lambda i, s: s < 40, lambda i, s: (i + 1, s + i * i), [n - n, n])
    add("StatelessWhile", "dynamic_integers", empty_constant)

    def stateful(g):
        x = g.input(g.normal(2))

        @tf.function
        def cond(i, v):
            return i < 3

        @tf.function
        def body(i, v):
            return i + 1, v * 2.0
        specs = [tf.TensorSpec([], tf.int32), tf.TensorSpec([2], tf.float32)]
        return raw.While(input=[tf.constant(0), x], cond=cond.get_concrete_function(*specs),
                         body=body.get_concrete_function(*specs), output_shapes=[[], [2]], parallel_iterations=10)
    add("While", "counted", stateful)
