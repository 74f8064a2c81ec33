package golden;

import static golden.WindowTopics.number;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.AggregatingState;
import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReducingState;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.api.operators.SimpleOperatorFactory;
import org.apache.flink.util.Collector;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Keyed state with and without time to live: a function that performs the state operations of its elements and emits what it read. */
final class StateTopic {
    private static final String[] WRITES = {
        "value.set", "value.set", "value.clear", "list.add", "list.add", "list.set", "list.clear",
        "map.put", "map.put", "map.remove", "map.clear", "reducing.add", "reducing.clear", "aggregating.add", "aggregating.clear",
    };
    private static final String[] READS = {"value.get", "list.get", "map.get", "map.has", "map.entries", "map.empty", "reducing.get", "aggregating.get"};

    private StateTopic() {}

    static Driver driver(JsonNode op) throws Exception {
        KeySelector<JsonNode, String> key = e -> e.get("k").asText();
        OneInputDriver driver = new OneInputDriver(
                () -> SimpleOperatorFactory.of(new KeyedProcessOperator<String, JsonNode, String>(
                        new Stateful(op.path("ttl").asLong(0), op.path("ttlUpdate").asText()))),
                key,
                (input, value) -> value,
                out -> Json.parse((String) out));
        driver.open();
        return driver;
    }

    static final class Stateful extends KeyedProcessFunction<String, JsonNode, String> {
        private final long ttl;
        private final String update;
        private transient ValueState<Long> value;
        private transient ListState<Long> list;
        private transient MapState<String, Long> map;
        private transient ReducingState<Long> reducing;
        private transient AggregatingState<El, Tuple2<Long, Long>> aggregating;

        Stateful(long ttl, String update) {
            this.ttl = ttl;
            this.update = update;
        }

        private <D extends StateDescriptor<?, ?>> D living(D descriptor) {
            if (ttl > 0) {
                descriptor.enableTimeToLive(StateTtlConfig.newBuilder(java.time.Duration.ofMillis(ttl))
                        .setUpdateType(update.equals("readAndWrite") ? StateTtlConfig.UpdateType.OnReadAndWrite : StateTtlConfig.UpdateType.OnCreateAndWrite)
                        .setStateVisibility(StateTtlConfig.StateVisibility.NeverReturnExpired)
                        .build());
            }
            return descriptor;
        }

        @Override
        public void open(OpenContext context) {
            value = getRuntimeContext().getState(living(new ValueStateDescriptor<>("value", Types.LONG)));
            list = getRuntimeContext().getListState(living(new ListStateDescriptor<>("list", Types.LONG)));
            map = getRuntimeContext().getMapState(living(new MapStateDescriptor<>("map", Types.STRING, Types.LONG)));
            reducing = getRuntimeContext().getReducingState(living(new ReducingStateDescriptor<>("reducing", Long::sum, Types.LONG)));
            aggregating = getRuntimeContext().getAggregatingState(living(new AggregatingStateDescriptor<>(
                    "aggregating", new WindowFunctions.SumCount(), Types.TUPLE(Types.LONG, Types.LONG))));
        }

        @Override
        public void processElement(JsonNode element, Context ctx, Collector<String> out) throws Exception {
            for (JsonNode c : element.get("do")) {
                String op = c.get("op").asText();
                if (!write(op, c)) {
                    out.collect(Json.text(Json.obj("k", ctx.getCurrentKey(), "op", op, "result", read(op, c))));
                }
            }
        }

        private boolean write(String op, JsonNode c) throws Exception {
            switch (op) {
                case "value.set" -> value.update(c.get("v").asLong());
                case "value.clear" -> value.clear();
                case "list.add" -> list.add(c.get("v").asLong());
                case "list.set" -> {
                    List<Long> items = new ArrayList<>();
                    c.get("v").forEach(v -> items.add(v.asLong()));
                    list.update(items);
                }
                case "list.clear" -> list.clear();
                case "map.put" -> map.put(c.get("m").asText(), c.get("v").asLong());
                case "map.remove" -> map.remove(c.get("m").asText());
                case "map.clear" -> map.clear();
                case "reducing.add" -> reducing.add(c.get("v").asLong());
                case "reducing.clear" -> reducing.clear();
                case "aggregating.add" -> aggregating.add(new El("", c.get("v").asLong(), 0));
                case "aggregating.clear" -> aggregating.clear();
                default -> {
                    return false;
                }
            }
            return true;
        }

        private Object read(String op, JsonNode c) throws Exception {
            return switch (op) {
                case "value.get" -> value.value();
                case "list.get" -> {
                    List<Long> items = new ArrayList<>();
                    Iterable<Long> stored = list.get();
                    if (stored != null) {
                        stored.forEach(items::add);
                    }
                    yield items;
                }
                case "map.get" -> map.get(c.get("m").asText());
                case "map.has" -> map.contains(c.get("m").asText());
                case "map.entries" -> {
                    Map<String, Long> sorted = new TreeMap<>();
                    for (Map.Entry<String, Long> e : map.entries()) {
                        sorted.put(e.getKey(), e.getValue());
                    }
                    List<Object> pairs = new ArrayList<>();
                    sorted.forEach((k, v) -> pairs.add(List.of(k, v)));
                    yield pairs;
                }
                case "map.empty" -> map.isEmpty();
                case "reducing.get" -> reducing.get();
                case "aggregating.get" -> {
                    Tuple2<Long, Long> acc = aggregating.get();
                    yield acc == null ? null : List.of(acc.f0, acc.f1);
                }
                default -> throw new IllegalArgumentException(op);
            };
        }
    }

