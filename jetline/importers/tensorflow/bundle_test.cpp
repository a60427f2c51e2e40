// Checkpoint bundles, written by LevelDB's own table builder.
#include "jetline/importers/tensorflow/bundle.h"

#include <numeric>

#include "jetline/base/random.h"
#include "jetline/base/testing.h"
#include "jetline/importers/tensorflow/bundle_testing.h"

namespace jetline::tf {
namespace {

std::vector<float> bundle_counted(int64_t n, float from = 0) {
  std::vector<float> out(static_cast<size_t>(n));
  std::iota(out.begin(), out.end(), from);
  return out;
}

made::BundleMaker bundle_sample() {
  made::BundleMaker b(2);
  b.floats("dense/kernel", {2, 3}, bundle_counted(6));
  b.floats("dense/bias", {3}, bundle_counted(3, 10), 1);
  b.tensor("flag", DataType::kBool, {}, std::string(1, '\1'));
  b.tensor("half", DataType::kHalf, {2}, std::string(4, '\0'));
  b.tensor("step", DataType::kInt64, {}, made::packed<int64_t>({123456789012}));
  b.tensor("nibbles", DataType::kInt4, {3}, std::string("\x0f\x02\x03", 3));
  b.tensor("complex", DataType::kComplex64, {1}, made::packed<float>({1, 2}));
  b.tensor("nothing", DataType::kFloat, {0, 4}, "");
  b.texts("words", {3}, {"one", "", "three"});
  b.sliced("table", {5, 4},
           {{Slice{{0, 0}, {2, -1}}, bundle_counted(8)},
            {Slice{{2, 0}, {3, 1}}, {100, 101, 102}},
            {Slice{{2, 1}, {3, 3}}, bundle_counted(9, 200)}});
  return b;
}

// What Bundle::tensor() must give for bundle_sample().
void bundle_check_sample(const Bundle& b) {
  EXPECT_EQ(b.entries().size(), 10u) << "slices are no entries of their own";
  JETLINE_ASSERT_OK_AND_ASSIGN(Tensor t, b.tensor("dense/kernel"));
  EXPECT_EQ(t.dims(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(t.at<float>(5), 5);
  JETLINE_ASSERT_OK_AND_ASSIGN(t, b.tensor("dense/bias"));
  EXPECT_EQ(t.at<float>(2), 12);
  JETLINE_ASSERT_OK_AND_ASSIGN(t, b.tensor("flag"));
  EXPECT_EQ(t.dtype(), DType::kBool);
  JETLINE_ASSERT_OK_AND_ASSIGN(t, b.tensor("step"));
  EXPECT_EQ(t.at<int64_t>(0), 123456789012);
  JETLINE_ASSERT_OK_AND_ASSIGN(t, b.tensor("nibbles"));
  EXPECT_EQ(t.bytes()[0], 0x2f);
  JETLINE_ASSERT_OK_AND_ASSIGN(t, b.tensor("complex"));
  EXPECT_EQ(t.dtype(), DType::kC64);
  JETLINE_ASSERT_OK_AND_ASSIGN(t, b.tensor("nothing"));
  EXPECT_EQ(t.count(), 0);
  JETLINE_ASSERT_OK_AND_ASSIGN(t, b.tensor("words"));
  EXPECT_EQ(t.strings(), (std::vector<std::string>{"one", "", "three"}));
  JETLINE_ASSERT_OK_AND_ASSIGN(t, b.tensor("table"));
  const std::vector<float> expected = {0,   1,   2,   3,   4,   5,   6,   7,   100, 200,
                                       201, 202, 101, 203, 204, 205, 102, 206, 207, 208};
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(t.at<float>(static_cast<int64_t>(i)), expected[i]) << i;
}

Result<Bundle> bundle_in_memory(const std::string& index, const made::BundleMaker& b, size_t shards = 2) {
  std::vector<ByteView> data;
  for (size_t i = 0; i < shards; ++i) data.push_back(made::bytes_of(b.shard(i)));
  return Bundle::from_memory(made::bytes_of(index), data, nullptr);
}

TEST(TfBundle, FilesAreReadWithSlicesAndTexts) {
  TemporaryDirectory dir;
  made::BundleMaker made = bundle_sample();
  JETLINE_ASSERT_OK(made.write(dir.file("v")));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Bundle b, Bundle::open(dir.file("v")));
  bundle_check_sample(b);
}

TEST(TfBundle, BlocksMayBeSmallOrPackedWithSnappy) {
  for (const bool snappy : {false, true}) {
    for (const size_t block : {size_t{16}, size_t{100}, size_t{1} << 20}) {
      made::BundleMaker made = bundle_sample();
      const std::string index = made.index(snappy, block);
      JETLINE_ASSERT_OK_AND_ASSIGN(const Bundle b, bundle_in_memory(index, made));
      bundle_check_sample(b);
    }
  }
}

TEST(TfBundle, ManyEntriesShareTheirPrefixes) {
  made::BundleMaker made;
  for (int i = 0; i < 3000; ++i) made.floats("model/layer/variables/" + std::to_string(i), {1}, {float(i)});
  const std::string index = made.index(true);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Bundle b, bundle_in_memory(index, made, 1));
  ASSERT_EQ(b.entries().size(), 3000u);
  for (int i = 0; i < 3000; i += 7) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const Tensor t, b.tensor("model/layer/variables/" + std::to_string(i)));
    EXPECT_EQ(t.at<float>(0), static_cast<float>(i));
  }
}

