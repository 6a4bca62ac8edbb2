package dev.spillway.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The alert rules and the dashboard for Grafana ask for metrics and labels that there are. */
class MonitoringFilesTest {
    private static final Pattern METRIC = Pattern.compile("\\b((?:spillway|process|jvm)_[a-z_]+)\\b(?:\\{([^}]*)})?");

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return Files.exists(here.resolve("docs")) ? here : here.resolve("..");
    }

    private static String read(String file) throws IOException {
        return Files.readString(root().resolve(file)).replace("\\\"", "\"");
    }

    /** As a query may write it, with the suffixes of its kind. */
    private static Set<String> names(Metric metric) {
        return switch (metric.kind()) {
            case GAUGE -> Set.of(metric.name());
            case COUNTER -> Set.of(metric.name() + "_total");
            case HISTOGRAM -> Set.of(metric.name() + "_bucket", metric.name() + "_count", metric.name() + "_sum");
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"docker/prometheus/alerts.yaml", "docker/prometheus/grafana-dashboard.json"})
    void everyMetricAndLabelThatIsAskedForIsDocumented(String file) throws IOException {
        String page = read("docs/metrics.md");
        Matcher asked = METRIC.matcher(read(file));
        Set<String> seen = new TreeSet<>();
        while (asked.find()) {
            String name = asked.group(1);
            List<Metric> known = Metrics.ALL.stream()
                    .filter(each -> names(each).contains(name))
                    .toList();
            assertThat(known).as(name).hasSize(1);
            Metric metric = known.getFirst();
            String documented = metric.name() + (metric.kind() == Metric.Kind.COUNTER ? "_total" : "");
            assertThat(page).contains("| `" + documented + "` |");
            assertThat(labels(asked.group(2))).as("labels of " + name).isSubsetOf(labelsOf(metric));
            seen.add(name);
        }
        assertThat(seen).hasSizeGreaterThan(6);
    }

    private static Set<String> labels(@Nullable String selector) {
        return selector == null
                ? Set.of()
                : Pattern.compile("([a-z_]+)(?:=~|!=|=)")
                        .matcher(selector)
                        .results()
                        .map(result -> result.group(1))
                        .collect(Collectors.toSet());
    }

    /** Prometheus adds where it has scraped. */
    private static Set<String> labelsOf(Metric metric) {
        Set<String> labels = new TreeSet<>(metric.labels());
        labels.addAll(List.of("instance", "job"));
        return labels;
    }

    @Test
    void groupingNamesLabelsThatThereAre() throws IOException {
        Set<String> all =
                Metrics.ALL.stream().flatMap(metric -> metric.labels().stream()).collect(Collectors.toSet());
        all.addAll(List.of("instance", "le"));
        for (String file : List.of("docker/prometheus/alerts.yaml", "docker/prometheus/grafana-dashboard.json")) {
            Matcher by = Pattern.compile("by \\(([a-z, ]+)\\)").matcher(read(file));
            while (by.find()) {
                assertThat(all).containsAll(List.of(by.group(1).split(", ", -1)));
            }
            Matcher shown =
                    Pattern.compile("\\{\\{ ?(?:\\$labels\\.)?([a-z]+) ?}}").matcher(read(file));
            while (shown.find()) {
                assertThat(all).contains(shown.group(1));
            }
        }
    }
}
