package golden;

import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkOutputMultiplexer;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.runtime.event.WatermarkEvent;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.io.PushingAsyncDataInput;
import org.apache.flink.streaming.runtime.operators.TimestampsAndWatermarksOperatorFactory;
import org.apache.flink.streaming.runtime.streamrecord.LatencyMarker;
import org.apache.flink.streaming.runtime.streamrecord.RecordAttributes;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.StatusWatermarkValve;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;

import java.util.ArrayList;
import java.util.List;

/** Drivers of what carries watermarks: the channel valve, the multiplexer over splits, the assigner operator. */
final class WatermarkDrivers {
    private WatermarkDrivers() {}

    /** The valve in front of an operator input with n channels. */
    static final class Valve implements Driver, PushingAsyncDataInput.DataOutput<Object> {
        private final StatusWatermarkValve valve;
        private final List<ObjectNode> out = new ArrayList<>();

        Valve(JsonNode op) {
            valve = new StatusWatermarkValve(op.get("channels").asInt());
        }

        @Override
        public void play(JsonNode step) throws Exception {
            int channel = step.get("input").asInt();
            if (step.get("op").asText().equals("watermark")) {
                valve.inputWatermark(new Watermark(Json.time(step.get("ts"))), channel, this);
            } else {
                valve.inputWatermarkStatus(step.get("idle").asBoolean() ? WatermarkStatus.IDLE : WatermarkStatus.ACTIVE, channel, this);
            }
        }

        @Override
        public List<ObjectNode> drain() {
            List<ObjectNode> taken = new ArrayList<>(out);
            out.clear();
            return taken;
        }

        @Override
        public void emitRecord(StreamRecord<Object> record) {
            throw new IllegalStateException();
        }

        @Override
        public void emitWatermark(Watermark w) {
            out.add(Json.obj("kind", "watermark", "ts", Json.time(w.getTimestamp())));
        }

        @Override
        public void emitWatermarkStatus(WatermarkStatus s) {
            out.add(Json.obj("kind", "status", "idle", s.isIdle()));
        }

        @Override
        public void emitLatencyMarker(LatencyMarker marker) {}

        @Override
        public void emitRecordAttributes(RecordAttributes attributes) {}

        @Override
        public void emitWatermark(WatermarkEvent event) {}

        @Override
        public void close() {}
    }

    /** The combination over the splits of one source reader, in front of the reader's de-duplicating output. */
    static final class Splits implements Driver, WatermarkOutput {
        private final WatermarkOutputMultiplexer multiplexer = new WatermarkOutputMultiplexer(this);
        private final List<ObjectNode> out = new ArrayList<>();
        private boolean idle = false;

        @Override
        public void play(JsonNode step) {
            String split = "s" + step.get("input").asInt();
            switch (step.get("op").asText()) {
                case "register" -> multiplexer.registerNewOutput(split);
                case "unregister" -> {
                    multiplexer.unregisterOutput(split);
                    multiplexer.onPeriodicEmit();
                }
                case "watermark" -> multiplexer.getImmediateOutput(split).emitWatermark(
                        new org.apache.flink.api.common.eventtime.Watermark(Json.time(step.get("ts"))));
                case "status" -> {
                    if (step.get("idle").asBoolean()) {
                        multiplexer.getImmediateOutput(split).markIdle();
                    } else {
                        multiplexer.getImmediateOutput(split).markActive();
                    }
                }
                default -> throw new IllegalArgumentException(step.toString());
            }
        }

        @Override
        public List<ObjectNode> drain() {
            List<ObjectNode> taken = new ArrayList<>(out);
            out.clear();
            return taken;
        }

        @Override
        public void emitWatermark(org.apache.flink.api.common.eventtime.Watermark w) {
            markActive();
            out.add(Json.obj("kind", "watermark", "ts", Json.time(w.getTimestamp())));
        }

        @Override
        public void markIdle() {
            if (!idle) {
                idle = true;
                out.add(Json.obj("kind", "status", "idle", true));
            }
        }

        @Override
        public void markActive() {
            if (idle) {
                idle = false;
                out.add(Json.obj("kind", "status", "idle", false));
            }
        }

        @Override
        public void close() {}
    }

    /** TimestampsAndWatermarksOperator with an automatic watermark interval of 200 ms. */
    static Driver assigner(JsonNode op) throws Exception {
        OneInputDriver driver = new OneInputDriver(
                () -> new TimestampsAndWatermarksOperatorFactory<>(strategy(op), true),
                null,
                (input, value) -> El.of(value),
                out -> ((El) out).json());
        driver.open();
        return driver;
    }

    /** Emits max - bound - 1 at every element and nothing at the interval. */
    static final class PerRecord implements WatermarkGenerator<El> {
        private final long bound;
        private long max = Long.MIN_VALUE;

        PerRecord(long bound) {
            this.bound = bound;
        }

        @Override
        public void onEvent(El event, long timestamp, WatermarkOutput output) {
            max = Math.max(max, timestamp);
            output.emitWatermark(new org.apache.flink.api.common.eventtime.Watermark(max - bound - 1));
        }

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {}
    }

    private static WatermarkStrategy<El> strategy(JsonNode op) {
        JsonNode s = op.get("strategy");
        WatermarkStrategy<El> strategy = switch (s.get("kind").asText()) {
            case "bounded" -> WatermarkStrategy.forBoundedOutOfOrderness(WindowParts.ms(s, "bound"));
            case "ascending" -> WatermarkStrategy.forMonotonousTimestamps();
            case "perRecord" -> WatermarkStrategy.forGenerator(context -> new PerRecord(s.get("bound").asLong()));
            case "none" -> WatermarkStrategy.noWatermarks();
            default -> throw new IllegalArgumentException(s.toString());
        };
        if (op.get("timestamps").asText().equals("value")) {
            strategy = strategy.withTimestampAssigner((e, previous) -> e.v);
        }
        return op.has("idleTimeout") ? strategy.withIdleness(WindowParts.ms(op, "idleTimeout")) : strategy;
    }
}
