package dev.spillway.rules;

import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toUnmodifiableSet;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which package may depend on which: the table of ARCHITECTURE.md, and the only place to change it.
 *
 * <p>An arrow implies the arrows of its target. From the bottom: time, protocol, error, config, auth, pool, session (its
 * parts below itself), route, stats; then the server: transport, pipeline, lane, admin and http, ops, the root. A row
 * names packages exactly, so that a new package has to find its place here.
 */
final class Arrows {
    private static final String ROOT = "dev.spillway.";
    private static final Set<String> JDK = Set.of("java..", "javax..", "org.jspecify.annotations");
    /** What netty-buffer brings and core may see: buffers, not channels, and none of Netty's internals. */
    private static final String[] BUFFERS = {"io.netty.buffer", "io.netty.util"};

    private static final String[] NETTY = {"io.netty..", "org.slf4j.."};

    static final List<Row> TABLE = List.of(
            row("core.time"),
            row(
                            "core.protocol",
                            "core.protocol.startup",
                            "core.protocol.frontend",
                            "core.protocol.backend",
                            "core.protocol.trace")
                    .libraries(BUFFERS),
            row("core.error").uses("core.protocol"),
            row("core.config"),
            row("core.auth").uses("core.protocol", "core.error", "core.config").libraries(BUFFERS),
            row("core.pool").uses("core.time", "core.config", "core.error"),
            row("core.fleet").uses("core.time"),
            row("core.session.prepared")
                    .uses("core.session.state", "core.protocol", "core.error", "core.config", "core.time")
                    .libraries(BUFFERS),
            row("core.session.state")
                    .uses("core.protocol", "core.error", "core.config", "core.time")
                    .libraries(BUFFERS),
            row("core.session.channels").uses("core.protocol", "core.session.state"),
            row("core.session.cancel")
                    .uses("core.protocol", "core.error", "core.config", "core.time")
                    .libraries(BUFFERS),
            row("core.session")
                    .uses("core.protocol", "core.auth", "core.pool", "core.fleet")
                    .uses("core.session.prepared", "core.session.state", "core.session.channels", "core.session.cancel")
                    .libraries(BUFFERS),
            row("core.route").uses("core.config", "core.time"),
            row("core.stats").uses("core.pool", "core.session", "core.route"),
            row("server.configfile").uses("core.config").libraries("org.tomlj..", "org.slf4j.."),
            row("server.cli").uses("core.config", "server.configfile").libraries("picocli..", "org.slf4j.."),
            row("server.demo")
                    .uses("core.config", "core.pool")
                    .libraries("io.zonky..", "org.HdrHistogram..", "org.slf4j.."),
            row("server.rehearsal")
                    .uses("core.protocol", "core.auth", "core.config")
                    .libraries(BUFFERS),
            row("server.transport")
                    .uses("core.session")
                    .libraries(NETTY)
                    .libraries("jdk.net", "com.sun.security.auth.module"),
            row("server.pipeline").uses("core.session", "server.transport").libraries(NETTY),
            row("server.lane")
                    .uses("core.pool", "core.route", "core.stats", "server.transport", "server.pipeline")
                    .libraries(NETTY),
            row("server.admin").uses("core.stats", "core.route").libraries(NETTY),
            row("server.json"),
            row("server.top").libraries("org.jline..", "org.json.."),
            row("server.check").uses("core.config", "core.auth", "core.pool", "server.json"),
            row("server.http")
                    .uses("core.stats", "core.route", "server.json")
                    .libraries(NETTY)
                    .libraries("io.prometheus.metrics.."),
            row("server.judge").uses("core.auth", "core.config").libraries("com.unboundid.."),
            row("server.ops")
                    .uses("server.judge")
                    .uses("server.lane", "server.admin", "server.configfile")
                    .libraries(NETTY)
                    .libraries("ch.qos.logback.."));

    /** The composition root: it sees every row and every library. */
    static final String TOP = ROOT + "server";

    private Arrows() {}

    /** Every package that has a place, by its full name. */
    static Set<String> placed() {
        return Stream.concat(TABLE.stream().flatMap(row -> row.packages.stream()), Stream.of(TOP))
                .collect(toUnmodifiableSet());
    }

    private static Row row(String... packages) {
        return new Row(full(packages), Set.of(), Set.of());
    }

    private static Set<String> full(String... packages) {
        return Arrays.stream(packages).map(ROOT::concat).collect(toUnmodifiableSet());
    }

    private static Set<String> union(Set<String> some, Set<String> more) {
        return Stream.concat(some.stream(), more.stream()).collect(toUnmodifiableSet());
    }

    /** Packages that live together, what they may use directly, and the libraries they may see beside the JDK. */
    record Row(Set<String> packages, Set<String> uses, Set<String> libraries) {
        Row uses(String... more) {
            return new Row(packages, union(uses, full(more)), libraries);
        }

        Row libraries(String... more) {
            return new Row(packages, uses, union(libraries, Set.of(more)));
        }

        String name() {
            return String.join(", ", packages.stream().sorted().toList());
        }

        /** Package patterns: the row itself, all it reaches, its libraries and the JDK. */
        Set<String> visible() {
            Set<String> reached = new LinkedHashSet<>();
            reach(reached);
            reached.addAll(libraries);
            reached.addAll(JDK);
            return reached;
        }

        private void reach(Set<String> reached) {
            reached.addAll(packages);
            TABLE.stream()
                    .filter(row -> row.packages.stream().anyMatch(uses::contains))
                    .filter(row -> !reached.containsAll(row.packages))
                    .collect(toCollection(LinkedHashSet::new))
                    .forEach(row -> row.reach(reached));
        }
    }
}
