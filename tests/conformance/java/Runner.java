import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.util.JsonFormat;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import rref_proto.conformance.v1.Result;
import rref_proto.conformance.v1.Vector;

/**
 * The conformance runner: reads vectors from standard input, and writes a result for each to
 * standard output.
 */
final class Runner {
  public static void main(String[] arguments) throws IOException {
    var in = new BufferedInputStream(System.in);
    var out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out));
    Vector vector;
    while ((vector = Vector.parseDelimitedFrom(in)) != null) {
      Fields.Kind<?> kind = Fields.KINDS.get(vector.getMessage());
      if (kind == null) {
        throw new IllegalArgumentException("the schema has no message " + vector.getMessage());
      }
      examine(vector, kind).writeDelimitedTo(out);
    }
    out.flush();
  }

  private static <M extends Message> Result examine(Vector vector, Fields.Kind<M> kind)
      throws IOException {
    Result.Builder result = Result.newBuilder().setName(vector.getName());
    M message;
    try {
      message = kind.parser().parseFrom(vector.getWire());
    } catch (InvalidProtocolBufferException e) {
      return result.setRefused(e.toString()).build();
    }
    result.setFields(kind.fields().apply(message)).setWire(encode(message));
    try {
      result.setJson(JsonFormat.printer().omittingInsignificantWhitespace().print(message));
      if (!vector.getJson().isEmpty()) {
        Message.Builder read = message.newBuilderForType();
        JsonFormat.parser().merge(vector.getJson(), read);
        result.setWireOfJson(encode(read.build()));
      }
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      // The second is thrown for values that JSON cannot have, such as a time in the year 10000.
      result.setJsonRefused(e.toString());
    }
    return result.build();
  }

  private static ByteString encode(Message message) throws IOException {
    var encoded = new byte[message.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(encoded);
    out.useDeterministicSerialization();
    message.writeTo(out);
    return UnsafeByteOperations.unsafeWrap(encoded);
  }

  private Runner() {}
}
