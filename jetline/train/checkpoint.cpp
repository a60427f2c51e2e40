#include "jetline/train/checkpoint.h"

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "jetline/base/hash.h"

namespace jetline {
namespace {

using Json = nlohmann::ordered_json;
constexpr char kCkptMagic[] = "JETLCKPT";
constexpr uint32_t kCkptVersion = 1;
constexpr size_t kCkptPrefix = 16, kCkptMaxHeader = 16u << 20;
constexpr size_t kCkptMaxHistory = 100000;

struct CkptArray {
  const char* name;
  std::vector<float> Checkpoint::*values;
};
constexpr CkptArray kCkptArrays[] = {
    {"parameters", &Checkpoint::parameters},
    {"buffers", &Checkpoint::buffers},
    {"ema_parameters", &Checkpoint::ema_parameters},
    {"ema_buffers", &Checkpoint::ema_buffers},
    {"adam_first", &Checkpoint::first},
    {"adam_second", &Checkpoint::second},
};

void put_u32(std::string& out, uint32_t v) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(v >> (8 * i));
}
uint32_t get_u32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8 | static_cast<uint32_t>(p[2]) << 16 |
         static_cast<uint32_t>(p[3]) << 24;
}

Json point_to_json(const TrainPoint& p) {
  return {{"step", p.step}, {"epoch", p.epoch}, {"loss", p.loss},
          {"lr", p.lr},     {"AP", p.AP},       {"AP50", p.AP50}};
}

// Reads header fields and remembers the first that is missing or of another type.
class CkptFields {
 public:
  explicit CkptFields(const Json& object) : object_(object) {}
  double number(const char* key) {
    const Json* v = find(key);
    if (v && v->is_number()) return v->get<double>();
    miss(key);
    return 0;
  }
  int64_t integer(const char* key) {
    const double v = number(key);
    if (v >= 0 && v <= 9e15 && v == std::floor(v)) return static_cast<int64_t>(v);
    miss(key);
    return 0;
  }
  std::string text(const char* key) {
    const Json* v = find(key);
    if (v && v->is_string()) return v->get<std::string>();
    miss(key);
    return "";
  }
  const Json* find(const char* key) const {
    if (!object_.is_object()) return nullptr;
    const auto it = object_.find(key);
    return it == object_.end() ? nullptr : &*it;
  }
  void miss(const char* key) {
    if (missing_.empty()) missing_ = key;
  }
  const std::string& missing() const { return missing_; }

 private:
  const Json& object_;
  std::string missing_;
};

bool read_point(const Json& json, TrainPoint& p) {
  CkptFields f(json);
  p.step = f.integer("step");
  p.epoch = f.number("epoch");
  p.loss = f.number("loss");
  p.lr = f.number("lr");
  p.AP = f.number("AP");
  p.AP50 = f.number("AP50");
  return f.missing().empty();
}

Status ckpt_bad(const char* id, const std::string& what, const std::string& where) {
  return Status::bad_input(id, what, "a checkpoint is written by `jetline train`; take an intact copy",
                           where);
}

}  // namespace

std::string checkpoint_bytes(const Checkpoint& c) {
  Json h;
  h["jetline"] = JETLINE_VERSION;
  h["card"] = card_to_json(c.card);
  h["net_size"] = c.net_size;
  h["options"] = c.options;
  h["step"] = c.step;
  h["total_steps"] = c.total_steps;
  h["trained_seconds"] = c.trained_seconds;
  h["loss_sum"] = c.loss_sum;
  h["loss_steps"] = c.loss_steps;
  h["best"] = point_to_json(c.best);
  h["history"] = Json::array();
  for (const TrainPoint& p : c.history) h["history"].push_back(point_to_json(p));
  h["arrays"] = Json::array();
  for (const CkptArray& a : kCkptArrays)
    h["arrays"].push_back({{"name", a.name}, {"length", (c.*a.values).size()}});
  const std::string header = h.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string out(kCkptMagic, 8);
  put_u32(out, kCkptVersion);
  put_u32(out, static_cast<uint32_t>(header.size()));
  out += header;
  for (const CkptArray& a : kCkptArrays) {
    const std::vector<float>& v = c.*a.values;
    // Every machine that jetline runs on is little-endian; the layout is the memory.
    out.append(reinterpret_cast<const char*>(v.data()), v.size() * sizeof(float));
  }
  put_u32(out, crc32c({reinterpret_cast<const uint8_t*>(out.data()), out.size()}));
  return out;
}

