package dev.millrace.nexmark;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.TableConfig;
import org.apache.flink.table.api.TableDescriptor;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/** The queries in SQL: the tables of {@code sql/nested.sql} or {@code sql/flat.sql}, then {@code sql/qN.sql} into a sink that counts. */
final class SqlQueries {
  /** Whose rows are those of a table that is kept up to date, and its key. */
  private static final Map<String, List<String>> KEYS = Map.of(
      "q4", List.of("category"), "q9", List.of("id"), "q15", List.of("day"), "q17", List.of("auction", "day"), "q18", List.of("bidder", "auction"));
  /** Where not all columns are compared: among last bids of one millisecond SQL takes the one that came last, and ours the highest. */
  private static final Map<String, List<String>> COMPARED = Map.of("q18", List.of("auction", "bidder", "customTime"));

  private SqlQueries() {}

  static void run(String query, StreamExecutionEnvironment env, long events, String tables, boolean miniBatch) throws Exception {
    StreamTableEnvironment sql = StreamTableEnvironment.create(env);
    TableConfig config = sql.getConfig();
    config.set("table.local-time-zone", "UTC");
    if (miniBatch) {
      config.set("table.exec.mini-batch.enabled", "true");
      config.set("table.exec.mini-batch.allow-latency", "2s");
      config.set("table.exec.mini-batch.size", "50000");
      config.set("table.optimizer.distinct-agg.split.enabled", "true");
    }
    for (String statement : text(tables).replace("${events}", Long.toString(events)).split(";")) {
      if (!statement.isBlank()) sql.executeSql(statement);
    }
    TableDescriptor.Builder results = TableDescriptor.forConnector("results");
    if (KEYS.containsKey(query)) results.option(SqlSink.KEY, KEYS.get(query));
    if (COMPARED.containsKey(query)) results.option(SqlSink.COMPARED, COMPARED.get(query));
    sql.sqlQuery(text(query)).insertInto(results.build()).execute().await();
  }

  private static String text(String name) throws IOException {
    String path = "/sql/" + name + ".sql";
    try (InputStream stream = SqlQueries.class.getResourceAsStream(path)) {
      if (stream == null) throw new IllegalArgumentException(path);
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
