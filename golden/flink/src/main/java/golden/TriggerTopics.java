package golden;

import static golden.WindowTopics.number;
import static golden.WindowTopics.session;
import static golden.WindowTopics.sliding;
import static golden.WindowTopics.tumbling;
import static golden.WindowTopics.window;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;

/** Scenarios of triggers, evictors, count windows, processing-time windows and session merging. */
final class TriggerTopics {
    private static final ObjectNode GLOBAL = Json.obj("kind", "global");

    private TriggerTopics() {}

    static ObjectNode count(long n) {
        return Json.obj("kind", "count", "n", n);
    }

    static ObjectNode purging(ObjectNode of) {
        return Json.obj("kind", "purging", "of", of);
    }

    static ObjectNode eventTime() {
        return Json.obj("kind", "eventTime");
    }

    static ObjectNode continuous(long interval) {
        return Json.obj("kind", "continuousEventTime", "interval", interval);
    }

    static ObjectNode delta(long threshold) {
        return Json.obj("kind", "delta", "threshold", threshold);
    }

    static ObjectNode early(long n) {
        return Json.obj("kind", "earlyCount", "n", n);
    }

    private static ObjectNode with(ObjectNode op, String field, ObjectNode part) {
        op.set(field, part);
        return op;
    }

    private static ObjectNode triggered(ObjectNode assigner, ObjectNode trigger, String function, long lateness) {
        return with(window(assigner, function, lateness, true), "trigger", trigger);
    }

