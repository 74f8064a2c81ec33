package golden;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;

/** A name, an operator's settings and the steps to play; {@link #run} plays them into the real thing. */
final class Scenario {
    /** Makes a driver for the settings of an operator. */
    interface DriverFactory {
        Driver create(JsonNode operator) throws Exception;
    }

    final String name;
    final ObjectNode operator;
    final List<ObjectNode> steps = new ArrayList<>();

    /** Rules of semantics.md in which Millrace differs here on purpose. */
    final List<String> differs = new ArrayList<>();

    Scenario(String name, ObjectNode operator) {
        this.name = name;
        this.operator = operator;
    }

    Scenario differs(String rule) {
        differs.add(rule);
        return this;
    }

    Scenario step(ObjectNode step) {
        steps.add(step);
        return this;
    }

    /** An element on input 0 with key "a". */
    Scenario el(long v, long ts) {
        return el(0, "a", v, ts);
    }

    Scenario el(String k, long v, long ts) {
        return el(0, k, v, ts);
    }

    Scenario el(int input, String k, long v, Long ts) {
        return step(Json.obj("op", "element", "input", input, "value", Json.obj("k", k, "v", v), "ts", ts == null ? null : Json.time(ts)));
    }

    Scenario elg(String k, long v, long g, Long ts) {
        return step(Json.obj("op", "element", "input", 0, "value", Json.obj("k", k, "v", v, "g", g), "ts", ts == null ? null : Json.time(ts)));
    }

    Scenario wm(long ts) {
        return wm(0, ts);
    }

    Scenario wm(int input, long ts) {
        return step(Json.obj("op", "watermark", "input", input, "ts", Json.time(ts)));
    }

    Scenario idle(int input) {
        return step(Json.obj("op", "status", "input", input, "idle", true));
    }

    Scenario active(int input) {
        return step(Json.obj("op", "status", "input", input, "idle", false));
    }

    Scenario pt(long ts) {
        return step(Json.obj("op", "processingTime", "ts", ts));
    }

    Scenario restore() {
        return step(Json.obj("op", "snapshotRestore"));
    }

    Scenario end() {
        return step(Json.obj("op", "end"));
    }

    /** Plays the steps and returns the line of the data file. */
    ObjectNode run(DriverFactory factory, boolean triggerCalls) {
        ObjectNode line = Json.obj("name", name, "operator", operator);
        if (!differs.isEmpty()) {
            line.set("differs", Json.MAPPER.valueToTree(differs));
        }
        Driver driver;
        try {
            driver = factory.create(operator);
        } catch (Exception e) {
            line.put("error", true).put("message", message(e));
            line.set("steps", Json.arr());
            line.set("outputs", Json.arr());
            return line;
        }
        try (driver) {
            play(driver, line, triggerCalls);
        } catch (Exception e) {
            throw new IllegalStateException(name, e);
        }
        return line;
    }

    private void play(Driver driver, ObjectNode line, boolean triggerCalls) {
        ArrayNode played = line.putArray("steps");
        ArrayNode outputs = line.putArray("outputs");
        ArrayNode eventTimers = Json.MAPPER.createArrayNode();
        ArrayNode processingTimers = Json.MAPPER.createArrayNode();
        ArrayNode calls = Json.MAPPER.createArrayNode();
        for (int i = 0; i < steps.size(); i++) {
            played.add(steps.get(i));
            Trace.calls.clear();
            Trace.timer = null;
            try {
                driver.play(steps.get(i));
            } catch (Exception e) {
                outputs.add(Json.obj("step", i, "kind", "error", "message", message(e)));
                break;
            }
            for (ObjectNode out : driver.drain()) {
                outputs.add(tagged(i, out));
            }
            for (ObjectNode call : Trace.calls) {
                calls.add(tagged(i, call));
            }
            int[] timers = driver.timers();
            if (timers != null) {
                eventTimers.add(timers[0]);
                processingTimers.add(timers[1]);
            }
        }
        if (!eventTimers.isEmpty()) {
            line.set("eventTimers", eventTimers);
            line.set("processingTimers", processingTimers);
        }
        if (triggerCalls) {
            line.set("triggerCalls", calls);
        }
        ObjectNode counters = driver.counters();
        if (counters != null) {
            line.set("counters", counters);
        }
    }

    private static ObjectNode tagged(int step, ObjectNode body) {
        ObjectNode out = Json.obj("step", step);
        out.setAll(body);
        return out;
    }

    private static String message(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String text = String.valueOf(root.getMessage());
        return root.getClass().getSimpleName() + ": " + text.substring(0, Math.min(160, text.length()));
    }
}
