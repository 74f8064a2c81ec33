package dev.millrace.nexmark;

import java.io.Serializable;
import java.util.function.Function;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.api.java.tuple.Tuple;

/** A sink that counts rows and, when they are to be compared, takes them into the digest. */
public final class Results<T extends Tuple> implements Sink<T> {
  /** The key of a row whose table is kept up to date. */
  public interface KeyOf<T> extends Function<T, Object>, Serializable {}

  private final KeyOf<T> keyOf;

  /** {@code keyOf} is null where each row stands for itself. */
  public Results(KeyOf<T> keyOf) {
    this.keyOf = keyOf;
  }

  @Override
  public SinkWriter<T> createWriter(WriterInitContext context) {
    return new CountingWriter<>() {
      @Override
      void digest(T row, Digest digest) {
        if (keyOf == null) digest.add(row);
        else digest.put(keyOf.apply(row), row);
      }
    };
  }
}
