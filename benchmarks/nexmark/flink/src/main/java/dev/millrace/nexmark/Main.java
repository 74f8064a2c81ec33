package dev.millrace.nexmark;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Runs queries as it is told on standard input, one a line: {@code query events rows|time folder}; answers each with a line of JSON.
 * The arguments say the form of the queries: {@code datastream}, or {@code sql} with {@code nested|flat heap|rocksdb}, and
 * {@code mini-batch} behind these. Parallelism 1, object reuse, exactly-once checkpoints every ten seconds.
 */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws Exception {
    boolean sql = arguments[0].equals("sql");
    boolean rocksdb = sql && arguments[2].equals("rocksdb");
    boolean miniBatch = sql && arguments.length > 3;
    System.out.printf("{\"flink\":\"%s\",\"java\":\"%s\"}%n", EnvironmentInformation.getVersion(), System.getProperty("java.vm.name") + " " + Runtime.version());
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ", 4);
      String query = words[0];
      long events = Long.parseLong(words[1]);
      Digest.reset(words[2].equals("rows"));
      Meter.reset();
      System.gc();
      try {
        if (query.equals("generator")) {
          generate(events);
        } else {
          StreamExecutionEnvironment env = environment(rocksdb, words[3]);
          if (sql) SqlQueries.run(query, env, events, arguments[1], miniBatch);
          else datastream(query, env, events);
        }
        Digest digest = Digest.current();
        System.out.printf("{\"cpu\":%.6f,\"wall\":%.6f,\"rows\":%d,\"digest\":\"%s\",\"memoryMb\":%d,\"cpuOfProcess\":%.3f}%n", Meter.cpu, Meter.wall, Meter.rows, digest == null ? "" : digest.text(), Meter.memoryMb(),
            Meter.cpuOfProcess());
      } catch (Exception error) {
        error.printStackTrace();
        System.out.println("{\"error\":true}");
      }
      System.out.flush();
    }
    System.exit(0);
  }

  private static void datastream(String query, StreamExecutionEnvironment env, long events) throws Exception {
    Queries.build(query, env, events);
    env.execute(query);
  }

  /** The generator alone. The holder is reachable from elsewhere, so that its events are really made. */
  private static void generate(long events) {
    Generator generator = new Generator();
    Meter.begin();
    for (long n = 0; n < events; n++) generator.event(n, HOLDER);
    Meter.end(events);
  }

  private static final Events.Event HOLDER = new Events.Event();

  private static StreamExecutionEnvironment environment(boolean rocksdb, String folder) {
    Configuration configuration = new Configuration();
    configuration.setString("pipeline.object-reuse", "true");
    configuration.setString("pipeline.generic-types", "false");
    configuration.setString("execution.checkpointing.interval", "10s");
    configuration.setString("execution.checkpointing.mode", "EXACTLY_ONCE");
    configuration.setString("execution.checkpointing.dir", "file://" + folder + "/checkpoints");
    configuration.setString("execution.checkpointing.checkpoints-after-tasks-finish", "false");
    configuration.setString("state.backend.type", rocksdb ? "rocksdb" : "hashmap");
    configuration.setString("restart-strategy.type", "none");
    configuration.setString("io.tmp.dirs", folder);
    if (rocksdb) {
      configuration.setString("execution.checkpointing.incremental", "true");
      configuration.setString("state.backend.rocksdb.localdir", folder + "/rocksdb");
      configuration.setString("taskmanager.memory.managed.size", "1536m");
    }
    return StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
  }
}
