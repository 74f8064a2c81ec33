package golden;

import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.streaming.api.windowing.windows.Window;
import org.apache.flink.util.Collector;

/** The functions on windows; each emits one JSON text per firing. */
final class WindowFunctions {
    private WindowFunctions() {}

    /** The common head of every result; a global window has no start and end. */
    static ObjectNode head(String key, Window window) {
        ObjectNode out = Json.obj("k", key);
        if (window instanceof TimeWindow t) {
            out.put("start", t.getStart()).put("end", t.getEnd());
        } else {
            out.putNull("start").putNull("end");
        }
        return out;
    }

    static String finish(ObjectNode out) {
        if (Trace.timer != null) {
            out.set(Trace.TIMER_FIELD, Json.MAPPER.valueToTree(Json.time(Trace.timer)));
        }
        return Json.text(out);
    }

    /** (sum, count) of the values. */
    static final class SumCount implements AggregateFunction<El, Tuple2<Long, Long>, Tuple2<Long, Long>> {
        @Override
        public Tuple2<Long, Long> createAccumulator() {
            return Tuple2.of(0L, 0L);
        }

        @Override
        public Tuple2<Long, Long> add(El e, Tuple2<Long, Long> acc) {
            return Tuple2.of(acc.f0 + e.v, acc.f1 + 1);
        }

        @Override
        public Tuple2<Long, Long> getResult(Tuple2<Long, Long> acc) {
            return acc;
        }

        @Override
        public Tuple2<Long, Long> merge(Tuple2<Long, Long> a, Tuple2<Long, Long> b) {
            return Tuple2.of(a.f0 + b.f0, a.f1 + b.f1);
        }
    }

    static final class EmitSumCount<W extends Window> extends ProcessWindowFunction<Tuple2<Long, Long>, String, String, W> {
        @Override
        public void process(String key, Context ctx, Iterable<Tuple2<Long, Long>> in, Collector<String> out) {
            Tuple2<Long, Long> acc = in.iterator().next();
            out.collect(finish(head(key, ctx.window()).put("sum", acc.f0).put("count", acc.f1)));
        }
    }

    static final class EmitReduced<W extends Window> extends ProcessWindowFunction<El, String, String, W> {
        @Override
        public void process(String key, Context ctx, Iterable<El> in, Collector<String> out) {
            out.collect(finish(head(key, ctx.window()).put("sum", in.iterator().next().v)));
        }
    }

    /** Lists the values; with state also counts firings of the window and of the key. */
    static final class EmitValues<W extends Window> extends ProcessWindowFunction<El, String, String, W> {
        private final boolean windowState;
        private final boolean globalState;

        EmitValues(boolean windowState, boolean globalState) {
            this.windowState = windowState;
            this.globalState = globalState;
        }

        private static long next(ValueState<Long> state) throws Exception {
            long n = (state.value() == null ? 0 : state.value()) + 1;
            state.update(n);
            return n;
        }

        @Override
        public void process(String key, Context ctx, Iterable<El> in, Collector<String> out) throws Exception {
            ObjectNode result = head(key, ctx.window());
            ArrayNode values = result.putArray("values");
            in.forEach(e -> values.add(e.v));
            result.put("wm", 0).set("wm", Json.MAPPER.valueToTree(Json.time(ctx.currentWatermark())));
            if (windowState) {
                result.put("firing", next(ctx.windowState().getState(new ValueStateDescriptor<>("firing", Types.LONG))));
            }
            if (globalState) {
                result.put("total", next(ctx.globalState().getState(new ValueStateDescriptor<>("total", Types.LONG))));
            }
            out.collect(finish(result));
        }

        @Override
        public void clear(Context ctx) throws Exception {
            if (windowState) {
                ctx.windowState().getState(new ValueStateDescriptor<>("firing", Types.LONG)).clear();
            }
        }
    }
}
