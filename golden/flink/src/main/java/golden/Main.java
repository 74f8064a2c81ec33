package golden;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Writes every data file into the folder given as the first argument. */
public final class Main {
    private static Path folder;

    private Main() {}

    public static void main(String[] args) throws Exception {
        folder = Path.of(args[0]);
        Files.createDirectories(folder);
        write("window-assigners", Tables.assigners());
        play("tumbling", WindowTopics::tumblingTopic, WindowDriver::window);
        play("sliding", WindowTopics::slidingTopic, WindowDriver::window);
        play("session", WindowTopics::sessionTopic, WindowDriver::window);
        play("dynamic-session", WindowTopics::dynamicSessionTopic, WindowDriver::window);
        play("triggers", TriggerTopics::triggers, WindowDriver::window);
        play("evictors", TriggerTopics::evictors, WindowDriver::window);
        play("count-windows", TriggerTopics::countWindows, WindowDriver::window);
        play("processing-time-windows", TriggerTopics::processingTimeWindows, WindowDriver::window);
        play("session-merge", TriggerTopics::sessionMerge, WindowDriver::window);
        play("watermark-valve", WatermarkTopics::valve, WatermarkDrivers.Valve::new);
        play("watermark-two-input", WatermarkTopics::twoInput, KeyedDrivers::twoInput);
        play("watermark-splits", WatermarkTopics::splits, op -> new WatermarkDrivers.Splits());
        play("watermark-generators", WatermarkTopics::generators, WatermarkDrivers::assigner);
        play("interval-join", OtherTopics::intervalJoin, KeyedDrivers::intervalJoin);
        play("window-join", OtherTopics::windowJoin, WindowDriver::windowJoin);
        play("timers", OtherTopics::timers, KeyedDrivers::timers);
        play("rolling", OtherTopics::rolling, KeyedDrivers::rolling);
        play("state", StateTopic::scenarios, StateTopic::driver);
        Files.writeString(folder.resolve("key-groups.json"), Json.text(Tables.keyGroups()) + "\n", StandardCharsets.UTF_8);
        System.exit(0);
    }

    private static void play(String topic, Supplier<List<Scenario>> scenarios, Scenario.DriverFactory factory) throws Exception {
        List<ObjectNode> lines = new ArrayList<>();
        for (Scenario s : scenarios.get()) {
            lines.add(s.run(factory, topic.equals("session-merge")));
        }
        write(topic, lines);
    }

    private static void write(String topic, List<ObjectNode> lines) throws Exception {
        Set<String> names = new HashSet<>();
        StringBuilder text = new StringBuilder();
        for (ObjectNode line : lines) {
            if (!names.add(line.get("name").asText())) {
                throw new IllegalStateException("two scenarios of one name: " + line.get("name"));
            }
            text.append(Json.text(line)).append('\n');
        }
        Files.writeString(folder.resolve(topic + ".ndjson"), text, StandardCharsets.UTF_8);
        System.out.println(topic + ": " + lines.size());
    }
}
