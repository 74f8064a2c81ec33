package dev.millrace.nexmark;

import static org.apache.flink.api.common.typeinfo.Types.DOUBLE;
import static org.apache.flink.api.common.typeinfo.Types.EITHER;
import static org.apache.flink.api.common.typeinfo.Types.LONG;
import static org.apache.flink.api.common.typeinfo.Types.STRING;
import static org.apache.flink.api.common.typeinfo.Types.TUPLE;

import dev.millrace.nexmark.Events.Auction;
import dev.millrace.nexmark.Events.Bid;
import dev.millrace.nexmark.Events.Event;
import dev.millrace.nexmark.Events.Person;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple;
import org.apache.flink.api.java.tuple.Tuple10;
import org.apache.flink.api.java.tuple.Tuple14;
import org.apache.flink.api.java.tuple.Tuple16;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.api.java.tuple.Tuple6;
import org.apache.flink.api.java.tuple.Tuple7;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.types.Either;
import org.apache.flink.util.Collector;

/**
 * The queries that join records of two kinds: both go through one exchange, each projected to what its side needs, so that a record costs
 * what it costs on one input and the order of the updates is the order of the stream.
 */
final class JoinQueries {
  private JoinQueries() {}

  static void build(String query, DataStream<Event> stream) {
    switch (query) {
      case "q3":
        Queries.sink(both(stream.filter(JoinQueries::isLocalOrAskedFor),
            e -> e.person != null ? Either.Left(seller(e.person)) : Either.Right(Tuple2.of(e.auction.seller, e.auction.id)),
            LocalSellers.SELLER, LocalSellers.OFFER).process(new LocalSellers()).returns(LocalSellers.ROW));
        break;
      case "q4":
        both(stream.filter(e -> e.person == null),
            e -> e.auction != null ? Either.Left(Tuple4.of(e.auction.id, (long) e.auction.category, e.auction.dateTime, e.auction.expires)) : Either.Right(Tuple3.of(e.bid.auction, e.bid.price, e.bid.dateTime)),
            HighestPrices.AUCTION, HighestPrices.BID).process(new HighestPrices()).returns(HighestPrices.RISE)
            .keyBy(rise -> rise.f0, LONG).process(new Averages()).returns(Averages.ROW).sinkTo(new Results<>(row -> row.f0));
        break;
      case "q9":
        both(stream.filter(e -> e.person == null), e -> e.auction != null ? Either.Left(auction(e.auction)) : Either.Right(shortBid(e.bid)), AUCTION, WinningBids.BID)
            .process(new WinningBids()).returns(WinningBids.ROW).sinkTo(new Results<>(row -> row.f0));
        break;
      case "q20":
        Queries.sink(both(stream.filter(e -> e.bid != null || e.auction != null && e.auction.category == 10),
            e -> e.auction != null ? Either.Left(auction(e.auction)) : Either.Right(bid(e.bid)), AUCTION, ExpandedBids.BID)
            .process(new ExpandedBids()).returns(ExpandedBids.ROW));
        break;
      default:
        throw new IllegalArgumentException(query);
    }
  }

  /** Records of both kinds, by their first field. */
  private static <L extends Tuple, R extends Tuple> KeyedStream<Either<L, R>, Long> both(
      DataStream<Event> stream, MapFunction<Event, Either<L, R>> project, TypeInformation<L> left, TypeInformation<R> right) {
    return stream.map(project).returns(EITHER(left, right)).keyBy(either -> either.isLeft() ? either.left().<Long>getField(0) : either.right().<Long>getField(0), LONG);
  }

  private static final TypeInformation<Tuple10<Long, String, String, Long, Long, Long, Long, Long, Long, String>> AUCTION =
      TUPLE(LONG, STRING, STRING, LONG, LONG, LONG, LONG, LONG, LONG, STRING);

  private static Tuple10<Long, String, String, Long, Long, Long, Long, Long, Long, String> auction(Auction a) {
    return Tuple10.of(a.id, a.itemName, a.description, a.initialBid, a.reserve, a.dateTime, a.expires, a.seller, (long) a.category, a.extra);
  }

  private static Tuple7<Long, Long, Long, String, String, Long, String> bid(Bid b) {
    return Tuple7.of(b.auction, b.bidder, b.price, b.channel, b.url, b.dateTime, b.extra);
  }

