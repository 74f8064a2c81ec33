package golden;

import static golden.WindowTopics.number;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;

/** Scenarios of everything that combines or makes watermarks. */
final class WatermarkTopics {
    private WatermarkTopics() {}

    private static ObjectNode channels(int n) {
        return Json.obj("kind", "valve", "channels", n);
    }

    static List<Scenario> valve() {
        List<Scenario> all = new ArrayList<>();
        all.add(new Scenario("valve: one channel, watermarks that do not advance are swallowed", channels(1))
                .wm(0, 5).wm(0, 5).wm(0, 3).wm(0, 6).idle(0).wm(0, 9).active(0).wm(0, 9).wm(0, 10));
        all.add(new Scenario("valve: the minimum over channels", channels(3))
                .wm(0, 5).wm(1, 7).wm(2, 3).wm(2, 6).wm(0, 9).wm(1, 8).wm(2, 8));
        all.add(new Scenario("valve: an idle channel is left out and its watermarks are ignored", channels(2))
                .wm(0, 5).idle(1).wm(0, 7).wm(1, 100).active(1).wm(0, 8).wm(1, 6).wm(0, 9).wm(1, 8).wm(1, 9).wm(0, 12).wm(1, 10));
        all.add(new Scenario("valve: going idle lets the rest advance", channels(3))
                .wm(0, 10).wm(1, 5).wm(2, 7).idle(1).idle(2).idle(0).active(2).wm(2, 12));
        all.add(new Scenario("valve: all idle, the last held the output back: the maximum is flushed", channels(2))
                .wm(0, 10).wm(1, 5).idle(0).idle(1).active(1).wm(1, 8).wm(1, 11));
        all.add(new Scenario("valve: all idle, the last did not hold the output back: no flush", channels(3))
                .wm(0, 10).wm(1, 5).wm(2, 3).idle(0).active(0).idle(2).wm(1, 6).wm(0, 4).idle(1).idle(0));
        all.add(new Scenario("valve: all idle before any watermark", channels(2)).idle(0).idle(1).active(0).wm(0, 1).active(1).wm(1, 1));
        all.add(new Scenario("valve: repeated statuses say nothing", channels(2)).active(0).idle(0).idle(0).idle(1).idle(1).active(1).active(1).active(0));
        all.add(new Scenario("valve: a returning channel counts from a watermark equal to the last output", channels(2))
                .wm(0, 10).wm(1, 4).idle(1).active(1).wm(0, 12).wm(1, 11).wm(1, 12).wm(0, 15).wm(1, 13));
        all.add(new Scenario("valve: the end comes when all channels ended", channels(2)).wm(0, 5).wm(0, Long.MAX_VALUE).wm(1, 6).wm(1, 7).wm(1, Long.MAX_VALUE));
        all.add(new Scenario("valve: an ended channel and idle ones flush the end (FLINK-38477)", channels(2))
                .wm(0, Long.MAX_VALUE).wm(1, 5).idle(1).active(1).wm(1, 6).differs("R20"));
        all.add(new Scenario("valve: an ended channel, then two idle ones", channels(3))
                .wm(2, Long.MAX_VALUE).wm(0, 5).wm(1, 7).idle(0).idle(1).active(0).wm(0, 8).differs("R20"));
        Streams r = new Streams(401);
        for (int i = 0; i < 60; i++) {
            int n = r.in(1, 5);
            all.add(channelSteps(r, new Scenario("valve: random " + number(i), channels(n)), n, true));
        }
        return all;
    }

    /** Watermarks and statuses on n inputs; "rude" also sends watermarks to idle inputs and repeated statuses. */
    private static Scenario channelSteps(Streams r, Scenario s, int n, boolean rude) {
        int steps = r.in(15, 60);
        long[] wm = new long[n];
        boolean[] idle = new boolean[n];
        long t = r.pick(0, -40, 1000);
        java.util.Arrays.fill(wm, t - 5);
        while (s.steps.size() < steps) {
            int c = r.in(0, n - 1);
            double dice = r.random.nextDouble();
            t += r.in(0, 3);
            if (dice < 0.3) {
                boolean to = rude && r.chance(0.15) ? idle[c] : !idle[c];
                idle[c] = to;
                if (to) {
                    s.idle(c);
                } else {
                    s.active(c);
                }
            } else if (!idle[c] || rude && r.chance(0.4)) {
                long next = rude && r.chance(0.1) ? wm[c] - r.in(0, 3) : Math.max(wm[c] + 1, t - r.in(0, 12));
                s.wm(c, next);
                wm[c] = idle[c] ? wm[c] : Math.max(wm[c], next);
            }
        }
        return s;
    }

