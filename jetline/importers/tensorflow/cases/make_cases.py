"""Makes the one-operator cases: small graphs and what TensorFlow computes with them, one file of cases a family under
data/. Run by hand where TensorFlow is installed (made with 2.15.1 on x86-64), never by the tests:

    python make_cases.py [FAMILY ...]

The same TensorFlow gives the same bytes again.
"""
import collections
import importlib
import os
import sys

FAMILIES = ["unary", "binary", "reduce", "array", "slice", "gather", "segment", "linalg", "conv", "pool", "norm",
            "resize", "image", "nms", "quant", "rnn", "random", "control", "functional", "lists", "tensor_list",
            "loops_v1", "frames", "keras_rnn", "saved", "old_and_inner", "refused", "gradient", "edges"]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, here)
    import builder
    import case_file

    families = sys.argv[1:] or [f for f in FAMILIES if os.path.exists(os.path.join(here, "families", f + ".py"))]
    os.makedirs(os.path.join(here, "data"), exist_ok=True)
    total = collections.Counter()
    size = failures = 0
    for family in families:
        add = builder.Collector()
        importlib.import_module("families." + family).make(add)
        data = case_file.dump(add.cases)
        path = os.path.join(here, "data", family + ".cases")
        with open(path + ".part", "wb") as f:
            f.write(data)
        os.replace(path + ".part", path)
        total.update(c.name.split("/")[0] for c in add.cases)
        size += len(data)
        failures += len(add.failures)
        for text in add.failures:
            print("FAILED", text)
        print(f"{family}: {len(add.cases)} cases, {len(data)} bytes", flush=True)
    print(f"{sum(total.values())} cases of {len(total)} operators, {size} bytes")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
