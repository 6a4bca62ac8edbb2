package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.server.demo.Demo;
import dev.spillway.server.demo.DemoPlan;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The demo, small: what it prints is what it measured. */
class DemoIT {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void clientsThatPostgresqlRefusesAreServedThroughSpillway() {
        assertThat(run(new DemoPlan(60, 20, 5, Duration.ofSeconds(2), 0)))
                .as(out + "\n" + err)
                .isZero();

        assertThat(err.toString()).isEmpty();
        assertThat(number("(\\d+) x FATAL: sorry, too many clients already \\(SQLSTATE 53300\\)"))
                .isEqualTo(60 - 20 + 1);
        assertThat(number("servers used +(\\d+)")).isBetween(1, 5);
        assertThat(number("transactions +(\\d+)")).isGreaterThanOrEqualTo(60);
        assertThat(number("errors +(\\d+)")).isZero();
        assertThat(out.toString())
                .containsPattern("psql -h 127.0.0.1 -p \\d+ -U app shop\n")
                .contains("SHOW POOLS");
    }

    @Test
    void demoThatRefusesNobodyIsAFailure() {
        assertThat(run(new DemoPlan(5, 20, 5, Duration.ofSeconds(1), 0))).isEqualTo(1);

        assertThat(out.toString()).contains("no direct client was refused");
    }

    private int run(DemoPlan plan) {
        return new Demo(plan, Main::startForDemo, new PrintWriter(out), new PrintWriter(err), false).run(false);
    }

    private int number(String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(out.toString());
        assertThat(matcher.find()).as(pattern + " in " + out).isTrue();
        return Integer.parseInt(matcher.group(1));
    }
}
