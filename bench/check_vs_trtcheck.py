#!/usr/bin/env python3
"""jetline check against trtcheck (PyPI): whole processes on the same model, one target each, in turn, in one run.

usage: check_vs_trtcheck.py --jetline build/release/bin/jetline --trtcheck VENV/bin/trtcheck [--repeat 15] MODEL...
                            [--big MODEL_WITH_EXTERNAL_WEIGHTS]

Prints JSON: for each model the wall time (median, 90th percentile) and peak memory of `jetline check` for one target
(TensorRT 8.6) and for all, of `trtcheck --target-trt 8.6`, and their ratio; with --big those of a check of a model with
external weights, whose bytes then show in the peak memory if they were read. Runs of the tools alternate; the first
round brings files into memory and does not count. Peak memory is the kernel's ru_maxrss of the child.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import time


def run(argv):
    """Wall milliseconds and peak memory in MB of one process; its exit code must be 0, 1 or 2 (an answer)."""
    begin = time.perf_counter()
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = (time.perf_counter() - begin) * 1e3
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 2):
        raise SystemExit(f"{' '.join(argv)} ended with {process.returncode}")
    return wall, usage.ru_maxrss * 1024 / 1e6


def summary(runs):
    walls = sorted(w for w, _ in runs)
    return {
        "median_ms": round(statistics.median(walls), 2),
        "p90_ms": round(walls[int(len(walls) * 0.9)], 2),
        "peak_rss_mb": round(max(m for _, m in runs), 1),
    }


def alternate(commands, repeat):
    runs = {name: [] for name in commands}
    for i in range(repeat + 1):
        for name, argv in commands.items():
            result = run(argv)
            if i > 0:
                runs[name].append(result)
    return {name: summary(r) for name, r in runs.items()}


def nodes(jetline, model):
    out = subprocess.run([jetline, "inspect", model, "--json"], capture_output=True, check=True)
    return json.loads(out.stdout)["nodes"]


def cpu():
    with open("/proc/cpuinfo") as f:
        return next((line.split(":")[1].strip() for line in f if line.startswith("model name")), platform.machine())


def version(argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--jetline", required=True)
    parser.add_argument("--trtcheck", required=True)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--big")
    a = parser.parse_args()
    result = {"models": []}
    for model in a.models:
        runs = alternate(
            {
                "jetline_one": [a.jetline, "check", model, "--tensorrt", "8.6"],
                "jetline_board": [a.jetline, "check", model, "--board", "nano-4gb", "--jetpack", "4.6.1"],
                "jetline_all": [a.jetline, "check", model, "--all"],
                "trtcheck_one": [a.trtcheck, model, "--target-trt", "8.6"],
            },
            a.repeat,
        )
        ratio = runs["trtcheck_one"]["median_ms"] / runs["jetline_one"]["median_ms"]
        result["models"].append({"model": os.path.basename(model), "nodes": nodes(a.jetline, model), **runs, "times_faster": round(ratio, 1)})
    if a.big:
        folder = os.path.dirname(a.big) or "."
        size = sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder) if f.startswith(os.path.basename(a.big)))
        runs = alternate({"check": [a.jetline, "check", a.big, "--board", "nano-4gb", "--jetpack", "4.6.1"]}, a.repeat)
        result["external_weights"] = {"nodes": nodes(a.jetline, a.big), "file_mb": round(size / 1e6), **runs["check"]}
    result["conditions"] = {
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "load_1m": round(os.getloadavg()[0], 2),
        "repeat": a.repeat,
        "jetline": version([a.jetline, "--version"]),
        "trtcheck": version([a.trtcheck, "--version"]),
        "python": platform.python_version(),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
