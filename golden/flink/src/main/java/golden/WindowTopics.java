package golden;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;

/** Scenarios of the event-time windows with their default trigger. */
final class WindowTopics {
    private WindowTopics() {}

    static ObjectNode assigner(Object... pairs) {
        return Json.obj(pairs);
    }

    static ObjectNode window(ObjectNode assigner, String function) {
        return Json.obj("kind", "window", "assigner", assigner, "function", function);
    }

    static ObjectNode window(ObjectNode assigner, String function, long lateness, boolean lateOutput) {
        return window(assigner, function).put("lateness", lateness).put("lateOutput", lateOutput);
    }

    static String number(int i) {
        return String.format("%02d", i);
    }

    static ObjectNode tumbling(long size, long offset) {
        return assigner("kind", "tumbling", "size", size, "offset", offset);
    }

    static ObjectNode sliding(long size, long slide, long offset) {
        return assigner("kind", "sliding", "size", size, "slide", slide, "offset", offset);
    }

    static ObjectNode session(long gap) {
        return assigner("kind", "session", "gap", gap);
    }

    static List<Scenario> tumblingTopic() {
        List<Scenario> all = new ArrayList<>();
        edges(all, "tumbling", tumbling(10, 0));
        all.add(new Scenario("tumbling: negative timestamps and a negative offset", window(tumbling(10, -3), "process", 0, true))
                .el(1, -1).el(2, -3).el(3, -4).el(4, -13).el(5, 0).el(6, 6).el(7, 7).wm(-4).wm(6).wm(16).end());
        all.add(new Scenario("tumbling: offset of size - 1", window(tumbling(10, 9), "aggregate", 0, true))
                .el(1, 8).el(2, 9).el(3, 18).el(4, 19).el(5, -1).el(6, -2).wm(8).wm(18).end());
        all.add(new Scenario("tumbling: an element without timestamp is refused", window(tumbling(10, 0), "process", 0, true))
                .el(1, 5).el(0, "a", 2, null).el(3, 6));
        for (String bad : List.of("size", "offset", "offset below")) {
            all.add(new Scenario("tumbling: refused settings, " + bad,
                    window(bad.equals("size") ? tumbling(0, 0) : tumbling(10, bad.equals("offset") ? 10 : -10), "process")));
        }
        Streams r = new Streams(101);
        for (int i = 0; i < 34; i++) {
            int size = r.pick(1, 7, 10, 20, 25, 50);
            ObjectNode op = window(tumbling(size, r.in(-size + 1, size - 1) * r.in(0, 1)),
                    r.pick("aggregate", "reduce", "process", "processState"), r.pick(0, 0, 1, 15, 40), r.chance(0.5));
            all.add(r.eventTime(new Scenario("tumbling: random " + number(i), op), new Streams.Shape()));
        }
        return all;
    }

    static List<Scenario> slidingTopic() {
        List<Scenario> all = new ArrayList<>();
        edges(all, "sliding", sliding(10, 5, 0));
        all.add(new Scenario("sliding: size not a multiple of slide", window(sliding(10, 4, 1), "process", 0, true))
                .el(1, 0).el(2, 1).el(3, 4).el(4, 5).el(5, -3).el(6, -4).el(7, 10).wm(2).wm(6).wm(7).wm(14).end());
        all.add(new Scenario("sliding: slide > size, elements in the gap vanish unless late", window(sliding(4, 10, 0), "process", 0, true))
                .el(1, 0).el(2, 3).el(3, 4).el(4, 9).el(5, 10).wm(3).el(6, 4).el(7, 3).el(8, 2).wm(20).el(9, 15).el(10, 20).el(11, 21).end());
        all.add(new Scenario("sliding: slide > size, gap elements and the counter", window(sliding(4, 10, 0), "process", 3, false))
                .el(1, 5).wm(8).el(2, 5).el(3, 6).el(4, 4).wm(9).el(5, 6).el(6, 5).el(7, 3).end());
        all.add(new Scenario("sliding: late for some windows only", window(sliding(10, 5, 0), "process", 0, true))
                .el(1, 7).wm(9).el(2, 8).el(3, 4).wm(14).el(4, 14).el(5, 9).el(6, 15).end());
        all.add(new Scenario("sliding: an element without timestamp is refused", window(sliding(10, 5, 0), "aggregate", 0, true))
                .el(0, "a", 2, null));
        for (int bad = 0; bad < 3; bad++) {
            all.add(new Scenario("sliding: refused settings " + bad,
                    window(bad == 0 ? sliding(10, 0, 0) : bad == 1 ? sliding(10, 5, 5) : sliding(0, 5, 0), "process")));
        }
        Streams r = new Streams(102);
        for (int i = 0; i < 34; i++) {
            int size = r.pick(10, 20, 30, 7);
            int slide = r.pick(size, size / 2, 3, 4, 10, size + 5);
            ObjectNode op = window(sliding(size, slide, r.in(-slide + 1, slide - 1) * r.in(0, 1)),
                    r.pick("aggregate", "reduce", "process", "processState"), r.pick(0, 0, 1, 15, 40), r.chance(0.5));
            Streams.Shape shape = new Streams.Shape();
            shape.late = 0.1;
            all.add(r.eventTime(new Scenario("sliding: random " + number(i), op), shape));
        }
        return all;
    }

