// Replays a seed corpus through LLVMFuzzerTestOneInput without libFuzzer, so that every test run exercises
// every parser with hostile bytes on any compiler: each file of the folder as it is, then a fixed list of
// mutations of it (truncations at every 64th byte, bit flips, repeated and removed blocks, extreme integers
// patched in). Deterministic: the same corpus gives the same inputs in the same order. A crash names the file
// and the mutation, and `--save FILE` keeps the last input. One input may take 10 s; the whole replay stops
// early after `--seconds` (default 60) and says how many inputs it left out.
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Bytes = std::vector<uint8_t>;
using SteadyClock = std::chrono::steady_clock;

constexpr unsigned kSecondsPerInput = 10;
constexpr size_t kTruncationStep = 64, kMaxTruncations = 512;
constexpr size_t kBitFlips = 256, kPatches = 192, kBlocks = 64;

// What runs now, readable from a signal handler.
char g_now[512];

void on_crash(int signal) {
  const char* what =
      signal == SIGALRM ? "\nfuzz replay: over the time limit of one input: " : "\nfuzz replay: crashed on: ";
  (void)!write(2, what, std::strlen(what));
  (void)!write(2, g_now, std::strlen(g_now));
  (void)!write(2, "\n", 1);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// splitmix64; kept here so that the replay does not depend on the code under test.
uint64_t next_random(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

struct Replay {
  double seconds = 60;
  std::string save;
  SteadyClock::time_point start = SteadyClock::now();
  uint64_t files = 0, mutations = 0, left_out = 0;

  bool over() const { return std::chrono::duration<double>(SteadyClock::now() - start).count() > seconds; }

  void run(const Bytes& bytes, const std::string& file, const char* kind, size_t n) {
    std::snprintf(g_now, sizeof g_now, "%s, %s %zu (%zu bytes)", file.c_str(), kind, n, bytes.size());
    if (!save.empty()) {
      if (std::FILE* f = std::fopen(save.c_str(), "wb")) {
        std::fwrite(bytes.data(), 1, bytes.size(), f);
        std::fclose(f);
      }
    }
    // An exact heap copy, so that a sanitizer sees a read one byte past the end.
    uint8_t* exact = new uint8_t[bytes.size()];
    if (!bytes.empty()) std::memcpy(exact, bytes.data(), bytes.size());
    alarm(kSecondsPerInput);
    LLVMFuzzerTestOneInput(exact, bytes.size());
    alarm(0);
    delete[] exact;
  }

  void mutate(const Bytes& seed, const std::string& file, const char* kind, size_t n,
              const std::function<void(Bytes&)>& change) {
    if (over()) {
      ++left_out;
      return;
    }
    Bytes b = seed;
    change(b);
    run(b, file, kind, n);
    ++mutations;
  }
};

// Little- and big-endian patterns that length and count fields choke on, and varints without an end.
const std::vector<Bytes>& extreme_patterns() {
  static const std::vector<Bytes> kPatterns = {
      {0xff, 0xff, 0xff, 0xff},
      {0xff, 0xff, 0xff, 0x7f},
      {0x7f, 0xff, 0xff, 0xff},
      {0x00, 0x00, 0x00, 0x80},
      {0x80, 0x00, 0x00, 0x00},
      {0x00, 0x00, 0x00, 0x00},
      {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
      {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
      {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80},
      {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
      {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80},
      {'9', '9', '9', '9', '9', '9', '9', '9', '9', '9', '9', '9', '9', '9', '9', '9', '9', '9', '9', '9'},
      {'-', '1', 'e', '9', '9', '9'},
      {'n', 'a', 'n'},
  };
  return kPatterns;
}

void replay_mutations(Replay& r, const Bytes& seed, const std::string& file) {
  if (seed.empty()) return;
  const size_t size = seed.size();
  uint64_t state = 0x6a65746c696e65ull + size;
  // The first 64 cuts byte by byte (headers), then every 64th byte, thinned for long files.
  for (size_t cut = 1; cut < std::min<size_t>(size, 64); ++cut) {
    r.mutate(seed, file, "truncated at", cut, [&](Bytes& b) { b.resize(cut); });
  }
  const size_t step = std::max(kTruncationStep, size / kMaxTruncations / kTruncationStep * kTruncationStep);
  for (size_t cut = kTruncationStep; cut < size; cut += step) {
    r.mutate(seed, file, "truncated at", cut, [&](Bytes& b) { b.resize(cut); });
  }
  // Half of the positions among the first 256 bytes, where formats keep what everything else depends on.
  const auto position = [&](size_t i) {
    const uint64_t v = next_random(state);
    return static_cast<size_t>(v % (i % 2 ? size : std::min<size_t>(size, 256)));
  };
  for (size_t i = 0; i < std::min(kBitFlips, size * 8); ++i) {
    const size_t at = position(i);
    const int bit = static_cast<int>(next_random(state) % 8);
    r.mutate(seed, file, "bit flipped in byte", at,
             [&](Bytes& b) { b[at] ^= static_cast<uint8_t>(1 << bit); });
  }
  for (size_t i = 0; i < kPatches; ++i) {
    const size_t at = position(i);
    const Bytes& p = extreme_patterns()[i % extreme_patterns().size()];
    r.mutate(seed, file, "extreme number at byte", at, [&](Bytes& b) {
      std::copy_n(p.begin(), std::min(p.size(), b.size() - at), b.begin() + static_cast<long>(at));
    });
  }
  for (size_t i = 0; i < kBlocks; ++i) {
    const size_t at = position(i);
    const size_t n = 1 + static_cast<size_t>(next_random(state) % std::min<size_t>(size - at, 256));
    const Bytes block(seed.begin() + static_cast<long>(at), seed.begin() + static_cast<long>(at + n));
    const size_t times = i % 4 == 0 ? 64 : 1 + i % 3;
    r.mutate(seed, file, "block repeated at byte", at, [&](Bytes& b) {
      Bytes many;
      for (size_t k = 0; k < times; ++k) many.insert(many.end(), block.begin(), block.end());
      b.insert(b.begin() + static_cast<long>(at), many.begin(), many.end());
    });
    r.mutate(seed, file, "block removed at byte", at, [&](Bytes& b) {
      b.erase(b.begin() + static_cast<long>(at), b.begin() + static_cast<long>(at + n));
    });
  }
}

bool read_bytes(const std::string& path, Bytes& out) {
  std::FILE* f = std::fopen(path.c_str(), "rb");
  if (!f) return false;
  out.clear();
  uint8_t piece[65536];
  for (size_t n; (n = std::fread(piece, 1, sizeof piece, f)) > 0;) out.insert(out.end(), piece, piece + n);
  const bool ok = !std::ferror(f);
  std::fclose(f);
  return ok;
}

std::vector<std::string> corpus_files(const std::string& folder) {
  std::vector<std::string> files;
  if (DIR* d = opendir(folder.c_str())) {
    while (const dirent* e = readdir(d)) {
      const std::string path = folder + "/" + e->d_name;
      struct stat st {};
      if (e->d_name[0] != '.' && stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode)) files.push_back(path);
    }
    closedir(d);
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  Replay r;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--seconds") && i + 1 < argc) {
      r.seconds = std::atof(argv[++i]);
    } else if (!std::strcmp(argv[i], "--save") && i + 1 < argc) {
      r.save = argv[++i];
    } else {
      struct stat st {};
      if (stat(argv[i], &st) == 0 && S_ISREG(st.st_mode)) {
        paths.push_back(argv[i]);
        continue;
      }
      const std::vector<std::string> found = corpus_files(argv[i]);
      paths.insert(paths.end(), found.begin(), found.end());
    }
  }
  if (paths.empty()) {
    std::fprintf(stderr, "fuzz replay: no seeds (usage: %s FOLDER_OR_FILE... [--seconds N] [--save FILE])\n",
                 argv[0]);
    return 2;
  }
  for (const int s : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGALRM}) std::signal(s, on_crash);
  r.run({}, "(nothing)", "empty input", 0);
  std::vector<Bytes> seeds(paths.size());
  for (size_t i = 0; i < paths.size(); ++i) {
    if (!read_bytes(paths[i], seeds[i])) {
      std::fprintf(stderr, "fuzz replay: cannot read %s\n", paths[i].c_str());
      return 2;
    }
    r.run(seeds[i], paths[i], "as it is", 0);
    ++r.files;
  }
  for (size_t i = 0; i < paths.size(); ++i) replay_mutations(r, seeds[i], paths[i]);
  std::printf("fuzz replay: %llu files, %llu mutations, %llu left out by the time limit\n",
              static_cast<unsigned long long>(r.files), static_cast<unsigned long long>(r.mutations),
              static_cast<unsigned long long>(r.left_out));
  return 0;
}
