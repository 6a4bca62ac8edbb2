package dev.spillway.server.http;

import dev.spillway.core.pool.Durations;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One metric: what it is called, and where its values come from. Immutable.
 *
 * @param name as Prometheus shows it, but for the {@code _total} of a counter
 * @param labels names of its labels
 * @param help what it says, in one sentence
 */
record Metric(Kind kind, String name, List<String> labels, String help, Reader reader) {
    /** What the values are. */
    enum Kind {
        GAUGE,
        COUNTER,
        HISTOGRAM
    }

    /** Reads the values. */
    @FunctionalInterface
    interface Reader {
        void read(Facts facts, Points points);
    }

    /** The values of one metric, by the values of its labels. Those with the same labels are added. Used by one thread. */
    static final class Points {
        private final Map<List<String>, Double> values = new LinkedHashMap<>();
        private final Map<List<String>, Times> times = new LinkedHashMap<>();

        private static final class Times {
            private final Durations durations = new Durations();
            private double seconds;
        }

        void add(double value, String... labels) {
            values.merge(List.of(labels), value, Double::sum);
        }

        void add(long value, String... labels) {
            add((double) value, labels);
        }

        /** Only the largest of those with the same labels counts. */
        void max(double value, String... labels) {
            values.merge(List.of(labels), value, Math::max);
        }

        void add(Durations durations, double seconds, String... labels) {
            Times all = times.computeIfAbsent(List.of(labels), first -> new Times());
            all.durations.add(durations);
            all.seconds += seconds;
        }
    }

    static Metric gauge(String name, String labels, String help, Reader reader) {
        return new Metric(Kind.GAUGE, name, names(labels), help, reader);
    }

    static Metric counter(String name, String labels, String help, Reader reader) {
        return new Metric(Kind.COUNTER, name, names(labels), help, reader);
    }

    static Metric histogram(String name, String labels, String help, Reader reader) {
        return new Metric(Kind.HISTOGRAM, name, names(labels), help, reader);
    }

    private static List<String> names(String labels) {
        return Arrays.stream(labels.split(" ", -1))
                .filter(name -> !name.isEmpty())
                .toList();
    }

    private @Nullable Unit unit() {
        return name.endsWith("_seconds") ? Unit.SECONDS : name.endsWith("_bytes") ? Unit.BYTES : null;
    }

    MetricSnapshot read(Facts facts) {
        Points points = new Points();
        reader.read(facts, points);
        return switch (kind) {
            case GAUGE -> {
                var all = GaugeSnapshot.builder().name(name).help(help);
                addUnit(all);
                points.values.forEach((values, value) -> all.dataPoint(GaugeDataPointSnapshot.builder()
                        .labels(labels(values))
                        .value(value)
                        .build()));
                yield all.build();
            }
            case COUNTER -> {
                var all = CounterSnapshot.builder().name(name).help(help);
                addUnit(all);
                points.values.forEach((values, value) -> all.dataPoint(CounterDataPointSnapshot.builder()
                        .labels(labels(values))
                        .value(value)
                        .build()));
                yield all.build();
            }
            case HISTOGRAM -> {
                var all = HistogramSnapshot.builder().name(name).help(help);
                addUnit(all);
                points.times.forEach((values, times) -> all.dataPoint(HistogramDataPointSnapshot.builder()
                        .labels(labels(values))
                        .classicHistogramBuckets(buckets(times.durations))
                        .sum(times.seconds)
                        .build()));
                yield all.build();
            }
        };
    }

    private void addUnit(MetricSnapshot.Builder<?> builder) {
        Unit unit = unit();
        if (unit != null) {
            builder.unit(unit);
        }
    }

    private Labels labels(List<String> values) {
        return Labels.of(labels, values);
    }

    /** By whole octaves. */
    private static ClassicHistogramBuckets buckets(Durations times) {
        ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
        long count = 0;
        for (int i = 0; i < Durations.BUCKETS; i++) {
            count += times.count(i);
            if (Durations.endsOctave(i)) {
                boolean isLast = i == Durations.BUCKETS - 1;
                buckets.bucket(isLast ? Double.POSITIVE_INFINITY : Durations.endMicros(i) / 1e6, count);
                count = 0;
            }
        }
        return buckets.build();
    }
}
