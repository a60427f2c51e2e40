// .npz: a zip archive of .npy members. Layout after APPNOTE.TXT 6.3: the end record is looked for backwards,
// the central directory lists the members, each member's own header tells where its bytes begin.
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "jetline/base/strings.h"
#include "jetline/engine/npy.h"
#include "jetline/engine/npy_header.h"

namespace jetline {
namespace {

constexpr uint32_t kZipLocal = 0x04034b50, kZipCentral = 0x02014b50, kZipEnd = 0x06054b50;
constexpr uint32_t kZip64End = 0x06064b50, kZip64Locator = 0x07064b50;
constexpr uint64_t kZip32Max = 0xffffffffu;

// Little-endian numbers at checked positions; a read outside sets `bad` and gives 0.
struct ZipReader {
  ByteView bytes;
  bool bad = false;
  uint64_t number(uint64_t at, int width) {
    if (at > bytes.size() || bytes.size() - at < static_cast<uint64_t>(width)) {
      bad = true;
      return 0;
    }
    uint64_t v = 0;
    for (int i = width - 1; i >= 0; --i) v = v << 8 | bytes[at + static_cast<uint64_t>(i)];
    return v;
  }
  uint16_t u16(uint64_t at) { return static_cast<uint16_t>(number(at, 2)); }
  uint32_t u32(uint64_t at) { return static_cast<uint32_t>(number(at, 4)); }
  uint64_t u64(uint64_t at) { return number(at, 8); }
};

struct ZipMember {
  std::string name;
  int method = 0, flags = 0;
  uint32_t crc = 0;
  uint64_t packed = 0, size = 0, header = 0;
};

Status npz_error(const char* id, const std::string& where, const std::string& what) {
  return Status::bad_input(id, where + ": " + what, "numpy.savez writes a readable archive", where);
}

struct ZipDirectory {
  uint64_t offset = 0, size = 0, count = 0;
};

Result<ZipDirectory> npz_find_directory(ZipReader& in, const std::string& where) {
  const ByteView b = in.bytes;
  // The end record is 22 bytes plus a comment of at most 65535.
  if (b.size() >= 22) {
    const size_t lowest = b.size() > 22 + 65535 ? b.size() - 22 - 65535 : 0;
    for (size_t at = b.size() - 22 + 1; at-- > lowest;) {
      if (in.u32(at) != kZipEnd) continue;
      ZipDirectory d{in.u32(at + 16), in.u32(at + 12), in.u16(at + 10)};
      if (at >= 20 && in.u32(at - 20) == kZip64Locator) {
        const uint64_t end64 = in.u64(at - 20 + 8);
        if (in.u32(end64) != kZip64End || in.bad)
          return npz_error("npz.syntax", where, "damaged zip64 record");
        d = {in.u64(end64 + 48), in.u64(end64 + 40), in.u64(end64 + 32)};
        if (in.bad) return npz_error("npz.truncated", where, "damaged zip64 record");
      }
      if (d.offset > b.size() || d.size > b.size() - d.offset) {
        return npz_error("npz.truncated", where, "the directory lies outside the file");
      }
      return d;
    }
  }
  const bool zip = b.size() >= 4 && in.u32(0) == kZipLocal;
  return npz_error(
      zip ? "npz.truncated" : "npz.syntax", where,
      zip ? "the archive's end is missing; was it copied completely?" : "not an .npz file (no zip)");
}

// One entry of the central directory at `at`; moves `at` to the next.
Status npz_read_entry(ZipReader& in, uint64_t& at, const std::string& where, ZipMember& m) {
  if (in.u32(at) != kZipCentral || in.bad) return npz_error("npz.syntax", where, "damaged directory");
  m.flags = in.u16(at + 8);
  m.method = in.u16(at + 10);
  m.crc = in.u32(at + 16);
  m.packed = in.u32(at + 20);
  m.size = in.u32(at + 24);
  const uint64_t name = in.u16(at + 28), extra = in.u16(at + 30), comment = in.u16(at + 32);
  m.header = in.u32(at + 42);
  const uint64_t end = at + 46 + name + extra + comment;
  if (in.bad || end > in.bytes.size()) return npz_error("npz.truncated", where, "the directory is cut off");
  m.name.assign(reinterpret_cast<const char*>(in.bytes.data()) + at + 46, name);
  for (uint64_t e = at + 46 + name; e + 4 <= at + 46 + name + extra;) {
    const uint16_t id = in.u16(e);
    const uint64_t stop = e + 4 + in.u16(e + 2);
    uint64_t field = e + 4;
    if (id == 1) {  // zip64: only the fields that are full in the record, in this order
      for (uint64_t* v : {&m.size, &m.packed, &m.header}) {
        if (*v != kZip32Max) continue;
        if (field + 8 > stop) return npz_error("npz.syntax", where, "damaged zip64 field");
        *v = in.u64(field);
        field += 8;
      }
    }
    e = stop;
  }
  at = end;
  return Status();
}

// Grows with what really comes out, so that a lying size cannot take memory.
Status npz_inflate(ByteView packed, uint64_t size, const std::string& where, std::vector<uint8_t>& out) {
  z_stream z = {};
  if (inflateInit2(&z, -MAX_WBITS) != Z_OK) return Status::internal("npz.syntax", "zlib cannot start");
  int code = Z_OK;
  size_t fed = 0;
  while (code == Z_OK && out.size() <= size) {
    if (z.avail_in == 0) {
      const size_t chunk = std::min<size_t>(packed.size() - fed, size_t{1} << 30);
      z.next_in = const_cast<Bytef*>(packed.data() + fed);
      z.avail_in = static_cast<uInt>(chunk);
      fed += chunk;
    }
    const size_t have = out.size();
    // One byte past the promised size tells a bomb from a well-formed end.
    const size_t room = std::min<size_t>(size_t{1} << 20, static_cast<size_t>(size) + 1 - have);
    out.resize(have + room);
    z.next_out = out.data() + have;
    z.avail_out = static_cast<uInt>(room);
    code = inflate(&z, Z_NO_FLUSH);
    out.resize(have + room - z.avail_out);
    if (code == Z_BUF_ERROR && z.avail_in == 0 && fed >= packed.size()) break;
  }
  inflateEnd(&z);
  if (code != Z_STREAM_END || out.size() != size)
    return npz_error("npz.syntax", where, "a member does not inflate");
  return Status();
}

// CRC-32 going on from `crc`. zlib takes a null pointer (an empty array has one) as "start anew".
uint32_t npz_crc(uint32_t crc, const uint8_t* data, size_t size) {
  return size == 0 ? crc : static_cast<uint32_t>(crc32_z(crc, data, size));
}

Result<NpyArray> npz_member(ZipReader& in, const ZipMember& m, const std::string& where,
                            const NpyLimits& limits) {
  const std::string place = where + ":" + m.name;
  if (m.flags & 1) return npz_error("npz.unsupported", place, "the member is encrypted");
  if (m.method != 0 && m.method != 8) {
    return npz_error("npz.unsupported", place, "compression method " + std::to_string(m.method));
  }
  // The .npy header before the values is small; NumPy itself stays under 64 KiB.
  if (m.size > static_cast<uint64_t>(limits.max_bytes) + 65536) {
    return npz_error("npy.too-large", place,
                     "more than " + human_bytes(static_cast<double>(limits.max_bytes)));
  }
  if (in.u32(m.header) != kZipLocal || in.bad) return npz_error("npz.syntax", place, "damaged member header");
  const uint64_t start = m.header + 30 + in.u16(m.header + 26) + in.u16(m.header + 28);
  if (in.bad || start > in.bytes.size() || m.packed > in.bytes.size() - start) {
    return npz_error("npz.truncated", place, "the member lies outside the file");
  }
  const ByteView packed = in.bytes.subspan(static_cast<size_t>(start), static_cast<size_t>(m.packed));
  std::vector<uint8_t> inflated;
  ByteView content = packed;
  if (m.method == 8) {
    JETLINE_RETURN_IF_ERROR(npz_inflate(packed, m.size, place, inflated));
    content = ByteView(inflated);
  } else if (m.packed != m.size) {
    return npz_error("npz.syntax", place, "a stored member with two sizes");
  }
  if (npz_crc(0, content.data(), content.size()) != m.crc) {
    return npz_error("npz.bad-crc", place, "the checksum does not match; the file is damaged");
  }
  return parse_npy(content, place, limits);
}

void zip_put(std::string& s, uint64_t v, int width) {
  for (int i = 0; i < width; ++i) s += static_cast<char>(v >> (8 * i));
}

// Local header or directory entry. Sizes always go into a zip64 field, so that one code path serves all.
std::string zip_record(const ZipMember& m, bool central) {
  std::string extra;
  zip_put(extra, 1, 2);
  zip_put(extra, central ? 24 : 16, 2);
  zip_put(extra, m.size, 8);
  zip_put(extra, m.size, 8);
  if (central) zip_put(extra, m.header, 8);
  std::string s;
  zip_put(s, central ? kZipCentral : kZipLocal, 4);
  if (central) zip_put(s, 45, 2);  // made by: version 4.5, the first with zip64
  zip_put(s, 45, 2);
  zip_put(s, 0x0800, 2);  // names are UTF-8
  zip_put(s, 0, 2);       // stored
  zip_put(s, 0, 2);       // time 00:00
  zip_put(s, 0x0021, 2);  // 1980-01-01
  zip_put(s, m.crc, 4);
  zip_put(s, kZip32Max, 4);
  zip_put(s, kZip32Max, 4);
  zip_put(s, m.name.size(), 2);
  zip_put(s, extra.size(), 2);
  if (central) {
    zip_put(s, 0, 2 + 2 + 2);  // comment, disk, internal attributes
    zip_put(s, 0, 4);
    zip_put(s, kZip32Max, 4);
  }
  return s + m.name + extra;
}

}  // namespace

Result<std::vector<NamedArray>> parse_npz(ByteView bytes, const std::string& where, const NpyLimits& limits) {
  ZipReader in{bytes};
  JETLINE_ASSIGN_OR_RETURN(const ZipDirectory dir, npz_find_directory(in, where));
  if (dir.count > static_cast<uint64_t>(limits.max_members)) {
    return npz_error("npy.too-large", where, std::to_string(dir.count) + " members");
  }
  std::vector<NamedArray> arrays;
  std::set<std::string> names;
  uint64_t at = dir.offset;
  int64_t left = limits.max_bytes;  // many members may name the same bytes: the sum is bounded too
  for (uint64_t i = 0; i < dir.count; ++i) {
    ZipMember m;
    JETLINE_RETURN_IF_ERROR(npz_read_entry(in, at, where, m));
    if (!ends_with(m.name, ".npy")) continue;  // NumPy skips them as arrays too
    NpyLimits rest = limits;
    rest.max_bytes = left;
    JETLINE_ASSIGN_OR_RETURN(NpyArray a, npz_member(in, m, where, rest));
    left -= static_cast<int64_t>(a.data.size());
    const std::string name = m.name.substr(0, m.name.size() - 4);
    if (!names.insert(name).second) return npz_error("npz.duplicate", where, "two arrays are named " + name);
    arrays.push_back({name, std::move(a)});
  }
  return arrays;
}

Result<std::vector<NamedArray>> load_npz(const std::string& path, const NpyLimits& limits) {
  JETLINE_ASSIGN_OR_RETURN(auto file, MappedFile::open(path));
  return parse_npz(file->bytes(), path, limits);
}

Status save_npz(const std::vector<NpyView>& arrays, const std::string& path, FileSystem& fs) {
  JETLINE_ASSIGN_OR_RETURN(auto file, AtomicFile::create(path, fs));
  std::string directory;
  uint64_t offset = 0;
  std::set<std::string> names;
  for (const NpyView& a : arrays) {
    if (!names.insert(a.name).second)
      return npz_error("npz.duplicate", path, "two arrays are named " + a.name);
    if (a.name.size() > 60000) return npz_error("npz.unsupported", path, "an array's name is too long");
    JETLINE_ASSIGN_OR_RETURN(const std::string header, npy_header_bytes(a));
    ZipMember m;
    m.name = a.name + ".npy";
    m.size = header.size() + a.data.size();
    m.header = offset;
    m.crc = npz_crc(0, reinterpret_cast<const uint8_t*>(header.data()), header.size());
    m.crc = npz_crc(m.crc, a.data.data(), a.data.size());
    const std::string local = zip_record(m, false);
    JETLINE_RETURN_IF_ERROR(file->append(std::string_view(local)));
    JETLINE_RETURN_IF_ERROR(file->append(std::string_view(header)));
    JETLINE_RETURN_IF_ERROR(file->append(a.data));
    offset += local.size() + m.size;
    directory += zip_record(m, true);
  }
  std::string end;
  zip_put(end, kZip64End, 4);
  zip_put(end, 44, 8);
  zip_put(end, 45, 2);
  zip_put(end, 45, 2);
  zip_put(end, 0, 4);
  zip_put(end, 0, 4);
  zip_put(end, arrays.size(), 8);
  zip_put(end, arrays.size(), 8);
  zip_put(end, directory.size(), 8);
  zip_put(end, offset, 8);
  zip_put(end, kZip64Locator, 4);
  zip_put(end, 0, 4);
  zip_put(end, offset + directory.size(), 8);
  zip_put(end, 1, 4);
  zip_put(end, kZipEnd, 4);
  zip_put(end, 0, 4);
  zip_put(end, 0xffff, 2);
  zip_put(end, 0xffff, 2);
  zip_put(end, kZip32Max, 4);
  zip_put(end, kZip32Max, 4);
  zip_put(end, 0, 2);
  JETLINE_RETURN_IF_ERROR(file->append(std::string_view(directory)));
  JETLINE_RETURN_IF_ERROR(file->append(std::string_view(end)));
  return file->commit();
}

}  // namespace jetline
