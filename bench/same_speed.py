#!/usr/bin/env python3
"""Inference speed of two ONNX files that say the same, on jetline's CPU engine: pairs of `jetline infer` runs in turn,
the median time of each run, the median of the pairs' ratios (above 1: the first file is faster). Prints one JSON object.

  bench/same_speed.py --jetline build/release/bin/jetline OURS.onnx THEIRS.onnx --inputs inputs.npz [--pairs 7]

The inputs are arrays by input name. Made for `jetline convert` against tf2onnx's file of the same SavedModel.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile


def median_ms(o, model):
    with tempfile.TemporaryDirectory() as scratch:
        argv = [o.jetline, "infer", model, "--in", o.inputs, "-o", os.path.join(scratch, "out.npz"), "--repeat",
                str(o.repeat), "--json"]
        out = json.loads(subprocess.run(argv, stdout=subprocess.PIPE, check=True, text=True).stdout)
    times = out["times_ms"]
    return statistics.median(times[len(times) // 4:]), out["conditions"]  # the first quarter warms up


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ours")
    parser.add_argument("theirs")
    parser.add_argument("--jetline", required=True)
    parser.add_argument("--inputs", required=True)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--repeat", type=int, default=20)
    o = parser.parse_args()
    ours, theirs, conditions = [], [], {}
    for i in range(o.pairs):
        order = [(o.ours, ours), (o.theirs, theirs)]
        for model, times in order if i % 2 == 0 else order[::-1]:
            ms, conditions = median_ms(o, model)
            times.append(ms)
    print(json.dumps({"ours_ms": statistics.median(ours), "theirs_ms": statistics.median(theirs),
                      "speed_ratio": statistics.median(b / a for a, b in zip(ours, theirs)), "pairs": o.pairs,
                      "conditions": dict(conditions, load=os.getloadavg()[0])}, indent=2))


if __name__ == "__main__":
    main()
