package dev.spillway.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class DashboardTest {
    private final Page page = new Dashboard().page();
    private final String html = page.body().toString(UTF_8);

    private static List<String> all(String text, String pattern) {
        List<String> found = new ArrayList<>();
        Matcher matcher = Pattern.compile(pattern, Pattern.DOTALL).matcher(text);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }

    private static String hash(String text) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
        return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
    }

    @Test
    void policyAllowsTheScriptAndTheStyleThatStandInThePageAndNothingElse() throws Exception {
        List<String> scripts = all(html, "<script>(.*?)</script>");
        List<String> styles = all(html, "<style>(.*?)</style>");

        assertThat(scripts).hasSize(1);
        assertThat(styles).hasSize(1);
        assertThat(page.policy())
                .isEqualTo("default-src 'none'; script-src " + hash(scripts.getFirst()) + "; style-src "
                        + hash(styles.getFirst()) + "; connect-src 'self'; img-src data:; base-uri 'none';"
                        + " form-action 'none'; frame-ancestors 'none'");
    }

    @Test
    void pageNeedsNothingThatThePolicyForbids() {
        assertThat(all(html, "<(script|style|link|img|iframe|object|embed)[ >]"))
                .containsExactly("link", "style", "script");
        assertThat(all(html, "(https?://[^\"']*)"))
                .containsExactly("http://www.w3.org/2000/svg"); // a name, not a place
        assertThat(all(html, "\\s(style|on[a-z]+)=\"")).isEmpty();
        assertThat(html).doesNotContain("innerHTML", "insertAdjacentHTML", "document.write", "eval(");
    }

    @Test
    void pageReadsOnlyMembersThatStatusHas() {
        String status = StatusPage.write(MetricsReferenceTest.nothing());
        for (String member : List.of("pools", "databases", "pins", "incidents", "lanes", "memory", "clients")) {
            assertThat(html).contains("now." + member);
            assertThat(status).contains('"' + member + '"');
        }
        for (String member : all(html, "now\\.memory\\.([a-z_]+)")) {
            assertThat(status).contains('"' + member + '"');
        }
    }
}