  private static Tuple6<Long, Long, Long, Long, String, String> shortBid(Bid b) {
    return Tuple6.of(b.auction, b.bidder, b.price, b.dateTime, b.extra, b.url);
  }

  private static Tuple4<Long, String, String, String> seller(Person p) {
    return Tuple4.of(p.id, p.name, p.city, p.state);
  }

  private static boolean isLocalOrAskedFor(Event e) {
    if (e.auction != null) return e.auction.category == 10;
    return e.person != null && (e.person.state.equals("OR") || e.person.state.equals("ID") || e.person.state.equals("CA"));
  }

  /** Query 3. An auction may come before its seller, and then waits. */
  private static final class LocalSellers
      extends KeyedProcessFunction<Long, Either<Tuple4<Long, String, String, String>, Tuple2<Long, Long>>, Tuple4<String, String, String, Long>> {
    static final TypeInformation<Tuple4<Long, String, String, String>> SELLER = TUPLE(LONG, STRING, STRING, STRING);
    static final TypeInformation<Tuple2<Long, Long>> OFFER = TUPLE(LONG, LONG);
    static final TypeInformation<Tuple4<String, String, String, Long>> ROW = TUPLE(STRING, STRING, STRING, LONG);
    private transient ValueState<Tuple4<Long, String, String, String>> seller;
    private transient ListState<Long> waiting;

    @Override
    public void open(OpenContext context) {
      seller = getRuntimeContext().getState(new ValueStateDescriptor<>("seller", SELLER));
      waiting = getRuntimeContext().getListState(new ListStateDescriptor<>("waiting", LONG));
    }

    @Override
    public void processElement(Either<Tuple4<Long, String, String, String>, Tuple2<Long, Long>> either, Context context, Collector<Tuple4<String, String, String, Long>> out)
        throws Exception {
      if (either.isLeft()) {
        Tuple4<Long, String, String, String> person = either.left();
        seller.update(person);
        for (Long auction : waiting.get()) out.collect(Tuple4.of(person.f1, person.f2, person.f3, auction));
        waiting.clear();
        return;
      }
      Tuple4<Long, String, String, String> known = seller.value();
      if (known == null) waiting.add(either.right().f1);
      else out.collect(Tuple4.of(known.f1, known.f2, known.f3, either.right().f1));
    }
  }

  /** What query 4 keeps of an auction. */
  public static class Price {
    public long category;
    public long from;
    public long to;
    public long highest;
  }

  /** Query 4, first half: rises of the highest price of an auction, as (category, by, 1 for the first one). */
  private static final class HighestPrices extends KeyedProcessFunction<Long, Either<Tuple4<Long, Long, Long, Long>, Tuple3<Long, Long, Long>>, Tuple3<Long, Long, Long>> {
    static final TypeInformation<Tuple4<Long, Long, Long, Long>> AUCTION = TUPLE(LONG, LONG, LONG, LONG);
    static final TypeInformation<Tuple3<Long, Long, Long>> BID = TUPLE(LONG, LONG, LONG);
    static final TypeInformation<Tuple3<Long, Long, Long>> RISE = TUPLE(LONG, LONG, LONG);
    private transient ValueState<Price> auction;
    private transient ListState<Tuple3<Long, Long, Long>> early;

    @Override
    public void open(OpenContext context) {
      auction = getRuntimeContext().getState(new ValueStateDescriptor<>("auction", Types.POJO(Price.class)));
      early = getRuntimeContext().getListState(new ListStateDescriptor<>("early", BID));
    }

    @Override
    public void processElement(Either<Tuple4<Long, Long, Long, Long>, Tuple3<Long, Long, Long>> either, Context context, Collector<Tuple3<Long, Long, Long>> out) throws Exception {
      if (either.isLeft()) {
        Price price = new Price();
        price.category = either.left().f1;
        price.from = either.left().f2;
        price.to = either.left().f3;
        for (Tuple3<Long, Long, Long> bid : early.get()) raise(price, bid, out);
        early.clear();
        auction.update(price);
        return;
      }
      Price known = auction.value();
      if (known == null) early.add(either.right());
      else if (raise(known, either.right(), out)) auction.update(known);
    }

