package dev.millrace.nexmark;

import static org.apache.flink.api.common.typeinfo.Types.INT;
import static org.apache.flink.api.common.typeinfo.Types.LONG;
import static org.apache.flink.api.common.typeinfo.Types.STRING;
import static org.apache.flink.api.common.typeinfo.Types.TUPLE;

import dev.millrace.nexmark.Events.Event;
import java.io.Serializable;
import java.time.LocalDate;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple;
import org.apache.flink.api.java.tuple.Tuple10;
import org.apache.flink.api.java.tuple.Tuple13;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.api.java.tuple.Tuple8;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** The queries that are keyed process functions with state; their rows are those of tables that are kept up to date. */
final class KeyedQueries {
  private static final long DAY = 86_400_000L;

  private KeyedQueries() {}

  static void build(String query, DataStream<Event> stream) {
    switch (query) {
      case "q15":
        Queries.bids(stream)
            .map(e -> Tuple4.of(e.bid.dateTime / DAY, e.bid.price, e.bid.bidder, e.bid.auction)).returns(TUPLE(LONG, LONG, LONG, LONG))
            .keyBy(t -> t.f0, LONG).process(new Days()).returns(Days.ROW).sinkTo(new Results<>(row -> row.f0));
        break;
      case "q17":
        Queries.bids(stream)
            .map(e -> Tuple3.of(e.bid.auction, e.bid.dateTime / DAY, e.bid.price)).returns(TUPLE(LONG, LONG, LONG))
            .keyBy(t -> Tuple2.of(t.f0, t.f1), TUPLE(LONG, LONG)).process(new Auctions()).returns(Auctions.ROW).sinkTo(new Results<>(row -> row.f0 + " " + row.f1));
        break;
      case "q18":
        Queries.bids(stream)
            .map(e -> Tuple8.of(2, e.bid.auction, e.bid.bidder, e.bid.price, e.bid.channel, e.bid.url, e.bid.dateTime, e.bid.extra)).returns(LastBids.ROW)
            .keyBy(t -> Tuple2.of(t.f2, t.f1), TUPLE(LONG, LONG)).process(new LastBids()).returns(LastBids.ROW).sinkTo(new Results<>(row -> Tuple2.of(row.f2, row.f1)));
        break;
      default:
        JoinQueries.build(query, stream);
    }
  }

  static int rankOf(long price) {
    return price < 10_000 ? 0 : price < 1_000_000 ? 1 : 2;
  }

  /** Days as text. They come in order, so the last is mostly the next one, too. */
  private static final class DayTexts implements Serializable {
    private long day = -1;
    private String text = "";

    String text(long number) {
      if (number != day) {
        day = number;
        text = LocalDate.ofEpochDay(number).toString();
      }
      return text;
    }
  }

  /** Query 15: the counters of a day, and the ranks that bidders and auctions were seen with. */
  private static final class Days extends KeyedProcessFunction<Long, Tuple4<Long, Long, Long, Long>,
      Tuple13<String, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long>> {
    static final TypeInformation<Tuple13<String, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long>> ROW =
        TUPLE(STRING, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG);
    private final DayTexts days = new DayTexts();
    private transient ValueState<long[]> counters;
    private transient MapState<Long, Integer> bidders;
    private transient MapState<Long, Integer> auctions;

    @Override
    public void open(OpenContext context) {
      counters = getRuntimeContext().getState(new ValueStateDescriptor<>("counters", TypeInformation.of(long[].class)));
      bidders = getRuntimeContext().getMapState(new MapStateDescriptor<>("bidders", LONG, INT));
      auctions = getRuntimeContext().getMapState(new MapStateDescriptor<>("auctions", LONG, INT));
    }

    @Override
    public void processElement(Tuple4<Long, Long, Long, Long> bid, Context context,
        Collector<Tuple13<String, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long>> out) throws Exception {
      long[] now = counters.value();
      if (now == null) now = new long[12];
      int rank = rankOf(bid.f1);
      now[0]++;
      now[1 + rank]++;
      count(now, 4, rank, bidders, bid.f2);
      count(now, 8, rank, auctions, bid.f3);
      counters.update(now);
      out.collect(Tuple13.of(days.text(bid.f0), now[0], now[1], now[2], now[3], now[4], now[5], now[6], now[7], now[8], now[9], now[10], now[11]));
    }

    private static void count(long[] now, int from, int rank, MapState<Long, Integer> seen, Long id) throws Exception {
      Integer known = seen.get(id);
      int ranks = known == null ? 0 : known;
      if (ranks == 0) now[from]++;
      if ((ranks & 1 << rank) != 0) return;
      now[from + 1 + rank]++;
      seen.put(id, ranks | 1 << rank);
    }
  }