    static List<Scenario> triggers() {
        List<Scenario> all = new ArrayList<>();
        all.add(new Scenario("count: fires at n, then restarts; leftovers vanish at cleanup", triggered(tumbling(10, 0), count(3), "process", 0))
                .el(1, 1).el(2, 2).el(3, 3).el(4, 4).el(5, 5).el(6, 6).el(7, 7).wm(9).el(8, 8).end());
        all.add(new Scenario("count: purging starts from nothing", triggered(tumbling(10, 0), purging(count(2)), "process", 0))
                .el(1, 1).el(2, 2).el(3, 3).wm(9).el(4, 11).el(5, 12).end());
        all.add(new Scenario("purge: per-window state and cleanup stay", triggered(tumbling(10, 0), purging(count(1)), "processState", 5))
                .el(1, 1).el(2, 2).wm(9).el(3, 3).wm(14).el(4, 4).end());
        all.add(new Scenario("purge: event-time trigger, a late element fires alone", triggered(tumbling(10, 0), purging(eventTime()), "process", 10))
                .el(1, 1).el(2, 2).wm(9).el(3, 3).el(4, 4).wm(19).end());
        all.add(new Scenario("continuous: at multiples of the interval and at maxTimestamp", triggered(tumbling(20, 0), continuous(5), "process", 0))
                .el(1, 2).wm(4).wm(5).wm(9).wm(10).el(2, 11).wm(18).wm(19).end());
        all.add(new Scenario("continuous: one watermark over several fire times", triggered(tumbling(20, 0), continuous(5), "process", 0))
                .el(1, 2).wm(30).end());
        all.add(new Scenario("continuous: negative timestamps", triggered(tumbling(20, 0), continuous(5), "aggregate", 0))
                .el(1, -18).wm(-15).wm(-10).el(2, -3).wm(-1).end());
        all.add(new Scenario("continuous: interval longer than the window", triggered(tumbling(10, 0), continuous(50), "process", 0))
                .el(1, 2).wm(8).wm(9).end());
        all.add(new Scenario("continuous: purging fires nothing when nothing came", triggered(tumbling(20, 0), purging(continuous(5)), "process", 0))
                .el(1, 2).wm(5).wm(10).wm(15).el(2, 16).wm(19).end());
        all.add(new Scenario("continuous: lateness, a late element fires at once", triggered(tumbling(10, 0), continuous(4), "process", 10))
                .el(1, 2).wm(9).el(2, 3).wm(15).el(3, 9).wm(19).el(4, 9).end());
        all.add(new Scenario("continuous: an element behind the watermark in a live window", triggered(tumbling(20, 0), continuous(5), "process", 0))
                .wm(12).el(1, 2).wm(13).wm(16).wm(19).end());
        all.add(new Scenario("delta: > threshold fires, = does not; compares with the last that fired", triggered(GLOBAL, delta(3), "process", 0))
                .el(0, 1).el(3, 2).el(4, 3).el(6, 4).el(1, 5).el(0, 6).end());
        all.add(new Scenario("delta: purging", triggered(GLOBAL, purging(delta(3)), "process", 0))
                .el(0, 1).el(3, 2).el(4, 3).el(6, 4).el(0, 5).el(9, 6).end());
        all.add(new Scenario("delta: in tumbling windows never fires at the end", triggered(tumbling(10, 0), delta(3), "process", 0))
                .el(0, 1).el(9, 2).el(5, 12).wm(30).end());
        all.add(new Scenario("early count: early firings and one at the end", triggered(tumbling(10, 0), early(2), "process", 5))
                .el(1, 1).el(2, 2).el(3, 3).wm(9).el(4, 4).wm(14).el(5, 5).end());
        all.add(new Scenario("global windows by default never fire", window(GLOBAL, "process")).el(1, 1).wm(1000).end());
        all.add(new Scenario("global windows take elements without timestamp", triggered(GLOBAL, count(2), "process", 0))
                .el(0, "a", 1, null).el(0, "a", 2, null).el(0, "a", 3, 5L).el(0, "a", 4, null));
        all.add(new Scenario("session refuses a trigger that cannot merge", triggered(session(10), delta(3), "process", 0)));
        all.add(new Scenario("session refuses a purging trigger around one that cannot merge", triggered(session(10), purging(delta(3)), "process", 0)));
        Streams r = new Streams(201);
        for (int i = 0; i < 56; i++) {
            ObjectNode inner = r.pick(count(r.in(1, 5)), continuous(r.pick(3, 5, 10, 25)), delta(r.in(1, 6)), early(r.in(1, 4)), eventTime());
            boolean timed = inner.get("kind").asText().toLowerCase().endsWith("eventtime");
            ObjectNode trigger = r.chance(0.35) ? purging(inner) : inner;
            ObjectNode a = r.pick(tumbling(r.pick(10, 20, 33), r.in(-5, 5)), sliding(20, r.pick(5, 10, 8), 0), timed ? tumbling(40, 0) : GLOBAL);
            String function = r.pick("aggregate", "process", a.get("kind").asText().equals("tumbling") ? "processState" : "reduce");
            all.add(r.eventTime(new Scenario("triggers: random " + number(i), triggered(a, trigger, function, r.pick(0, 0, 15, 40))), new Streams.Shape()));
        }
        return all;
    }

