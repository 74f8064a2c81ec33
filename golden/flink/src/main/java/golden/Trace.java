package golden;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.streaming.api.windowing.triggers.Trigger;
import org.apache.flink.streaming.api.windowing.triggers.TriggerResult;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.streaming.api.windowing.windows.Window;

import java.util.ArrayList;
import java.util.List;

/** Wraps a trigger to note its calls and which timer caused an emission; it changes nothing. Single-threaded, hence static. */
final class Trace<T, W extends Window> extends Trigger<T, W> {
    /** Name under which a window function hands the timer to the driver. */
    static final String TIMER_FIELD = "$timer";

    /** Time of the timer being fired, or null while an element is processed. */
    static Long timer;

    static List<ObjectNode> calls = new ArrayList<>();

    private final Trigger<T, W> inner;

    Trace(Trigger<T, W> inner) {
        this.inner = inner;
    }

    private static void note(String call, Window window, Long time) {
        ObjectNode node = Json.obj("call", call);
        if (window instanceof TimeWindow t) {
            node.put("start", t.getStart()).put("end", t.getEnd());
        }
        if (time != null) {
            node.put("time", time);
        }
        calls.add(node);
    }

    @Override
    public TriggerResult onElement(T element, long timestamp, W window, TriggerContext ctx) throws Exception {
        timer = null;
        note("onElement", window, null);
        return inner.onElement(element, timestamp, window, ctx);
    }

    @Override
    public TriggerResult onProcessingTime(long time, W window, TriggerContext ctx) throws Exception {
        timer = time;
        note("onProcessingTime", window, time);
        return inner.onProcessingTime(time, window, ctx);
    }

    @Override
    public TriggerResult onEventTime(long time, W window, TriggerContext ctx) throws Exception {
        timer = time;
        note("onEventTime", window, time);
        return inner.onEventTime(time, window, ctx);
    }

    @Override
    public boolean canMerge() {
        return inner.canMerge();
    }

    @Override
    public void onMerge(W window, OnMergeContext ctx) throws Exception {
        note("onMerge", window, null);
        inner.onMerge(window, ctx);
    }

    @Override
    public void clear(W window, TriggerContext ctx) throws Exception {
        note("clear", window, null);
        inner.clear(window, ctx);
    }
}
