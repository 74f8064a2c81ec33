package golden;

import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;

import java.util.function.Function;
import java.util.function.Supplier;

/** A keyed two-input operator over {@link El} in Flink's test harness. */
final class TwoInputDriver extends HarnessDriver<KeyedTwoInputStreamOperatorTestHarness<String, El, El, Object>> {
    private final Supplier<TwoInputStreamOperator<El, El, Object>> operator;

    TwoInputDriver(Supplier<TwoInputStreamOperator<El, El, Object>> operator, Function<Object, JsonNode> encode) {
        super(encode);
        this.operator = operator;
    }

    @Override
    KeyedTwoInputStreamOperatorTestHarness<String, El, El, Object> create() throws Exception {
        KeySelector<El, String> key = e -> e.k;
        return new KeyedTwoInputStreamOperatorTestHarness<>(operator.get(), key, key, Types.STRING, 128, 1, 0);
    }

    @Override
    int inputs() {
        return 2;
    }

    @Override
    void element(int input, JsonNode value, Long ts) throws Exception {
        StreamRecord<El> r = ts == null ? new StreamRecord<>(El.of(value)) : new StreamRecord<>(El.of(value), ts);
        if (input == 0) {
            harness.processElement1(r);
        } else {
            harness.processElement2(r);
        }
    }

    @Override
    void watermark(int input, long ts) throws Exception {
        if (input == 0) {
            harness.processWatermark1(new Watermark(ts));
        } else {
            harness.processWatermark2(new Watermark(ts));
        }
    }

    @Override
    void status(int input, WatermarkStatus status) throws Exception {
        if (input == 0) {
            harness.processWatermarkStatus1(status);
        } else {
            harness.processWatermarkStatus2(status);
        }
    }

    @Override
    void endInputs() throws Exception {
        harness.endInput1();
        harness.endInput2();
    }

    @Override
    public ObjectNode counters() {
        return Json.obj("keyedStateEntries", harness.numKeyedStateEntries());
    }
}
