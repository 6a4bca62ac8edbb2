package dev.spillway.server.json;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void membersAndElementsAreSeparated() {
        Json json = new Json().object().put("a", 1).array("b").add(1).add(2);
        json.object().endObject().object().put("c", true).endObject().endArray();
        json.object("d").endObject().put("e", 0.5).put("f", null).endObject();

        assertThat(json).hasToString("{\"a\":1,\"b\":[1,2,{},{\"c\":true}],\"d\":{},\"e\":0.500000,\"f\":null}");
    }

    @Test
    void textsAreQuoted() {
        String text = "\"\\/\b\n\u0000\u001f\u007f\u2028é\ud83d\ude00\ud800<script>";

        assertThat(new Json().object().put(text, text).endObject().toString())
                .isEqualTo("{Q:Q}"
                        .replace(
                                "Q",
                                "\"\\\"\\\\/\\u0008\\u000a\\u0000\\u001f\u007f\u2028é\\ud83d\\ude00\\ud800<script>\""));
    }
}
