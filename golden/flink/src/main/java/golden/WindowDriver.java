package golden;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.JoinedStreams;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.datastream.CoGroupedStreams;
import org.apache.flink.streaming.api.datastream.WindowedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.operators.StreamOperatorFactory;
import org.apache.flink.streaming.api.transformations.OneInputTransformation;
import org.apache.flink.streaming.api.windowing.assigners.WindowAssigner;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.apache.flink.util.TaggedUnion;

import java.util.ArrayList;
import java.util.List;

/** Builds window operators through the DataStream API, as a user would, and takes the operator out of the graph. */
@SuppressWarnings({"unchecked", "rawtypes"})
final class WindowDriver {
    static final OutputTag<El> LATE = new OutputTag<>("late", TypeInformation.of(El.class));

    private WindowDriver() {}

    private static DataStream<El> stream() {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.getConfig().disableClosureCleaner();
        return env.fromData(TypeInformation.of(El.class), new El("a", 0, 0));
    }

    private static StreamOperatorFactory factory(DataStream<?> result) {
        return ((OneInputTransformation) result.getTransformation()).getOperatorFactory();
    }

    static Driver window(JsonNode op) {
        KeySelector<El, String> key = e -> e.k;
        OneInputDriver driver = new OneInputDriver(
                () -> factory(build(op, stream().keyBy(key, Types.STRING))),
                key,
                (input, value) -> El.of(value),
                out -> out instanceof El e ? e.json() : Json.parse((String) out));
        if (op.path("lateOutput").asBoolean(false)) {
            driver.tags.put("late", LATE);
        }
        return opened(driver);
    }

    private static Driver opened(OneInputDriver driver) {
        try {
            driver.open();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalArgumentException(e);
        }
        return driver;
    }

    private static DataStream<?> build(JsonNode op, KeyedStream<El, String> keyed) {
        if (op.get("kind").asText().equals("countWindow")) {
            WindowedStream stream = op.has("slide")
                    ? keyed.countWindow(op.get("size").asLong(), op.get("slide").asLong())
                    : keyed.countWindow(op.get("size").asLong());
            return function(op, stream);
        }
        WindowAssigner assigner = WindowParts.assigner(op.get("assigner"));
        WindowedStream stream = keyed.window(assigner);
        stream.trigger(new Trace<>(op.has("trigger") ? WindowParts.trigger(op.get("trigger")) : assigner.getDefaultTrigger()));
        if (op.has("evictor")) {
            stream.evictor(WindowParts.evictor(op.get("evictor")));
        }
        if (op.has("lateness")) {
            stream.allowedLateness(WindowParts.ms(op, "lateness"));
        }
        if (op.path("lateOutput").asBoolean(false)) {
            stream.sideOutputLateData(LATE);
        }
        return function(op, stream);
    }

    private static DataStream<?> function(JsonNode op, WindowedStream stream) {
        return switch (op.get("function").asText()) {
            case "aggregate" -> stream.aggregate(
                    new WindowFunctions.SumCount(), new WindowFunctions.EmitSumCount<>(),
                    Types.TUPLE(Types.LONG, Types.LONG), Types.TUPLE(Types.LONG, Types.LONG), Types.STRING);
            case "reduce" -> stream.reduce(
                    (a, b) -> new El(((El) a).k, ((El) a).v + ((El) b).v, 0), new WindowFunctions.EmitReduced<>(), Types.STRING);
            case "process" -> stream.process(new WindowFunctions.EmitValues<>(false, false), Types.STRING);
            case "processState" -> stream.process(new WindowFunctions.EmitValues<>(true, true), Types.STRING);
            case "processGlobalState" -> stream.process(new WindowFunctions.EmitValues<>(false, true), Types.STRING);
            default -> throw new IllegalArgumentException(op.toString());
        };
    }

    /** Window join and coGroup: Flink unites both inputs, tagged, in front of one window operator. */
    static Driver windowJoin(JsonNode op) {
        KeySelector<El, String> key = e -> e.k;
        KeySelector<TaggedUnion<El, El>, String> unionKey = u -> u.isOne() ? u.getOne().k : u.getTwo().k;
        OneInputDriver driver = new OneInputDriver(
                () -> factory(buildJoin(op, key)),
                unionKey,
                (input, value) -> input == 0 ? TaggedUnion.one(El.of(value)) : TaggedUnion.two(El.of(value)),
                out -> Json.parse((String) out));
        return opened(driver);
    }

    private static DataStream<?> buildJoin(JsonNode op, KeySelector<El, String> key) {
        DataStream<El> left = stream();
        DataStream<El> right = left.getExecutionEnvironment().fromData(TypeInformation.of(El.class), new El("a", 0, 0));
        WindowAssigner assigner = WindowParts.assigner(op.get("assigner"));
        if (op.get("kind").asText().equals("windowJoin")) {
            JoinedStreams.WithWindow w = left.join(right).where(key, Types.STRING).equalTo(key, Types.STRING)
                    .window(assigner).trigger(new Trace<>(assigner.getDefaultTrigger())).allowedLateness(WindowParts.ms(op, "lateness"));
            return w.apply(
                    (org.apache.flink.api.common.functions.JoinFunction<El, El, String>)
                            (l, r) -> WindowFunctions.finish(Json.obj("k", l.k, "l", l.v, "r", r.v)),
                    Types.STRING);
        }
        CoGroupedStreams.WithWindow w = left.coGroup(right).where(key, Types.STRING).equalTo(key, Types.STRING)
                .window(assigner).trigger(new Trace<>(assigner.getDefaultTrigger())).allowedLateness(WindowParts.ms(op, "lateness"));
        return w.apply(
                new org.apache.flink.api.common.functions.CoGroupFunction<El, El, String>() {
                    @Override
                    public void coGroup(Iterable<El> l, Iterable<El> r, Collector<String> out) {
                        List<Long> ls = new ArrayList<>();
                        List<Long> rs = new ArrayList<>();
                        String[] k = new String[1];
                        l.forEach(e -> { ls.add(e.v); k[0] = e.k; });
                        r.forEach(e -> { rs.add(e.v); k[0] = e.k; });
                        out.collect(WindowFunctions.finish(Json.obj("k", k[0], "l", ls, "r", rs)));
                    }
                },
                Types.STRING);
    }
}
