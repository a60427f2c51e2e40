// The program: finds the verb, parses its options, runs it, and turns its Status into words and an exit code.
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "apps/jetline/verb_app.h"
#include "apps/jetline/verbs.h"
#include "jetline/base/log.h"
#include "jetline/base/strings.h"
#include "jetline/robot/emergency_stop.h"

namespace jetline::cli {
namespace {

CancelToken* g_cancel = nullptr;

void on_signal(int signal) {
  // The second Ctrl-C does not wait for a clean end. One that follows at once is the first, delivered twice:
  // by the terminal and by a wrapper that passes signals on (timeout, make, a container's init).
  static timespec first = {};
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);  // safe in a handler
  if (!g_cancel->cancelled()) first = now;
  const double since = static_cast<double>(now.tv_sec - first.tv_sec) +
                       1e-9 * static_cast<double>(now.tv_nsec - first.tv_nsec);
  if (g_cancel->cancelled() && since > 0.3) {
    emergency_stop_all();  // a robot does not drive on
    _exit(128 + signal);
  }
  g_cancel->cancel();
}

void print_overview() {
  std::printf("jetline %s: labelled images to a driving robot\n\nusage: jetline VERB [options]\n\n",
              JETLINE_VERSION);
  for (const Verb* v : all_verbs()) std::printf("  %-12s %s\n", v->name, v->summary);
  std::printf(
      "\n  jetline VERB --help     options and examples\n  jetline --version\n"
      "\nexit codes: 0 done, 1 the answer is no, 2 usage, 3 bad input, 4 missing dependency or device, 5 "
      "internal\n");
}

void emit_error(const Io& io, const Status& s) {
  nlohmann::ordered_json e;
  e["error"] = {{"id", s.id()}, {"message", s.message()}, {"hint", s.hint()}, {"where", s.where()}};
  e["error"].update(io.error_details);
  Io out = io;
  out.emit_json(e);
}

int report(const Io& io, const Status& s) {
  if (s.ok()) return 0;
  if (s.kind() == ErrorKind::kCancelled) {
    if (!io.quiet) std::fprintf(stderr, "jetline: %s\n", s.message().c_str());
    return s.exit_code();
  }
  // A silent "no": the verb has already said everything in its output.
  if (s.kind() == ErrorKind::kNegative && s.message().empty()) return 1;
  std::string line = "jetline: " + s.id() + ": " + s.message();
  if (!s.where().empty() && s.message().find(s.where()) == std::string::npos) line += " (" + s.where() + ")";
  if (!s.hint().empty()) line += "\n  hint: " + s.hint();
  std::fprintf(stderr, "%s\n", line.c_str());
  if (io.json) emit_error(io, s);
  return s.exit_code();
}

int run_verb(const Verb& verb, int argc, char** argv) {
  Io io;
  io.color = isatty(1) && !std::getenv("NO_COLOR");
  const VerbApp verb_app = make_verb_app(verb, io);
  CLI::App& app = *verb_app.app;
  try {  // CLI11 reports by exception; none leaves this function
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help
    std::fprintf(stderr, "jetline %s: %s\n", verb.name, e.what());
    std::vector<std::string> words;
    for (const CLI::Option* o : app.get_options()) words.push_back("--" + o->get_single_name());
    for (const CLI::App* sub : app.get_subcommands({})) {
      words.push_back(sub->get_name());
      for (const CLI::Option* o : sub->get_options()) words.push_back("--" + o->get_single_name());
    }
    // The first word that no option or subcommand is called, whatever the parser stumbled over first.
    for (int i = 1; i < argc; ++i) {
      const std::string word = split(argv[i], '=')[0];
      if (word.size() < 3 || std::find(words.begin(), words.end(), word) != words.end()) continue;
      // A bare word is a value unless the parser named it or a subcommand was expected in its place.
      const bool subcommand = i == 1 && !app.get_subcommands({}).empty();
      if (word[0] != '-' && !subcommand && std::string(e.what()).find(word) == std::string::npos) continue;
      const std::string near = nearest_word(word, words);
      if (near.empty()) continue;
      std::fprintf(stderr, "  did you mean %s?\n", near.c_str());
      break;
    }
    const std::string hint = std::string("jetline ") + verb.name + " --help shows the options";
    std::fprintf(stderr, "  %s\n", hint.c_str());
    // The flag may stand behind the word that the parser stumbled over.
    const bool json =
        std::any_of(argv + 1, argv + argc, [](const char* w) { return !std::strcmp(w, "--json"); });
    const Status bad = Status::usage("usage.options", e.what(), hint);
    if (json) emit_error(io, bad);
    return bad.exit_code();
  }
  g_cancel = &io.cancel();
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is a write error, not a death
  set_log_sink([&io](LogLevel level, std::string_view room, std::string_view message) {
    if (level < LogLevel::kWarning) return;
    io.note((level == LogLevel::kError ? "error: " : "warning: ") + std::string(room) + ": " +
            std::string(message));
  });
  const int code = report(io, verb_app.run());
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    if (code == 0) std::fprintf(stderr, "jetline: file.write-failed: cannot write to standard output\n");
    return code == 0 ? 3 : code;
  }
  return code;
}

}  // namespace
}  // namespace jetline::cli

int main(int argc, char** argv) {
  using namespace jetline;
  using namespace jetline::cli;
  if (argc < 2 || !std::strcmp(argv[1], "--help") || !std::strcmp(argv[1], "-h") ||
      !std::strcmp(argv[1], "help")) {
    print_overview();
    return argc < 2 ? 2 : 0;
  }
  if (!std::strcmp(argv[1], "--version") || !std::strcmp(argv[1], "-V")) {
    std::printf("jetline %s\n", JETLINE_VERSION);
    return 0;
  }
  std::vector<std::string> names;
  for (const Verb* v : all_verbs()) {
    if (!std::strcmp(argv[1], v->name)) return run_verb(*v, argc - 1, argv + 1);
    names.push_back(v->name);
  }
  std::fprintf(stderr, "jetline: no verb '%s'\n", argv[1]);
  const std::string near = nearest_word(argv[1], names);
  if (!near.empty()) std::fprintf(stderr, "  did you mean `jetline %s`?\n", near.c_str());
  std::fprintf(stderr, "  `jetline --help` lists the verbs\n");
  return 2;
}
