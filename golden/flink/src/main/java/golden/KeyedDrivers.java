package golden;

import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.functions.ReduceFunction;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.streaming.api.TimeDomain;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.aggregation.AggregationFunction.AggregationType;
import org.apache.flink.streaming.api.functions.aggregation.ComparableAggregator;
import org.apache.flink.streaming.api.functions.aggregation.SumAggregator;
import org.apache.flink.streaming.api.functions.co.ProcessJoinFunction;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.api.operators.SimpleOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamGroupedReduceOperator;
import org.apache.flink.streaming.api.operators.co.IntervalJoinOperator;
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

import java.util.HashMap;
import java.util.Map;

/** Drivers of the keyed operators without windows. */
final class KeyedDrivers {
    private static final TypeInformation<El> EL = TypeInformation.of(El.class);
    private static final OutputTag<El> LEFT = new OutputTag<>("left", EL);
    private static final OutputTag<El> RIGHT = new OutputTag<>("right", EL);

    private KeyedDrivers() {}

    static Driver intervalJoin(JsonNode op) throws Exception {
        boolean late = op.get("lateOutput").asBoolean();
        var serializer = EL.createSerializer(new SerializerConfigImpl());
        TwoInputDriver driver = new TwoInputDriver(
                () -> new IntervalJoinOperator<String, El, El, Object>(
                        op.get("lower").asLong(), op.get("upper").asLong(),
                        op.get("lowerInclusive").asBoolean(), op.get("upperInclusive").asBoolean(),
                        late ? LEFT : null, late ? RIGHT : null, serializer, serializer, new Pair()),
                out -> out instanceof El e ? e.json() : Json.parse((String) out));
        if (late) {
            driver.tags.put("left", LEFT);
            driver.tags.put("right", RIGHT);
        }
        driver.open();
        return driver;
    }

    static final class Pair extends ProcessJoinFunction<El, El, Object> {
        @Override
        public void processElement(El l, El r, Context ctx, Collector<Object> out) {
            out.collect(Json.text(Json.obj(
                    "k", l.k, "l", l.v, "r", r.v, "lts", ctx.getLeftTimestamp(), "rts", ctx.getRightTimestamp())));
        }
    }

    /** A two-input operator that forwards its elements: shows how two inputs combine watermarks and statuses. */
    static Driver twoInput(JsonNode op) throws Exception {
        TwoInputDriver driver = new TwoInputDriver(() -> new KeyedCoProcessOperator<>(new Forward()), out -> ((El) out).json());
        driver.open();
        return driver;
    }

    static final class Forward extends KeyedCoProcessFunction<String, El, El, Object> {
        @Override
        public void processElement1(El e, Context ctx, Collector<Object> out) {
            out.collect(e);
        }

        @Override
        public void processElement2(El e, Context ctx, Collector<Object> out) {
            out.collect(e);
        }
    }

    static Driver rolling(JsonNode op) throws Exception {
        KeySelector<El, String> key = e -> e.k;
        OneInputDriver driver = new OneInputDriver(
                () -> SimpleOperatorFactory.of(new StreamGroupedReduceOperator<>(rollingFunction(op), EL.createSerializer(new SerializerConfigImpl()))),
                key,
                (input, value) -> El.of(value),
                out -> ((El) out).json());
        driver.open();
        return driver;
    }

    private static ReduceFunction<El> rollingFunction(JsonNode op) {
        ExecutionConfig config = new ExecutionConfig();
        boolean first = op.path("first").asBoolean(true);
        return switch (op.get("function").asText()) {
            case "reduce" -> (a, b) -> new El(a.k, (a.v * 31 + b.v) % 100_003, b.g);
            case "sum" -> new SumAggregator<>("v", EL, config);
            case "min" -> new ComparableAggregator<>("v", EL, AggregationType.MIN, false, config);
            case "max" -> new ComparableAggregator<>("v", EL, AggregationType.MAX, false, config);
            case "minBy" -> new ComparableAggregator<>("v", EL, AggregationType.MINBY, first, config);
            case "maxBy" -> new ComparableAggregator<>("v", EL, AggregationType.MAXBY, first, config);
            default -> throw new IllegalArgumentException(op.toString());
        };
    }

    /** A process function that does what its elements and the operator's rules say; see README.md, "timers". */
    static Driver timers(JsonNode op) throws Exception {
        Map<String, Integer> applied = new HashMap<>();
        KeySelector<JsonNode, String> key = e -> e.get("k").asText();
        OneInputDriver driver = new OneInputDriver(
                () -> SimpleOperatorFactory.of(new KeyedProcessOperator<String, JsonNode, String>(new Timed(Json.text(op), applied))),
                key,
                (input, value) -> value,
                out -> Json.parse((String) out));
        driver.open();
        return driver;
    }

    static final class Timed extends KeyedProcessFunction<String, JsonNode, String> {
        /** Kept as text because the function is serialized into the harness. */
        private final String settings;
        private final transient Map<String, Integer> applied;

        Timed(String settings, Map<String, Integer> applied) {
            this.settings = settings;
            this.applied = applied;
        }

        private static void perform(JsonNode commands, org.apache.flink.streaming.api.TimerService timers) {
            for (JsonNode c : commands) {
                boolean event = c.get("domain").asText().equals("event");
                long at = c.get("at").asLong();
                if (c.get("op").asText().equals("register")) {
                    if (event) {
                        timers.registerEventTimeTimer(at);
                    } else {
                        timers.registerProcessingTimeTimer(at);
                    }
                } else if (event) {
                    timers.deleteEventTimeTimer(at);
                } else {
                    timers.deleteProcessingTimeTimer(at);
                }
            }
        }

        @Override
        public void processElement(JsonNode value, Context ctx, Collector<String> out) {
            perform(value.get("do"), ctx.timerService());
            if (value.path("echo").asBoolean(false)) {
                out.collect(Json.text(Json.obj(
                        "k", ctx.getCurrentKey(), "wm", Json.time(ctx.timerService().currentWatermark()),
                        "now", ctx.timerService().currentProcessingTime())));
            }
        }

        @Override
        public void onTimer(long at, OnTimerContext ctx, Collector<String> out) {
            String domain = ctx.timeDomain() == TimeDomain.EVENT_TIME ? "event" : "processing";
            out.collect(Json.text(Json.obj(
                    "k", ctx.getCurrentKey(), "domain", domain, "at", at,
                    "wm", Json.time(ctx.timerService().currentWatermark()), Trace.TIMER_FIELD, at)));
            int index = 0;
            for (JsonNode rule : Json.parse(settings).path("onTimer")) {
                String id = ctx.getCurrentKey() + "/" + index++;
                if (rule.get("domain").asText().equals(domain) && rule.get("at").asLong() == at
                        && applied.merge(id, 1, Integer::sum) <= rule.path("times").asInt(1)) {
                    perform(rule.get("do"), ctx.timerService());
                }
            }
        }
    }
}