TEST(TfBundle, TensorsAreViewsOfTheMappedFileAndTheirPagesCanBeGivenBack) {
  TemporaryDirectory dir;
  made::BundleMaker made;
  made.floats("w", {1 << 16}, bundle_counted(1 << 16));
  JETLINE_ASSERT_OK(made.write(dir.file("v")));
  Tensor t;
  {
    JETLINE_ASSERT_OK_AND_ASSIGN(const Bundle b, Bundle::open(dir.file("v")));
    JETLINE_ASSERT_OK_AND_ASSIGN(t, b.tensor("w"));
    JETLINE_ASSERT_OK_AND_ASSIGN(const Tensor again, b.tensor("w"));
    EXPECT_EQ(again.bytes().data(), t.bytes().data());
  }
  release_pages(t.bytes());
  EXPECT_EQ(t.at<float>(65535), 65535) << "the tensor outlives the bundle";
}

TEST(TfBundle, MissingAndTruncatedFilesAreTold) {
  TemporaryDirectory dir;
  EXPECT_EQ(Bundle::open(dir.file("v")).status().id(), "tf.bundle-missing");
  made::BundleMaker made = bundle_sample();
  JETLINE_ASSERT_OK(made.write(dir.file("v")));
  JETLINE_ASSERT_OK(real_file_system().remove(dir.file("v.data-00001-of-00002")));
  {
    JETLINE_ASSERT_OK_AND_ASSIGN(const Bundle b, Bundle::open(dir.file("v")));
    JETLINE_EXPECT_OK(b.tensor("dense/kernel").status());
    const Status s = b.tensor("dense/bias").status();
    EXPECT_EQ(s.id(), "tf.bundle-missing");
    EXPECT_NE(s.message().find("v.data-00001-of-00002"), std::string::npos);
    EXPECT_EQ(b.tensor("nowhere").status().id(), "tf.variable-missing");
  }
  JETLINE_ASSERT_OK(write_file(dir.file("v.data-00000-of-00002"), made.shard(0).substr(0, 20)));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Bundle b, Bundle::open(dir.file("v")));
  EXPECT_EQ(b.tensor("dense/kernel").status().id(), "tf.bundle-truncated");
}

TEST(TfBundle, ChangedDataDoesNotFitItsChecksum) {
  made::BundleMaker made = bundle_sample();
  const std::string index = made.index();
  std::string shard = made.shard(0);
  for (char& c : shard) c = static_cast<char>(c ^ 0x10);
  JETLINE_ASSERT_OK_AND_ASSIGN(
      const Bundle b, Bundle::from_memory(made::bytes_of(index),
                                          {made::bytes_of(shard), made::bytes_of(made.shard(1))}, nullptr));
  for (const auto& [key, entry] : b.entries()) {
    if (key == "nothing" || key == "dense/bias") {
      JETLINE_EXPECT_OK(b.tensor(key).status());
    } else {
      EXPECT_EQ(b.tensor(key).status().id(), "tf.bundle-corrupt") << key;
    }
  }
}