    private static boolean raise(Price price, Tuple3<Long, Long, Long> bid, Collector<Tuple3<Long, Long, Long>> out) {
      if (bid.f1 <= price.highest || bid.f2 < price.from || bid.f2 > price.to) return false;
      out.collect(Tuple3.of(price.category, bid.f1 - price.highest, price.highest == 0 ? 1L : 0L));
      price.highest = bid.f1;
      return true;
    }
  }

  /** Query 4, second half. */
  private static final class Averages extends KeyedProcessFunction<Long, Tuple3<Long, Long, Long>, Tuple2<Long, Double>> {
    static final TypeInformation<Tuple2<Long, Double>> ROW = TUPLE(LONG, DOUBLE);
    private transient ValueState<Tuple2<Long, Long>> total;

    @Override
    public void open(OpenContext context) {
      total = getRuntimeContext().getState(new ValueStateDescriptor<>("total", TUPLE(LONG, LONG)));
    }

    @Override
    public void processElement(Tuple3<Long, Long, Long> rise, Context context, Collector<Tuple2<Long, Double>> out) throws Exception {
      Tuple2<Long, Long> before = total.value();
      Tuple2<Long, Long> now = before == null ? Tuple2.of(rise.f1, rise.f2) : Tuple2.of(before.f0 + rise.f1, before.f1 + rise.f2);
      total.update(now);
      out.collect(Tuple2.of(rise.f0, now.f0 / (double) now.f1));
    }
  }

  /** Query 9, with the order of {@code order.ts} among bids of one price. */
  private static final class WinningBids extends KeyedProcessFunction<Long,
      Either<Tuple10<Long, String, String, Long, Long, Long, Long, Long, Long, String>, Tuple6<Long, Long, Long, Long, String, String>>,
      Tuple14<Long, String, String, Long, Long, Long, Long, Long, Long, String, Long, Long, Long, String>> {
    static final TypeInformation<Tuple6<Long, Long, Long, Long, String, String>> BID = TUPLE(LONG, LONG, LONG, LONG, STRING, STRING);
    static final TypeInformation<Tuple14<Long, String, String, Long, Long, Long, Long, Long, Long, String, Long, Long, Long, String>> ROW =
        TUPLE(LONG, STRING, STRING, LONG, LONG, LONG, LONG, LONG, LONG, STRING, LONG, LONG, LONG, STRING);
    private transient ValueState<Tuple10<Long, String, String, Long, Long, Long, Long, Long, Long, String>> auction;
    private transient ValueState<Tuple6<Long, Long, Long, Long, String, String>> best;
    private transient ListState<Tuple6<Long, Long, Long, Long, String, String>> early;

    @Override
    public void open(OpenContext context) {
      auction = getRuntimeContext().getState(new ValueStateDescriptor<>("auction", AUCTION));
      best = getRuntimeContext().getState(new ValueStateDescriptor<>("best", BID));
      early = getRuntimeContext().getListState(new ListStateDescriptor<>("early", BID));
    }

    @Override
    public void processElement(
        Either<Tuple10<Long, String, String, Long, Long, Long, Long, Long, Long, String>, Tuple6<Long, Long, Long, Long, String, String>> either, Context context,
        Collector<Tuple14<Long, String, String, Long, Long, Long, Long, Long, Long, String, Long, Long, Long, String>> out) throws Exception {
      if (either.isLeft()) {
        auction.update(either.left());
        Tuple6<Long, Long, Long, Long, String, String> winner = null;
        for (Tuple6<Long, Long, Long, Long, String, String> bid : early.get()) {
          if (!wins(bid, either.left(), winner)) continue;
          winner = bid;
          out.collect(row(either.left(), bid));
        }
        if (winner != null) best.update(winner);
        early.clear();
        return;
      }
      Tuple6<Long, Long, Long, Long, String, String> bid = either.right();
      Tuple10<Long, String, String, Long, Long, Long, Long, Long, Long, String> known = auction.value();
      if (known == null) {
        early.add(bid);
      } else if (wins(bid, known, best.value())) {
        best.update(bid);
        out.collect(row(known, bid));
      }
    }

    private static boolean wins(Tuple6<Long, Long, Long, Long, String, String> bid, Tuple10<Long, String, String, Long, Long, Long, Long, Long, Long, String> auction,
        Tuple6<Long, Long, Long, Long, String, String> best) {
      return bid.f3 >= auction.f5 && bid.f3 <= auction.f6 && (best == null || beats(bid, best));
    }

    private static boolean beats(Tuple6<Long, Long, Long, Long, String, String> bid, Tuple6<Long, Long, Long, Long, String, String> other) {
      if (!bid.f2.equals(other.f2)) return bid.f2 > other.f2;
      if (!bid.f3.equals(other.f3)) return bid.f3 < other.f3;
      if (!bid.f1.equals(other.f1)) return bid.f1 < other.f1;
      int extra = bid.f4.compareTo(other.f4);
      return extra == 0 ? bid.f5.compareTo(other.f5) < 0 : extra < 0;
    }

    private static Tuple14<Long, String, String, Long, Long, Long, Long, Long, Long, String, Long, Long, Long, String> row(
        Tuple10<Long, String, String, Long, Long, Long, Long, Long, Long, String> a, Tuple6<Long, Long, Long, Long, String, String> b) {
      return Tuple14.of(a.f0, a.f1, a.f2, a.f3, a.f4, a.f5, a.f6, a.f7, a.f8, a.f9, b.f1, b.f2, b.f3, b.f4);
    }
  }

