package dev.millrace.nexmark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.types.RowKind;

/**
 * A sink that counts, like Flink's {@code blackhole}: of an update it wants the new row alone. Where results are compared, the digest is of
 * the table in the end.
 */
public final class SqlSink implements DynamicTableSinkFactory {
  /** The columns that the digest is made of; all unless given. */
  static final ConfigOption<List<String>> COMPARED = ConfigOptions.key("compared").stringType().asList().noDefaultValue();
  /** The columns that tell the rows of a table apart; none where each row stands for itself. */
  static final ConfigOption<List<String>> KEY = ConfigOptions.key("key").stringType().asList().defaultValues();

  @Override
  public String factoryIdentifier() {
    return "results";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of();
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of(COMPARED, KEY);
  }

  @Override
  public DynamicTableSink createDynamicTableSink(Context context) {
    ResolvedSchema schema = context.getCatalogTable().getResolvedSchema();
    Configuration options = Configuration.fromMap(context.getCatalogTable().getOptions());
    return new Table(new Rows(columns(schema, options.get(KEY)), columns(schema, options.getOptional(COMPARED).orElse(schema.getColumnNames()))));
  }

  private static List<Column> columns(ResolvedSchema schema, List<String> names) {
    List<LogicalType> types = schema.toPhysicalRowDataType().getLogicalType().getChildren();
    List<Column> columns = new ArrayList<>();
    for (String name : names) {
      int at = schema.getColumnNames().indexOf(name);
      columns.add(column(RowData.createFieldGetter(types.get(at), at)));
    }
    return columns;
  }

  private static final class Table implements DynamicTableSink {
    private final Rows rows;

    Table(Rows rows) {
      this.rows = rows;
    }

    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requested) {
      ChangelogMode.Builder mode = ChangelogMode.newBuilder();
      for (RowKind kind : requested.getContainedKinds()) if (kind != RowKind.UPDATE_BEFORE) mode.addContainedKind(kind);
      return mode.build();
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
      return SinkV2Provider.of(rows);
    }

    @Override
    public DynamicTableSink copy() {
      return new Table(rows);
    }

    @Override
    public String asSummaryString() {
      return "results";
    }
  }

  private interface Column extends Serializable {
    Object of(RowData row);
  }

  /** A field as the digest knows it: a string or a number; times are milliseconds. */
  private static Column column(RowData.FieldGetter getter) {
    return row -> {
      Object value = getter.getFieldOrNull(row);
      if (value instanceof Number) return value;
      if (value instanceof TimestampData) return ((TimestampData) value).getMillisecond();
      if (value instanceof DecimalData) return ((DecimalData) value).toBigDecimal();
      return value.toString();
    };
  }

  private static List<Object> values(List<Column> columns, RowData row) {
    List<Object> values = new ArrayList<>();
    for (Column column : columns) values.add(column.of(row));
    return values;
  }

  private static final class Rows implements Sink<RowData> {
    private final List<Column> key;
    private final List<Column> columns;

    Rows(List<Column> key, List<Column> columns) {
      this.key = key;
      this.columns = columns;
    }

    @Override
    public SinkWriter<RowData> createWriter(WriterInitContext context) {
      return new CountingWriter<>() {
        @Override
        void digest(RowData row, Digest digest) {
          if (key.isEmpty()) digest.add(values(columns, row));
          else if (row.getRowKind() == RowKind.DELETE) digest.remove(values(key, row));
          else digest.set(values(key, row), values(columns, row));
        }
      };
    }
  }
}
