package golden;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.Random;

/** Random but repeatable input: java.util.Random gives the same sequence for the same seed on every Java. */
final class Streams {
    final Random random;

    Streams(long seed) {
        random = new Random(seed);
    }

    /** A whole number in [from, to]. */
    int in(int from, int to) {
        return from + random.nextInt(to - from + 1);
    }

    boolean chance(double p) {
        return random.nextDouble() < p;
    }

    @SafeVarargs
    final <T> T pick(T... items) {
        return items[random.nextInt(items.length)];
    }

    String key() {
        return pick("a", "a", "b", "c");
    }

    /** How a random event-time stream behaves. */
    static final class Shape {
        int step = 6;
        int disorder = 20;
        int lag = 15;
        double late = 0.12;
        int lateBy = 80;
        double jump = 0.08;
        int jumpBy = 60;
        double restore = 0.03;
        double idle = 0.02;
        boolean gaps = false;
    }

    /** One input of elements and watermarks; a restore is always followed by a watermark that advances. */
    Scenario eventTime(Scenario s, Shape shape) {
        int steps = in(15, 58);
        long t = pick(0, 0, 0, -150, -37, 1000);
        long wm = Long.MIN_VALUE;
        boolean idle = false;
        long lastTs = t;
        while (s.steps.size() < steps) {
            double dice = random.nextDouble();
            if (idle) {
                s.active(0);
                idle = false;
            } else if (dice < shape.restore) {
                s.restore();
                if (wm != Long.MIN_VALUE) {
                    s.wm(++wm);
                }
            } else if (dice < shape.restore + shape.idle) {
                s.idle(0);
                idle = true;
            } else if (dice < shape.restore + shape.idle + 0.22) {
                long next = t - in(0, shape.lag);
                wm = wm == Long.MIN_VALUE ? next : Math.max(wm + 1, next);
                s.wm(wm);
            } else {
                t += chance(shape.jump) ? in(1, shape.jumpBy) : in(0, shape.step);
                long ts = chance(shape.late) ? t - in(0, shape.lateBy) : chance(0.1) ? lastTs : t - in(0, shape.disorder) * in(0, 1);
                lastTs = ts;
                if (shape.gaps) {
                    s.elg(key(), in(-3, 9), in(1, 30), ts);
                } else {
                    s.el(key(), in(-3, 9), ts);
                }
            }
        }
        return s.end();
    }

    /** Elements and a processing-time clock; timestamps, where there are any, must not matter. */
    Scenario processingTime(Scenario s, boolean gaps) {
        int steps = in(15, 55);
        long now = pick(1000, 1003, 5000);
        s.pt(now);
        while (s.steps.size() < steps) {
            double dice = random.nextDouble();
            if (dice < 0.04) {
                ObjectNode step = Json.obj("op", "snapshotRestore");
                if (chance(0.5)) {
                    now += in(1, 60);
                    step.put("processingTime", now);
                }
                s.step(step);
            } else if (dice < 0.35) {
                now += chance(0.15) ? in(10, 90) : in(1, 9);
                s.pt(now);
            } else {
                Long ts = chance(0.5) ? null : (Long) (long) in(-50, 500);
                if (gaps) {
                    s.elg(key(), in(-3, 9), in(1, 30), ts);
                } else {
                    s.el(0, key(), in(-3, 9), ts);
                }
            }
        }
        return s.pt(now + in(1, 120)).end();
    }

    /** Two inputs with watermarks of their own; both stand at one watermark around a restore. */
    Scenario twoInputs(Scenario s, Shape shape, boolean oneValve) {
        int steps = in(20, 60);
        long t = pick(0, 0, -90, 1000);
        long[] wm = {Long.MIN_VALUE, Long.MIN_VALUE};
        while (s.steps.size() < steps) {
            double dice = random.nextDouble();
            int input = in(0, 1);
            if (dice < shape.restore) {
                if (wm[0] == Long.MIN_VALUE && wm[1] == Long.MIN_VALUE) {
                    s.restore();
                } else if (oneValve) {
                    s.restore().wm(0, ++wm[0]);
                } else {
                    long both = Math.max(wm[0], wm[1]) + 1;
                    s.wm(0, both).wm(1, both).restore().wm(0, both + 1).wm(1, both + 1);
                    wm[0] = wm[1] = both + 1;
                }
            } else if (dice < shape.restore + 0.25) {
                int on = oneValve ? 0 : input;
                long next = t - in(0, shape.lag);
                wm[on] = wm[on] == Long.MIN_VALUE ? next : Math.max(wm[on] + 1, next);
                s.wm(on, wm[on]);
            } else {
                t += in(0, shape.step);
                long ts = chance(shape.late) ? t - in(0, shape.lateBy) : t - in(0, shape.disorder) * in(0, 1);
                s.el(input, pick("a", "a", "b"), in(-3, 9), (Long) ts);
            }
        }
        return s.end();
    }
}