    static List<Scenario> evictors() {
        List<Scenario> all = new ArrayList<>();
        ObjectNode keep2 = Json.obj("kind", "count", "n", 2);
        ObjectNode time5 = Json.obj("kind", "time", "size", 5);
        ObjectNode delta3 = Json.obj("kind", "delta", "threshold", 3);
        all.add(new Scenario("count evictor keeps the last n", with(window(tumbling(10, 0), "process", 10, true), "evictor", keep2))
                .el(1, 5).el(2, 1).el(3, 3).wm(9).el(4, 0).wm(19).end());
        all.add(new Scenario("count evictor after the function: the first firing sees all", with(window(tumbling(10, 0), "process", 10, true), "evictor", keep2.deepCopy().put("after", true)))
                .el(1, 5).el(2, 1).el(3, 3).wm(9).el(4, 0).wm(19).end());
        all.add(new Scenario("time evictor drops ts <= max - size", with(window(tumbling(20, 0), "process", 20, true), "evictor", time5))
                .el(1, 5).el(2, 10).el(3, 11).el(4, 6).wm(19).el(5, 19).wm(39).end());
        all.add(new Scenario("time evictor after the function", with(window(tumbling(20, 0), "process", 20, true), "evictor", time5.deepCopy().put("after", true)))
                .el(1, 5).el(2, 10).el(3, 11).el(4, 6).wm(19).el(5, 19).wm(39).end());
        all.add(new Scenario("time evictor leaves elements alone when the first has no timestamp",
                with(triggered(GLOBAL, count(3), "process", 0), "evictor", time5))
                .el(0, "a", 1, null).el(0, "a", 2, null).el(0, "a", 3, null).el(0, "a", 4, 100L).el(0, "a", 5, 200L).el(0, "a", 6, 201L));
        all.add(new Scenario("delta evictor drops delta >= threshold from the last element", with(window(tumbling(10, 0), "process", 10, true), "evictor", delta3))
                .el(1, 1).el(2, 2).el(3, 3).el(7, 4).el(4, 5).wm(9).el(9, 6).wm(19).end());
        all.add(new Scenario("delta evictor after the function", with(window(tumbling(10, 0), "process", 10, true), "evictor", delta3.deepCopy().put("after", true)))
                .el(1, 1).el(2, 2).el(3, 3).el(7, 4).el(4, 5).wm(9).el(9, 6).wm(19).end());
        all.add(new Scenario("an evictor with an aggregate buffers elements", with(window(tumbling(10, 0), "aggregate", 10, true), "evictor", keep2))
                .el(1, 5).el(2, 1).el(3, 3).wm(9).el(4, 0).wm(19).end());
        all.add(new Scenario("a count evictor of 0 leaves nothing to aggregate", with(window(tumbling(10, 0), "process", 0, true), "evictor", Json.obj("kind", "count", "n", 0)))
                .el(1, 5).el(2, 1).wm(9).end());
        all.add(new Scenario("an evictor on sessions after a merge", with(window(session(10), "aggregate", 0, true), "evictor", Json.obj("kind", "count", "n", 10)))
                .el(1, 0).el(2, 15).restore().el(3, 8).wm(24).end());
        Streams r = new Streams(202);
        for (int i = 0; i < 40; i++) {
            ObjectNode evictor = r.pick(Json.obj("kind", "count", "n", r.in(1, 4)), Json.obj("kind", "time", "size", r.in(1, 15)), Json.obj("kind", "delta", "threshold", r.in(1, 6)));
            if (r.chance(0.3)) {
                evictor.put("after", true);
            }
            ObjectNode a = r.pick(tumbling(20, 0), sliding(20, 10, 0), GLOBAL);
            ObjectNode op = window(a, r.pick("aggregate", "reduce", "process"), r.pick(0, 0, 15), true);
            if (a == GLOBAL || r.chance(0.4)) {
                op.set("trigger", r.chance(0.3) ? purging(count(r.in(1, 4))) : count(r.in(1, 4)));
            }
            op.set("evictor", evictor);
            all.add(r.eventTime(new Scenario("evictors: random " + number(i), op), new Streams.Shape()));
        }
        return all;
    }