Result<Checkpoint> parse_checkpoint(ByteView bytes, const std::string& where) {
  if (bytes.size() < 8 || std::memcmp(bytes.data(), kCkptMagic, 8) != 0) {
    return ckpt_bad("checkpoint.syntax", where + " is not a jetline checkpoint", where);
  }
  if (bytes.size() < kCkptPrefix + 4)
    return ckpt_bad("checkpoint.truncated", where + " ends in its first bytes", where);
  const uint32_t version = get_u32(bytes.data() + 8), length = get_u32(bytes.data() + 12);
  if (version != kCkptVersion) {
    return ckpt_bad("checkpoint.version",
                    where + " is a checkpoint of format " + std::to_string(version) +
                        ", this program reads " + std::to_string(kCkptVersion),
                    where);
  }
  if (length > kCkptMaxHeader)
    return ckpt_bad("checkpoint.syntax", where + " names a header of " + std::to_string(length) + " bytes",
                    where);
  if (bytes.size() < kCkptPrefix + length + 4)
    return ckpt_bad("checkpoint.truncated", where + " ends inside its header", where);
  const char* text = reinterpret_cast<const char*>(bytes.data()) + kCkptPrefix;
  const Json h = Json::parse(text, text + length, nullptr, false);
  if (!h.is_object()) return ckpt_bad("checkpoint.syntax", where + " has a header that is not JSON", where);

  Checkpoint c;
  CkptFields f(h);
  const std::string card = f.text("card");
  c.net_size = f.text("net_size");
  c.options = f.text("options");
  c.step = f.integer("step");
  c.total_steps = f.integer("total_steps");
  c.trained_seconds = f.number("trained_seconds");
  c.loss_sum = f.number("loss_sum");
  c.loss_steps = f.integer("loss_steps");
  const Json* best = f.find("best");
  if (!best || !read_point(*best, c.best)) f.miss("best");
  const Json* history = f.find("history");
  if (!history || !history->is_array() || history->size() > kCkptMaxHistory) {
    f.miss("history");
  } else {
    for (const Json& p : *history) {
      c.history.emplace_back();
      if (!read_point(p, c.history.back())) f.miss("history");
    }
  }
  const Json* arrays = f.find("arrays");
  size_t at = kCkptPrefix + length;
  const size_t end = bytes.size() - 4;
  if (!arrays || !arrays->is_array() || arrays->size() != std::size(kCkptArrays)) {
    f.miss("arrays");
  } else {
    for (size_t i = 0; i < arrays->size(); ++i) {
      CkptFields entry((*arrays)[i]);
      const int64_t n = entry.integer("length");
      if (entry.text("name") != kCkptArrays[i].name || !entry.missing().empty()) {
        f.miss("arrays");
        break;
      }
      if (static_cast<uint64_t>(n) > (end - at) / sizeof(float)) {
        return ckpt_bad("checkpoint.truncated", where + " ends inside its array " + kCkptArrays[i].name,
                        where);
      }
      std::vector<float>& v = c.*kCkptArrays[i].values;
      v.resize(static_cast<size_t>(n));
      if (n > 0) std::memcpy(v.data(), bytes.data() + at, v.size() * sizeof(float));
      at += v.size() * sizeof(float);
    }
  }
  if (!f.missing().empty())
    return ckpt_bad("checkpoint.syntax", where + " has a header without a sound field '" + f.missing() + "'",
                    where);
  if (at != end) return ckpt_bad("checkpoint.syntax", where + " goes on after its last array", where);
  if (get_u32(bytes.data() + end) != crc32c(bytes.subspan(0, end))) {
    return ckpt_bad("checkpoint.corrupt", where + " does not match its checksum", where);
  }
  auto parsed = card_from_json(card);
  if (!parsed.ok()) return parsed.status().at(where);
  c.card = std::move(parsed).value();
  JETLINE_RETURN_IF_ERROR(checkpoint_net(c).status().at(where));
  return c;
}

Result<NetSpec> checkpoint_net(const Checkpoint& c) {
  auto net = make_detector_net(c.net_size, static_cast<int>(std::min<size_t>(c.card.labels.size(), 100000)));
  if (!net.ok()) return ckpt_bad("checkpoint.weights", "no network fits: " + net.status().message(), "");
  const size_t p = static_cast<size_t>(net->parameter_count), b = static_cast<size_t>(net->buffer_count);
  const bool moments = c.first.empty() ? c.second.empty() : c.first.size() == p && c.second.size() == p;
  if (c.parameters.size() != p || c.ema_parameters.size() != p || c.buffers.size() != b ||
      c.ema_buffers.size() != b || !moments) {
    return ckpt_bad("checkpoint.weights",
                    "the weights do not fit the network '" + c.net_size + "' with " +
                        std::to_string(c.card.labels.size()) + " classes",
                    "");
  }
  const InputSpec& in = c.card.input;
  if (in.width < 32 || in.height < 32 || in.width > 4096 || in.height > 4096 || in.width % 16 ||
      in.height % 16) {
    return ckpt_bad("checkpoint.weights",
                    "input size " + std::to_string(in.width) + "x" + std::to_string(in.height) +
                        " does not fit the network",
                    "");
  }
  for (float v : c.ema_parameters) {
    if (!std::isfinite(v))
      return ckpt_bad("checkpoint.weights", "the weights hold values that are not numbers", "");
  }
  for (float v : c.ema_buffers) {
    if (!std::isfinite(v))
      return ckpt_bad("checkpoint.weights", "the weights hold values that are not numbers", "");
  }
  return net;
}

Status save_checkpoint(const Checkpoint& c, const std::string& path, FileSystem& fs) {
  return write_file(path, checkpoint_bytes(c), fs);
}

Result<Checkpoint> load_checkpoint(const std::string& path) {
  JETLINE_ASSIGN_OR_RETURN(const std::string bytes, read_file(path, int64_t{1} << 30));
  return parse_checkpoint({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, path);
}

}  // namespace jetline