  /** Query 20. Bids wait for their auction, those of other categories in vain. */
  private static final class ExpandedBids extends KeyedProcessFunction<Long,
      Either<Tuple10<Long, String, String, Long, Long, Long, Long, Long, Long, String>, Tuple7<Long, Long, Long, String, String, Long, String>>,
      Tuple16<Long, Long, Long, String, String, Long, String, String, String, Long, Long, Long, Long, Long, Long, String>> {
    static final TypeInformation<Tuple7<Long, Long, Long, String, String, Long, String>> BID = TUPLE(LONG, LONG, LONG, STRING, STRING, LONG, STRING);
    static final TypeInformation<Tuple16<Long, Long, Long, String, String, Long, String, String, String, Long, Long, Long, Long, Long, Long, String>> ROW =
        TUPLE(LONG, LONG, LONG, STRING, STRING, LONG, STRING, STRING, STRING, LONG, LONG, LONG, LONG, LONG, LONG, STRING);
    private transient ValueState<Tuple10<Long, String, String, Long, Long, Long, Long, Long, Long, String>> auction;
    private transient ListState<Tuple7<Long, Long, Long, String, String, Long, String>> waiting;

    @Override
    public void open(OpenContext context) {
      auction = getRuntimeContext().getState(new ValueStateDescriptor<>("auction", AUCTION));
      waiting = getRuntimeContext().getListState(new ListStateDescriptor<>("waiting", BID));
    }

    @Override
    public void processElement(
        Either<Tuple10<Long, String, String, Long, Long, Long, Long, Long, Long, String>, Tuple7<Long, Long, Long, String, String, Long, String>> either, Context context,
        Collector<Tuple16<Long, Long, Long, String, String, Long, String, String, String, Long, Long, Long, Long, Long, Long, String>> out) throws Exception {
      if (either.isLeft()) {
        auction.update(either.left());
        for (Tuple7<Long, Long, Long, String, String, Long, String> bid : waiting.get()) out.collect(row(bid, either.left()));
        waiting.clear();
        return;
      }
      Tuple10<Long, String, String, Long, Long, Long, Long, Long, Long, String> known = auction.value();
      if (known == null) waiting.add(either.right());
      else out.collect(row(either.right(), known));
    }

    private static Tuple16<Long, Long, Long, String, String, Long, String, String, String, Long, Long, Long, Long, Long, Long, String> row(
        Tuple7<Long, Long, Long, String, String, Long, String> b, Tuple10<Long, String, String, Long, Long, Long, Long, Long, Long, String> a) {
      Tuple16<Long, Long, Long, String, String, Long, String, String, String, Long, Long, Long, Long, Long, Long, String> row = new Tuple16<>();
      row.setFields(b.f0, b.f1, b.f2, b.f3, b.f4, b.f5, b.f6, a.f1, a.f2, a.f3, a.f4, a.f5, a.f6, a.f7, a.f8, a.f9);
      return row;
    }
  }
}
