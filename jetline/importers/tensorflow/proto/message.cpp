#include "jetline/importers/tensorflow/proto/message.h"

#include <unordered_map>

namespace jetline::tf::decode {

bool Message::next() {
  if (!status_.ok()) return false;
  if (reader_.next(field_)) return true;
  if (reader_.error() != wire::Error::kNone) {
    const size_t at = static_cast<size_t>(begin_ - context_.begin) + reader_.offset();
    status_ = Status::bad_input("tf.malformed",
                                std::string("a ") + what_ + " is " +
                                    (reader_.error() == wire::Error::kTruncated ? "cut off" : "broken") +
                                    " at byte " + std::to_string(at),
                                "the file is damaged or incomplete; copy or export it again");
  }
  return false;
}

void Message::wrong_type() {
  const size_t at = static_cast<size_t>(field_.raw.data() - context_.begin);
  keep(Status::bad_input("tf.malformed",
                         "field " + std::to_string(field_.number) + " of a " + what_ +
                             " has the wrong encoding at byte " + std::to_string(at),
                         "the file is damaged or of another kind"));
}

std::string_view Message::text() {
  if (field_.type == wire::Type::kBytes) return field_.text();
  wrong_type();
  return {};
}

ByteView Message::bytes() {
  if (field_.type == wire::Type::kBytes) return field_.bytes;
  wrong_type();
  return {};
}

int64_t Message::integer() {
  if (field_.type == wire::Type::kVarint) return field_.int64();
  wrong_type();
  return 0;
}

DataType Message::data_type() {
  return plain_type(integer());
}

void Message::append(std::vector<int64_t>& out) {
  if (!wire::append_int64s(field_, out)) wrong_type();
}

void Message::append(std::vector<float>& out) {
  if (!wire::append_floats(field_, out)) wrong_type();
}

float Message::fixed32() {
  if (field_.type == wire::Type::kFixed32) return field_.float32();
  wrong_type();
  return 0;
}

void Message::item() {
  if (--context_.items_left >= 0) return;
  keep(Status::bad_input("tf.too-many", "the graph has more nodes, inputs and attributes than are accepted",
                         "is this the right file?"));
}

DataType plain_type(int64_t number) {
  if (number > 100 && number < 200) number -= 100;
  return number > 0 && number < 100 ? static_cast<DataType>(number) : DataType::kInvalid;
}

void merge(ByteView& bytes, ByteView more, std::shared_ptr<const void>& owner) {
  if (bytes.empty()) {
    bytes = more;
    return;
  }
  if (more.empty()) return;
  auto both = std::make_shared<std::vector<uint8_t>>(bytes.begin(), bytes.end());
  both->insert(both->end(), more.begin(), more.end());
  bytes = ByteView(both->data(), both->size());
  owner = std::move(both);
}

Status map_entry(ByteView entry, const char* what, Context& context, std::string_view& key, ByteView& value,
                 std::shared_ptr<const void>& owner) {
  Message m(entry, what, context);
  int pieces = 0;
  while (m.next()) {
    if (m.number() == 1) {
      key = m.text();
    } else if (m.number() == 2) {
      // Each merge copies what came before; a limit keeps that from growing with the square of the size.
      if (++pieces > 64) {
        m.keep(Status::bad_input("tf.too-many",
                                 std::string("a ") + what + " has its value in too many pieces",
                                 "the file was not written by TensorFlow"));
      } else {
        merge(value, m.bytes(), owner);
      }
    }
  }
  return m.status();
}

Status attribute_entry(ByteView entry, Context& context, Attributes& out) {
  std::string_view key;
  ByteView value;
  std::shared_ptr<const void> owner = context.owner;
  JETLINE_RETURN_IF_ERROR(map_entry(entry, "attribute", context, key, value, owner));
  Context inner{value.data(), nullptr, context.items_left};
  if (owner == context.owner) inner.begin = context.begin;
  JETLINE_RETURN_IF_ERROR(check_attr(value, inner));
  out.emplace_back(key, Attr(value, std::move(owner)));
  return Status();
}

void remove_repeated(Attributes& attributes) {
  std::unordered_map<std::string_view, size_t> last;
  if (attributes.size() < 2) return;
  for (size_t i = 0; i < attributes.size(); ++i) last[attributes[i].first] = i;
  if (last.size() == attributes.size()) return;
  Attributes kept;
  for (size_t i = 0; i < attributes.size(); ++i) {
    if (last[attributes[i].first] == i) kept.push_back(std::move(attributes[i]));
  }
  attributes = std::move(kept);
}

}  // namespace jetline::tf::decode
