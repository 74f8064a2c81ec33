package dev.millrace.nexmark;

import dev.millrace.nexmark.Events.Auction;
import dev.millrace.nexmark.Events.Bid;
import dev.millrace.nexmark.Events.Event;
import dev.millrace.nexmark.Events.Person;
import java.util.Set;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceProvider;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.types.DataType;

/** The stream as a table: three nested rows of which one is there, or the columns of the bids only. */
public final class SqlSource implements DynamicTableSourceFactory {
  private static final ConfigOption<Long> EVENTS = ConfigOptions.key("events").longType().noDefaultValue();
  private static final ConfigOption<Boolean> BIDS_ONLY = ConfigOptions.key("bids-only").booleanType().defaultValue(false);

  @Override
  public String factoryIdentifier() {
    return "nexmark";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(EVENTS);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of(BIDS_ONLY);
  }

  @Override
  public DynamicTableSource createDynamicTableSource(Context context) {
    Configuration options = Configuration.fromMap(context.getCatalogTable().getOptions());
    return new Scan(options.get(EVENTS), options.get(BIDS_ONLY), context.getPhysicalRowDataType());
  }

  private static final class Scan implements ScanTableSource {
    private final long events;
    private final boolean bidsOnly;
    private final DataType type;

    Scan(long events, boolean bidsOnly, DataType type) {
      this.events = events;
      this.bidsOnly = bidsOnly;
      this.type = type;
    }

    @Override
    public ChangelogMode getChangelogMode() {
      return ChangelogMode.insertOnly();
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
      TypeInformation<RowData> information = context.createTypeInformation(type);
      return SourceProvider.of(bidsOnly ? new NexmarkSource<>(events, SqlSource::bidOnly, information) : new NexmarkSource<>(events, SqlSource::nested, information));
    }

    @Override
    public DynamicTableSource copy() {
      return new Scan(events, bidsOnly, type);
    }

    @Override
    public String asSummaryString() {
      return "nexmark";
    }
  }

  private static RowData bidOnly(Event event) {
    return event.bid == null ? null : bid(event.bid);
  }

  private static RowData nested(Event event) {
    if (event.bid != null) return GenericRowData.of(2, null, null, bid(event.bid));
    return event.auction != null ? GenericRowData.of(1, null, auction(event.auction), null) : GenericRowData.of(0, person(event.person), null, null);
  }

  private static RowData bid(Bid b) {
    return GenericRowData.of(b.auction, b.bidder, b.price, string(b.channel), string(b.url), time(b.dateTime), string(b.extra));
  }

  private static RowData auction(Auction a) {
    return GenericRowData.of(a.id, string(a.itemName), string(a.description), a.initialBid, a.reserve, time(a.dateTime), time(a.expires), a.seller, (long) a.category, string(a.extra));
  }

  private static RowData person(Person p) {
    return GenericRowData.of(p.id, string(p.name), string(p.email), string(p.creditCard), string(p.city), string(p.state), time(p.dateTime), string(p.extra));
  }

  private static StringData string(String text) {
    return StringData.fromString(text);
  }

  private static TimestampData time(long milliseconds) {
    return TimestampData.fromEpochMillis(milliseconds);
  }
}
