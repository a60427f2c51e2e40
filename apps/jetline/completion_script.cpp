#include "apps/jetline/completion_script.h"

#include "jetline/base/strings.h"

namespace jetline::cli {
namespace {

std::string option_words(const CompletionVerb& v) {
  std::vector<std::string> words;
  for (const CompletionOption& o : v.options) words.insert(words.end(), o.names.begin(), o.names.end());
  return join(words, " ");
}

std::string names_of(const std::vector<CompletionVerb>& verbs) {
  std::vector<std::string> names;
  for (const CompletionVerb& v : verbs) names.push_back(v.name);
  return join(names, " ");
}

// In single quotes for any of the shells; a quote itself becomes a typographic one.
std::string quoted(std::string text) {
  for (size_t at; (at = text.find('\'')) != std::string::npos;) text.replace(at, 1, "\u2019");
  return "'" + text + "'";
}

// Names of the options that take a value: after one of them a file name is completed.
std::string value_options(const CompletionVerb& v) {
  std::vector<std::string> words;
  for (const CompletionOption& o : v.options) {
    if (o.takes_value) words.insert(words.end(), o.names.begin(), o.names.end());
  }
  return join(words, "|");
}

std::string bash_script(const std::vector<CompletionVerb>& verbs) {
  std::string s =
      "# bash completion for jetline: source <(jetline completion bash)\n"
      "_jetline() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words='' subs='' values=''\n"
      "  COMPREPLY=()\n"
      "  if ((COMP_CWORD == 1)); then\n"
      "    COMPREPLY=($(compgen -W '" +
      names_of(verbs) +
      " --help --version' -- \"$cur\"))\n"
      "    return\n  fi\n"
      "  case ${COMP_WORDS[1]} in\n";
  for (const CompletionVerb& v : verbs) {
    s += "    " + v.name + ")\n      words='" + option_words(v) + "' values='" + value_options(v) + "'";
    if (!v.subverbs.empty()) {
      s += "\n      if ((COMP_CWORD == 2)); then subs='" + names_of(v.subverbs) +
           "'; fi\n      case ${COMP_WORDS[2]} in\n";
      for (const CompletionVerb& sub : v.subverbs) {
        s += "        " + sub.name + ") words+=' " + option_words(sub) + "' values+='|" + value_options(sub) +
             "' ;;\n";
      }
      s += "      esac";
    }
    s += " ;;\n";
  }
  return s +
         "  esac\n"
         "  if [[ $cur == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "  elif [[ -n $subs && \"|$values|\" != *\"|$prev|\"* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$subs\" -- \"$cur\"))\n"
         "  else\n"
         "    compopt -o filenames 2>/dev/null\n"
         "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
         "  fi\n"
         "}\n"
         "complete -F _jetline jetline\n";
}

std::string zsh_list(const char* name, const std::vector<CompletionVerb>& verbs) {
  std::string s = std::string("  ") + name + "=(";
  for (const CompletionVerb& v : verbs) s += "\n    " + quoted(v.name + ":" + v.summary);
  return s + ")\n";
}

std::string zsh_options(const char* indent, const CompletionVerb& v) {
  std::string s;
  for (const CompletionOption& o : v.options) {
    for (const std::string& n : o.names) s += std::string("\n") + indent + quoted(n + ":" + o.description);
  }
  return s;
}

std::string zsh_script(const std::vector<CompletionVerb>& verbs) {
  std::string s =
      "#compdef jetline\n# zsh completion for jetline: source <(jetline completion zsh)\n_jetline() {\n"
      "  local -a verbs subs options\n" +
      zsh_list("verbs", verbs) +
      "  if ((CURRENT == 2)); then\n    _describe 'verb' verbs\n    return\n  fi\n  case $words[2] in\n";
  for (const CompletionVerb& v : verbs) {
    s += "  " + v.name + ")\n";
    if (!v.subverbs.empty()) {
      s += "    if ((CURRENT == 3)); then\n" + zsh_list("subs", v.subverbs) +
           "    fi\n    case $words[3] in\n";
      for (const CompletionVerb& sub : v.subverbs) {
        s += "    " + sub.name + ") options+=(" + zsh_options("      ", sub) + ") ;;\n";
      }
      s += "    esac\n";
    }
    s += "    options+=(" + zsh_options("      ", v) + ") ;;\n";
  }
  return s +
         "  esac\n"
         "  if [[ $PREFIX == -* ]]; then\n    _describe -o 'option' options\n"
         "  elif ((${#subs})); then\n    _describe 'command' subs\n"
         "  else\n    _files\n  fi\n}\n"
         "if [[ $funcstack[1] == _jetline ]]; then _jetline \"$@\"; else compdef _jetline jetline; fi\n";
}

std::string fish_options(const CompletionVerb& v, const std::string& condition) {
  std::string s;
  for (const CompletionOption& o : v.options) {
    s += "complete -c jetline -n " + quoted(condition);
    for (const std::string& n : o.names)
      s += starts_with(n, "--") ? " -l " + n.substr(2) : " -s " + n.substr(1);
    s += std::string(o.takes_value ? " -r" : "") + " -d " + quoted(o.description) + "\n";
  }
  return s;
}

std::string fish_script(const std::vector<CompletionVerb>& verbs) {
  std::string s =
      "# fish completion for jetline: jetline completion fish | source\n"
      "complete -c jetline -n __fish_use_subcommand -f\n";
  for (const CompletionVerb& v : verbs) {
    s += "complete -c jetline -n __fish_use_subcommand -a " + v.name + " -d " + quoted(v.summary) + "\n";
    const std::string seen = "__fish_seen_subcommand_from " + v.name;
    for (const CompletionVerb& sub : v.subverbs) {
      s += "complete -c jetline -n " +
           quoted(seen + "; and not __fish_seen_subcommand_from " + names_of(v.subverbs)) + " -a " +
           sub.name + " -d " + quoted(sub.summary) + "\n";
      s += fish_options(sub, seen + "; and __fish_seen_subcommand_from " + sub.name);
    }
    s += fish_options(v, seen);
  }
  return s;
}

}  // namespace

std::string completion_script(const std::string& shell, const std::vector<CompletionVerb>& verbs) {
  if (shell == "bash") return bash_script(verbs);
  return shell == "zsh" ? zsh_script(verbs) : fish_script(verbs);
}

}  // namespace jetline::cli