    static List<Scenario> countWindows() {
        List<Scenario> all = new ArrayList<>();
        ObjectNode three = Json.obj("kind", "countWindow", "size", 3, "function", "process");
        all.add(new Scenario("countWindow(3): a rest stays unfired, also at the end", three)
                .el(1, 1).el(2, 2).el(3, 3).el(4, 4).el("b", 1, 1).el(5, 5).restore().el(6, 6).el(7, 7).end());
        all.add(new Scenario("countWindow(3) without timestamps", three)
                .el(0, "a", 1, null).el(0, "a", 2, null).el(0, "a", 3, null).el(0, "a", 4, null));
        all.add(new Scenario("countWindow(1)", Json.obj("kind", "countWindow", "size", 1, "function", "aggregate")).el(1, 1).el(2, 2).el("b", 3, 3).end());
        all.add(new Scenario("countWindow(4, 2): first fires after 2", Json.obj("kind", "countWindow", "size", 4, "slide", 2, "function", "process"))
                .el(1, 1).el(2, 2).el(3, 3).el(4, 4).el(5, 5).restore().el(6, 6).el(7, 7).el(8, 8).end());
        all.add(new Scenario("countWindow(2, 3): slide > size", Json.obj("kind", "countWindow", "size", 2, "slide", 3, "function", "process"))
                .el(1, 1).el(2, 2).el(3, 3).el(4, 4).el(5, 5).el(6, 6).el(7, 7).end());
        Streams r = new Streams(203);
        for (int i = 0; i < 24; i++) {
            ObjectNode op = Json.obj("kind", "countWindow", "size", r.in(1, 6));
            if (r.chance(0.6)) {
                op.put("slide", r.in(1, 7));
            }
            op.put("function", r.pick("aggregate", "reduce", "process"));
            all.add(r.eventTime(new Scenario("countWindow: random " + number(i), op), new Streams.Shape()));
        }
        return all;
    }

    static List<Scenario> processingTimeWindows() {
        List<Scenario> all = new ArrayList<>();
        ObjectNode tumbling = Json.obj("kind", "tumblingProcessingTime", "size", 10, "offset", 0);
        ObjectNode session = Json.obj("kind", "sessionProcessingTime", "gap", 10);
        all.add(new Scenario("tumblingProcessingTime: fires at maxTimestamp", window(tumbling, "process"))
                .pt(1002).el(0, "a", 1, null).pt(1008).el(0, "a", 2, 7L).pt(1009).el(0, "a", 3, null).pt(1010).el(0, "a", 4, null).pt(1050).end());
        all.add(new Scenario("tumblingProcessingTime: the end drops what is pending", window(tumbling, "process"))
                .pt(1002).el(0, "a", 1, null).end());
        all.add(new Scenario("tumblingProcessingTime: an overdue timer fires on restore", window(tumbling, "process"))
                .pt(1002).el(0, "a", 1, null).step(Json.obj("op", "snapshotRestore", "processingTime", 1100)).el(0, "a", 2, null).pt(1109).end());
        all.add(new Scenario("tumblingProcessingTime: lateness is ignored", window(tumbling, "process", 100, true))
                .pt(1002).el(0, "a", 1, null).pt(1009).el(0, "a", 2, null).wm(5000).el(0, "a", 3, 1L).pt(1019).end());
        all.add(new Scenario("sessionProcessingTime: a gap of exactly 10 still touches", window(session, "process"))
                .pt(1000).el(0, "a", 1, null).pt(1005).el(0, "a", 2, null).pt(1014).el(0, "a", 3, null).pt(1023).pt(1024).el(0, "a", 4, null).pt(1034).end());
        all.add(new Scenario("continuousProcessingTime on tumbling windows", with(window(Json.obj("kind", "tumblingProcessingTime", "size", 20, "offset", 0), "process"), "trigger",
                Json.obj("kind", "continuousProcessingTime", "interval", 5)))
                .pt(1002).el(0, "a", 1, null).pt(1005).pt(1011).el(0, "a", 2, null).pt(1018).pt(1019).pt(1020).el(0, "a", 3, null).pt(1100).end());
        all.add(new Scenario("continuousProcessingTime on global windows goes on", with(window(GLOBAL, "process"), "trigger",
                Json.obj("kind", "continuousProcessingTime", "interval", 10)))
                .pt(1002).el(0, "a", 1, null).pt(1010).pt(1020).el(0, "a", 2, null).pt(1055).end());
        Streams r = new Streams(204);
        for (int i = 0; i < 40; i++) {
            int size = r.pick(5, 10, 20);
            ObjectNode a = r.pick(
                    Json.obj("kind", "tumblingProcessingTime", "size", size, "offset", r.in(0, size - 1)),
                    Json.obj("kind", "slidingProcessingTime", "size", size, "slide", r.pick(3, 5, 10), "offset", 0),
                    Json.obj("kind", "sessionProcessingTime", "gap", size),
                    Json.obj("kind", "dynamicSessionProcessingTime"),
                    GLOBAL);
            ObjectNode op = window(a, r.pick("aggregate", "reduce", "process"));
            if (a == GLOBAL || r.chance(0.2)) {
                ObjectNode t = Json.obj("kind", "continuousProcessingTime", "interval", r.pick(3, 10));
                op.set("trigger", r.chance(0.4) ? purging(t) : t);
            }
            boolean gaps = a.get("kind").asText().startsWith("dynamic");
            all.add(r.processingTime(new Scenario("processingTime: random " + number(i), op), gaps));
        }
        return all;
    }