    static List<Scenario> twoInput() {
        List<Scenario> all = new ArrayList<>();
        ObjectNode op = Json.obj("kind", "twoInput");
        all.add(new Scenario("twoInput: the minimum of both", op).wm(0, 5).wm(1, 3).wm(1, 9).wm(0, 7).el(0, "a", 1, 2L).el(1, "b", 2, 100L).end());
        all.add(new Scenario("twoInput: one idle", op).wm(0, 5).wm(1, 3).idle(1).wm(0, 8).active(1).wm(1, 4).wm(0, 9).wm(1, 12).end());
        all.add(new Scenario("twoInput: both idle flush the maximum", op).wm(0, 5).wm(1, 3).idle(0).idle(1).active(0).wm(0, 4).wm(0, 6).active(1).wm(1, 7));
        all.add(new Scenario("twoInput: both idle, the first to go held back", op).wm(0, 5).wm(1, 3).idle(1).idle(0).active(1).wm(1, 9));
        all.add(new Scenario("twoInput: one ended", op).wm(0, 5).wm(1, Long.MAX_VALUE).wm(0, 7).wm(0, Long.MAX_VALUE));
        all.add(new Scenario("twoInput: one ended, the other idle (FLINK-38477)", op).wm(0, 5).wm(1, Long.MAX_VALUE).idle(0).active(0).wm(0, 7).differs("R20"));
        Streams r = new Streams(402);
        for (int i = 0; i < 30; i++) {
            all.add(channelSteps(r, new Scenario("twoInput: random " + number(i), op), 2, false));
        }
        return all;
    }

    private static ObjectNode split(String op, int i) {
        return Json.obj("op", op, "input", i);
    }

    static List<Scenario> splits() {
        List<Scenario> all = new ArrayList<>();
        ObjectNode op = Json.obj("kind", "splits");
        all.add(new Scenario("splits: the minimum over splits, a new split holds back", op)
                .step(split("register", 0)).wm(0, 5).step(split("register", 1)).wm(0, 9).wm(1, 3).wm(1, 7).wm(1, 12));
        all.add(new Scenario("splits: a removed split no longer holds back", op)
                .step(split("register", 0)).step(split("register", 1)).wm(0, 9).wm(1, 3).step(split("unregister", 1)).wm(0, 10));
        all.add(new Scenario("splits: all idle flush the maximum", op)
                .step(split("register", 0)).step(split("register", 1)).wm(0, 9).wm(1, 3).idle(0).idle(1).wm(1, 12).wm(0, 11));
        Streams r = new Streams(403);
        for (int i = 0; i < 40; i++) {
            all.add(randomSplits(r, new Scenario("splits: random " + number(i), op)));
        }
        return all;
    }

    private static Scenario randomSplits(Streams r, Scenario s) {
        int steps = r.in(15, 50);
        List<Integer> live = new ArrayList<>();
        long[] wm = new long[steps + 2];
        boolean[] idle = new boolean[steps + 2];
        int next = 0;
        long t = r.pick(0, -40);
        while (s.steps.size() < steps) {
            t += r.in(0, 3);
            double dice = r.random.nextDouble();
            if (live.isEmpty() || dice < 0.08) {
                s.step(split("register", next));
                wm[next] = t - 15;
                live.add(next++);
                continue;
            }
            int at = r.in(0, live.size() - 1);
            int c = live.get(at);
            if (dice < 0.14 && live.size() > 1) {
                live.remove(at);
                s.step(split("unregister", c));
            } else if (dice < 0.3 && !idle[c]) {
                idle[c] = true;
                s.idle(c);
            } else {
                wm[c] = Math.max(wm[c] + 1, t - r.in(0, 12));
                idle[c] = false;
                s.wm(c, wm[c]);
            }
        }
        return s;
    }

    private static ObjectNode assign(ObjectNode strategy, String timestamps) {
        return Json.obj("kind", "timestampsAndWatermarks", "strategy", strategy, "timestamps", timestamps, "interval", 200);
    }

    private static ObjectNode bounded(long bound) {
        return Json.obj("kind", "bounded", "bound", bound);
    }

    private static ObjectNode pressure(boolean on) {
        return Json.obj("op", "backPressure", "on", on);
    }

