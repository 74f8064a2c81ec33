package dev.millrace.nexmark;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Runs queries as it is told on standard input, one a line: {@code query events rows|time folder}. Answers each with a line of JSON.
 * Parallelism 1, object reuse, state on the heap, exactly-once checkpoints every ten seconds.
 */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws Exception {
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ", 4);
      Results.reset(words[2].equals("rows"));
      try {
        if (words[0].equals("generator")) generate(Long.parseLong(words[1]));
        else run(words[0], Long.parseLong(words[1]), words[3]);
        System.out.printf("{\"query\":\"%s\",\"cpu\":%.6f,\"wall\":%.6f,\"rows\":%d,\"digest\":\"%s\"}%n", words[0], Meter.cpu, Meter.wall, Results.rows, Results.hashes ? Results.digest() : "");
      } catch (Exception error) {
        error.printStackTrace();
        System.out.printf("{\"query\":\"%s\",\"error\":true}%n", words[0]);
      }
      System.out.flush();
    }
    System.exit(0);
  }

  /** The generator alone. The holder is reachable from elsewhere, so that its events are really made. */
  private static void generate(long events) {
    Generator generator = new Generator();
    Meter.begin();
    for (long n = 0; n < events; n++) generator.event(n, HOLDER);
    Meter.end();
  }

  private static final Events.Event HOLDER = new Events.Event();

  private static void run(String query, long events, String folder) throws Exception {
    Configuration configuration = new Configuration();
    configuration.setString("pipeline.object-reuse", "true");
    configuration.setString("execution.checkpointing.interval", "10s");
    configuration.setString("execution.checkpointing.mode", "EXACTLY_ONCE");
    configuration.setString("execution.checkpointing.dir", "file://" + folder);
    configuration.setString("execution.checkpointing.checkpoints-after-tasks-finish", "false");
    configuration.setString("state.backend.type", "hashmap");
    configuration.setString("restart-strategy.type", "none");
    StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
    Queries.build(query, env, events);
    env.execute(query);
  }
}
