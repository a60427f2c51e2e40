"""Random operators: refused, or drawn once where that is asked for. Then type, shape and range are checked."""
import numpy as np

from builder import raw, tf

F32, I, L = np.float32, np.int32, np.int64

UNIT = (0, 1, 0.3, 0.7)
NORMAL = (-7, 7, -0.35, 0.35)
KEY = dict(key=np.array([7], np.uint64), counter=np.array([1, 2], np.uint64), alg=I(1))


def shape(*a):
    return np.array(a, I)


def make(add):
    def with_input(g, x):  # something of the graph is computed from its input
        return raw.AddV2(x=raw.Cast(x=x, DstT=tf.float32), y=g.input(np.zeros((), F32)))

    def both(op, what, build, bounds):
        add(op, what, lambda g: with_input(g, build(g)), bounds=bounds)
        add(op, what + "_refused", lambda g: with_input(g, build(g)), refuse="tf.unsupported-op")
    both("RandomUniform", "matrix", lambda g: raw.RandomUniform(shape=shape(10, 20), dtype=tf.float32), UNIT)
    both("RandomUniform", "seeded_double", lambda g: raw.RandomUniform(shape=shape(200), dtype=tf.float64, seed=3, seed2=4), UNIT)
    both("RandomStandardNormal", "matrix", lambda g: raw.RandomStandardNormal(shape=shape(10, 20), dtype=tf.float32), NORMAL)
    both("TruncatedNormal", "matrix", lambda g: raw.TruncatedNormal(shape=shape(10, 20), dtype=tf.float32), (-2, 2, -0.35, 0.35))
    both("RandomUniformInt", "int32", lambda g: raw.RandomUniformInt(shape=shape(10, 20), minval=I(-3), maxval=I(8)), (-3, 7, 1, 3))
    both("RandomUniformInt", "int64", lambda g: raw.RandomUniformInt(shape=shape(200), minval=L(0), maxval=L(2)), (0, 1, 0.3, 0.7))
    both("RandomGamma", "two", lambda g: raw.RandomGamma(shape=shape(200), alpha=np.array([2.0], F32)), (0, 40, 1.4, 2.6))
    both("RandomPoissonV2", "three", lambda g: raw.RandomPoissonV2(shape=shape(200), rate=np.array([3.0], F32)), (0, 30, 2.2, 3.8))
    both("RandomShuffle", "vector", lambda g: raw.RandomShuffle(value=np.arange(9, dtype=I)), (0, 8, 4, 4))
    both("Multinomial", "two_classes", lambda g: raw.Multinomial(logits=np.zeros((2, 2), F32), num_samples=I(200)), (0, 1, 0.3, 0.7))
    seed = np.array([5, 6], I)
    both("StatelessRandomUniform", "matrix", lambda g: raw.StatelessRandomUniform(shape=shape(10, 20), seed=seed), UNIT)
    both("StatelessRandomNormal", "matrix", lambda g: raw.StatelessRandomNormal(shape=shape(10, 20), seed=seed), NORMAL)
    both("StatelessTruncatedNormal", "matrix", lambda g: raw.StatelessTruncatedNormal(shape=shape(10, 20), seed=seed), (-2, 2, -0.35, 0.35))
    both("StatelessRandomUniformInt", "int32", lambda g: raw.StatelessRandomUniformInt(shape=shape(200), seed=seed, minval=I(0), maxval=I(5)), (0, 4, 1.4, 2.6))
    both("StatelessRandomUniformV2", "matrix", lambda g: raw.StatelessRandomUniformV2(shape=shape(10, 20), **KEY), UNIT)
    both("StatelessRandomNormalV2", "matrix", lambda g: raw.StatelessRandomNormalV2(shape=shape(10, 20), **KEY), NORMAL)
    both("StatelessTruncatedNormalV2", "matrix", lambda g: raw.StatelessTruncatedNormalV2(shape=shape(10, 20), **KEY), (-2, 2, -0.35, 0.35))
    both("StatelessRandomUniformIntV2", "int32", lambda g: raw.StatelessRandomUniformIntV2(shape=shape(200), minval=I(0), maxval=I(5), **KEY), (0, 4, 1.4, 2.6))

    def by_key(g, get, state):  # what tf.random.stateless_uniform writes
        key, counter = state(get)
        alg = raw.StatelessRandomGetAlg() if get != "StatelessRandomGetKeyCounterAlg" else raw.StatelessRandomGetKeyCounterAlg(seed=seed)[2]
        return raw.StatelessRandomUniformV2(shape=shape(10, 20), key=key, counter=counter, alg=alg)
    for op in ["StatelessRandomGetKeyCounter", "StatelessRandomGetAlg", "StatelessRandomGetKeyCounterAlg"]:
        both(op, "uniform", lambda g: by_key(g, op, lambda get: getattr(
            raw, get if "Key" in get else "StatelessRandomGetKeyCounter")(seed=seed)[:2]), UNIT)
