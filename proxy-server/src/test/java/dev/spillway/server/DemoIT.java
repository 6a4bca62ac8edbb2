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
        assertThat(run(new DemoPlan(60, 20, 5, Duration.ofSeconds(2), Duration.ofSeconds(2), 0)))
                .as(out + "\n" + err)
                .isZero();

        assertThat(err.toString()).isEmpty();
        assertThat(number("(\\d+) x FATAL: sorry, too many clients already \\(SQLSTATE 53300\\)"))
                .isEqualTo(60 - 20 + 1);
        assertThat(number("servers used +(\\d+)")).isBetween(1, 5);
        assertThat(number("transactions +(\\d+)")).isGreaterThanOrEqualTo(60);
        assertThat(number("errors +(\\d+)")).isZero();
        assertThat(number("never had more than (\\d+) of 20")).isBetween(6, 19);
        assertThat(out.toString())
                .contains("and clients had 0 errors")
                .containsPattern("the first application works.*:\n +1 s +1+[.]+ +\\d+   0   0\n") // it is alone
                .containsPattern("\n +4 s +11+22+33+[.]+ ") // each has a share
                .containsPattern("the third Spillway is shut down, .*:\n.*\n +6 s +11+22+[.]+ +\\d+ +\\d+   0\n")
                .containsPattern("psql -h 127.0.0.1 -p \\d+ -U app shop\n")
                .contains("SHOW POOLS");
    }

    @Test
    void demoThatRefusesNobodyIsAFailure() {
        assertThat(run(new DemoPlan(5, 20, 5, Duration.ofSeconds(1), Duration.ZERO, 0)))
                .isEqualTo(1);

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
