#!/usr/bin/env python3
"""Time and memory of jetline on a model of 3,000 nodes with 1 GB of weights beside it.

usage: big_model.py --build BUILD_FOLDER [--nodes 3000] [--megabytes 1024] [--kind plain] [--repeat 3] [--keep DIR]

BUILD_FOLDER holds bin/jetline and bench/big_model (a release build). The model is made anew (bench/big_model.cpp),
everything is warm in the page cache, and the median of `--repeat` runs counts, taken in turn with `cp` of the
weights. Memory is read from /proc while the program runs, anonymous pages and pages of mapped files apart. Prints
JSON with its conditions. `--kind` may be given several times.
"""
import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time


def watched(command):
    """Wall time, peaks of anonymous and file pages in bytes, exit code."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peaks = {"RssAnon": 0, "RssFile": 0, "RssShmem": 0}
    path = f"/proc/{child.pid}/status"
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            break
        try:
            with open(path) as f:
                for line in f:
                    key = line.split(":")[0]
                    if key in peaks:
                        peaks[key] = max(peaks[key], int(line.split()[1]) * 1024)
        except (OSError, IndexError, ValueError):
            pass
        time.sleep(0.001)
    seconds = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    error = child.stderr.read().decode()
    child.stderr.close()
    child.returncode = code
    return {"seconds": seconds, "anonymous": peaks["RssAnon"] + peaks["RssShmem"], "mapped": peaks["RssFile"],
            "cpu": usage.ru_utime + usage.ru_stime, "code": code, "error": error[-300:]}


def median(rows, key):
    return statistics.median(r[key] for r in rows)


def measure(args, kind, folder):
    jetline = os.path.join(args.build, "bin", "jetline")
    maker = os.path.join(args.build, "bench", "big_model")
    model = os.path.join(folder, "big.onnx")
    made = json.loads(subprocess.run([maker, model, str(args.nodes), str(args.megabytes), kind], check=True,
                                     stdout=subprocess.PIPE).stdout)
    data = model + ".data"
    whole = made["file_bytes"] + made["external_bytes"]
    copy, out = os.path.join(folder, "copy"), os.path.join(folder, "out.onnx")
    commands = {
        "cp": ["cp", data, copy],
        "inspect": [jetline, "inspect", model],
        "check": [jetline, "check", model, "--tensorrt", "10.3"],
        "check --all": [jetline, "check", model, "--all"],
        "optimize": [jetline, "optimize", model, "-o", out, "--quiet"],
        "optimize --keep-external": [jetline, "optimize", model, "-o", out, "--keep-external", "--quiet"],
    }
    help_text = subprocess.run([jetline, "--help"], stdout=subprocess.PIPE, text=True).stdout
    if "  check" not in help_text:
        del commands["check"], commands["check --all"]
    with open(data, "rb") as f:  # into the page cache
        while f.read(1 << 24):
            pass
    rows = {name: [] for name in commands}
    for _ in range(args.repeat):
        for name, command in commands.items():
            for path in (copy, out, out + ".data"):
                if os.path.exists(path):
                    os.remove(path)
            subprocess.run(["sync", folder])  # what an earlier run left to be written is not this one's
            rows[name].append(watched(command))
    result = {"kind": kind, **made, "rows": {}}
    for name, runs in rows.items():
        result["rows"][name] = {
            "seconds": round(median(runs, "seconds"), 4), "cpu_seconds": round(median(runs, "cpu"), 4),
            "all_seconds": [round(r["seconds"], 4) for r in runs],
            "peak_anonymous_bytes": max(r["anonymous"] for r in runs),
            "peak_mapped_bytes": max(r["mapped"] for r in runs),
            "anonymous_to_file": round(max(r["anonymous"] for r in runs) / whole, 4),
            "code": runs[-1]["code"], "error": runs[-1]["error"]}
    cp = result["rows"]["cp"]["seconds"]
    result["optimize_limit_seconds"] = round(1 + 1.3 * cp, 4)
    result["optimize_within"] = result["rows"]["optimize"]["seconds"] <= 1 + 1.3 * cp
    result["keep_external_within"] = result["rows"]["optimize --keep-external"]["seconds"] <= 1
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--nodes", type=int, default=3000)
    parser.add_argument("--megabytes", type=float, default=1024)
    parser.add_argument("--kind", action="append", choices=["plain", "normalised", "opened"])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--keep", help="folder for the files, instead of a temporary one")
    args = parser.parse_args()
    folder = args.keep or tempfile.mkdtemp(prefix="jetline-big-")
    os.makedirs(folder, exist_ok=True)
    try:
        results = [measure(args, kind, folder) for kind in args.kind or ["plain"]]
    finally:
        if not args.keep:
            shutil.rmtree(folder)
    conditions = {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count(),
                  "load_average": os.getloadavg()[0], "repeat": args.repeat, "page_cache": "warm",
                  "version": subprocess.run([os.path.join(args.build, "bin", "jetline"), "--version"],
                                            stdout=subprocess.PIPE, text=True).stdout.strip()}
    print(json.dumps({"models": results, "conditions": conditions}, indent=1))


if __name__ == "__main__":
    main()