    private static ObjectNode command(String op) {
        return Json.obj("op", op);
    }

    private static ObjectNode command(String op, long v) {
        return Json.obj("op", op, "v", v);
    }

    private static Scenario send(Scenario s, String k, ObjectNode... commands) {
        return s.step(Json.obj("op", "element", "input", 0, "value", Json.obj("k", k, "do", Json.arr((Object[]) commands)), "ts", null));
    }

    static List<Scenario> scenarios() {
        List<Scenario> all = new ArrayList<>();
        ObjectNode plain = Json.obj("kind", "state");
        ObjectNode write = Json.obj("kind", "state", "ttl", 100, "ttlUpdate", "write");
        ObjectNode read = Json.obj("kind", "state", "ttl", 100, "ttlUpdate", "readAndWrite");
        Scenario empty = new Scenario("state: what reads give before any write", plain);
        for (String op : READS) {
            send(empty, "a", onKey(op, "x"));
        }
        all.add(empty.end());
        Scenario entry = new Scenario("state: ttl of map entries and list elements is their own", write);
        send(entry.pt(1000), "a", Json.obj("op", "map.put", "m", "x", "v", 1), command("list.add", 1));
        send(entry.pt(1060), "a", Json.obj("op", "map.put", "m", "y", "v", 2), command("list.add", 2));
        for (long now : new long[] {1099, 1100, 1159, 1160}) {
            send(entry.pt(now), "a", command("map.entries"), command("list.get"), onKey("map.has", "x"), onKey("map.get", "x"));
        }
        all.add(entry.end());
        for (ObjectNode op : List.of(write, read)) {
            Scenario s = new Scenario("state: a read " + (op == read ? "renews" : "does not renew") + " the life", op);
            send(s.pt(1000), "a", command("value.set", 5), command("list.add", 1), command("reducing.add", 7), command("aggregating.add", 8), Json.obj("op", "map.put", "m", "x", "v", 1));
            for (long now : new long[] {1060, 1120, 1180, 1280}) {
                send(s.pt(now), "a", command("value.get"), command("list.get"), command("reducing.get"), command("aggregating.get"), onKey("map.get", "x"));
            }
            all.add(s.end());
        }
        Scenario reducing = new Scenario("state: adding to an expired aggregate starts anew, adding to a live one renews it", write);
        send(reducing.pt(1000), "a", command("reducing.add", 1), command("aggregating.add", 1));
        send(reducing.pt(1090), "a", command("reducing.add", 2), command("aggregating.add", 2));
        send(reducing.pt(1150), "a", command("reducing.get"), command("aggregating.get"));
        send(reducing.pt(1190), "a", command("reducing.add", 4), command("aggregating.add", 4), command("reducing.get"), command("aggregating.get"));
        all.add(reducing.end());
        Scenario restore = new Scenario("state: life goes on through a restore", write);
        send(restore.pt(1000), "a", command("value.set", 5));
        send(restore.step(Json.obj("op", "snapshotRestore", "processingTime", 1099)), "a", command("value.get"));
        send(restore.step(Json.obj("op", "snapshotRestore", "processingTime", 1100)), "a", command("value.get"));
        all.add(restore.end());
        Scenario listSet = new Scenario("state: setting a list to nothing clears it", plain);
        send(listSet, "a", Json.obj("op", "list.set", "v", List.of(1, 2)), command("list.get"), Json.obj("op", "list.set", "v", List.of()), command("list.get"));
        all.add(listSet.end());
        Streams r = new Streams(305);
        for (int i = 0; i < 36; i++) {
            all.add(random(r, new Scenario("state: random " + number(i), r.pick(plain, write, write, read))));
        }
        return all;
    }

    private static ObjectNode onKey(String op, String m) {
        return op.startsWith("map.") && !op.equals("map.entries") && !op.equals("map.empty") ? Json.obj("op", op, "m", m) : command(op);
    }

    private static Scenario random(Streams r, Scenario s) {
        int steps = r.in(15, 45);
        long now = 1000;
        s.pt(now);
        while (s.steps.size() < steps) {
            if (r.chance(0.06)) {
                s.restore();
            } else if (r.chance(0.3)) {
                s.pt(now += r.in(1, 70));
            } else {
                ObjectNode[] commands = new ObjectNode[r.in(1, 4)];
                for (int i = 0; i < commands.length; i++) {
                    String op = r.chance(0.5) ? r.pick(WRITES) : r.pick(READS);
                    if (op.equals("map.empty") && s.operator.has("ttl")) {
                        op = "map.entries"; // Flink's isEmpty counts expired entries until something cleans them up
                    }
                    commands[i] = op.equals("map.clear") ? command(op) : onKey(op, r.pick("x", "y", "z"));
                    if (op.equals("list.set")) {
                        commands[i].set("v", r.chance(0.2) ? Json.arr() : Json.arr(r.in(0, 9), r.in(0, 9)));
                    } else if (op.matches(".*\\.(set|add|put)")) {
                        commands[i].put("v", r.in(0, 9));
                    }
                }
                send(s, r.pick("a", "a", "b"), commands);
            }
        }
        return s.end();
    }
}