TEST(TfBundle, ChecksumsMayBeComputedBeside) {
  made::BundleMaker made;
  for (int i = 0; i < 12; ++i) {
    made.floats("w" + std::to_string(i), {20000}, bundle_counted(20000, static_cast<float>(i)));
  }
  made.floats("small", {3}, bundle_counted(3));
  const std::string index = made.index();
  std::string shard = made.shard(0);
  const auto open = [&] {
    Result<Bundle> b = Bundle::from_memory(made::bytes_of(index), {made::bytes_of(shard)}, nullptr);
    EXPECT_TRUE(b.ok());
    b->check_beside();
    return std::move(b).value();
  };
  {
    const Bundle b = open();
    const Bundle copy = b;
    for (const auto& [key, entry] : b.entries()) JETLINE_EXPECT_OK(b.tensor(key).status());
    JETLINE_EXPECT_OK(copy.checked());
    JETLINE_EXPECT_OK(b.checked());
  }
  const Bundle sound = open();
  for (const char* key : {"w7", "w9"}) {
    shard[static_cast<size_t>(sound.entries().find(key)->second.offset) + 777] ^= 1;
  }
  shard[static_cast<size_t>(sound.entries().find("small")->second.offset)] ^= 1;
  const Bundle b = open();
  EXPECT_EQ(b.tensor("small").status().id(), "tf.bundle-corrupt") << "small ones at once";
  for (const char* key : {"w9", "w1", "w7", "w2"}) JETLINE_EXPECT_OK(b.tensor(key).status());
  const Status s = b.checked();
  EXPECT_EQ(s.id(), "tf.bundle-corrupt");
  EXPECT_NE(s.message().find("'w9'"), std::string::npos) << "the first that was asked for: " << s.message();
  EXPECT_EQ(b.checked().id(), "tf.bundle-corrupt") << "it stays wrong";
  const Bundle unasked = open();
  JETLINE_EXPECT_OK(unasked.tensor("w3").status());
  JETLINE_EXPECT_OK(unasked.checked());
}

TEST(TfBundle, EntriesThatCannotBeAreRefused) {
  const std::string data(24, '\0');
  const auto open_with = [&](const std::string& entry, std::string* kept) {
    made::BundleMaker made;
    made.tensor("ok", DataType::kFloat, {6}, data);
    made.entries["x"] = entry;
    *kept = made.index();
    return Bundle::from_memory(made::bytes_of(*kept), {made::bytes_of(data)}, nullptr);
  };
  const auto id = [&](const std::string& entry) {
    std::string kept;
    const auto b = open_with(entry, &kept);
    return b.ok() ? b->tensor("x").status().id() : b.status().id();
  };
  const std::string f6 = made::number(1, 1) + made::part(2, made::shape({6}));
  EXPECT_EQ(id(f6 + made::number(5, 24) + made::number(4, -8)), "tf.bundle-corrupt");
  EXPECT_EQ(id(f6 + made::number(5, -24)), "tf.bundle-corrupt");
  EXPECT_EQ(id(f6 + made::number(5, 24) + made::number(4, 8)), "tf.bundle-truncated");
  EXPECT_EQ(id(f6 + made::number(5, INT64_MAX) + made::number(4, INT64_MAX)), "tf.bundle-truncated");
  EXPECT_EQ(id(f6 + made::number(5, 20)), "tf.bundle-corrupt");
  EXPECT_EQ(id(f6 + made::number(5, 24) + made::number(3, 7)), "tf.bundle-corrupt");
  EXPECT_EQ(id(f6 + made::number(5, 24) + made::number(3, -1)), "tf.bundle-corrupt");
  EXPECT_EQ(id(made::number(1, 1) + made::part(2, made::shape({-6})) + made::number(5, 24)),
            "tf.bundle-corrupt");
  EXPECT_EQ(id(made::number(1, 20) + made::number(5, 0)), "tf.unsupported-type");
  EXPECT_EQ(id(made::number(1, 21) + made::number(5, 0)), "tf.unsupported-type");
  EXPECT_EQ(id("\xff\xff"), "tf.bundle-corrupt");
}

