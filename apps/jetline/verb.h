// How a subcommand plugs into the program: one file verb_NAME.cpp defines a `const Verb kNameVerb`, verbs.cpp
// lists it. setup() declares CLI11 options bound to a state it owns and returns the function to run. No logic
// lives here: a verb translates options into calls of the library and results into text or JSON.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "jetline/base/progress.h"
#include "jetline/base/status.h"

namespace jetline::cli {

// What every verb shares: the common flags as parsed, and the ways to speak.
class Io {
 public:
  bool json = false;   // --json: one object on stdout and nothing else
  bool quiet = false;  // --quiet: no notes and no progress on stderr
  bool force = false;  // --force: outputs may be overwritten
  bool color = false;  // stdout is a terminal and NO_COLOR is not set
  // What a verb adds to the "error" object of --json when it fails: lists that a message cannot hold.
  nlohmann::ordered_json error_details = nlohmann::ordered_json::object();

  void print(std::string_view text);             // stdout, as it is; dropped under --json
  void note(std::string_view line);              // stderr, one line; dropped under --quiet
  void emit_json(const nlohmann::ordered_json& object);  // stdout, once
  void emit_json_text(std::string_view text);    // the same for what is JSON already
  Progress& progress();                          // bar with rate and ETA on stderr (over one second of work)
  CancelToken& cancel();                         // set by SIGINT and SIGTERM
  // file.exists unless --force was given or nothing of that name is there.
  Status may_write(const std::string& path) const;
  std::string bold(std::string_view t) const;    // with colour on
  std::string red(std::string_view t) const;
  std::string green(std::string_view t) const;
};

using VerbRun = std::function<Status()>;

struct Verb {
  const char* name;
  const char* summary;   // one line, shown by `jetline --help`
  const char* examples;  // two lines of shell, shown at the end of `jetline NAME --help`
  VerbRun (*setup)(CLI::App& app, Io& io);
};

// A plain table: columns padded to the widest cell; columns whose name ends in '>' are right-aligned.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string str() const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace jetline::cli
