"""Normalisation."""
import numpy as np

from builder import raw, tf

F32 = np.float32


def bn(op, x, c, g, **kwargs):
    return getattr(raw, op)(x=x, scale=g.uniform(0.5, 2, c), offset=g.normal(c), mean=g.normal(c),
                            variance=g.uniform(0.3, 2, c), is_training=False, **kwargs)[0]


def make(add):
    for op in ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"]:
        add(op, "inference", lambda g: bn(op, g.input(g.normal(2, 3, 3, 4)), 4, g, epsilon=0.001))
        add(op, "default_epsilon", lambda g: bn(op, g.input(g.normal(1, 3, 3, 2)), 2, g))
        add(op, "dynamic", lambda g: bn(op, g.input(g.normal(2, 3, 2, 4), [None, None, None, 4]), 4, g, epsilon=0.01))
        add(op, "runtime_statistics", lambda g: getattr(raw, op)(
            x=g.input(g.normal(1, 3, 3, 2)), scale=g.input(g.uniform(0.5, 2, 2)), offset=g.input(g.normal(2)),
            mean=g.input(g.normal(2)), variance=g.input(g.uniform(0.3, 2, 2)), is_training=False)[0])
        add(op, "training", lambda g: getattr(raw, op)(
            x=g.input(g.normal(2, 3, 3, 4)), scale=g.uniform(0.5, 2, 4), offset=g.normal(4),
            mean=np.zeros(0, F32), variance=np.zeros(0, F32), epsilon=0.001, is_training=True)[0], tolerance=5e-5)
    add("FusedBatchNormV3", "nchw", lambda g: bn("FusedBatchNormV3", g.input(g.normal(2, 4, 3, 3)), 4, g,
                                                 data_format="NCHW"))
    add("FusedBatchNormV3", "half_input", lambda g: bn("FusedBatchNormV3", g.input(g.normal(1, 3, 3, 2, dtype=np.float16)),
                                                       2, g))
    add("FusedBatchNormV3", "ndhwc", lambda g: bn("FusedBatchNormV3", g.input(g.normal(1, 2, 3, 3, 2)), 2, g,
                                                  data_format="NDHWC"))
    add("FusedBatchNormV3", "training_statistics", lambda g: list(raw.FusedBatchNormV3(
        x=g.input(g.normal(2, 3, 3, 4)), scale=g.uniform(0.5, 2, 4), offset=g.normal(4), mean=np.zeros(0, F32),
        variance=np.zeros(0, F32), epsilon=0.001, is_training=True)[:3]), tolerance=5e-5)

    def after_conv(g):
        y = raw.Conv2D(input=g.input(g.normal(1, 5, 5, 3)), filter=g.normal(3, 3, 3, 4), strides=[1, 1, 1, 1],
                       padding="SAME")
        return raw.Relu(features=bn("FusedBatchNormV3", y, 4, g, epsilon=0.001))
    add("FusedBatchNormV3", "after_convolution", after_conv)
    add("BatchNormWithGlobalNormalization", "scaled", lambda g: global_norm(g, True))
    add("BatchNormWithGlobalNormalization", "unscaled", lambda g: global_norm(g, False))
    for what, kw in [("default", {}), ("radius2", {"depth_radius": 2, "bias": 2.0, "alpha": 1e-2, "beta": 0.75}),
                     ("radius1", {"depth_radius": 1, "alpha": 0.5}), ("radius0", {"depth_radius": 0, "alpha": 0.3})]:
        add("LRN", what, lambda g: raw.LRN(input=g.input(g.normal(1, 2, 3, 7)), **kw))
    add("LRN", "dynamic", lambda g: raw.LRN(input=g.input(g.normal(2, 2, 2, 6), [None, None, None, 6]), depth_radius=2))

    # Layer normalisation as Keras exports it.
    def layer_norm(g, rank):
        x = g.input(g.normal(*[2, 3, 4, 5][4 - rank:]))
        mean = raw.Mean(input=x, axis=np.array([rank - 1], np.int32), keep_dims=True)
        var = raw.Mean(input=raw.SquaredDifference(x=x, y=raw.StopGradient(input=mean)),
                       axis=np.array([rank - 1], np.int32), keep_dims=True)
        inv = raw.Mul(x=raw.Rsqrt(x=raw.AddV2(x=var, y=F32(0.001))), y=g.uniform(0.5, 2, 5))
        return raw.AddV2(x=raw.Mul(x=x, y=inv), y=raw.Sub(x=g.normal(5), y=raw.Mul(x=mean, y=inv)))
    for rank in [2, 3, 4]:
        add("SquaredDifference", f"layer_norm_rank{rank}", lambda g: layer_norm(g, rank))


def global_norm(g, scale):
    tensors = [g.input(g.normal(1, 3, 3, 2))] + [tf.constant(v) for v in (
        g.normal(2), g.uniform(0.3, 2, 2), g.normal(2), g.uniform(0.5, 2, 2))]
    return g.old_op("BatchNormWithGlobalNormalization", tensors, T=tf.float32, variance_epsilon=0.001,
                    scale_after_normalization=scale)[0]
