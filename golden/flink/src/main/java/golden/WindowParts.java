package golden;

import org.apache.flink.api.common.state.ReducingState;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.streaming.api.functions.windowing.delta.DeltaFunction;
import org.apache.flink.streaming.api.windowing.assigners.*;
import org.apache.flink.streaming.api.windowing.evictors.*;
import org.apache.flink.streaming.api.windowing.triggers.*;
import org.apache.flink.streaming.api.windowing.windows.Window;

import java.time.Duration;

/** Reads assigners, triggers and evictors from the settings of a scenario. */
@SuppressWarnings({"unchecked", "rawtypes"})
final class WindowParts {
    private WindowParts() {}

    static Duration ms(JsonNode node, String field) {
        return Duration.ofMillis(node.path(field).asLong(0));
    }

    static WindowAssigner assigner(JsonNode n) {
        SessionWindowTimeGapExtractor<El> gap = e -> e.g;
        return switch (n.get("kind").asText()) {
            case "tumbling" -> TumblingEventTimeWindows.of(ms(n, "size"), ms(n, "offset"));
            case "sliding" -> SlidingEventTimeWindows.of(ms(n, "size"), ms(n, "slide"), ms(n, "offset"));
            case "session" -> EventTimeSessionWindows.withGap(ms(n, "gap"));
            case "dynamicSession" -> EventTimeSessionWindows.withDynamicGap(gap);
            case "tumblingProcessingTime" -> TumblingProcessingTimeWindows.of(ms(n, "size"), ms(n, "offset"));
            case "slidingProcessingTime" -> SlidingProcessingTimeWindows.of(ms(n, "size"), ms(n, "slide"), ms(n, "offset"));
            case "sessionProcessingTime" -> ProcessingTimeSessionWindows.withGap(ms(n, "gap"));
            case "dynamicSessionProcessingTime" -> ProcessingTimeSessionWindows.withDynamicGap(gap);
            case "global" -> GlobalWindows.create();
            default -> throw new IllegalArgumentException(n.toString());
        };
    }

    static Trigger trigger(JsonNode n) {
        return switch (n.get("kind").asText()) {
            case "eventTime" -> EventTimeTrigger.create();
            case "processingTime" -> ProcessingTimeTrigger.create();
            case "count" -> CountTrigger.of(n.get("n").asLong());
            case "purging" -> PurgingTrigger.of(trigger(n.get("of")));
            case "continuousEventTime" -> ContinuousEventTimeTrigger.of(ms(n, "interval"));
            case "continuousProcessingTime" -> ContinuousProcessingTimeTrigger.of(ms(n, "interval"));
            case "delta" -> DeltaTrigger.of(n.get("threshold").asDouble(), delta(), elements());
            case "earlyCount" -> new EarlyCount(n.get("n").asLong());
            default -> throw new IllegalArgumentException(n.toString());
        };
    }

    static Evictor evictor(JsonNode n) {
        boolean after = n.path("after").asBoolean(false);
        return switch (n.get("kind").asText()) {
            case "count" -> CountEvictor.of(n.get("n").asLong(), after);
            case "time" -> TimeEvictor.of(ms(n, "size"), after);
            case "delta" -> DeltaEvictor.of(n.get("threshold").asDouble(), delta(), after);
            default -> throw new IllegalArgumentException(n.toString());
        };
    }

    private static DeltaFunction<El> delta() {
        return (from, to) -> Math.abs(to.v - from.v);
    }

    private static org.apache.flink.api.common.typeutils.TypeSerializer<El> elements() {
        return TypeInformation.of(El.class).createSerializer(new org.apache.flink.api.common.serialization.SerializerConfigImpl());
    }

    /** The event-time trigger that also fires early, after every n elements of a window; merges by adding the counts. */
    static final class EarlyCount extends Trigger<Object, Window> {
        private final long n;
        private final ReducingStateDescriptor<Long> count = new ReducingStateDescriptor<>("early", Long::sum, Types.LONG);

        EarlyCount(long n) {
            this.n = n;
        }

        @Override
        public TriggerResult onElement(Object element, long timestamp, Window window, TriggerContext ctx) throws Exception {
            if (window.maxTimestamp() <= ctx.getCurrentWatermark()) {
                return TriggerResult.FIRE;
            }
            ctx.registerEventTimeTimer(window.maxTimestamp());
            ReducingState<Long> seen = ctx.getPartitionedState(count);
            seen.add(1L);
            if (seen.get() >= n) {
                seen.clear();
                return TriggerResult.FIRE;
            }
            return TriggerResult.CONTINUE;
        }

        @Override
        public TriggerResult onProcessingTime(long time, Window window, TriggerContext ctx) {
            return TriggerResult.CONTINUE;
        }

        @Override
        public TriggerResult onEventTime(long time, Window window, TriggerContext ctx) {
            return time == window.maxTimestamp() ? TriggerResult.FIRE : TriggerResult.CONTINUE;
        }

        @Override
        public boolean canMerge() {
            return true;
        }

        @Override
        public void onMerge(Window window, OnMergeContext ctx) throws Exception {
            ctx.mergePartitionedState(count);
            if (window.maxTimestamp() > ctx.getCurrentWatermark()) {
                ctx.registerEventTimeTimer(window.maxTimestamp());
            }
        }

        @Override
        public void clear(Window window, TriggerContext ctx) throws Exception {
            ctx.deleteEventTimeTimer(window.maxTimestamp());
            ctx.getPartitionedState(count).clear();
        }
    }
}
