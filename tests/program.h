// Running the built program in tests: its words in, exit code and both streams out.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/base/subprocess.h"

namespace jetline::testing {

inline std::string program_folder() {
  return std::string(JETLINE_BINARY_DIR) + "/bin";
}
inline std::string program_path() {
  return program_folder() + "/jetline";
}

inline ProcessResult run_words(const std::vector<std::string>& argv, const std::string& folder = "") {
  ProcessSpec spec;
  spec.argv = argv;
  spec.working_directory = folder;
  spec.timeout = 300 * kSecond;
  auto r = real_process_runner().run(spec);
  EXPECT_TRUE(r.ok()) << r.status().to_string();
  if (!r.ok()) return ProcessResult();
  EXPECT_FALSE(r->timed_out) << join(argv, " ");
  return *r;
}

inline ProcessResult run_program(std::vector<std::string> words, const std::string& folder = "") {
  words.insert(words.begin(), program_path());
  return run_words(words, folder);
}

// For scripts: `jetline` is the built program.
inline ProcessResult run_shell(const std::string& script, const std::string& folder = "") {
  return run_words({"bash", "-c", "PATH='" + program_folder() + "':$PATH; " + script}, folder);
}

// The object on standard output; discarded (is_discarded()) when there is anything else.
inline nlohmann::ordered_json json_of(const ProcessResult& r) {
  return nlohmann::ordered_json::parse(r.output, nullptr, false);
}
inline std::string error_id(const ProcessResult& r) {
  const auto j = json_of(r);
  return j.is_object() && j.contains("error") ? j["error"].value("id", "") : "";
}

// Verbs as `jetline --help` lists them.
inline std::vector<std::string> program_verbs() {
  std::vector<std::string> verbs;
  for (const std::string& line : split(run_program({"--help"}).output, '\n')) {
    if (line.size() < 4 || line.substr(0, 2) != "  " || line[2] == ' ' || starts_with(line, "  jetline"))
      continue;
    verbs.push_back(split(line.substr(2), ' ')[0]);
  }
  return verbs;
}

}  // namespace jetline::testing
