package dev.millrace.nexmark;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.api.java.tuple.Tuple;

/** A sink that counts rows and, when they are to be compared, makes the digest of {@code digest.ts}. */
public final class Results<T extends Tuple> implements Sink<T> {
  /** The key of a row whose table is kept up to date. */
  public interface KeyOf<T> extends Function<T, String>, Serializable {}

  static volatile boolean hashes;
  static long rows;
  private static int low;
  private static int high;
  private static final Map<String, int[]> table = new HashMap<>();
  private static boolean updates;

  private final KeyOf<T> keyOf;

  /** {@code keyOf} is null where each row stands for itself. */
  public Results(KeyOf<T> keyOf) {
    this.keyOf = keyOf;
  }

  static void reset(boolean hashing) {
    hashes = hashing;
    rows = low = high = 0;
    table.clear();
    updates = false;
  }

  static String digest() {
    if (!updates) return rows + " rows " + hex(high) + hex(low);
    int sumLow = 0;
    int sumHigh = 0;
    for (int[] words : table.values()) {
      sumLow += words[0];
      sumHigh += words[1];
    }
    return table.size() + " keys " + hex(sumHigh) + hex(sumLow);
  }

  private static String hex(int word) {
    return String.format("%08x", word);
  }

  @Override
  public SinkWriter<T> createWriter(WriterInitContext context) {
    return new SinkWriter<>() {
      private final int[] words = new int[2];
      private long count;

      @Override
      public void write(T row, Context at) {
        count++;
        if (!hashes) return;
        hash(row, words);
        if (keyOf == null) {
          low += words[0];
          high += words[1];
        } else {
          updates = true;
          table.put(keyOf.apply(row), words.clone());
        }
      }

      @Override
      public void flush(boolean endOfInput) {
        if (!endOfInput) return;
        rows += count;
        count = 0;
        Meter.end();
      }

      @Override
      public void close() {}
    };
  }

  private static void hash(Tuple row, int[] words) {
    words[0] = 0x811c9dc5;
    words[1] = 0x1b873593;
    for (int i = 0; i < row.getArity(); i++) {
      Object value = row.getField(i);
      if (value instanceof String) {
        String text = (String) value;
        for (int at = 0; at < text.length(); at++) words[0] = (words[0] ^ text.charAt(at)) * 0x01000193;
        word(words, text.length());
      } else {
        long bits = Double.doubleToRawLongBits(((Number) value).doubleValue() + 0);
        word(words, (int) bits);
        word(words, (int) (bits >>> 32));
      }
    }
  }

  private static void word(int[] words, int word) {
    words[0] = (words[0] ^ word) * 0x01000193;
    words[1] = ((words[1] ^ words[0]) * 0x5bd1e995) ^ (words[1] >>> 15);
  }
}
