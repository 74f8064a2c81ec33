package golden;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.List;

/** Plays steps into one real Flink component and hands out what it emitted, in order. */
interface Driver extends AutoCloseable {
    /** Plays one step; an exception means that the component refused it. */
    void play(JsonNode step) throws Exception;

    /** Takes what was emitted since the last call, as output objects without "step". */
    List<ObjectNode> drain();

    /** Pending timers {event, processing}, or null when the component has none. */
    default int[] timers() {
        return null;
    }

    /** Counters at the end of the scenario, or null. */
    default ObjectNode counters() {
        return null;
    }
}
