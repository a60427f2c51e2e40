// GraphDebugInfo: files, and per "node@function" a stack of (file, line, function). Older writers put the
// frames into the stack, newer ones (TensorFlow 2.11 on) number them
// (tensorflow/core/framework/graph_debug_info.proto).
#include <algorithm>
#include <unordered_map>

#include "jetline/importers/tensorflow/proto/message.h"
#include "jetline/importers/tensorflow/saved_model_folder.h"

namespace jetline::tf {

struct DebugInfo::Index {
  std::vector<std::string_view> files;
  std::unordered_map<std::string_view, ByteView> traces;    // name -> StackTrace
  std::unordered_map<std::string_view, uint64_t> numbered;  // name -> trace number
  std::unordered_map<uint64_t, ByteView> traces_by_number;  // -> StackTrace
  std::unordered_map<uint64_t, ByteView> frames;            // -> FileLineCol
  std::shared_ptr<const void> owner;
};

namespace {

constexpr size_t kDebugMaxFrames = 256;

// map<fixed64, message>
Status debug_numbered(ByteView entry, decode::Context& context, std::unordered_map<uint64_t, ByteView>& out) {
  decode::Message m(entry, "debug entry", context);
  uint64_t key = 0;
  ByteView value;
  while (m.next()) {
    if (m.number() == 1) key = m.field().value;
    if (m.number() == 2) value = m.bytes();
  }
  out[key] = value;
  return m.status();
}

// map<string, fixed64 or message>
Status debug_named(ByteView entry, decode::Context& context, std::string_view& key, wire::Field& value) {
  decode::Message m(entry, "debug entry", context);
  while (m.next()) {
    if (m.number() == 1) key = m.text();
    if (m.number() == 2) value = m.field();
  }
  return m.status();
}

std::string debug_frame(ByteView frame, const std::vector<std::string_view>& files) {
  wire::Reader reader(frame);
  wire::Field f;
  size_t file = 0;
  int64_t line = 0;
  std::string_view function;
  while (reader.next(f)) {
    if (f.number == 1) file = static_cast<size_t>(f.value);
    if (f.number == 2) line = f.int32();
    if (f.number == 4) function = f.text();
  }
  std::string out(file < files.size() ? files[file] : std::string_view("?"));
  out += ":" + std::to_string(line);
  if (!function.empty()) out += " in " + std::string(function);
  return out;
}

}  // namespace

DebugInfo::DebugInfo() : index_(std::make_shared<const Index>()) {}

bool DebugInfo::empty() const {
  return index_->traces.empty() && index_->numbered.empty();
}

Result<DebugInfo> DebugInfo::parse(ByteView bytes, std::shared_ptr<const void> owner) {
  auto index = std::make_shared<Index>();
  index->owner = std::move(owner);
  decode::Context context;
  context.begin = bytes.data();
  decode::Message m(bytes, "GraphDebugInfo", context);
  while (m.next()) {
    if (m.number() > 6 || m.number() == 3) continue;
    m.item();
    const ByteView part = m.bytes();
    if (!m.ok()) break;
    std::string_view key;
    wire::Field value;
    switch (m.number()) {
      case 1:
        index->files.push_back(m.text());
        break;
      case 2:
        m.keep(debug_named(part, context, key, value));
        index->traces[key] = value.bytes;
        break;
      case 4:
        m.keep(debug_numbered(part, context, index->frames));
        break;
      case 5:
        m.keep(debug_named(part, context, key, value));
        index->numbered[key] = value.value;
        break;
      default:
        m.keep(debug_numbered(part, context, index->traces_by_number));
    }
  }
  JETLINE_RETURN_IF_ERROR(m.status());
  DebugInfo out;
  out.index_ = std::move(index);
  return out;
}

std::vector<std::string> DebugInfo::stack(std::string_view node, std::string_view function) const {
  const std::string name = std::string(node) + "@" + std::string(function);
  ByteView trace;
  const auto direct = index_->traces.find(name);
  const auto numbered = index_->numbered.find(name);
  if (direct != index_->traces.end()) {
    trace = direct->second;
  } else if (numbered != index_->numbered.end()) {
    const auto at = index_->traces_by_number.find(numbered->second);
    if (at != index_->traces_by_number.end()) trace = at->second;
  }
  std::vector<std::string> out;
  const auto add = [&](uint64_t number) {
    const auto frame = index_->frames.find(number);
    if (frame != index_->frames.end()) out.push_back(debug_frame(frame->second, index_->files));
  };
  wire::Reader reader(trace);
  wire::Field f;
  while (reader.next(f) && out.size() < kDebugMaxFrames) {
    if (f.number == 1) {
      out.push_back(debug_frame(f.bytes, index_->files));
    } else if (f.number == 2 && f.type == wire::Type::kFixed64) {
      add(f.value);
    } else if (f.number == 2) {
      for (size_t i = 0; i + 8 <= f.bytes.size() && out.size() < kDebugMaxFrames; i += 8) {
        uint64_t number;
        std::memcpy(&number, f.bytes.data() + i, 8);
        add(number);
      }
    }
  }
  std::reverse(out.begin(), out.end());  // the file has the outermost frame first
  return out;
}

}  // namespace jetline::tf