  /** What query 17 keeps of an auction and day. */
  public static class Totals {
    public long bids;
    public long rank1;
    public long rank2;
    public long rank3;
    public long lowest = Long.MAX_VALUE;
    public long highest;
    public long sum;
  }

  /** Query 17. */
  private static final class Auctions extends KeyedProcessFunction<Tuple2<Long, Long>, Tuple3<Long, Long, Long>,
      Tuple10<Long, String, Long, Long, Long, Long, Long, Long, Double, Long>> {
    static final TypeInformation<Tuple10<Long, String, Long, Long, Long, Long, Long, Long, Double, Long>> ROW =
        TUPLE(LONG, STRING, LONG, LONG, LONG, LONG, LONG, LONG, Types.DOUBLE, LONG);
    private final DayTexts days = new DayTexts();
    private transient ValueState<Totals> totals;

    @Override
    public void open(OpenContext context) {
      totals = getRuntimeContext().getState(new ValueStateDescriptor<>("totals", Types.POJO(Totals.class)));
    }

    @Override
    public void processElement(Tuple3<Long, Long, Long> bid, Context context,
        Collector<Tuple10<Long, String, Long, Long, Long, Long, Long, Long, Double, Long>> out) throws Exception {
      Totals now = totals.value();
      if (now == null) now = new Totals();
      long price = bid.f2;
      int rank = rankOf(price);
      now.bids++;
      if (rank == 0) now.rank1++;
      else if (rank == 1) now.rank2++;
      else now.rank3++;
      if (price < now.lowest) now.lowest = price;
      if (price > now.highest) now.highest = price;
      now.sum += price;
      totals.update(now);
      out.collect(Tuple10.of(bid.f0, days.text(bid.f1), now.bids, now.rank1, now.rank2, now.rank3, now.lowest, now.highest, now.sum / (double) now.bids, now.sum));
    }
  }

  /** Query 18, with the order of {@code order.ts} among bids of one millisecond. */
  private static final class LastBids extends KeyedProcessFunction<Tuple2<Long, Long>, Tuple8<Integer, Long, Long, Long, String, String, Long, String>,
      Tuple8<Integer, Long, Long, Long, String, String, Long, String>> {
    static final TypeInformation<Tuple8<Integer, Long, Long, Long, String, String, Long, String>> ROW = TUPLE(INT, LONG, LONG, LONG, STRING, STRING, LONG, STRING);
    private transient ValueState<Tuple8<Integer, Long, Long, Long, String, String, Long, String>> last;

    @Override
    public void open(OpenContext context) {
      last = getRuntimeContext().getState(new ValueStateDescriptor<>("last", ROW));
    }

    @Override
    public void processElement(Tuple8<Integer, Long, Long, Long, String, String, Long, String> bid, Context context,
        Collector<Tuple8<Integer, Long, Long, Long, String, String, Long, String>> out) throws Exception {
      Tuple8<Integer, Long, Long, Long, String, String, Long, String> before = last.value();
      if (before != null && !follows(bid, before)) return;
      last.update(bid);
      out.collect(bid);
    }

    private static boolean follows(Tuple bid, Tuple other) {
      int time = Long.compare(bid.<Long>getField(6), other.<Long>getField(6));
      if (time != 0) return time > 0;
      int price = Long.compare(bid.<Long>getField(3), other.<Long>getField(3));
      if (price != 0) return price > 0;
      int extra = bid.<String>getField(7).compareTo(other.<String>getField(7));
      return extra != 0 ? extra < 0 : bid.<String>getField(5).compareTo(other.<String>getField(5)) < 0;
    }
  }
}
