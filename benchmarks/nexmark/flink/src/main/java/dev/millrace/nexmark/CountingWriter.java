package dev.millrace.nexmark;

import org.apache.flink.api.connector.sink2.SinkWriter;

/** Counts rows for the meter and, when they are to be compared, takes them into the digest. */
abstract class CountingWriter<T> implements SinkWriter<T> {
  private final Digest digest = Digest.current();
  private long count;

  /** Takes a row that is to be compared. */
  abstract void digest(T row, Digest digest);

  @Override
  public final void write(T row, Context at) {
    count++;
    if (digest != null) digest(row, digest);
  }

  @Override
  public final void flush(boolean endOfInput) {
    if (!endOfInput) return;
    Meter.end(count);
    count = 0;
  }

  @Override
  public final void close() {}
}
