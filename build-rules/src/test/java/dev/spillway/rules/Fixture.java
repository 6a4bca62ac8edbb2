package dev.spillway.rules;

import static java.util.stream.Collectors.toSet;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Sources that break exactly the named rules, and one row per way to break one. */
record Fixture(Set<String> broken, List<String> sources) {
    static Stream<Fixture> all() {
        return Stream.of(climbers(), libraries(), others(), innocents()).flatMap(fixtures -> fixtures);
    }

    /** Each row of the table reaches for the nearest package it must not see. */
    private static Stream<Fixture> climbers() {
        return Stream.of(
                climber("core.time", "core.config"),
                climber("core.protocol.frontend", "core.error"),
                climber("core.error", "core.config"),
                climber("core.config", "core.protocol"),
                climber("core.auth", "core.time"),
                climber("core.pool", "core.auth"),
                climber("core.session.prepared", "core.session"),
                climber("core.session.state", "core.pool"),
                climber("core.fleet", "core.pool"),
                climber("core.session.channels", "core.pool"),
                climber("core.session.cancel", "core.auth"),
                climber("core.session", "core.route"),
                climber("core.route", "core.pool"),
                climber("core.stats", "server.lane", "core knows no server"),
                climber("server.configfile", "core.error"),
                climber("server.cli", "server.lane"),
                climber("server.demo", "server.lane"),
                climber("server.rehearsal", "server.lane"),
                climber("server.transport", "server.pipeline"),
                climber("server.pipeline", "server.lane"),
                climber("server.lane", "server.admin"),
                climber("server.admin", "server.lane"),
                climber("server.json", "core.config"),
                climber("server.top", "server.json"),
                climber("server.judge", "server.lane"),
                climber("server.check", "server.configfile"),
                climber("server.http", "server.admin"),
                climber("server.ops", "server.cli"));
    }

    private static Stream<Fixture> libraries() {
        return Stream.of(
                breaks(row("core.pool")).by(type("core.pool", "io.netty.buffer.ByteBuf buffer;")),
                breaks(row("core.session"), "core sees no channel")
                        .by(type("core.session", "io.netty.channel.Channel[] channels;")),
                breaks(row("core.auth"), "core has no logger").by(type("core.auth", "org.slf4j.Logger log;")),
                breaks(row("server.lane")).by(type("server.lane", "ch.qos.logback.classic.Logger log;")));
    }

    private static Stream<Fixture> others() {
        return Stream.of(
                breaks("placed").by(type("core.shelf", "")),
                breaks("acyclic")
                        .by(
                                type("core.protocol", "dev.spillway.core.protocol.startup.A a;"),
                                type("core.protocol.startup", "dev.spillway.core.protocol.A a;")),
                breaks("no java.util.logging").by(type("server", "java.util.logging.Logger log;")),
                breaks("core reads no clock").by(type("core.pool", "long now() { return System.nanoTime(); }")),
                breaks("core reads no clock")
                        .by(type("core.auth", "java.util.function.LongSupplier now = System::currentTimeMillis;")),
                breaks("core reads no clock")
                        .by(type("core.stats", "Object now() { return java.time.Instant.now(); }")),
                breaks("nobody sleeps").by(type("server.ops", "void a() throws Exception { Thread.sl" + "eep(1); }")),
                breaks("nobody sleeps")
                        .by(type(
                                "server.http",
                                "void a() throws Exception { java.util.concurrent.TimeUnit.DAYS.sleep(1); }")),
                breaks("only the edge exits").by(type("server.lane", "void a() { System.exit(1); }")),
                breaks("only the edge exits").by(type("server", "void a() { Runtime.getRuntime().halt(1); }")),
                breaks("only the edge prints").by(type("server.lane", "void a() { System.out.println(); }")),
                breaks("handlers do not lock").by(type("server.pipeline", "synchronized void a() {}")),
                breaks("handlers do not lock").by(type("server.lane", "static synchronized void a() {}")),
                breaks("names say what").by("package dev.spillway.core.pool; class PoolImpl {}"),
                breaks("names say what").by("package dev.spillway.core.pool; class PoolUtils {}"),
                breaks("names say what").by("package dev.spillway.core.pool; class PoolManager {}"),
                breaks("names say what").by("package dev.spillway.core.pool; class PoolHelper {}"));
    }

    /** What is allowed is not reported. */
    private static Stream<Fixture> innocents() {
        return Stream.of(
                breaks().by(
                                type("core.pool", "dev.spillway.core.protocol.A a; int[][] counts; String[] names;"),
                                type("core.protocol", "io.netty.buffer.ByteBuf buffer;")),
                breaks().by(type("core.time", "long now() { return System.nanoTime(); }")),
                breaks().by(type("server.cli", "void a() { System.out.println(); System.exit(0); }")),
                breaks().by("package dev.spillway.server; class Main { void a() { System.exit(0); } }"));
    }

    private static Fixture climber(String from, String to, String... more) {
        return new Fixture(
                Stream.concat(Stream.of(row(from)), Arrays.stream(more)).collect(toSet()),
                List.of(type(from, "dev.spillway." + to + ".A a;"), type(to, "")));
    }

    private static Fixture breaks(String... rules) {
        return new Fixture(Set.of(rules), List.of());
    }

    private Fixture by(String... more) {
        return new Fixture(broken, List.of(more));
    }

    /** The name of the rule of the row that a package is in. */
    private static String row(String name) {
        return Arrows.TABLE.stream()
                .filter(row -> row.packages().contains("dev.spillway." + name))
                .findFirst()
                .orElseThrow()
                .name();
    }

    private static String type(String in, String body) {
        return "package dev.spillway." + in + "; public class A { " + body + " }";
    }
}
