// Completion scripts for bash, zsh and fish, made from what the verbs declare, so that they never lag behind.
#pragma once

#include <string>
#include <vector>

namespace jetline::cli {

struct CompletionOption {
  std::vector<std::string> names;  // with dashes: "-o", "--output"
  std::string description;
  bool takes_value = false;
};
struct CompletionVerb {
  std::string name, summary;
  std::vector<CompletionOption> options;
  std::vector<CompletionVerb> subverbs;
};

// `shell` is "bash", "zsh" or "fish".
std::string completion_script(const std::string& shell, const std::vector<CompletionVerb>& verbs);

}  // namespace jetline::cli
