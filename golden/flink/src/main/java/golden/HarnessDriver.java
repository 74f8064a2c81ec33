package golden;

import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.metrics.TimerGauge;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What the one-input and the two-input harness have in common: restore, draining, timers, counters. */
abstract class HarnessDriver<H extends AbstractStreamOperatorTestHarness<?>> implements Driver {
    /** Side outputs by the name they get in the files. */
    final Map<String, OutputTag<?>> tags = new LinkedHashMap<>();

    /** Turns an emitted value into JSON. */
    final Function<Object, JsonNode> encode;

    H harness;
    boolean keyed = true;
    private long checkpoint = 0;
    private long lateDropped = 0;

    HarnessDriver(Function<Object, JsonNode> encode) {
        this.encode = encode;
    }

    abstract H create() throws Exception;

    abstract void element(int input, JsonNode value, Long ts) throws Exception;

    abstract void watermark(int input, long ts) throws Exception;

    abstract void status(int input, WatermarkStatus status) throws Exception;

    abstract void endInputs() throws Exception;

    void open() throws Exception {
        harness = create();
        if (keyed) {
            harness.initializeEmptyState();
        }
        harness.open();
    }

    @Override
    public void play(JsonNode step) throws Exception {
        int input = step.path("input").asInt(0);
        switch (step.get("op").asText()) {
            case "element" -> {
                JsonNode ts = step.get("ts");
                element(input, step.get("value"), ts.isNull() ? null : (Long) Json.time(ts));
                fireOverdueTimers();
            }
            case "watermark" -> {
                watermark(input, Json.time(step.get("ts")));
                fireOverdueTimers();
            }
            case "status" -> status(input, step.get("idle").asBoolean() ? WatermarkStatus.IDLE : WatermarkStatus.ACTIVE);
            case "processingTime" -> setClock(step.get("ts").asLong());
            case "backPressure" -> backPressure(step.get("on").asBoolean());
            case "snapshotRestore" -> snapshotRestore(step);
            case "end" -> {
                watermark(0, Long.MAX_VALUE);
                if (inputs() == 2) {
                    watermark(1, Long.MAX_VALUE);
                }
                finish();
            }
            case "finish" -> finish();
            default -> throw new IllegalArgumentException(step.toString());
        }
    }

    private void setClock(long now) throws Exception {
        harness.setStateTtlProcessingTime(now);
        harness.setProcessingTime(now);
    }

    private void backPressure(boolean on) {
        TimerGauge gauge = harness.getEnvironment().getMetricGroup().getIOMetricGroup().getSoftBackPressuredTimePerSecond();
        if (on) {
            gauge.markStart();
        } else {
            gauge.markEnd();
        }
    }

    int inputs() {
        return 1;
    }

    private void finish() throws Exception {
        endInputs();
        harness.getOperator().finish();
    }

    /** The harness fires an overdue processing-time timer only when its clock is set; a real task does it at once. */
    private void fireOverdueTimers() throws Exception {
        harness.setProcessingTime(harness.getProcessingTime());
    }

    private void snapshotRestore(JsonNode step) throws Exception {
        OperatorSubtaskState snapshot = harness.snapshot(++checkpoint, checkpoint);
        long now = step.has("processingTime") ? step.get("processingTime").asLong() : harness.getProcessingTime();
        lateDropped += countLateDropped();
        harness.close();
        H old = harness;
        harness = create();
        setClock(now);
        harness.initializeState(snapshot);
        harness.open();
        if (!old.getOutput().isEmpty()) {
            throw new IllegalStateException("a snapshot emitted something");
        }
        fireOverdueTimers();
    }

    @Override
    public List<ObjectNode> drain() {
        List<ObjectNode> out = new ArrayList<>();
        for (Object o = harness.getOutput().poll(); o != null; o = harness.getOutput().poll()) {
            if (o instanceof Watermark w) {
                out.add(Json.obj("kind", "watermark", "ts", Json.time(w.getTimestamp())));
            } else if (o instanceof WatermarkStatus s) {
                out.add(Json.obj("kind", "status", "idle", s.isIdle()));
            } else {
                out.add(record((StreamRecord<?>) o));
            }
        }
        tags.forEach((name, tag) -> {
            Collection<?> side = harness.getSideOutput(tag);
            if (side != null) {
                for (Object o : side) {
                    StreamRecord<?> r = (StreamRecord<?>) o;
                    out.add(Json.obj("kind", "side", "tag", name, "value", encode.apply(r.getValue()), "ts", ts(r)));
                }
                side.clear();
            }
        });
        return out;
    }

    private ObjectNode record(StreamRecord<?> r) {
        JsonNode value = encode.apply(r.getValue());
        ObjectNode out = Json.obj("kind", "record", "value", value, "ts", ts(r));
        if (value.has(Trace.TIMER_FIELD)) {
            out.set("timer", ((ObjectNode) value).remove(Trace.TIMER_FIELD));
            out.set("value", value);
        }
        return out;
    }

    private static Object ts(StreamRecord<?> r) {
        return r.hasTimestamp() ? Json.time(r.getTimestamp()) : null;
    }

    @Override
    public int[] timers() {
        return keyed ? new int[] {harness.numEventTimeTimers(), harness.numProcessingTimeTimers()} : null;
    }

    long countLateDropped() {
        return 0;
    }

    long totalLateDropped() {
        return lateDropped + countLateDropped();
    }

    @Override
    public void close() throws Exception {
        harness.close();
    }
}
