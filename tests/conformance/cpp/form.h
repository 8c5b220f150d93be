// The form of Result.fields, which ../README.md describes. Describe() is for scalars, lists and
// Timestamp. With Fields, the Describe() of a message looks like its definition in the .proto.
#ifndef RREF_PROTO_CONFORMANCE_FORM_H_
#define RREF_PROTO_CONFORMANCE_FORM_H_

#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <cstring>
#include <string>

namespace rref_proto::v1 {

inline std::string Hex(const unsigned char* bytes, size_t size) {
  static const char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (size_t i = 0; i < size; ++i) {
    hex += kDigits[bytes[i] >> 4];
    hex += kDigits[bytes[i] & 15];
  }
  return hex;
}

inline std::string Describe(bool value) { return value ? "true" : "false"; }
inline std::string Describe(int32_t value) { return std::to_string(value); }
inline std::string Describe(uint32_t value) { return std::to_string(value); }
inline std::string Describe(int64_t value) { return std::to_string(value); }
inline std::string Describe(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  unsigned char bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<unsigned char>(bits >> (56 - 8 * i));
  return Hex(bytes, sizeof bytes);
}
inline std::string Describe(const std::string& value) {
  return Hex(reinterpret_cast<const unsigned char*>(value.data()), value.size());
}

// Declared before the templates below: C++ finds the other messages by their namespace.
std::string Describe(const google::protobuf::Timestamp& m);

// A repeated field, of scalars or of messages: everything else that has an iterator.
template <typename Repeated, typename = typename Repeated::const_iterator>
std::string Describe(const Repeated& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ",") + Describe(value);
  return "[" + text + "]";
}

// A message: its fields, in the order in which they are added.
class Fields {
 public:
  template <typename T>
  Fields& Add(const char* name, const T& value) {
    text_ += (text_.empty() ? "" : ",") + std::string(name) + ":" + Describe(value);
    return *this;
  }

  // A field with presence.
  template <typename T>
  Fields& AddIf(bool present, const char* name, const T& value) {
    return present ? Add(name, value) : *this;
  }

  operator std::string() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

inline std::string Describe(const google::protobuf::Timestamp& m) {
  return Fields().Add("seconds", m.seconds()).Add("nanos", m.nanos());
}

}  // namespace rref_proto::v1

#endif  // RREF_PROTO_CONFORMANCE_FORM_H_
