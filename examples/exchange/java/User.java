import com.google.protobuf.Timestamp;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.time.Instant;
import java.util.Arrays;
import rref_proto.v1.ForkId;
import rref_proto.v1.IValue;
import rref_proto.v1.Message;
import rref_proto.v1.RRefChildAccept;
import rref_proto.v1.RRefForkRequest;
import rref_proto.v1.RRefId;
import rref_proto.v1.RRefUserDelete;
import rref_proto.v1.RecordedMessage;
import rref_proto.v1.ScalarType;
import rref_proto.v1.ScriptRRefFetchCall;
import rref_proto.v1.Tensor;

/**
 * A user of an RRef, which ../owner.py starts and answers.
 *
 * <p>Worker 1, the parent, has passed RRef (1, 0) on to worker 2, this user, as fork (1, 2). The
 * user makes the fork known to worker 0, the owner, fetches the value, tells the parent, and deletes
 * the fork. Standard input and output carry RecordedMessages in protobuf's delimited format.
 */
final class User {
  // The workers.
  private static final int OWNER = 0;
  private static final int PARENT = 1;
  private static final int USER = 2;

  // What the parent passed on: the RRef, and the fork that it made for this user.
  private static final RRefId RREF_ID =
      RRefId.newBuilder().setCreatedOn(PARENT).setLocalId(0).build();
  private static final ForkId FORK_ID =
      ForkId.newBuilder().setCreatedOn(PARENT).setLocalId(2).build();

  private final InputStream in;
  private final OutputStream out;
  private long id;

  private User(InputStream in, OutputStream out) {
    this.in = in;
    this.out = out;
  }

  public static void main(String[] arguments) {
    try {
      var out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out));
      new User(new BufferedInputStream(System.in), out).useRRef();
    } catch (IOException e) {
      System.err.println("exchange: " + e.getMessage());
      System.exit(1);
    }
  }

  /** Sends all that a user sends for its fork, from the first message to the last. */
  private void useRRef() throws IOException {
    // The owner does not know this fork yet. Until then only the parent's fork keeps the value.
    var fork = RRefForkRequest.newBuilder().setRrefId(RREF_ID).setForkId(FORK_ID);
    tell(OWNER, Message.newBuilder().setRrefForkRequest(fork));

    // The owner knows the fork now, so it keeps the value until the delete below.
    var fetch = ScriptRRefFetchCall.newBuilder().setFromWorkerId(USER).setRrefId(RREF_ID);
    print(tensorOf(call(OWNER, Message.newBuilder().setScriptRrefFetchCall(fetch))));

    // The parent has kept its own fork, to keep the value. After this message it may delete it.
    var accept = RRefChildAccept.newBuilder().setForkId(FORK_ID);
    tell(PARENT, Message.newBuilder().setRrefChildAccept(accept));

    // The last message about this fork. When all forks are deleted, the owner frees the value.
    var delete = RRefUserDelete.newBuilder().setRrefId(RREF_ID).setForkId(FORK_ID);
    tell(OWNER, Message.newBuilder().setRrefUserDelete(delete));
  }

  /** Returns the value of an RRef that is a tensor. */
  private static Tensor tensorOf(Message response) throws IOException {
    var values = response.getScriptRrefFetchRet().getValuesList();
    check(values.size() == 1, "a ScriptRRefFetchRet with one value", response);
    IValue value = values.get(0);
    boolean known =
        value.hasTensorIndex()
            && Integer.compareUnsigned(value.getTensorIndex(), response.getTensorsCount()) < 0;
    check(known, "the index of a tensor", value);
    return response.getTensors(value.getTensorIndex());
  }

  private static void print(Tensor tensor) throws IOException {
    long count = tensor.getSizesList().stream().reduce(1L, (a, b) -> a * b);
    boolean valid =
        tensor.getDtype() == ScalarType.SCALAR_TYPE_FLOAT32
            && tensor.getData().size() == Float.BYTES * count;
    check(valid, "a tensor of float32", tensor);
    FloatBuffer elements =
        tensor.getData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    var values = new float[elements.remaining()];
    elements.get(values);
    System.err.printf(
        "exchange: float32, sizes %s, values %s%n",
        tensor.getSizesList(), Arrays.toString(values));
  }

  /** Sends a request that is answered by RRefAck. */
  private void tell(int worker, Message.Builder request) throws IOException {
    Message response = call(worker, request);
    check(response.hasRrefAck(), "an RRefAck", response);
  }

  /** Sends a request with the next id and returns the response, which must have the same id. */
  private Message call(int worker, Message.Builder request) throws IOException {
    Instant now = Instant.now();
    RecordedMessage.newBuilder()
        .setTime(Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()))
        .setFromWorkerId(USER)
        .setToWorkerId(worker)
        .setMessage(request.setId(++id))
        .build()
        .writeDelimitedTo(out);
    out.flush();
    RecordedMessage answer = RecordedMessage.parseDelimitedFrom(in);
    String expected = "an answer of worker %d to message %d".formatted(worker, id);
    check(answer != null, expected, "the end of the input");
    Message response = answer.getMessage();
    boolean matches =
        answer.getFromWorkerId() == worker
            && answer.getToWorkerId() == USER
            && response.getId() == id;
    check(matches, expected, answer);
    return response;
  }

  private static void check(boolean holds, String expected, Object got) throws IOException {
    if (!holds) {
      String oneLine = got.toString().strip().replaceAll("\\s+", " ");
      throw new IOException("expected " + expected + ", got " + oneLine);
    }
  }
}
