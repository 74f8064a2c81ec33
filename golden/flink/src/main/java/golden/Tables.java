package golden;

import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.streaming.api.windowing.assigners.WindowAssigner;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.MathUtils;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;

/** What needs no operator: windows assigned to timestamps, and key groups. */
@SuppressWarnings({"unchecked", "rawtypes"})
final class Tables {
    private static final WindowAssigner.WindowAssignerContext CONTEXT = new WindowAssigner.WindowAssignerContext() {
        @Override
        public long getCurrentProcessingTime() {
            return 0;
        }
    };

    private Tables() {}

    static List<ObjectNode> assigners() {
        List<ObjectNode> lines = new ArrayList<>();
        Streams r = new Streams(501);
        long[][] tumbling = {{1, 0}, {10, 0}, {10, 3}, {10, -3}, {10, 9}, {10, -9}, {7, 2}, {1000, 250}, {3_600_000, -1_800_000}, {86_400_000, 28_800_000}, {86_400_000, -28_800_000}};
        for (long[] t : tumbling) {
            lines.add(table(WindowTopics.tumbling(t[0], t[1]), t[0], r));
        }
        for (int i = 0; i < 20; i++) {
            int size = r.in(1, 200);
            lines.add(table(WindowTopics.tumbling(size, r.in(-size + 1, size - 1)), size, r));
        }
        long[][] sliding = {{10, 5, 0}, {10, 4, 0}, {10, 3, 1}, {10, 3, -1}, {10, 10, 0}, {4, 10, 0}, {4, 10, 7}, {4, 10, -7}, {1, 1, 0}, {60_000, 5_000, 0}, {60_000, 7_000, -1}, {5, 7, 6}};
        for (long[] s : sliding) {
            lines.add(table(WindowTopics.sliding(s[0], s[1], s[2]), s[0] + s[1], r));
        }
        for (int i = 0; i < 28; i++) {
            int slide = r.in(1, 60);
            lines.add(table(WindowTopics.sliding(r.in(1, 100), slide, r.in(-slide + 1, slide - 1)), 100, r));
        }
        lines.add(table(WindowTopics.session(10), 30, r));
        ObjectNode[] refused = {
            WindowTopics.tumbling(0, 0), WindowTopics.tumbling(-1, 0), WindowTopics.tumbling(10, 10), WindowTopics.tumbling(10, -10),
            WindowTopics.tumbling(10, 11), WindowTopics.sliding(10, 5, 5), WindowTopics.sliding(10, 5, -5), WindowTopics.sliding(0, 5, 0),
            WindowTopics.sliding(10, 0, 0), WindowTopics.sliding(10, -1, 0), WindowTopics.session(0), WindowTopics.session(-1),
        };
        for (ObjectNode op : refused) {
            ObjectNode line = Json.obj("name", "refused " + Json.text(op), "operator", op);
            try {
                WindowParts.assigner(op);
                line.put("error", false);
            } catch (IllegalArgumentException e) {
                line.put("error", true);
            }
            line.set("table", Json.arr());
            lines.add(line);
        }
        return lines;
    }

    private static ObjectNode table(ObjectNode op, long span, Streams r) {
        WindowAssigner assigner = WindowParts.assigner(op);
        ArrayNode rows = Json.arr();
        List<Long> stamps = new ArrayList<>();
        for (long i = -12; i <= 12; i++) {
            stamps.add(i);
        }
        for (long i = -2; i <= 2; i++) {
            stamps.add(i * span - 1);
            stamps.add(i * span);
            stamps.add(i * span + 1);
        }
        for (int i = 0; i < 12; i++) {
            stamps.add((long) r.in((int) Math.max(-1e9, -4 * span), (int) Math.min(1e9, 4 * span)));
        }
        stamps.add(1_700_000_000_123L);
        stamps.add(-62_135_596_800_000L);
        for (long ts : stamps) {
            ArrayNode windows = Json.arr();
            for (TimeWindow w : (Collection<TimeWindow>) assigner.assignWindows(null, ts, CONTEXT)) {
                windows.add(Json.arr(w.getStart(), w.getEnd()));
            }
            rows.add(Json.arr(ts, windows));
        }
        return Json.obj("name", Json.text(op), "operator", op, "table", rows);
    }

    static ObjectNode keyGroups() {
        Random random = new Random(502);
        List<Integer> ints = new ArrayList<>(List.of(0, 1, -1, 2, -2, 127, 128, 255, 256, 65535, 65536, Integer.MAX_VALUE, Integer.MIN_VALUE,
                Integer.MAX_VALUE - 1, Integer.MIN_VALUE + 1, 0x7f7f7f7f, 0x80808080, 0x55555555, 0xaaaaaaaa));
        for (int i = 3; i < 64; i++) {
            ints.add(i);
            ints.add(-i);
        }
        for (int bit = 0; bit < 32; bit++) {
            ints.add(1 << bit);
        }
        for (int i = 0; i < 600; i++) {
            ints.add(random.nextInt());
        }
        int[] maxima = {1, 2, 3, 7, 128, 256, 1000, 4096, 32768};
        ArrayNode rows = Json.arr();
        for (int value : ints) {
            ArrayNode groups = Json.arr();
            for (int max : maxima) {
                groups.add(KeyGroupRangeAssignment.computeKeyGroupForKeyHash(value, max));
            }
            rows.add(Json.arr(value, MathUtils.murmurHash(value), groups));
        }
        ArrayNode ranges = Json.arr();
        int[][] shapes = {{1, 1}, {2, 1}, {2, 2}, {3, 2}, {7, 3}, {128, 1}, {128, 2}, {128, 3}, {128, 4}, {128, 5}, {128, 7}, {128, 60}, {128, 100}, {128, 127}, {128, 128}, {1000, 7}, {4096, 33}, {32768, 9}};
        for (int[] shape : shapes) {
            ArrayNode perSubtask = Json.arr();
            for (int i = 0; i < shape[1]; i++) {
                KeyGroupRange range = KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(shape[0], shape[1], i);
                perSubtask.add(Json.arr(range.getStartKeyGroup(), range.getEndKeyGroup()));
            }
            ArrayNode owners = Json.arr();
            for (int g = 0; g < Math.min(shape[0], 4096); g++) {
                owners.add(KeyGroupRangeAssignment.computeOperatorIndexForKeyGroup(shape[0], shape[1], g));
            }
            ranges.add(Json.obj("maxParallelism", shape[0], "parallelism", shape[1], "ranges", perSubtask, "subtaskOfKeyGroup", owners));
        }
        return Json.obj("maxima", maxima, "hashes", rows, "assignments", ranges);
    }
}
