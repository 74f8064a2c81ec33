package golden;

import static golden.WindowTopics.number;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;

/** Scenarios of joins, timers and rolling aggregates. */
final class OtherTopics {
    private OtherTopics() {}

    private static ObjectNode interval(long lower, long upper, boolean lowerInclusive, boolean upperInclusive, boolean late) {
        return Json.obj("kind", "intervalJoin", "lower", lower, "upper", upper,
                "lowerInclusive", lowerInclusive, "upperInclusive", upperInclusive, "lateOutput", late);
    }

    private static Scenario both(Scenario s, long wm) {
        return s.wm(0, wm).wm(1, wm);
    }

    static List<Scenario> intervalJoin() {
        List<Scenario> all = new ArrayList<>();
        for (int mode = 0; mode < 4; mode++) {
            boolean li = (mode & 1) == 0;
            boolean ui = (mode & 2) == 0;
            Scenario s = new Scenario("intervalJoin: bounds -2..2, lower " + (li ? "in" : "ex") + "clusive, upper " + (ui ? "in" : "ex") + "clusive", interval(-2, 2, li, ui, true));
            s.el(0, "a", 1, 10L);
            for (int ts = 7; ts <= 13; ts++) {
                s.el(1, "a", ts, (Long) (long) ts);
            }
            s.el(0, "a", 2, 10L).el(0, "b", 3, 10L);
            all.add(both(s, 20).end());
        }
        all.add(both(new Scenario("intervalJoin: an element at the watermark is not late, one below is", interval(-5, 5, true, true, true))
                .el(0, "a", 1, 10L).el(1, "a", 2, 10L), 10).el(0, "a", 3, 10L).el(0, "a", 4, 9L).el(1, "a", 5, 10L).el(1, "a", 6, 9L).end());
        all.add(both(new Scenario("intervalJoin: late elements vanish without a late output", interval(-5, 5, true, true, false))
                .el(0, "a", 1, 10L).el(1, "a", 2, 10L), 12).el(0, "a", 3, 11L).el(1, "a", 4, 11L).el(1, "a", 5, 12L).end());
        Scenario cleanup = new Scenario("intervalJoin: how long each side is kept", interval(-3, 5, true, true, true)).el(0, "a", 1, 10L).el(1, "a", 2, 10L);
        for (int wm = 11; wm <= 17; wm++) {
            both(cleanup, wm);
        }
        all.add(cleanup.end());
        all.add(both(both(new Scenario("intervalJoin: bounds both negative", interval(-8, -3, true, true, true))
                .el(1, "a", 1, 0L).el(1, "a", 2, 5L).el(0, "a", 3, 8L).el(0, "a", 4, 3L), 8).el(0, "a", 5, 13L), 9).el(0, "a", 6, 14L).end());
        all.add(both(both(new Scenario("intervalJoin: bounds both positive", interval(3, 8, true, true, true))
                .el(0, "a", 1, 0L).el(0, "a", 2, 5L).el(1, "a", 3, 8L).el(1, "a", 4, 3L), 8).el(1, "a", 5, 13L), 9).el(1, "a", 6, 14L).end());
        all.add(both(new Scenario("intervalJoin: an equi-join on time", interval(0, 0, true, true, true))
                .el(0, "a", 1, 5L).el(0, "a", 2, 5L).el(1, "a", 3, 5L).el(1, "a", 4, 5L).el(1, "a", 5, 6L).el(1, "b", 6, 5L), 6).end());
        all.add(new Scenario("intervalJoin: negative timestamps", interval(-2, 3, true, false, true))
                .el(0, "a", 1, -5L).el(1, "a", 2, -7L).el(1, "a", 3, -3L).el(1, "a", 4, -2L).end());
        all.add(new Scenario("intervalJoin: a left element without timestamp is refused", interval(-2, 2, true, true, true)).el(0, "a", 1, null));
        all.add(new Scenario("intervalJoin: a right element without timestamp is refused", interval(-2, 2, true, true, true)).el(0, "a", 1, 5L).el(1, "a", 1, null));
        all.add(new Scenario("intervalJoin: lower above upper is refused", interval(3, 2, true, true, true)));
        all.add(new Scenario("intervalJoin: one input holds the watermark back", interval(-5, 5, true, true, true))
                .el(0, "a", 1, 10L).wm(0, 100).el(0, "a", 2, 12L).el(1, "a", 3, 11L).wm(1, 12).el(0, "a", 4, 11L).el(0, "a", 5, 12L).end());
        all.add(new Scenario("intervalJoin: an idle input does not hold the watermark back", interval(-5, 5, true, true, true))
                .el(0, "a", 1, 10L).wm(0, 50).idle(1).el(0, "a", 2, 49L).el(0, "a", 3, 50L).active(1).el(1, "a", 4, 49L).wm(1, 60).wm(0, 55).end());
        Streams r = new Streams(301);
        for (int i = 0; i < 45; i++) {
            int lower = r.in(-25, 10);
            int upper = lower + r.in(2, 30);
            Streams.Shape shape = new Streams.Shape();
            shape.lateBy = 40;
            all.add(r.twoInputs(new Scenario("intervalJoin: random " + number(i),
                    interval(lower, upper, r.chance(0.6), r.chance(0.6), r.chance(0.6))), shape, false));
        }
        return all;
    }

