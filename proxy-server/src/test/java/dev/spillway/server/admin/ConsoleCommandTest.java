package dev.spillway.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What PgBouncer's regular expressions accept, and what they make of it. */
class ConsoleCommandTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "pause|pause|",
                "PAUSE;|pause|",
                "PAUSE app|pause|app",
                "PAUSE App_1 ;|pause|App_1",
                "pause \"my-db\"|pause|my-db",
                "pause \"a\"\"b\"|pause|a\"b",
                "pause \"\"|pause|",
                "\"PAUSE\" \"x y;z\";|pause|x y;z",
                "SHOW STATS_TOTALS|show|STATS_TOTALS",
                "KILL_CLIENT 12|kill_client|12",
                "set x|set|x",
            })
    void aCommandHasAtMostOneArgument(String text, String name, String argument) {
        assertThat(ConsoleCommand.parse(text))
                .isEqualTo(new ConsoleCommand.Words(name, argument == null ? "" : argument));
    }

    @Test
    void linesMayEndAnywhereBetween() {
        assertThat(ConsoleCommand.parse(" \t\n\rPause\n\"a\n\"\n; \n"))
                .isEqualTo(new ConsoleCommand.Words("pause", "a\n"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "SET pool_mode=transaction|pool_mode|transaction",
                "set pool_mode = session;|pool_mode|session",
                "set Pool_Mode TO session|Pool_Mode|session",
                "set pool_mode=\"a b\"|pool_mode|a b",
                "set server_check_query = 'select ''x''' ; |server_check_query|select 'x'",
                "set \"max client\" = 5|max client|5",
                "set auth_type='scram-sha-256'|auth_type|scram-sha-256",
                "set x = ''|x|",
            })
    void setHasASettingAndAValue(String text, String key, String value) {
        assertThat(ConsoleCommand.parse(text))
                .isEqualTo(new ConsoleCommand.Assignment(key, value == null ? "" : value));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pause my-db",
                "pause a b",
                "show pools; show stats",
                "pause;;",
                ";pause",
                "pause 'a'",
                "pause \"a",
                "pause \"a\"b",
                "pause Ä",
                "set x = 2.5",
                "set auth_type = scram-sha-256",
                "set x = 'a",
                "set x = 'a'b",
                "set x = 1 2",
                "set = 1",
                "sets x = 1",
                "-- nothing",
            })
    void whatIsNoCommandIsToldAsItWasWritten(String text) {
        assertThat(ConsoleCommand.parse(text)).isInstanceOfSatisfying(ConsoleCommand.Invalid.class, invalid -> {
            assertThat(invalid.error().sqlstate()).isEqualTo("08P01");
            assertThat(invalid.error().message()).isEqualTo("invalid command '" + text + "', use SHOW HELP;");
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TRACE 12         | 12   | ''",
                "trace 0x1f;      | 0x1f | ''",
                "Trace 12 30      | 12   | 30",
                "trace \"12\"\t30 ; | 12   | 30",
                "trace            | ''   | ''",
            })
    void traceTakesTwoArguments(String text, String client, String seconds) {
        assertThat(ConsoleCommand.parse(text)).isEqualTo(new ConsoleCommand.Trace(client, seconds));
        assertThat(ConsoleCommand.parse("trace 1 2 3")).isInstanceOf(ConsoleCommand.Invalid.class);
        assertThat(ConsoleCommand.parse("trace 1 = 2")).isInstanceOf(ConsoleCommand.Invalid.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "copy (trace 12 30) to stdout",
                "COPY( TRACE 12 30 )TO STDOUT ;",
                "copy\n(trace \"12\" 30)\tto\nstdout"
            })
    void traceMayStandInACopy(String text) {
        assertThat(ConsoleCommand.parse(text)).isEqualTo(new ConsoleCommand.Copy(new ConsoleCommand.Trace("12", "30")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "copy (trace 12 30)",
                "copy (trace 12 30 to stdout",
                "copy (trace 12 30) to stdin",
                "copy (trace 12 30) to stdout now",
                "copy (trace 12 30) tostdout",
                "copy (show pools) to stdout",
                "copy (copy (trace 12) to stdout) to stdout",
                "copy () to stdout",
                "copy trace to stdout"
            })
    void nothingElseMay(String text) {
        assertThat(ConsoleCommand.parse(text)).isInstanceOf(ConsoleCommand.Invalid.class);
    }

    @Test
    void whatPgBouncerHasNoRoomForIsABadArgument() {
        String fits = "a".repeat(63);
        assertThat(ConsoleCommand.parse("pause " + fits)).isEqualTo(new ConsoleCommand.Words("pause", fits));
        assertBad("pause " + fits + "a");
        assertBad("pause \"" + "a".repeat(62) + "\"");
        assertBad("pause \"" + "ä".repeat(31) + "\"");
        assertBad("a_command_of_16_");
        assertBad("set x = '" + "a".repeat(254) + "'");
        assertBad("set \"\" = 1");
    }

    private static void assertBad(String text) {
        assertThat(ConsoleCommand.parse(text))
                .isInstanceOfSatisfying(
                        ConsoleCommand.Invalid.class,
                        invalid -> assertThat(invalid.error().message()).isEqualTo("bad arguments"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ";", " \n ; "})
    void blanksAreNothing(String text) {
        assertThat(ConsoleCommand.parse(text)).isEqualTo(new ConsoleCommand.Nothing());
    }

    @Test
    void aLongTextIsReadOnce() {
        assertThat(ConsoleCommand.parse("pause \"" + "\"\"".repeat(1_000_000)))
                .isInstanceOf(ConsoleCommand.Invalid.class);
    }
}
