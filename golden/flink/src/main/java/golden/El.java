package golden;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/** The element of nearly all scenarios: key, value and, where a scenario needs it, a third field (gap or identity). */
public class El {
    public String k;
    public long v;
    public long g;

    public El() {}

    public El(String k, long v, long g) {
        this.k = k;
        this.v = v;
        this.g = g;
    }

    static El of(JsonNode node) {
        return new El(node.get("k").asText(), node.get("v").asLong(), node.path("g").asLong(0));
    }

    ObjectNode json() {
        ObjectNode node = Json.obj("k", k, "v", v);
        if (g != 0) {
            node.put("g", g);
        }
        return node;
    }
}