    /** The hand-picked cases that tumbling and sliding windows share. */
    private static void edges(List<Scenario> all, String name, ObjectNode a) {
        all.add(new Scenario(name + ": no input", window(a, "aggregate", 0, true)).end());
        all.add(new Scenario(name + ": watermark exactly at maxTimestamp fires, one less does not", window(a, "process", 0, true))
                .el(1, 0).el(2, 9).wm(8).wm(9).wm(10).end());
        all.add(new Scenario(name + ": late by one, late output on", window(a, "process", 0, true))
                .el(1, 3).wm(9).el(2, 9).el(3, 10).wm(19).el(4, 9).el(5, 19).end());
        all.add(new Scenario(name + ": late by one, late output off, counted", window(a, "process", 0, false))
                .el(1, 3).wm(9).el(2, 9).el(3, 10).wm(19).el(4, 9).el(5, 19).end());
        all.add(new Scenario(name + ": allowed lateness, each late element fires at once with full contents", window(a, "process", 5, true))
                .el(1, 3).wm(9).el(2, 4).el(3, 4).wm(13).el(4, 9).wm(14).el(5, 9).end());
        all.add(new Scenario(name + ": allowed lateness, a window that opens late fires at once", window(a, "aggregate", 5, true))
                .wm(11).el(1, 3).el(2, 3).wm(20).el(3, 3).end());
        all.add(new Scenario(name + ": restore between firing and cleanup", window(a, "processState", 10, true))
                .el(1, 3).wm(9).el(2, 4).restore().wm(12).el(3, 5).wm(18).el(4, 5).wm(19).el(5, 5).end());
        all.add(new Scenario(name + ": restore before the firing keeps contents and timers", window(a, "aggregate", 0, true))
                .el("a", 1, 3).el("b", 2, 4).restore().wm(4).el("a", 3, 5).restore().wm(9).end());
        all.add(new Scenario(name + ": restore without a watermark turns late into on-time", window(a, "process", 0, true))
                .el(1, 3).wm(20).restore().el(2, 3).wm(21).end().differs("R24"));
        all.add(new Scenario(name + ": the end fires all, an element after it is late", window(a, "process", 0, true))
                .el("a", 1, 3).el("b", 2, 13).el("a", 3, 113).wm(Long.MAX_VALUE).el("a", 4, 500));
        all.add(new Scenario(name + ": equal timestamps keep arrival order", window(a, "process", 0, true))
                .el(3, 5).el(1, 5).el(2, 5).el(1, 5).wm(30).end());
        all.add(new Scenario(name + ": one watermark over many windows fires them by time", window(a, "aggregate", 0, true))
                .el(1, 35).el(2, 5).el(3, 25).el(4, -15).wm(100).end());
        all.add(new Scenario(name + ": idleness and activity pass through", window(a, "aggregate", 0, true))
                .el(1, 5).idle(0).active(0).wm(9).idle(0).end());
        all.add(new Scenario(name + ": an infinite lateness never cleans up", window(a, "process", Long.MAX_VALUE, true))
                .el(1, 5).wm(1000).el(2, 5).wm(1_000_000).el(3, 5).end());
    }

    static List<Scenario> sessionTopic() {
        List<Scenario> all = new ArrayList<>();
        sessionEdges(all);
        Streams r = new Streams(103);
        for (int i = 0; i < 36; i++) {
            ObjectNode op = window(session(r.pick(1, 5, 10, 20)),
                    r.pick("aggregate", "reduce", "process", "processGlobalState"), r.pick(0, 0, 1, 15, 40), r.chance(0.5));
            Streams.Shape shape = new Streams.Shape();
            shape.step = 8;
            shape.jump = 0.2;
            all.add(r.eventTime(new Scenario("session: random " + number(i), op), shape));
        }
        return all;
    }

