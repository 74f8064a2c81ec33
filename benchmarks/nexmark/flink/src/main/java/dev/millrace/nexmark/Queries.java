package dev.millrace.nexmark;

import static org.apache.flink.api.common.typeinfo.Types.DOUBLE;
import static org.apache.flink.api.common.typeinfo.Types.LONG;
import static org.apache.flink.api.common.typeinfo.Types.STRING;
import static org.apache.flink.api.common.typeinfo.Types.TUPLE;

import dev.millrace.nexmark.Events.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.tuple.Tuple;
import org.apache.flink.api.java.tuple.Tuple1;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.api.java.tuple.Tuple5;
import org.apache.flink.api.java.tuple.Tuple6;
import org.apache.flink.api.java.typeutils.ListTypeInfo;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.co.ProcessJoinFunction;
import org.apache.flink.streaming.api.functions.windowing.AllWindowFunction;
import org.apache.flink.streaming.api.functions.windowing.WindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.EventTimeSessionWindows;
import org.apache.flink.streaming.api.windowing.assigners.SlidingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/** The queries on Flink's DataStream API, with the rows of {@code queries/}: filter, project to a tuple, then key and compute. */
final class Queries {
  private static final long WINDOW = 10_000;

  private Queries() {}

  static void build(String query, StreamExecutionEnvironment env, long events) {
    DataStream<Event> stream = env.fromSource(
        new NexmarkSource<>(events, event -> event, TypeInformation.of(Event.class)),
        WatermarkStrategy.<Event>forBoundedOutOfOrderness(Duration.ofSeconds(4)).withTimestampAssigner((event, given) -> event.dateTime),
        "nexmark");
    switch (query) {
      case "q0":
        sink(bids(stream).map(e -> Tuple5.of(e.bid.auction, e.bid.bidder, e.bid.price, e.bid.dateTime, e.bid.extra)).returns(TUPLE(LONG, LONG, LONG, LONG, STRING)));
        break;
      case "q1":
        sink(bids(stream).map(e -> Tuple5.of(e.bid.auction, e.bid.bidder, e.bid.price * 908 / 1000.0, e.bid.dateTime, e.bid.extra)).returns(TUPLE(LONG, LONG, DOUBLE, LONG, STRING)));
        break;
      case "q2":
        sink(stream.filter(e -> e.bid != null && e.bid.auction % 123 == 0).map(e -> Tuple2.of(e.bid.auction, e.bid.price)).returns(TUPLE(LONG, LONG)));
        break;
      case "q5":
        hotItems(stream);
        break;
      case "q7":
        highestBids(stream);
        break;
      case "q8":
        newSellers(stream);
        break;
      case "q11":
        sessions(stream);
        break;
      default:
        KeyedQueries.build(query, stream);
    }
  }

  static SingleOutputStreamOperator<Event> bids(DataStream<Event> stream) {
    return stream.filter(event -> event.bid != null);
  }

  static <T extends Tuple> void sink(DataStream<T> rows) {
    rows.sinkTo(new Results<>(null));
  }

  private static void hotItems(DataStream<Event> stream) {
    TypeInformation<Tuple3<Long, Long, Long>> item = TUPLE(LONG, LONG, LONG);
    sink(bids(stream)
        .map(e -> Tuple1.of(e.bid.auction)).returns(TUPLE(LONG))
        .keyBy(t -> t.f0, LONG)
        .window(SlidingEventTimeWindows.of(Duration.ofSeconds(10), Duration.ofSeconds(2)))
        .aggregate(new Count(), new WindowFunction<Long, Tuple3<Long, Long, Long>, Long, TimeWindow>() {
          @Override
          public void apply(Long auction, TimeWindow window, Iterable<Long> counts, Collector<Tuple3<Long, Long, Long>> out) {
            out.collect(Tuple3.of(auction, counts.iterator().next(), window.getEnd()));
          }
        }, LONG, item)
        .windowAll(TumblingEventTimeWindows.of(Duration.ofSeconds(2)))
        .aggregate(new Most<Tuple3<Long, Long, Long>>(), new Each<Tuple3<Long, Long, Long>>(), new ListTypeInfo<>(item), item));
  }

  private static void highestBids(DataStream<Event> stream) {
    TypeInformation<Tuple5<Long, Long, Long, Long, String>> bid = TUPLE(LONG, LONG, LONG, LONG, STRING);
    TypeInformation<Tuple6<Long, Long, Long, Long, String, Long>> row = TUPLE(LONG, LONG, LONG, LONG, STRING, LONG);
    DataStream<Tuple5<Long, Long, Long, Long, String>> bids =
        bids(stream).map(e -> Tuple5.of(e.bid.auction, e.bid.price, e.bid.bidder, e.bid.dateTime, e.bid.extra)).returns(bid);
    SingleOutputStreamOperator<Tuple6<Long, Long, Long, Long, String, Long>> highest = bids
        .windowAll(TumblingEventTimeWindows.of(Duration.ofMillis(WINDOW)))
        .aggregate(new Most<Tuple5<Long, Long, Long, Long, String>>(), new WithEnd(), new ListTypeInfo<>(bid), row);
    sink(highest);
    // One per window: the join wants the price only.
    DataStream<Tuple2<Long, Long>> prices = highest.map(r -> Tuple2.of(r.f1, r.f5)).returns(TUPLE(LONG, LONG))
        .keyBy(t -> t.f1, LONG).window(TumblingEventTimeWindows.of(Duration.ofMillis(WINDOW))).reduce((a, b) -> a);
    sink(prices.keyBy(t -> t.f0, LONG)
        .intervalJoin(bids.filter(t -> t.f3 % WINDOW == 0).keyBy(t -> t.f1, LONG))
        .between(Duration.ofMillis(1), Duration.ofMillis(1))
        .process(new ProcessJoinFunction<Tuple2<Long, Long>, Tuple5<Long, Long, Long, Long, String>, Tuple6<Long, Long, Long, Long, String, Long>>() {
          @Override
          public void processElement(Tuple2<Long, Long> price, Tuple5<Long, Long, Long, Long, String> b, Context context, Collector<Tuple6<Long, Long, Long, Long, String, Long>> out) {
            out.collect(Tuple6.of(b.f0, b.f1, b.f2, b.f3, b.f4, price.f1));
          }
        }).returns(row));
  }

