package golden;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/** Builds and reads the JSON of the data files; fields keep the order in which they were put. */
final class Json {
    static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    /** An object from alternating names and values; a null value becomes JSON null. */
    static ObjectNode obj(Object... pairs) {
        ObjectNode node = MAPPER.createObjectNode();
        for (int i = 0; i < pairs.length; i += 2) {
            node.set((String) pairs[i], MAPPER.valueToTree(pairs[i + 1]));
        }
        return node;
    }

    static ArrayNode arr(Object... items) {
        ArrayNode node = MAPPER.createArrayNode();
        for (Object item : items) {
            node.add(MAPPER.<JsonNode>valueToTree(item));
        }
        return node;
    }

    static JsonNode parse(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (Exception e) {
            throw new IllegalStateException("bad JSON: " + text, e);
        }
    }

    static String text(JsonNode node) {
        try {
            return MAPPER.writeValueAsString(node);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** A time as written in the files: a number, or "MAX" / "MIN" for the ends of the long range. */
    static Object time(long ts) {
        return ts == Long.MAX_VALUE ? "MAX" : ts == Long.MIN_VALUE ? "MIN" : (Object) ts;
    }

    static long time(JsonNode node) {
        if (node.isTextual()) {
            return node.asText().equals("MAX") ? Long.MAX_VALUE : Long.MIN_VALUE;
        }
        return node.asLong();
    }
}
