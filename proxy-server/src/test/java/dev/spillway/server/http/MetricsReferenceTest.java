package dev.spillway.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.pool.HostFigures;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.stats.Overview;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The reference page is what the list of metrics says; {@code -Dwrite=true} makes it so. */
class MetricsReferenceTest {
    private static final String BEGIN = "<!-- metrics -->\n";
    private static final String END = "<!-- end of metrics -->";
    private static final Path PAGE = page();

    private static Path page() {
        Path here = Path.of("").toAbsolutePath();
        Path root = Files.exists(here.resolve("docs")) ? here : here.resolve("..");
        return root.resolve("docs/metrics.md");
    }

    static List<Metric> all() {
        return Metrics.ALL;
    }

    /** As Prometheus shows it. */
    private static String shownName(Metric metric) {
        return metric.name() + (metric.kind() == Metric.Kind.COUNTER ? "_total" : "");
    }

    private static String unit(Metric metric) {
        return metric.name().endsWith("_seconds") ? "seconds" : metric.name().endsWith("_bytes") ? "bytes" : "";
    }

    private static String table() {
        StringBuilder rows =
                new StringBuilder("| name | type | unit | labels | what it says |\n|---|---|---|---|---|\n");
        for (Metric metric : Metrics.ALL) {
            rows.append("| `%s` | %s | %s | %s | %s |\n"
                    .formatted(
                            shownName(metric),
                            metric.kind().name().toLowerCase(Locale.ROOT),
                            unit(metric),
                            String.join(
                                    ", ",
                                    metric.labels().stream()
                                            .map(name -> "`" + name + "`")
                                            .toList()),
                            metric.help()));
        }
        return rows.toString();
    }

    @Test
    void referenceIsWhatTheListSays() throws IOException {
        String text = Files.readString(PAGE);
        String wanted = text.substring(0, text.indexOf(BEGIN)) + BEGIN + table() + text.substring(text.indexOf(END));
        if (Boolean.getBoolean("write")) {
            Files.writeString(PAGE, wanted);
        }
        assertThat(Files.readString(PAGE)).isEqualTo(wanted);
    }

    @ParameterizedTest
    @MethodSource("all")
    void metricIsNamedAsPrometheusWants(Metric metric) {
        assertThat(metric.name())
                .matches("(spillway|process|jvm)(_[a-z]+)+")
                .doesNotEndWith("_total")
                .doesNotEndWith("_count");
        assertThat(metric.help()).endsWith(".").doesNotContain("|");
        assertThat(Metrics.ALL)
                .filteredOn(other -> other.name().equals(metric.name()))
                .hasSize(1);
    }

    /** Where nothing runs; {@code hosts} are told of all the same. */
    static Facts nothing(HostFigures... hosts) {
        StillLife still = new StillLife(() -> new CompletableFuture<>());
        return new Facts(
                Overview.sum(List.of()),
                List.of(hosts),
                still.config(),
                Orders.NONE,
                ProcessFigures.now(),
                0,
                false,
                still.version());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | text/plain; version=0.0.4; charset=utf-8",
                "text/html | text/plain; version=0.0.4; charset=utf-8",
                "text/plain;version=0.0.4;q=0.5,*/*;q=0.1 | text/plain; version=0.0.4; charset=utf-8",
                "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
                        + " | application/openmetrics-text; version=1.0.0; charset=utf-8",
            })
    void clientGetsTheFormatItAcceptsBest(String accept, String type) {
        Page page = Metrics.write(nothing(), accept);

        assertThat(page.contentType()).isEqualTo(type);
        assertThat(page.body().toString(StandardCharsets.UTF_8).endsWith("# EOF\n"))
                .isEqualTo(type.contains("openmetrics"));
    }
}
