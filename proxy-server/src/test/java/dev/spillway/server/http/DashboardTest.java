package dev.spillway.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.pool.HostFigures;
import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.stats.History;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class DashboardTest {
    private final Page page = new Dashboard().page();
    private final String html = page.body().toString(UTF_8);

    private static final HostFigures HOST =
            new HostFigures("db:5432", 30, 3, 6, 7, 12, Integer.MAX_VALUE, 9, 1, 10, 5, 0, 2, 20, 4, "", List.of());

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
        for (String member :
                List.of("pools", "hosts", "databases", "pins", "incidents", "lanes", "memory", "clients")) {
            assertThat(html).contains("now." + member);
            assertThat(status).contains('"' + member + '"');
        }
        String host = StatusPage.write(MetricsReferenceTest.nothing(HOST));
        assertThat(host).contains("\"refused_at\":0", "\"ours\":9", "\"fleet_open\":4", "\"needed\":0.000000");
        assertThat(all(html, "\\bh\\.([a-z_]+)"))
                .hasSizeGreaterThan(20)
                .allSatisfy(member -> assertThat(host).contains('"' + member + '"'));
        for (String member : all(html, "now\\.memory\\.([a-z_]+)")) {
            assertThat(status).contains('"' + member + '"');
        }
    }

    @Test
    void pageReadsOnlyMembersThatTheHistoryHas() {
        History history = new History();
        PoolCounters shop = new PoolCounters();
        history.add(Map.of(), List.of(HOST), 1000);
        shop.transacted(2_000_000);
        history.add(Map.of("shop", shop), List.of(HOST), 3000);
        String text = HistoryPage.write(history.stretches());

        assertThat(text)
                .contains(
                        "\"time\":3.000000", "\"transactions_per_second\":0.500000", "\"wait\":null", "\"p99\":0.002");
        assertThat(all(html, "\\b(?:past|stretch|times)\\.([a-z_0-9]+)"))
                .contains("stretches", "time", "databases", "hosts", "p50", "p99")
                .filteredOn(member -> !member.equals("wait") && !member.equals("transaction"))
                .allSatisfy(member -> assertThat(text).contains('"' + member + '"'));
    }
}
