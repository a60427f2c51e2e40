// How this folder walks a message: fields one after another, with a wrong encoding kept as the walk's status,
// so that the readers of messages are a switch over field numbers and nothing else.
//
// A known field with a wrong wire type is an error (protobuf would skip it): no writer makes one, and it
// tells a file of another kind. Threads: one. Ids: tf.malformed, tf.too-many.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "jetline/graph/wire.h"
#include "jetline/importers/tensorflow/proto.h"

namespace jetline::tf::decode {

// What one parse shares: where the bytes begin (for offsets in messages), who keeps them, and how many nodes,
// inputs, attributes and entries may still come.
struct Context {
  const uint8_t* begin = nullptr;
  std::shared_ptr<const void> owner;
  // The largest detector seen has 45,000 nodes in all; an item takes up to 150 bytes here but only two in a
  // file, so that without a limit a small file could ask for a lot of memory.
  int64_t items_left = 8'000'000;
};

class Message {
 public:
  Message(ByteView bytes, const char* what, Context& context)
      : reader_(bytes), begin_(bytes.data()), what_(what), context_(context) {}

  bool next();  // false at the end and after a failure
  uint32_t number() const { return field_.number; }
  const wire::Field& field() const { return field_; }

  // The current field read as that type; a wrong encoding ends the walk.
  std::string_view text();
  ByteView bytes();
  int64_t integer();
  bool boolean() { return integer() != 0; }
  DataType data_type();
  float fixed32();
  void append(std::vector<int64_t>& out);  // packed or one by one
  void append(std::vector<float>& out);

  // Counts one thing that takes memory.
  void item();
  void keep(Status s) {
    if (status_.ok()) status_ = std::move(s);
  }
  bool ok() const { return status_.ok(); }
  Status status() const { return status_; }

 private:
  void wrong_type();
  wire::Reader reader_;
  wire::Field field_;
  const uint8_t* begin_;
  const char* what_;
  Context& context_;
  Status status_;
};

using Attributes = std::vector<std::pair<std::string_view, Attr>>;

// Reads a type number; a reference type (over 100) is its plain type.
DataType plain_type(int64_t number);
// A map<string, V> entry: its key, and its value as bytes. Of a value in pieces (protobuf merges repeated
// occurrences of a message field) the pieces are put together in memory that `owner` keeps.
Status map_entry(ByteView entry, const char* what, Context& context, std::string_view& key, ByteView& value,
                 std::shared_ptr<const void>& owner);
// Appends `more` to `bytes`: the encodings of two messages, one after another, are the merged message.
void merge(ByteView& bytes, ByteView more, std::shared_ptr<const void>& owner);
// Adds one entry of a map<string, AttrValue>; remove_repeated() keeps the last of each key.
Status attribute_entry(ByteView entry, Context& context, Attributes& out);
void remove_repeated(Attributes& attributes);

// Two 4-bit numbers a byte, low bits first, from one a byte as TensorFlow keeps them.
std::vector<uint8_t> pack_nibbles(ByteView bytes);
Status read_shape(ByteView bytes, Context& context, Shape& out);
// Fields inside an AttrValue, lists and shapes included; tensors and functions are looked at on use.
Status check_attr(ByteView bytes, Context& context);
Status read_node(ByteView bytes, Context& context, NodeDef& out);
// GraphDef; the bytes of its function libraries (one as a rule) go to `libraries`.
Status read_graph(ByteView bytes, Context& context, GraphDef& out, std::vector<ByteView>& libraries);
Status read_function(ByteView bytes, Context& context, FunctionDef& out);
Status read_signature(ByteView bytes, Context& context, SignatureDef& out);
Status read_tensor_info(ByteView bytes, Context& context, TensorInfo& out);
Status read_meta_graph(ByteView bytes, Context& context, MetaGraph& out);

}  // namespace jetline::tf::decode
