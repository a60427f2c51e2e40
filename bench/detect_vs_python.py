"""`jetline detect` against a straightforward Python program (detect_peer.py), whole process against whole process.

The same pictures, JSON output only, no model cache, the same number of threads; the two run alternately as separate
processes and the median of the pairs counts. Prints one JSON object with the conditions.

usage: detect_vs_python.py JETLINE IMAGES FAMILY=MODEL.onnx ... [--pairs 7] [--threads 2]
"""
import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time


def once(command):
    """Wall seconds and peak memory (bytes, of that process alone) of one run."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit("%s\nfailed with %d: %s" % (" ".join(command), child.returncode, message.decode()[-2000:]))
    return seconds, usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime


def cpu_name():
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("jetline")
    p.add_argument("images")
    p.add_argument("models", nargs="+", metavar="FAMILY=MODEL")
    p.add_argument("--pairs", type=int, default=7)
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()
    peer = os.path.join(os.path.dirname(os.path.abspath(__file__)), "detect_peer.py")
    images = [n for n in os.listdir(a.images) if n.lower().endswith((".jpg", ".jpeg", ".png"))]
    rows, ratios = {}, []
    with tempfile.TemporaryDirectory() as folder:
        for entry in a.models:
            family, model = entry.split("=", 1)
            out = [os.path.join(folder, n) for n in ("jetline.json", "python.json")]
            ours = [a.jetline, "detect", model, a.images, "-o", out[0], "--force", "--quiet", "--threads",
                    str(a.threads)]
            theirs = [sys.executable, peer, family, model, a.images, out[1], "--threads", str(a.threads)]
            once(ours), once(theirs)  # both sides' files into the page cache
            runs = {"jetline": [], "python": []}
            for pair in range(a.pairs):
                # who goes first alternates too
                for name, command in [("jetline", ours), ("python", theirs)][::1 if pair % 2 == 0 else -1]:
                    runs[name].append(once(command))
            median = {k: statistics.median(r[0] for r in v) for k, v in runs.items()}
            ratio = median["python"] / median["jetline"]
            ratios.append(ratio)
            rows[family] = {
                "model": os.path.basename(model), "speedup": round(ratio, 3),
                "seconds": {k: round(v, 4) for k, v in median.items()},
                "all_seconds": {k: [round(r[0], 4) for r in v] for k, v in runs.items()},
                "cpu_seconds": {k: round(statistics.median(r[2] for r in v), 3) for k, v in runs.items()},
                "peak_mb": {k: round(max(r[1] for r in v) / 1e6, 1) for k, v in runs.items()},
                "detections": {"jetline": len(json.load(open(out[0]))), "python": len(json.load(open(out[1])))}}
            print("%s: %.2f x" % (family, ratio), file=sys.stderr)
    import cv2
    import numpy
    import onnxruntime
    version = subprocess.run([a.jetline, "--version"], capture_output=True, text=True).stdout.strip()
    print(json.dumps({
        "conditions": {"cpu": cpu_name(), "cores": os.cpu_count(), "load": [round(v, 2) for v in os.getloadavg()],
                       "images": len(images), "pairs": a.pairs, "threads": a.threads, "model_cache": "cold",
                       "statistic": "median wall seconds of the whole process, runs alternating",
                       "jetline": version, "python": platform.python_version(), "onnxruntime": onnxruntime.__version__,
                       "opencv": cv2.__version__, "numpy": numpy.__version__},
        "models": rows,
        "geometric_mean_speedup": round(math.exp(sum(map(math.log, ratios)) / len(ratios)), 3),
        "least_speedup": round(min(ratios), 3),
        "memory_not_above": all(r["peak_mb"]["jetline"] <= r["peak_mb"]["python"] for r in rows.values())}, indent=2))


if __name__ == "__main__":
    main()