  private static void newSellers(DataStream<Event> stream) {
    sink(stream
        .filter(e -> e.bid == null)
        .map(e -> e.person != null ? Tuple2.of(e.person.id, e.person.name) : Tuple2.of(e.auction.seller, "")).returns(TUPLE(LONG, STRING))
        .keyBy(t -> t.f0, LONG)
        .window(TumblingEventTimeWindows.of(Duration.ofMillis(WINDOW)))
        .aggregate(new Seen(), new WindowFunction<Tuple2<String, Boolean>, Tuple3<Long, String, Long>, Long, TimeWindow>() {
          @Override
          public void apply(Long id, TimeWindow window, Iterable<Tuple2<String, Boolean>> seen, Collector<Tuple3<Long, String, Long>> out) {
            Tuple2<String, Boolean> person = seen.iterator().next();
            if (person.f1 && !person.f0.isEmpty()) out.collect(Tuple3.of(id, person.f0, window.getStart()));
          }
        }, TUPLE(STRING, org.apache.flink.api.common.typeinfo.Types.BOOLEAN), TUPLE(LONG, STRING, LONG)));
  }

  private static void sessions(DataStream<Event> stream) {
    sink(bids(stream)
        .map(e -> Tuple1.of(e.bid.bidder)).returns(TUPLE(LONG))
        .keyBy(t -> t.f0, LONG)
        .window(EventTimeSessionWindows.withGap(Duration.ofSeconds(10)))
        .aggregate(new Count(), new WindowFunction<Long, Tuple4<Long, Long, Long, Long>, Long, TimeWindow>() {
          @Override
          public void apply(Long bidder, TimeWindow window, Iterable<Long> counts, Collector<Tuple4<Long, Long, Long, Long>> out) {
            out.collect(Tuple4.of(bidder, counts.iterator().next(), window.getStart(), window.getEnd()));
          }
        }, LONG, TUPLE(LONG, LONG, LONG, LONG)));
  }

  private static final class Count implements AggregateFunction<Tuple1<Long>, Long, Long> {
    @Override
    public Long createAccumulator() {
      return 0L;
    }

    @Override
    public Long add(Tuple1<Long> value, Long count) {
      return count + 1;
    }

    @Override
    public Long getResult(Long count) {
      return count;
    }

    @Override
    public Long merge(Long left, Long right) {
      return left + right;
    }
  }

  /** Keeps the tuples with the highest second field. */
  private static final class Most<T extends Tuple> implements AggregateFunction<T, List<T>, List<T>> {
    @Override
    public List<T> createAccumulator() {
      return new ArrayList<>();
    }

    @Override
    public List<T> add(T value, List<T> most) {
      if (!most.isEmpty()) {
        long highest = most.get(0).<Long>getField(1);
        long given = value.<Long>getField(1);
        if (given < highest) return most;
        if (given > highest) most.clear();
      }
      most.add(value);
      return most;
    }

    @Override
    public List<T> getResult(List<T> most) {
      return most;
    }

    @Override
    public List<T> merge(List<T> left, List<T> right) {
      for (T value : right) add(value, left);
      return left;
    }
  }

  private static final class Each<T> implements AllWindowFunction<List<T>, T, TimeWindow> {
    @Override
    public void apply(TimeWindow window, Iterable<List<T>> lists, Collector<T> out) {
      for (List<T> list : lists) for (T value : list) out.collect(value);
    }
  }

  private static final class WithEnd implements AllWindowFunction<List<Tuple5<Long, Long, Long, Long, String>>, Tuple6<Long, Long, Long, Long, String, Long>, TimeWindow> {
    @Override
    public void apply(TimeWindow window, Iterable<List<Tuple5<Long, Long, Long, Long, String>>> lists, Collector<Tuple6<Long, Long, Long, Long, String, Long>> out) {
      for (List<Tuple5<Long, Long, Long, Long, String>> list : lists) {
        for (Tuple5<Long, Long, Long, Long, String> bid : list) out.collect(Tuple6.of(bid.f0, bid.f1, bid.f2, bid.f3, bid.f4, window.getEnd()));
      }
    }
  }

  private static final class Seen implements AggregateFunction<Tuple2<Long, String>, Tuple2<String, Boolean>, Tuple2<String, Boolean>> {
    @Override
    public Tuple2<String, Boolean> createAccumulator() {
      return Tuple2.of("", false);
    }

    @Override
    public Tuple2<String, Boolean> add(Tuple2<Long, String> value, Tuple2<String, Boolean> seen) {
      if (value.f1.isEmpty()) seen.f1 = true;
      else seen.f0 = value.f1;
      return seen;
    }

    @Override
    public Tuple2<String, Boolean> getResult(Tuple2<String, Boolean> seen) {
      return seen;
    }

    @Override
    public Tuple2<String, Boolean> merge(Tuple2<String, Boolean> left, Tuple2<String, Boolean> right) {
      if (right.f1) left.f1 = true;
      if (!right.f0.isEmpty()) left.f0 = right.f0;
      return left;
    }
  }
}