    static List<Scenario> windowJoin() {
        List<Scenario> all = new ArrayList<>();
        Streams r = new Streams(302);
        for (String kind : List.of("windowJoin", "coGroup")) {
            ObjectNode op = Json.obj("kind", kind, "assigner", WindowTopics.tumbling(10, 0), "lateness", 0);
            all.add(new Scenario(kind + ": cross product per key and window", op)
                    .el(0, "a", 1, 1L).el(0, "a", 2, 2L).el(1, "a", 3, 3L).el(1, "a", 4, 4L).el(0, "b", 5, 5L).el(1, "c", 6, 6L).el(1, "a", 7, 15L).wm(9).wm(19).end());
            all.add(new Scenario(kind + ": allowed lateness fires again with all", op.deepCopy().put("lateness", 5))
                    .el(0, "a", 1, 1L).el(1, "a", 3, 3L).wm(9).el(1, "a", 4, 4L).wm(14).el(1, "a", 5, 5L).end());
            all.add(new Scenario(kind + ": sessions span both inputs", Json.obj("kind", kind, "assigner", WindowTopics.session(10), "lateness", 0))
                    .el(0, "a", 1, 0L).el(1, "a", 2, 8L).el(0, "a", 3, 16L).el(1, "a", 4, 50L).wm(100).end());
            for (int i = 0; i < 14; i++) {
                ObjectNode a = r.pick(WindowTopics.tumbling(r.pick(10, 25), 0), WindowTopics.sliding(20, 10, 0), WindowTopics.session(r.pick(4, 8)));
                Streams.Shape shape = new Streams.Shape();
                shape.lag = 25;
                all.add(r.twoInputs(new Scenario(kind + ": random " + number(i),
                        Json.obj("kind", kind, "assigner", a, "lateness", r.pick(0, 0, 15))), shape, true));
            }
        }
        return all;
    }

    static List<Scenario> rolling() {
        List<Scenario> all = new ArrayList<>();
        for (String f : List.of("sum", "min", "max", "minBy", "maxBy", "reduce")) {
            all.add(new Scenario("rolling " + f + ": ties and the other fields", op(f, true))
                    .elg("a", 5, 1, 1L).elg("a", 5, 2, 2L).elg("a", 3, 3, 3L).elg("a", 3, 4, 4L).elg("a", 7, 5, 5L).elg("a", 7, 6, 6L)
                    .elg("b", 1, 7, 7L).restore().elg("a", 3, 8, 8L).elg("a", 7, 9, 9L).elg("a", 4, 10, null).end());
        }
        for (String f : List.of("minBy", "maxBy")) {
            all.add(new Scenario("rolling " + f + ": the last on ties", op(f, false))
                    .elg("a", 5, 1, 1L).elg("a", 5, 2, 2L).elg("a", 3, 3, 3L).elg("a", 3, 4, 4L).elg("a", 7, 5, 5L).elg("a", 7, 6, 6L).end());
        }
        Streams r = new Streams(303);
        for (int i = 0; i < 36; i++) {
            Scenario s = new Scenario("rolling: random " + number(i), op(r.pick("sum", "min", "max", "minBy", "maxBy", "reduce"), r.chance(0.7)));
            int steps = r.in(15, 50);
            long wm = 0;
            for (int id = 1; s.steps.size() < steps; id++) {
                double dice = r.random.nextDouble();
                if (dice < 0.05) {
                    s.restore();
                } else if (dice < 0.1) {
                    s.wm(wm += r.in(1, 20));
                } else {
                    s.elg(r.key(), r.in(-3, 4), id, r.chance(0.1) ? null : (Long) (wm + r.in(-20, 20)));
                }
            }
            all.add(s.end());
        }
        return all;
    }

    private static ObjectNode op(String function, boolean first) {
        ObjectNode op = Json.obj("kind", "rolling", "function", function);
        return function.endsWith("By") ? op.put("first", first) : op;
    }

    private static ObjectNode command(String op, String domain, long at) {
        return Json.obj("op", op, "domain", domain, "at", at);
    }

    private static ObjectNode rule(String domain, long at, int times, ObjectNode... commands) {
        return Json.obj("domain", domain, "at", at, "times", times, "do", Json.arr((Object[]) commands));
    }

    private static ObjectNode timed(ObjectNode... rules) {
        return Json.obj("kind", "timers", "onTimer", Json.arr((Object[]) rules));
    }

    private static Scenario send(Scenario s, String k, Long ts, ObjectNode... commands) {
        return s.step(Json.obj("op", "element", "input", 0, "value", Json.obj("k", k, "echo", true, "do", Json.arr((Object[]) commands)), "ts", ts));
    }

