import com.google.protobuf.ByteString;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The form of {@code Result.fields}, which ../README.md describes. */
final class Form {
  /** Writes a message. An absent field is the empty string. */
  static String message(String... fields) {
    return Stream.of(fields)
        .filter(field -> !field.isEmpty())
        .collect(Collectors.joining(",", "{", "}"));
  }

  /** Writes a field. Its value is a number, a bool, or a text that is already in this form. */
  static String field(String name, Object value) {
    return name + ":" + value;
  }

  /** Writes a field with presence. */
  static String optional(String name, boolean present, Object value) {
    return present ? field(name, value) : "";
  }

  /** Writes a repeated field. */
  static <T> String list(String name, List<T> values, Function<T, ?> form) {
    return values.stream()
        .map(value -> form.apply(value).toString())
        .collect(Collectors.joining(",", name + ":[", "]"));
  }

  static String text(String value) {
    return text(ByteString.copyFromUtf8(value));
  }

  static String text(ByteString value) {
    return HexFormat.of().formatHex(value.toByteArray());
  }

  /** Writes a double. Unlike {@code doubleToLongBits}, it keeps the bits of a NaN. */
  static String bits(double value) {
    return HexFormat.of().toHexDigits(Double.doubleToRawLongBits(value));
  }

  private Form() {}
}