    static List<Scenario> generators() {
        List<Scenario> all = new ArrayList<>();
        ObjectNode ascending = Json.obj("kind", "ascending");
        all.add(new Scenario("generators: bounded emits max - bound - 1 at the interval", assign(bounded(10), "value"))
                .el(100, 0).el(90, 0).pt(200).pt(400).el(111, 0).el(105, 0).pt(600).end());
        all.add(new Scenario("generators: ascending is bound 0", assign(ascending, "value")).el(5, 0).pt(200).el(4, 0).pt(400).el(6, 0).pt(600).end());
        all.add(new Scenario("generators: nothing before the first element", assign(bounded(10), "value")).pt(200).pt(400).el(5, 0).pt(600).end());
        all.add(new Scenario("generators: negative timestamps", assign(bounded(3), "value")).el(-100, 0).pt(200).el(-50, 0).pt(400).end());
        all.add(new Scenario("generators: the record's own timestamp is kept", assign(bounded(3), "record")).el(1, 100).el(2, 50).pt(200).el(3, 200).pt(400).end());
        all.add(new Scenario("generators: a mid-stream assigner swallows upstream watermarks and statuses but MAX", assign(bounded(3), "value"))
                .el(10, 0).wm(500).idle(0).active(0).pt(200).wm(1000).el(20, 0).wm(Long.MAX_VALUE).el(2000, 0).pt(400));
        all.add(new Scenario("generators: the last periodic emit at the end", assign(bounded(3), "value")).el(10, 0).el(30, 0).step(Json.obj("op", "finish")));
        all.add(new Scenario("generators: one watermark per record, after the record", assign(Json.obj("kind", "perRecord", "bound", 5), "value"))
                .el(10, 0).el(10, 0).el(3, 0).el(11, 0).pt(200).el(30, 0).end());
        all.add(new Scenario("generators: no watermarks", assign(Json.obj("kind", "none"), "value")).el(10, 0).pt(200).end());
        all.add(new Scenario("generators: idle after the timeout, active again with the next watermark that advances",
                assign(bounded(3), "value").put("idleTimeout", 500))
                .el(10, 0).pt(200).pt(400).pt(600).pt(800).pt(1000).pt(1200).el(11, 0).pt(1400).pt(1600).pt(1800).pt(2000).pt(2200).pt(2400).el(9, 0).pt(2600).el(20, 0).pt(2800).end());
        all.add(new Scenario("generators: idle without a single element", assign(ascending, "value").put("idleTimeout", 300))
                .pt(200).pt(400).pt(600).pt(800).pt(1000).el(5, 0).pt(1200).end());
        all.add(new Scenario("generators: an idle timeout of exactly the time passed is not yet idle", assign(ascending, "value").put("idleTimeout", 400))
                .el(1, 0).pt(200).pt(400).pt(600).pt(800).pt(1000).end());
        all.add(new Scenario("generators: the idleness clock stands still under back pressure", assign(ascending, "value").put("idleTimeout", 400))
                .el(1, 0).pt(200).pt(400).step(pressure(true)).pt(600).pt(800).pt(1000).pt(1200).step(pressure(false)).pt(1400).pt(1600).pt(1800).el(2, 0).pt(2000).end());
        all.add(new Scenario("generators: back pressure before the first silent chance to emit", assign(ascending, "value").put("idleTimeout", 300))
                .el(1, 0).pt(200).step(pressure(true)).pt(400).pt(600).pt(1000).step(pressure(false)).pt(1200).pt(1400).pt(1600).end());
        all.add(new Scenario("generators: a restored assigner starts anew", assign(bounded(3), "value")).el(100, 0).pt(200).restore().el(50, 0).pt(400).pt(600).end().differs("R24"));
        Streams r = new Streams(404);
        for (int i = 0; i < 40; i++) {
            ObjectNode op = assign(r.chance(0.7) ? bounded(r.in(0, 30)) : ascending.deepCopy(), "value");
            if (r.chance(0.5)) {
                op.put("idleTimeout", r.pick(200, 300, 500, 800));
            }
            Scenario s = new Scenario("generators: random " + number(i), op);
            int steps = r.in(15, 55);
            long now = 0;
            int t = r.pick(0, -100, 1000);
            boolean quiet = false;
            while (s.steps.size() < steps) {
                quiet = r.chance(0.15) != quiet;
                if (quiet || r.chance(0.3)) {
                    s.pt(now += 200);
                } else if (r.chance(0.08)) {
                    s.wm(t + r.in(-50, 50));
                } else {
                    t += r.in(0, 9);
                    s.el("a", t - r.in(0, 40) * r.in(0, 1), 0);
                }
            }
            all.add(s.end());
        }
        return all;
    }
}