    static List<Scenario> sessionMerge() {
        List<Scenario> all = new ArrayList<>();
        all.add(new Scenario("merge: onMerge, clear of each merged window, then onElement", triggered(session(10), eventTime(), "aggregate", 0))
                .el(1, 0).el(2, 15).el(3, 8).wm(25).end());
        all.add(new Scenario("merge: an element inside a session merges it into itself without calls", triggered(session(10), eventTime(), "aggregate", 0))
                .el(1, 0).el(2, 10).el(3, 5).el(4, 10).wm(19).end());
        all.add(new Scenario("merge: a late bridge into a live session is not late", triggered(session(10), eventTime(), "process", 0))
                .el(1, 20).wm(18).el(2, 10).el(3, 1).wm(29).end());
        all.add(new Scenario("merge: a late element that cannot reach the session is late", triggered(session(10), eventTime(), "process", 0))
                .el(1, 20).wm(18).el(2, 8).el(3, 9).wm(29).end());
        all.add(new Scenario("merge: counts add up and the next element fires", triggered(session(10), count(4), "process", 0))
                .el(1, 0).el(2, 1).el(3, 20).el(4, 21).el(5, 11).el(6, 12).wm(100).end());
        all.add(new Scenario("merge: continuous trigger takes the earliest fire time", triggered(session(10), continuous(7), "process", 0))
                .el(1, 0).el(2, 15).el(3, 8).wm(7).wm(14).wm(21).wm(24).wm(30).end());
        all.add(new Scenario("merge: early count over a bridge", triggered(session(10), early(3), "process", 20))
                .el(1, 0).el(2, 15).el(3, 8).el(4, 9).wm(24).el(5, 9).wm(44).el(6, 9).end());
        all.add(new Scenario("merge: purged session, late bridge within lateness", triggered(session(10), purging(eventTime()), "process", 50))
                .el(1, 0).el(2, 15).wm(30).el(3, 8).wm(40).el(4, 30).wm(60).end());
        all.add(new Scenario("merge: lateness, a late element brings a fired session back to life", triggered(session(10), eventTime(), "process", 20))
                .el(1, 0).wm(9).el(2, 9).wm(18).el(3, 18).wm(27).wm(47).el(4, 18).end());
        Streams r = new Streams(205);
        for (int i = 0; i < 44; i++) {
            ObjectNode inner = r.pick(count(r.in(1, 5)), continuous(r.pick(3, 5, 10, 25)), early(r.in(1, 4)), eventTime());
            ObjectNode trigger = r.chance(0.3) ? purging(inner) : inner;
            Streams.Shape shape = new Streams.Shape();
            shape.step = 7;
            shape.jump = 0.25;
            shape.jumpBy = 25;
            shape.late = 0.2;
            shape.lateBy = 40;
            all.add(r.eventTime(new Scenario("merge: random " + number(i),
                    triggered(session(r.pick(3, 6, 10)), trigger, r.pick("aggregate", "process", "reduce"), r.pick(0, 0, 10, 30))), shape));
        }
        return all;
    }
}
