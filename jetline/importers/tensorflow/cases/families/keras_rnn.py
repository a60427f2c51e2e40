"""Layers of Keras that hold loops over time, exported with their weights as constants."""
import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context

K = tf.keras


def _frozen(g, layers, shape, feed, mask=None):
    """Applies the layers in a function of their own (as an export does) and puts their weights in as constants."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    x = g.normal(*shape)
    if mask is not None:
        x = x * mask[..., None]
    signature = tf.TensorSpec([None if feed != "same" and i < 2 else d for i, d in enumerate(shape)], tf.float32)
    if feed == "batch":
        signature = tf.TensorSpec([None] + list(shape[1:]), tf.float32)
    rng = g.rng
    with context.eager_mode():
        built = layers()
        probe = tf.keras.Input(batch_shape=signature.shape)
        y = probe
        for layer in built:
            y = layer(y)
        model = tf.keras.Model(probe, y)
        model.set_weights([(rng.standard_normal(w.shape) * 0.4).astype(w.dtype) for w in model.get_weights()])
        concrete = tf.function(lambda t: model(t, training=False)).get_concrete_function(signature)
        frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=False)
        graph_def = frozen.graph.as_graph_def()
        inputs = [t.name for t in frozen.inputs if t.dtype != tf.resource]
        outputs = [t.name for t in frozen.outputs]
    for node in graph_def.node:
        if node.op == "Placeholder" and node.name == inputs[0].split(":")[0]:
            node.name = "layer_input"
    for node in graph_def.node:
        for i, name in enumerate(node.input):
            if name == inputs[0].split(":")[0]:
                node.input[i] = "layer_input"
    _without_unused(graph_def)
    p = g.input(x, signature.shape.as_list())
    kept = tf.compat.v1.graph_util.extract_sub_graph(graph_def, [o.split(":")[0] for o in outputs])
    for node in list(kept.node):
        if node.name == "layer_input":
            kept.node.remove(node)
    for node in kept.node:
        for i, name in enumerate(node.input):
            if name == "layer_input":
                node.input[i] = "layer_input:0"
    return tf.import_graph_def(kept, {"layer_input:0": p}, outputs, name="layers")


def _without_unused(graph_def):
    """Drops functions nobody calls (training copies) and attributes that only describe."""
    functions = {f.signature.name: f for f in graph_def.library.function}
    reached, work = set(), [graph_def.node]
    while work:
        for node in work.pop():
            for attr in node.attr.values():
                name = attr.func.name
                if name in functions and name not in reached:
                    reached.add(name)
                    work.append(functions[name].node_def)
    for name, f in functions.items():
        if name not in reached:
            graph_def.library.function.remove(f)
            continue
        f.attr.pop("_construction_context", None)
        f.arg_attr.clear()
    del graph_def.library.gradient[:]
    for body in [graph_def.node] + [f.node_def for f in graph_def.library.function]:
        for node in body:
            node.ClearField("experimental_debug_info")
            for key in list(node.attr):
                if key in ("_output_shapes", "output_shapes", "_class") or key.startswith(("_xla", "_lower", "_num_orig")):
                    del node.attr[key]


def make(add):
    L = K.layers
    shape = (2, 5, 3)

    def case(op, what, layers, shape=shape, feed="batch", mask=None, tolerance=1e-4):
        add(op, what, lambda g: _frozen(g, layers, shape, feed, mask), tolerance=tolerance)

    loop = "StatelessWhile"
    for feed in ("same", "batch", "open"):
        case(loop, f"keras_lstm_{feed}", lambda: [L.LSTM(4)], feed=feed)
        case(loop, f"keras_gru_sequences_{feed}", lambda: [L.GRU(4, return_sequences=True)], feed=feed)
    case(loop, "keras_lstm_sequences", lambda: [L.LSTM(4, return_sequences=True)], feed="open")
    case(loop, "keras_gru_one", lambda: [L.GRU(4)])
    case(loop, "keras_bidirectional_lstm", lambda: [L.Bidirectional(L.LSTM(4, return_sequences=True))])
    case(loop, "keras_bidirectional_gru", lambda: [L.Bidirectional(L.GRU(4))])
    case(loop, "keras_lstm_states", lambda: [L.LSTM(4, return_state=True, return_sequences=True)])
    case(loop, "keras_lstm_unroll_none_backwards", lambda: [L.LSTM(4, go_backwards=True, return_sequences=True)])
    case(loop, "keras_lstm_time_major", lambda: [L.LSTM(4, time_major=True, return_sequences=True)], feed="same")
    case("While", "keras_lstm_relu", lambda: [L.LSTM(4, activation="relu", return_sequences=True)])
    case("While", "keras_lstm_hard_sigmoid", lambda: [L.LSTM(4, recurrent_activation="hard_sigmoid")])
    case("While", "keras_lstm_no_bias", lambda: [L.LSTM(4, use_bias=False, return_sequences=True)])
    case("While", "keras_lstm_implementation_1", lambda: [L.LSTM(4, implementation=1, activation="softsign")])
    case("While", "keras_gru_reset_before", lambda: [L.GRU(4, reset_after=False, return_sequences=True)])
    case("While", "keras_gru_reset_before_last", lambda: [L.GRU(4, reset_after=False)])
    case("While", "keras_gru_no_bias", lambda: [L.GRU(4, use_bias=False)])
    case("While", "keras_gru_relu", lambda: [L.GRU(4, activation="relu")])
    case("While", "keras_simple_rnn", lambda: [L.SimpleRNN(4, return_sequences=True)])
    case("While", "keras_simple_rnn_relu", lambda: [L.SimpleRNN(4, activation="relu")])
    case("While", "keras_rnn_cell_lstm", lambda: [L.RNN(L.LSTMCell(4), return_sequences=True)])
    case("While", "keras_rnn_stacked_cells", lambda: [L.RNN([L.LSTMCell(4), L.GRUCell(3)])])
    case(loop, "keras_two_layers", lambda: [L.LSTM(4, return_sequences=True), L.LSTM(3)])
    case("While", "keras_conv_lstm", lambda: [L.ConvLSTM2D(2, 3, padding="same")], shape=(1, 3, 5, 5, 2))
    mask = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 0, 1]], np.float32)
    short = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]], np.float32)
    none = np.array([[0, 0, 0, 0, 0], [1, 1, 0, 0, 0]], np.float32)
    for name, m in (("holes", mask), ("none", none)):
        case(loop, f"keras_masked_lstm_sequences_{name}", lambda: [L.Masking(), L.LSTM(4, return_sequences=True)], mask=m)
        case(loop, f"keras_masked_gru_{name}", lambda: [L.Masking(), L.GRU(4)], mask=m)
    case(loop, "keras_masked_lstm_short", lambda: [L.Masking(), L.LSTM(4)], mask=short)
    case(loop, "keras_masked_bidirectional", lambda: [L.Masking(), L.Bidirectional(L.GRU(4, return_sequences=True))], mask=mask)
    case(loop, "keras_masked_states", lambda: [L.Masking(), L.LSTM(4, return_state=True)], mask=mask)
    case(loop, "keras_time_distributed", lambda: [L.TimeDistributed(L.Dense(4, activation="relu")), L.LSTM(3)], shape=(2, 4, 3))
