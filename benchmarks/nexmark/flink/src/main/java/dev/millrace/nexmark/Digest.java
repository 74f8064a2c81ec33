package dev.millrace.nexmark;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.java.tuple.Tuple;

/** The results of a run in little, as {@code digest.ts} makes them of ours. */
final class Digest {
  private static volatile Digest current;

  private final int[] words = new int[2];
  private final Map<Object, Boolean> keys = new HashMap<>();
  private final Map<List<Object>, int[]> table = new HashMap<>();
  private long rows;
  private int low;
  private int high;
  private int sequence;
  private boolean updates;

  /** Begins anew; nothing is taken when {@code on} is false. */
  static void reset(boolean on) {
    current = on ? new Digest() : null;
  }

  /** Takes the rows of this run; null when they are not compared. */
  static Digest current() {
    return current;
  }

  /** Adds a row that stands for itself, a tuple or a list of its values. */
  synchronized void add(Object row) {
    begin();
    value(row);
    count();
  }

  /** Adds a change of a table: the row of a key is new, or another one. */
  synchronized void put(Object key, Tuple row) {
    updates = true;
    begin();
    value(keys.put(key, true) == null ? "insert" : "update");
    value(key);
    value(row);
    count();
    sequence = sequence * 0x01000193 + words[0];
  }

  /** Has a table hold a row by its key; what counts is the table in the end. */
  synchronized void set(List<Object> key, List<Object> row) {
    begin();
    value(row);
    table.put(key, words.clone());
  }

  /** Takes the row of a key out of the table. */
  synchronized void remove(List<Object> key) {
    table.remove(key);
  }

  /** The rows in any order or, of updates, all of them in their order. */
  synchronized String text() {
    for (int[] hash : table.values()) {
      words[0] = hash[0];
      words[1] = hash[1];
      count();
    }
    table.clear();
    String all = rows + " rows " + hex(high) + hex(low);
    return updates ? all + " in the order " + hex(sequence) : all;
  }

  private void begin() {
    words[0] = 0x811c9dc5;
    words[1] = 0x1b873593;
  }

  private void count() {
    rows++;
    low += words[0];
    high += words[1];
  }

  private void value(Object value) {
    if (value instanceof Tuple) {
      Tuple tuple = (Tuple) value;
      for (int i = 0; i < tuple.getArity(); i++) value(tuple.<Object>getField(i));
    } else if (value instanceof List) {
      for (Object each : (List<?>) value) value(each);
    } else if (value instanceof String) {
      String text = (String) value;
      for (int at = 0; at < text.length(); at++) words[0] = (words[0] ^ text.charAt(at)) * 0x01000193;
      word(text.length());
    } else {
      long bits = Double.doubleToRawLongBits(((Number) value).doubleValue() + 0);
      word((int) bits);
      word((int) (bits >>> 32));
    }
  }

  private void word(int word) {
    words[0] = (words[0] ^ word) * 0x01000193;
    words[1] = ((words[1] ^ words[0]) * 0x5bd1e995) ^ (words[1] >>> 15);
  }

  private static String hex(int word) {
    return String.format("%08x", word);
  }
}
