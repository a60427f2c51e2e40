// jetline completion: a script that teaches the shell this program's verbs and options.
#include "apps/jetline/completion_script.h"
#include "apps/jetline/verb_app.h"
#include "apps/jetline/verbs.h"
#include "jetline/base/strings.h"

namespace jetline::cli {
namespace {

CompletionVerb completion_words(const CLI::App& app, std::string name, std::string summary) {
  CompletionVerb v;
  v.name = std::move(name);
  v.summary = std::move(summary);
  for (const CLI::Option* o : app.get_options()) {
    CompletionOption option;
    for (const std::string& n : o->get_snames()) option.names.push_back("-" + n);
    for (const std::string& n : o->get_lnames()) option.names.push_back("--" + n);
    if (option.names.empty()) continue;  // a positional
    option.description = o->get_description();
    option.takes_value = o->get_items_expected_max() > 0;
    v.options.push_back(std::move(option));
  }
  for (const CLI::App* sub : app.get_subcommands({})) {
    if (sub->get_name().empty()) {  // a group of options of this verb
      for (CompletionOption& o : completion_words(*sub, "", "").options) {
        if (o.names[0] != "-h" && o.names[0] != "--help") v.options.push_back(std::move(o));
      }
      continue;
    }
    v.subverbs.push_back(completion_words(*sub, sub->get_name(), sub->get_description()));
  }
  return v;
}

VerbRun setup_completion(CLI::App& app, Io& io) {
  auto shell = std::make_shared<std::string>();
  app.add_option("shell", *shell, "bash, zsh or fish")->required();
  return [shell, &io]() -> Status {
    if (*shell != "bash" && *shell != "zsh" && *shell != "fish") {
      const std::string near = nearest_word(*shell, {"bash", "zsh", "fish"});
      return Status::usage("completion.shell", "no completion for the shell '" + *shell + "'",
                           near.empty() ? "bash, zsh and fish are known" : "did you mean " + near + "?");
    }
    std::vector<CompletionVerb> verbs;
    for (const Verb* verb : all_verbs()) {
      Io unused;
      verbs.push_back(completion_words(*make_verb_app(*verb, unused).app, verb->name, verb->summary));
    }
    const std::string script = completion_script(*shell, verbs);
    if (io.json) io.emit_json({{"shell", *shell}, {"script", script}});
    io.print(script);
    return Status();
  };
}
}  // namespace

extern const Verb kCompletionVerb;
const Verb kCompletionVerb = {"completion", "a script that completes verbs and options in bash, zsh or fish",
                              "  source <(jetline completion bash)\n"
                              "  jetline completion fish > ~/.config/fish/completions/jetline.fish",
                              setup_completion};

}  // namespace jetline::cli
