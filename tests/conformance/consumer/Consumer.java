import com.example.project.rref_proto.v1.RecordedMessage;

/** A project that generates its Java code with buf.gen.yaml. */
final class Consumer {
  static final RecordedMessage RECORD = RecordedMessage.getDefaultInstance();

  private Consumer() {}
}
