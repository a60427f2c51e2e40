"""Variables and tables: small SavedModels, written as TensorFlow 1 wrote them (and TensorFlow 2 still reads them)."""
import numpy as np

from builder import raw, tf, v1

F32, I, L = np.float32, np.int32, np.int64


def resource(value, name="w"):
    return v1.get_variable(name, initializer=value, use_resource=True)


def make(add):
    for op in ["VarHandleOp", "ReadVariableOp"]:
        add.saved(op, "matmul", lambda g: raw.MatMul(a=g.input(g.normal(2, 3)), b=resource(g.normal(3, 4)).read_value()))
    for dtype in [F32, np.float64, np.float16, I, L, np.uint8, np.int8, bool]:
        add.saved("ReadVariableOp", np.dtype(dtype).name, lambda g: [
            raw.Identity(input=resource(g.of(dtype, 2, 3)).read_value()), g.input(g.normal(1)) + 1.0])
    add.saved("ReadVariableOp", "scalar_twice", lambda g: (lambda v: g.input(g.normal(3)) * v.read_value() + v.read_value())(resource(F32(2.5))))
    add.saved("VariableV2", "add", lambda g: g.input(g.normal(3)) + v1.get_variable("w", initializer=g.normal(3), use_resource=False))
    add.saved("VariableV2", "scope", lambda g: _scoped(g))
    add.saved("VariableShape", "known", lambda g: raw.VariableShape(input=resource(g.normal(2, 3)).handle) + g.input(I(0)))
    add.saved("VarIsInitializedOp", "yes", lambda g: raw.LogicalAnd(x=raw.VarIsInitializedOp(resource=resource(g.normal(2)).handle), y=g.input(np.array(True))))
    add.saved("IsVariableInitialized", "yes", lambda g: raw.LogicalAnd(
        x=v1.is_variable_initialized(v1.get_variable("w", initializer=g.normal(2), use_resource=False)), y=g.input(np.array(True))))
    add.saved("ResourceGather", "rows", lambda g: raw.ResourceGather(resource=resource(g.normal(5, 3)).handle, indices=g.input(g.ints(0, 5, 2, 2)), dtype=tf.float32))
    add.saved("ResourceGather", "int64_indices", lambda g: raw.ResourceGather(resource=resource(g.normal(5)).handle, indices=g.input(g.ints(0, 5, 3, dtype=L)), dtype=tf.float32))
    add.saved("ResourceGather", "batch", lambda g: raw.ResourceGather(resource=resource(g.normal(2, 4)).handle, indices=g.input(g.ints(0, 4, 2, 3)), batch_dims=1, dtype=tf.float32))
    add.saved("ResourceGatherNd", "elements", lambda g: raw.ResourceGatherNd(resource=resource(g.normal(4, 3)).handle, indices=g.input(g.ints(0, 3, 2, 2)), dtype=tf.float32))

    # TensorFlow 1's references to variables.
    ref = lambda g: v1.get_variable("w", initializer=g.normal(3), use_resource=False)._ref()
    add.saved("RefIdentity", "add", lambda g: raw.RefIdentity(input=ref(g)) + g.input(g.normal(3)))
    for op in ["RefSwitch", "RefMerge"]:
        for value in [True, False]:
            def switched(g):
                f, t = raw.RefSwitch(data=ref(g), pred=g.input(np.array(value)))
                return raw.RefMerge(inputs=[f, t]).output + 0.0
            add.saved(op, f"runtime_{str(value).lower()}", switched)

    def ref_loop(g):
        turns = g.input(I(2))
        i = raw.Enter(data=tf.constant(0), frame_name="turns")
        n = raw.Enter(data=turns, frame_name="turns", is_constant=True)
        w = raw.RefEnter(data=ref(g), frame_name="turns")
        at, kept = raw.Merge(inputs=[i, i]).output, raw.RefMerge(inputs=[w, w]).output
        go = raw.LoopCond(input=raw.Less(x=at, y=n))
        _, body = raw.Switch(data=at, pred=go)
        out, again = raw.RefSwitch(data=kept, pred=go)
        with tf.control_dependencies([body]):
            one = tf.constant(1)
        at.op._update_input(1, raw.NextIteration(data=raw.AddV2(x=body, y=one)))
        kept.op._update_input(1, raw.RefNextIteration(data=again))
        return raw.RefExit(data=out) + 1.0
    for op in ["RefEnter", "RefExit", "RefNextIteration"]:
        add.saved(op, "two_turns", ref_loop)

    def table(g, keys, values):
        t = raw.HashTableV2(key_dtype=keys.dtype, value_dtype=values.dtype, shared_name="t")
        g.initializers.append(raw.InitializeTableV2(table_handle=t, keys=keys, values=values))
        return t
    keys, values = np.array([3, 7, -1, 40], L), np.array([0.5, 1.5, -2, 9], F32)
    for op in ["HashTableV2", "LookupTableFindV2"]:
        add.saved(op, "int_to_float", lambda g: raw.LookupTableFindV2(table_handle=table(g, keys, values), keys=g.input(np.array([7, 5, 40, 3], L)), default_value=F32(-7)))
    add.saved("LookupTableFindV2", "matrix_of_keys", lambda g: raw.LookupTableFindV2(
        table_handle=table(g, keys, np.array([10, 20, 30, 40], L)), keys=g.input(np.array([[7, 5], [-1, 3]], L)), default_value=L(-1)))
    add.saved("LookupTableSizeV2", "four", lambda g: raw.LookupTableSizeV2(table_handle=table(g, keys, values)) + g.input(L(0)))
    add.saved("LookupTableExportV2", "sums", lambda g: [tf.reduce_sum(t) + g.input(np.zeros((), t.dtype.as_numpy_dtype))
                                                          for t in raw.LookupTableExportV2(table_handle=table(g, keys, values), Tkeys=tf.int64, Tvalues=tf.float32)])

    # Handles as references, as TensorFlow 1 had them first.
    def old_table(g):
        t = raw.HashTable(key_dtype=tf.int64, value_dtype=tf.float32, shared_name="t")
        g.initializers.append(raw.InitializeTable(table_handle=t, keys=keys, values=values))
        return t
    for op in ["HashTable", "LookupTableFind"]:
        add.saved(op, "int_to_float", lambda g: raw.LookupTableFind(table_handle=old_table(g), keys=g.input(np.array([7, 5, 40, 3], L)), default_value=F32(-7)))
    add.saved("LookupTableSize", "four", lambda g: raw.LookupTableSize(table_handle=old_table(g)) + g.input(L(0)))
    add.saved("LookupTableExport", "sums", lambda g: [tf.reduce_sum(t) + g.input(np.zeros((), t.dtype.as_numpy_dtype))
                                                      for t in raw.LookupTableExport(table_handle=old_table(g), Tkeys=tf.int64, Tvalues=tf.float32)])


def _scoped(g):
    with v1.variable_scope("layer", use_resource=False):
        w = v1.get_variable("kernel", initializer=g.normal(3, 2))
        b = v1.get_variable("bias", initializer=g.normal(2))
    return tf.nn.relu(tf.matmul(g.input(g.normal(2, 3)), w) + b)