    static List<Scenario> timers() {
        List<Scenario> all = new ArrayList<>();
        String ev = "event";
        String pr = "processing";
        all.add(send(new Scenario("timers: a set, duplicates fire once", timed()), "a", 1L, command("register", ev, 10), command("register", ev, 10), command("register", pr, 10), command("register", pr, 10))
                .pt(10).wm(9).wm(10).end());
        all.add(send(send(new Scenario("timers: deletion, also of unknown ones and of other keys", timed()), "a", 1L, command("register", ev, 10), command("register", ev, 20), command("delete", ev, 10), command("delete", ev, 99), command("delete", pr, 20)),
                "b", 2L, command("delete", ev, 20)).wm(30).end());
        all.add(send(send(new Scenario("timers: an event timer in the past fires at the next advance", timed()).wm(50), "a", 60L, command("register", ev, 10)), "a", 61L)
                .wm(51).end());
        all.add(send(new Scenario("timers: an event timer at the watermark fires at the next advance", timed()).wm(50), "a", 60L, command("register", ev, 50)).wm(51).end());
        all.add(send(new Scenario("timers: a processing timer in the past fires at once", timed()).pt(100), "a", 1L, command("register", pr, 10), command("register", pr, 100), command("register", pr, 101)).pt(101).end());
        all.add(send(new Scenario("timers: order by time", timed()), "a", 1L, command("register", ev, 30), command("register", ev, 10), command("register", ev, 20), command("register", ev, -5)).wm(100).end());
        all.add(send(new Scenario("timers: registering the same timer again in its callback fires in the same pass", timed(rule(ev, 10, 2, command("register", ev, 10)))), "a", 1L, command("register", ev, 10)).wm(10).end());
        all.add(send(new Scenario("timers: a later timer registered in a callback fires in the same pass if due", timed(rule(ev, 10, 1, command("register", ev, 15), command("register", ev, 5), command("register", ev, 25)))), "a", 1L, command("register", ev, 10), command("register", ev, 16)).wm(20).wm(25).end());
        all.add(send(new Scenario("timers: a callback deletes a timer that is due in the same pass", timed(rule(ev, 10, 1, command("delete", ev, 15)))), "a", 1L, command("register", ev, 10), command("register", ev, 15)).wm(20).end());
        all.add(send(new Scenario("timers: a processing callback registers the past", timed(rule(pr, 110, 1, command("register", pr, 90), command("register", pr, 120), command("register", ev, 5)))).pt(100), "a", 1L, command("register", pr, 110)).pt(115).pt(120).wm(5).end());
        all.add(send(new Scenario("timers: restored, overdue processing timers fire at once", timed()).pt(100), "a", 1L, command("register", pr, 150), command("register", ev, 20), command("register", pr, 300))
                .step(Json.obj("op", "snapshotRestore", "processingTime", 200)).wm(20).pt(300).end());
        all.add(send(new Scenario("timers: the end fires event timers and drops processing ones", timed(rule(ev, 10, 1, command("register", ev, 1_000_000)))), "a", 1L, command("register", ev, 10), command("register", pr, 10)).end());
        all.add(send(new Scenario("timers: a record without timestamp", timed()), "a", null, command("register", ev, 10)).wm(10).end());
        Streams r = new Streams(304);
        for (int i = 0; i < 44; i++) {
            all.add(randomTimers(r, i));
        }
        return all;
    }

    private static ObjectNode[] randomCommands(Streams r, int n, int around) {
        ObjectNode[] commands = new ObjectNode[n];
        for (int i = 0; i < n; i++) {
            commands[i] = command(r.chance(0.72) ? "register" : "delete", r.chance(0.65) ? "event" : "processing", around + r.in(-6, 12) * 5L);
        }
        return commands;
    }

    private static Scenario randomTimers(Streams r, int index) {
        ObjectNode[] rules = new ObjectNode[r.in(0, 6)];
        for (int i = 0; i < rules.length; i++) {
            int at = r.in(0, 30) * 5;
            rules[i] = rule(r.chance(0.65) ? "event" : "processing", at, r.in(1, 2), randomCommands(r, r.in(1, 3), at));
        }
        Scenario s = new Scenario("timers: random " + number(index), timed(rules));
        int steps = r.in(15, 50);
        long wm = Long.MIN_VALUE;
        long now = 0;
        int t = 0;
        while (s.steps.size() < steps) {
            double dice = r.random.nextDouble();
            t += r.in(0, 6);
            if (dice < 0.04) {
                s.restore();
                if (wm != Long.MIN_VALUE) {
                    s.wm(++wm);
                }
            } else if (dice < 0.2) {
                wm = Math.max(wm == Long.MIN_VALUE ? -20 : wm + 1, t - r.in(0, 20));
                s.wm(wm);
            } else if (dice < 0.35) {
                now = Math.max(now + 1, t - r.in(0, 20));
                s.pt(now);
            } else {
                send(s, r.key(), (Long) (long) t, randomCommands(r, r.in(1, 3), t / 5 * 5));
            }
        }
        return s.end();
    }
}