TEST(TfBundle, SlicesMustCoverTheTensorOnce) {
  const auto id = [](const std::vector<std::pair<Slice, std::vector<float>>>& parts, bool forget = false) {
    made::BundleMaker made;
    made.sliced("t", {4}, parts);
    if (forget) made.entries.erase(slice_key("t", parts[0].first));
    const std::string index = made.index();
    const auto b = bundle_in_memory(index, made, 1);
    return b.ok() ? b->tensor("t").status().ok() ? "ok" : b->tensor("t").status().id() : b.status().id();
  };
  EXPECT_EQ(id({{Slice{{0}, {-1}}, {1, 2, 3, 4}}}), "ok");
  EXPECT_EQ(id({{Slice{{0}, {2}}, {1, 2}}, {Slice{{2}, {2}}, {1, 2}}}), "ok");
  EXPECT_EQ(id({{Slice{{0}, {2}}, {1, 2}}}), "tf.bundle-corrupt") << "half is missing";
  EXPECT_EQ(id({{Slice{{0}, {2}}, {1, 2}}, {Slice{{1}, {2}}, {1, 2}}}), "tf.bundle-corrupt") << "overlap";
  EXPECT_EQ(id({{Slice{{0}, {2}}, {1, 2}}, {Slice{{3}, {2}}, {1, 2}}}), "tf.bundle-corrupt") << "outside";
  EXPECT_EQ(id({{Slice{{0}, {2}}, {1, 2}}, {Slice{{2}, {2}}, {1, 2}}}, true), "tf.bundle-corrupt")
      << "absent";
  EXPECT_EQ(id({{Slice{{-2}, {2}}, {1, 2}}, {Slice{{2}, {2}}, {1, 2}}}), "tf.bundle-corrupt");
}

TEST(TfBundle, SliceKeysAsTensorFlowEncodesThem) {
  // Made with TensorFlow 2.15.1's checkpoint writer: the keys of a variable "emb" of [10, 4] in three parts.
  EXPECT_EQ(slice_key("emb", Slice{{0, 0}, {4, -1}}), std::string("\0emb\0\1\1\2\x80\x84\x80\x7f", 12));
  EXPECT_EQ(slice_key("emb", Slice{{4, 0}, {3, -1}}), std::string("\0emb\0\1\1\2\x84\x83\x80\x7f", 12));
  // Zero and 255 in a name are escaped; numbers over 63 take more bytes.
  EXPECT_EQ(slice_key(std::string("\0\xff", 2), Slice{{64}, {100000}}),
            std::string("\0\0\xff\xff\0\0\1\1\1\xc0\x40\xe1\x86\xa0", 14));
}

TEST(TfBundle, HeadersOfOtherMachinesAreRefused) {
  made::BundleMaker made;
  made.floats("w", {1}, {1});
  made.entries[""] = made::number(1, 1) + made::number(2, 1);
  std::string index = made.index();
  EXPECT_EQ(bundle_in_memory(index, made, 1).status().id(), "tf.bundle-endian");
  made.entries[""] = made::number(1, -1);
  index = made.index();
  EXPECT_EQ(bundle_in_memory(index, made, 1).status().id(), "tf.bundle-corrupt");
  index = made::table({{"w", "x"}});
  EXPECT_EQ(bundle_in_memory(index, made, 1).status().id(), "tf.bundle-corrupt") << "no header";
}

TEST(TfBundle, ATruncatedOrChangedIndexIsNeverTrusted) {
  for (const bool snappy : {false, true}) {
    made::BundleMaker made = bundle_sample();
    const std::string index = made.index(snappy, 64);
    for (size_t n = 0; n < index.size(); ++n) {
      const Status s = bundle_in_memory(index.substr(0, n), made).status();
      EXPECT_TRUE(s.id() == "tf.bundle-truncated" || s.id() == "tf.bundle-corrupt")
          << n << " " << s.to_string();
    }
    int refused = 0;
    for (size_t at = 0; at + 48 < index.size(); ++at) {
      std::string bytes = index;
      bytes[at] = static_cast<char>(bytes[at] ^ 0x21);
      if (!bundle_in_memory(bytes, made).ok()) ++refused;
    }
    // All but the bytes of the metaindex block, which nobody needs.
    EXPECT_GT(refused, static_cast<int>(index.size()) - 48 - 32);
  }
}

