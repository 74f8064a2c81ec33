package golden;

import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.metrics.Counter;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.streaming.api.operators.StreamOperatorFactory;
import org.apache.flink.streaming.runtime.operators.windowing.WindowOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;

import java.lang.reflect.Field;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/** A one-input operator in Flink's test harness, keyed by a string unless the key selector is null. */
@SuppressWarnings({"unchecked", "rawtypes"})
final class OneInputDriver extends HarnessDriver<OneInputStreamOperatorTestHarness<Object, Object>> {
    private final Supplier<StreamOperatorFactory> factory;
    private final KeySelector key;
    private final BiFunction<Integer, JsonNode, Object> decode;

    OneInputDriver(
            Supplier<StreamOperatorFactory> factory,
            KeySelector key,
            BiFunction<Integer, JsonNode, Object> decode,
            Function<Object, JsonNode> encode) {
        super(encode);
        this.factory = factory;
        this.key = key;
        this.decode = decode;
        this.keyed = key != null;
    }

    @Override
    OneInputStreamOperatorTestHarness<Object, Object> create() throws Exception {
        if (key == null) {
            OneInputStreamOperatorTestHarness<Object, Object> h =
                    new OneInputStreamOperatorTestHarness<>(factory.get(), 1, 1, 0);
            h.getExecutionConfig().setAutoWatermarkInterval(200);
            return h;
        }
        return new KeyedOneInputStreamOperatorTestHarness(factory.get(), key, Types.STRING, 128, 1, 0);
    }

    @Override
    void element(int input, JsonNode value, Long ts) throws Exception {
        Object in = decode.apply(input, value);
        harness.processElement(ts == null ? new StreamRecord<>(in) : new StreamRecord<>(in, ts));
    }

    @Override
    void watermark(int input, long ts) throws Exception {
        harness.processWatermark(ts);
    }

    @Override
    void status(int input, WatermarkStatus status) throws Exception {
        harness.processWatermarkStatus(status);
    }

    @Override
    void endInputs() throws Exception {
        harness.endInput();
    }

    @Override
    long countLateDropped() {
        if (!(harness.getOperator() instanceof WindowOperator op)) {
            return 0;
        }
        try {
            Field field = WindowOperator.class.getDeclaredField("numLateRecordsDropped");
            field.setAccessible(true);
            return ((Counter) field.get(op)).getCount();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public ObjectNode counters() {
        if (!keyed) {
            return null;
        }
        ObjectNode out = Json.obj("keyedStateEntries", ((KeyedOneInputStreamOperatorTestHarness) harness).numKeyedStateEntries());
        if ((Object) harness.getOperator() instanceof WindowOperator) {
            out.put("numLateRecordsDropped", totalLateDropped());
        }
        return out;
    }
}