    private static void sessionEdges(List<Scenario> all) {
        ObjectNode a = session(10);
        all.add(new Scenario("session: windows that touch merge, one apart do not", window(a, "process", 0, true))
                .el("a", 1, 0).el("a", 2, 10).el("b", 3, 0).el("b", 4, 11).wm(30).end());
        all.add(new Scenario("session: a bridge joins two sessions", window(a, "aggregate", 0, true))
                .el(1, 0).el(2, 15).el(3, 8).wm(24).wm(25).end());
        all.add(new Scenario("session: disorder extends to the left", window(a, "process", 0, true))
                .el(1, 20).el(2, 15).el(3, 10).el(4, 5).wm(29).end());
        all.add(new Scenario("session: duplicates and equal timestamps", window(a, "process", 0, true))
                .el(1, 5).el(1, 5).el(1, 5).wm(14).el(2, 5).end());
        all.add(new Scenario("session: a late element that touches a live session is not late", window(a, "process", 0, true))
                .el(1, 20).wm(19).el(2, 10).el(3, 9).wm(29).el(4, 19).el(5, 20).end());
        all.add(new Scenario("session: a late element alone goes to the late output", window(a, "process", 0, true))
                .el(1, 20).wm(25).el(2, 5).el(3, 9).el(4, 10).wm(40).end());
        all.add(new Scenario("session: a late element alone is counted", window(a, "process", 0, false))
                .el(1, 20).wm(25).el(2, 5).el(3, 9).el(4, 10).wm(40).end());
        all.add(new Scenario("session: allowed lateness, late elements extend a fired session", window(a, "process", 20, true))
                .el(1, 0).wm(9).el(2, 5).el(3, 14).wm(30).el(4, 20).wm(60).el(5, 0).end());
        all.add(new Scenario("session: allowed lateness, a bridge over two fired sessions fires once", window(a, "process", 50, true))
                .el(1, 0).el(2, 15).wm(30).el(3, 8).wm(40).el(4, 7).end());
        all.add(new Scenario("session: restore in mid-session, then merge", window(a, "aggregate", 0, true))
                .el(1, 0).el(2, 15).restore().el(3, 8).restore().wm(10).restore().wm(24).end());
        all.add(new Scenario("session: global state counts firings of a key", window(a, "processGlobalState", 0, true))
                .el(1, 0).wm(9).el(2, 50).wm(80).el("b", 1, 90).end());
        all.add(new Scenario("session: per-window state is refused when merging", window(a, "processState", 0, true))
                .el(1, 0).wm(9).el(2, 50));
        all.add(new Scenario("session: gap 0 is refused", window(session(0), "process")));
        all.add(new Scenario("session: negative timestamps", window(session(3), "aggregate", 0, true))
                .el(1, -10).el(2, -7).el(3, -3).el(4, -1).el(5, 1).wm(-5).wm(3).end());
    }

    static List<Scenario> dynamicSessionTopic() {
        List<Scenario> all = new ArrayList<>();
        ObjectNode a = assigner("kind", "dynamicSession");
        all.add(new Scenario("dynamicSession: a short gap inside a long one", window(a, "process", 0, true))
                .elg("a", 1, 100, 0L).elg("a", 2, 5, 20L).elg("a", 3, 5, 90L).wm(99).end());
        all.add(new Scenario("dynamicSession: a long gap reaches over later short sessions", window(a, "process", 0, true))
                .elg("a", 1, 2, 10L).elg("a", 2, 2, 20L).elg("a", 3, 2, 30L).elg("a", 4, 50, 5L).wm(100).end());
        all.add(new Scenario("dynamicSession: gap 0 is refused at the element", window(a, "process", 0, true))
                .elg("a", 1, 5, 10L).elg("a", 2, 0, 20L));
        all.add(new Scenario("dynamicSession: a negative gap is refused at the element", window(a, "process", 0, true))
                .elg("a", 1, -5, 10L));
        Streams r = new Streams(104);
        for (int i = 0; i < 30; i++) {
            ObjectNode op = window(a, r.pick("aggregate", "reduce", "process"), r.pick(0, 0, 1, 15, 40), r.chance(0.5));
            Streams.Shape shape = new Streams.Shape();
            shape.step = 8;
            shape.jump = 0.2;
            shape.gaps = true;
            all.add(r.eventTime(new Scenario("dynamicSession: random " + number(i), op), shape));
        }
        return all;
    }
}
