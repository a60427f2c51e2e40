#!/usr/bin/env python3
"""`jetline convert` against `python -m tf2onnx.convert` on the same SavedModels: CPU seconds (user and system), wall
seconds and peak memory of each whole process, and nodes of both files. Prints one JSON object.

  bench/convert_vs_tf2onnx.py --jetline build/release/bin/jetline --python VENV/bin/python MODEL [MODEL …]

Both programs write files that are not there yet, in turn. VENV: tensorflow 2.15.1, tf2onnx 1.17.0, onnx 1.16.2, numpy below 2. jetline runs --runs times (the median counts),
tf2onnx once. With --speed the two files also race on the CPU engine: jetline's raw form against tf2onnx's file, in
alternating pairs of `jetline bench`.
"""
import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def run(argv, **kwargs):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)
    out, err = process.communicate()
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        sys.exit(f"{' '.join(argv)} ended with {process.returncode}: {err.decode()[-800:]}")
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return {"cpu_s": cpu, "wall_s": seconds}, out.decode(), err.decode()


def peak(argv):
    """Largest resident set of the process, in MB, told by the kernel when it ends."""
    code = ("import os,sys,subprocess,resource\n"
            "p=subprocess.Popen(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL)\n"
            "_,status,usage=os.wait4(p.pid,0)\n"
            "print(usage.ru_maxrss/1024, usage.ru_utime+usage.ru_stime, status)")
    out = subprocess.run([sys.executable, "-c", code] + argv, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    if out[2] != "0":
        sys.exit(f"{' '.join(argv)} failed")
    return float(out[0]), float(out[1])


def folder_bytes(path):
    return sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(path) for f in files)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--jetline", required=True)
    parser.add_argument("--python", help="without it only jetline runs")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--form", default="raw")
    o = parser.parse_args()
    result = {"conditions": {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count(), "runs": o.runs,
                             "form": o.form, "load": os.getloadavg()[0]}, "models": []}
    for model in o.models:
        with tempfile.TemporaryDirectory() as scratch:
            ours, theirs = os.path.join(scratch, "jetline.onnx"), os.path.join(scratch, "tf2onnx.onnx")
            argv = [o.jetline, "convert", model, "-o", ours, "--force", "--json", "--form", o.form]
            cpu, wall, copy, report = [], [], [], {}
            for i in range(o.runs + 1):  # the first warms the cache
                # Both make what is not there yet: replacing a file also costs letting go of the old one.
                shutil.rmtree(os.path.join(scratch, "copy"), ignore_errors=True)
                copied, _, _ = run(["cp", "-r", model, os.path.join(scratch, "copy")])
                if os.path.exists(ours):
                    os.remove(ours)
                times, out, _ = run(argv)
                report = json.loads(out)
                if i:
                    cpu.append(times["cpu_s"])
                    wall.append(times["wall_s"])
                    copy.append(copied["wall_s"])
            memory, _ = peak(argv)
            one = {"model": os.path.basename(os.path.normpath(model)), "folder_mb": folder_bytes(model) / 1e6,
                   "jetline": {"cpu_s": statistics.median(cpu), "wall_s": statistics.median(wall), "peak_mb": memory,
                               "nodes": report["nodes"], "transposes": report["transposes"],
                               "file_mb": os.path.getsize(ours) / 1e6},
                   "copy_wall_s": statistics.median(copy),
                   "wall_over_copy": statistics.median(wall) / statistics.median(copy),
                   "peak_over_folder": memory * 1.048576 / (folder_bytes(model) / 1e6)}
            if o.python:
                argv = [o.python, "-m", "tf2onnx.convert", "--saved-model", model, "--output", theirs, "--opset", "13"]
                memory_theirs, cpu_theirs = peak(argv)
                one["tf2onnx"] = {"cpu_s": cpu_theirs, "peak_mb": memory_theirs, "file_mb": os.path.getsize(theirs) / 1e6}
                nodes = subprocess.run([o.jetline, "inspect", theirs, "--json"], stdout=subprocess.PIPE, check=True).stdout
                one["tf2onnx"]["nodes"] = json.loads(nodes)["nodes"]
                one["cpu_ratio"] = cpu_theirs / one["jetline"]["cpu_s"]
                one["memory_ratio"] = memory_theirs / memory
                one["nodes_ratio"] = report["nodes"] / one["tf2onnx"]["nodes"]
            result["models"].append(one)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