TEST(TfBundle, ChangesBehindRightChecksumsAreBounded) {
  Random random(5);
  int opened = 0;
  for (int round = 0; round < 4000; ++round) {
    made::BundleMaker made = bundle_sample();
    std::string index = made.index(round % 2 == 1, 64);
    for (int k = 0; k < 3; ++k) index[random.next() % (index.size() - 8)] = static_cast<char>(random.next());
    made::repair_checksums(index);
    const auto b = bundle_in_memory(index, made);
    if (!b.ok()) continue;
    ++opened;
    for (const auto& [key, entry] : b->entries()) (void)b->tensor(key);
  }
  EXPECT_GT(opened, 100) << "the changes get past the checksums";
}

// A table whose one data block is `block` as it stands (type 0) or packed (type 1).
std::string bundle_table_around(const std::string& block, char type) {
  const auto sealed = [](std::string b, char kind) {
    b.push_back(kind);
    const uint32_t crc = masked_crc(crc32c(made::bytes_of(b)));
    return b + made::packed<uint32_t>({crc});
  };
  const auto varint = [](uint64_t v) {
    std::string s;
    for (; v >= 128; v >>= 7) s.push_back(static_cast<char>(v | 128));
    s.push_back(static_cast<char>(v));
    return s;
  };
  std::string file = sealed(block, type);
  const std::string handle = varint(0) + varint(block.size());
  std::string index = varint(0) + varint(1) + varint(handle.size()) + "z" + handle;
  index += made::packed<uint32_t>({0, 1});
  const std::string footer = varint(0) + varint(0) + varint(file.size()) + varint(index.size());
  file += sealed(index, 0);
  return file + footer + std::string(40 - footer.size(), '\0') +
         made::packed<uint64_t>({0xdb4775248b80fb57ull});
}

TEST(TfBundle, LengthsThatWrapAroundDoNotGetToLevelDb) {
  // shared 0, fresh 2^32-16, value 32: their sum is 16 in 32 bits, which LevelDB takes for the entry's size.
  const std::string entry("\x00\xf0\xff\xff\xff\x0f\x20", 7);
  const std::string block = entry + std::string(64, 'x') + made::packed<uint32_t>({0, 1});
  EXPECT_EQ(check_table(made::bytes_of(bundle_table_around(block, 0))).id(), "tf.bundle-corrupt");
  // A sound block the same way, so that the test tests what it says.
  const std::string sound = std::string("\x00\x01\x01kv", 5) + made::packed<uint32_t>({0, 1});
  JETLINE_EXPECT_OK(check_table(made::bytes_of(bundle_table_around(sound, 0))));
  // Snappy: a length of 4 GiB from six bytes.
  EXPECT_EQ(
      check_table(made::bytes_of(bundle_table_around(std::string("\xff\xff\xff\xff\x0f\x00", 6), 1))).id(),
      "tf.bundle-corrupt");
  // No restarts, more restarts than bytes, a first restart that is not the start.
  EXPECT_EQ(check_table(made::bytes_of(bundle_table_around(made::packed<uint32_t>({0}), 0))).id(),
            "tf.bundle-corrupt");
  EXPECT_EQ(check_table(made::bytes_of(bundle_table_around(made::packed<uint32_t>({0, 77}), 0))).id(),
            "tf.bundle-corrupt");
  EXPECT_EQ(check_table(made::bytes_of(bundle_table_around(made::packed<uint32_t>({9, 1}), 0))).id(),
            "tf.bundle-corrupt");
  EXPECT_EQ(check_table(made::bytes_of(bundle_table_around("", 0))).id(), "tf.bundle-corrupt");
  EXPECT_EQ(check_table(made::bytes_of(bundle_table_around(sound, 7))).id(), "tf.bundle-corrupt")
      << "unknown packing";
}

TEST(TfBundle, AKeyThatGrowsWithEveryEntryIsBounded) {
  // Each entry repeats the key before it and adds a byte: 5 MB of file, terabytes of keys.
  std::string block;
  for (int i = 0; i < 1000000; ++i) {
    std::string shared;
    uint32_t v = static_cast<uint32_t>(i);
    for (; v >= 128; v >>= 7) shared.push_back(static_cast<char>(v | 128));
    shared.push_back(static_cast<char>(v));
    block += shared + std::string("\x01\x00k", 3);
  }
  block += made::packed<uint32_t>({0, 1});
  EXPECT_EQ(check_table(made::bytes_of(bundle_table_around(block, 0))).id(), "tf.bundle-corrupt");
}

}  // namespace
}  // namespace jetline::tf
