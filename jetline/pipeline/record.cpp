#include "jetline/pipeline/record.h"

#include "jetline/base/hash.h"

namespace jetline {
namespace {

constexpr int kRecordVersion = 1;
using Pairs = std::vector<std::pair<std::string, std::string>>;

// Length-prefixed, so that no two lists of pairs have the same text.
std::string hash_of_pairs(const Pairs& pairs, const std::string& more = {}) {
  Sha256 h;
  const auto add = [&](const std::string& s) {
    h.update(std::to_string(s.size()) + ":");
    h.update(s);
  };
  for (const auto& [a, b] : pairs) {
    add(a);
    add(b);
  }
  add(more);
  return h.hex();
}

nlohmann::ordered_json pairs_to_json(const Pairs& pairs) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& [a, b] : pairs) list.push_back({a, b});
  return list;
}

bool pairs_from_json(const nlohmann::ordered_json& j, Pairs& out) {
  if (!j.is_array()) return false;
  for (const auto& p : j) {
    if (!p.is_array() || p.size() != 2 || !p[0].is_string() || !p[1].is_string()) return false;
    out.emplace_back(p[0].get<std::string>(), p[1].get<std::string>());
  }
  return true;
}

}  // namespace

std::string StageRecord::key() const {
  return hash_of_pairs(key_parts);
}
std::string StageRecord::outputs_key() const {
  return hash_of_pairs(outputs, outputs.empty()
                                    ? result.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                                    : std::string());
}

std::string stage_record_to_json(const StageRecord& r) {
  nlohmann::ordered_json j;
  j["record"] = kRecordVersion;
  j["key"] = r.key();
  j["key_parts"] = pairs_to_json(r.key_parts);
  j["outputs"] = pairs_to_json(r.outputs);
  j["command"] = r.command;
  j["started"] = r.started;
  j["seconds"] = r.seconds;
  j["peak_rss_bytes"] = r.peak_rss_bytes;
  j["result"] = r.result;
  return j.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::optional<StageRecord> stage_record_from_json(const std::string& text) {
  const auto j = nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!j.is_object() || !j.contains("record") || j["record"] != kRecordVersion) return std::nullopt;
  StageRecord r;
  for (const char* key :
       {"key", "key_parts", "outputs", "command", "started", "seconds", "peak_rss_bytes", "result"}) {
    if (!j.contains(key)) return std::nullopt;
  }
  if (!pairs_from_json(j["key_parts"], r.key_parts) || !pairs_from_json(j["outputs"], r.outputs))
    return std::nullopt;
  if (!j["command"].is_string() || !j["started"].is_string() || !j["seconds"].is_number() ||
      !j["peak_rss_bytes"].is_number_integer() || !j["key"].is_string()) {
    return std::nullopt;
  }
  r.command = j["command"].get<std::string>();
  r.started = j["started"].get<std::string>();
  r.seconds = j["seconds"].get<double>();
  r.peak_rss_bytes = j["peak_rss_bytes"].get<int64_t>();
  r.result = j["result"];
  // A record that was edited by hand, or damaged, is not believed.
  if (j["key"].get<std::string>() != r.key()) return std::nullopt;
  return r;
}

Result<std::string> content_hash(const std::string& path) {
  if (!is_directory(path)) return sha256_file(path);
  JETLINE_ASSIGN_OR_RETURN(const auto files, list_files_recursive(path));
  Pairs parts;
  for (const std::string& f : files) {
    JETLINE_ASSIGN_OR_RETURN(std::string hash, sha256_file(f));
    parts.emplace_back(f.substr(path.size()), std::move(hash));
  }
  return hash_of_pairs(parts);
}

std::string difference_of_keys(const StageRecord& before, const StageRecord& now) {
  const Pairs& a = before.key_parts;
  const Pairs& b = now.key_parts;
  for (size_t i = 0; i < a.size() || i < b.size(); ++i) {
    if (i >= a.size()) return b[i].first + " is new";
    if (i >= b.size()) return a[i].first + " is no longer used";
    if (a[i].first != b[i].first) return b[i].first + " is new";
    if (a[i].second != b[i].second) return b[i].first + " changed";
  }
  return "";
}

}  // namespace jetline
