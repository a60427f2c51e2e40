#include "jetline/importers/tensorflow/document.h"

#include <algorithm>
#include <map>
#include <vector>

#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

std::string document_ops(const std::vector<std::string>& ops) {
  std::string text;
  for (const std::string& op : ops) text += (text.empty() ? "`" : " `") + op + "`";
  return text;
}

}  // namespace

std::string operators_table() {
  // Calls and variables are the converter's own.
  std::map<std::string, std::vector<std::string>> limited, refused;
  std::vector<std::string> plain = {
      "PartitionedCall", "Placeholder", "ReadVariableOp", "StatefulPartitionedCall",
      "VarHandleOp",     "Variable",    "VariableV2"};
  for (const OpRule* r : all_rules()) {
    if (!r->convert)
      refused[r->note].emplace_back(r->op);
    else if (*r->note)
      limited[r->note].emplace_back(r->op);
    else
      plain.emplace_back(r->op);
  }
  std::sort(plain.begin(), plain.end());
  size_t some = 0;
  for (const auto& [note, ops] : limited) some += ops.size();
  std::string text = std::to_string(plain.size() + some) +
                     " operators convert. Without limits that are known (" + std::to_string(plain.size()) +
                     "): " + document_ops(plain) + "\n\n" + "With limits (" + std::to_string(some) +
                     "):\n\n| operators | what to know |\n|---|---|\n";
  for (const auto& [note, ops] : limited) text += "| " + document_ops(ops) + " | " + note + " |\n";
  text += "\nRefused, with the reason that the message gives:\n\n| operators | why |\n|---|---|\n";
  for (const auto& [note, ops] : refused) text += "| " + document_ops(ops) + " | " + note + " |\n";
  return text;
}

}  // namespace jetline::tf
