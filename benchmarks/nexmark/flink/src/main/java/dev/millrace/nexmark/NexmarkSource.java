package dev.millrace.nexmark;

import dev.millrace.nexmark.Events.Event;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/** The stream as a bounded source of one split whose position is in checkpoints; one event per call, as Flink's contract advises. */
public final class NexmarkSource<T> implements Source<T, NexmarkSource.Split, Boolean>, ResultTypeQueryable<T> {
  /** Makes the record of an event, whose holder is used again; null where there is none. */
  public interface Shape<T> extends Serializable {
    T of(Event event);
  }

  private final long events;
  private final Shape<T> shape;
  private final TypeInformation<T> type;

  public NexmarkSource(long events, Shape<T> shape, TypeInformation<T> type) {
    this.events = events;
    this.shape = shape;
    this.type = type;
  }

  public static final class Split implements SourceSplit {
    final long position;
    final long end;

    Split(long position, long end) {
      this.position = position;
      this.end = end;
    }

    @Override
    public String splitId() {
      return "0";
    }
  }

  @Override
  public Boundedness getBoundedness() {
    return Boundedness.BOUNDED;
  }

  @Override
  public TypeInformation<T> getProducedType() {
    return type;
  }

  @Override
  public SourceReader<T, Split> createReader(SourceReaderContext context) {
    return new Reader<>(context, shape);
  }

  @Override
  public SplitEnumerator<Split, Boolean> createEnumerator(SplitEnumeratorContext<Split> context) {
    return new Enumerator(context, false);
  }

  @Override
  public SplitEnumerator<Split, Boolean> restoreEnumerator(SplitEnumeratorContext<Split> context, Boolean given) {
    return new Enumerator(context, given);
  }

  @Override
  public SimpleVersionedSerializer<Split> getSplitSerializer() {
    return new Bytes<>() {
      @Override
      public byte[] serialize(Split split) {
        return ByteBuffer.allocate(16).putLong(split.position).putLong(split.end).array();
      }

      @Override
      public Split deserialize(int version, byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new Split(buffer.getLong(), buffer.getLong());
      }
    };
  }

  @Override
  public SimpleVersionedSerializer<Boolean> getEnumeratorCheckpointSerializer() {
    return new Bytes<>() {
      @Override
      public byte[] serialize(Boolean given) {
        return new byte[] {(byte) (given ? 1 : 0)};
      }

      @Override
      public Boolean deserialize(int version, byte[] bytes) {
        return bytes[0] == 1;
      }
    };
  }

  private abstract static class Bytes<T> implements SimpleVersionedSerializer<T> {
    @Override
    public int getVersion() {
      return 1;
    }
  }

  private final class Enumerator implements SplitEnumerator<Split, Boolean> {
    private final SplitEnumeratorContext<Split> context;
    private boolean given;
    private Split returned;

    Enumerator(SplitEnumeratorContext<Split> context, boolean given) {
      this.context = context;
      this.given = given;
    }

    @Override
    public void start() {}

    @Override
    public void handleSplitRequest(int subtask, String host) {
      if (returned != null) {
        context.assignSplit(returned, subtask);
        returned = null;
      } else if (!given) {
        given = true;
        context.assignSplit(new Split(0, events), subtask);
      } else {
        context.signalNoMoreSplits(subtask);
      }
    }

    @Override
    public void addSplitsBack(List<Split> splits, int subtask) {
      if (!splits.isEmpty()) returned = splits.get(0);
    }

    @Override
    public void addReader(int subtask) {}

    @Override
    public Boolean snapshotState(long checkpoint) {
      return given && returned == null;
    }

    @Override
    public void close() {}
  }

  private static final class Reader<T> implements SourceReader<T, Split> {
    private final SourceReaderContext context;
    private final Shape<T> shape;
    private final Generator generator = new Generator();
    private final Event event = new Event();
    private final CompletableFuture<Void> available = new CompletableFuture<>();
    private long position = -1;
    private long end;

    Reader(SourceReaderContext context, Shape<T> shape) {
      this.context = context;
      this.shape = shape;
    }

    @Override
    public void start() {
      if (position < 0) context.sendSplitRequest();
    }

    @Override
    public InputStatus pollNext(ReaderOutput<T> output) {
      if (position < 0) return InputStatus.NOTHING_AVAILABLE;
      if (position >= end) return InputStatus.END_OF_INPUT;
      generator.event(position++, event);
      T record = shape.of(event);
      if (record != null) output.collect(record);
      return InputStatus.MORE_AVAILABLE;
    }

    @Override
    public List<Split> snapshotState(long checkpoint) {
      return position < 0 ? List.of() : List.of(new Split(position, end));
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      return available;
    }

    @Override
    public void addSplits(List<Split> splits) {
      position = splits.get(0).position;
      end = splits.get(0).end;
      Meter.begin();
      available.complete(null);
    }

    @Override
    public void notifyNoMoreSplits() {}

    @Override
    public void close() {}
  }
}
