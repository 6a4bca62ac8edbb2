package dev.spillway.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingTypeTest {
    @ParameterizedTest
    @CsvSource({
        "0, PT0S",
        "30, PT30S",
        "0.5, PT0.5S",
        "500ms, PT0.5S",
        "0.5ms, PT0.0005S",
        "30s, PT30S",
        "30 s, PT30S",
        "5min, PT5M",
        "1.5min, PT1M30S",
        "2h, PT2H",
        "1d, PT24H",
        "365d, PT8760H"
    })
    void durationIsSecondsOrHasAUnit(String text, Duration expected) throws Exception {
        assertThat(new DurationType().parse(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "-1", "1e3", "30S", "5m", "1w", "366d", "999999999999d", ".5", "5.", "inf", "1 h 2", "0x10"})
    void everythingElseIsNoDuration(String text) {
        assertRefused(new DurationType(), text)
                .contains("a duration from 0 to 365d")
                .contains("'" + text + "'");
    }

    @ParameterizedTest
    @CsvSource({"PT0S, 0s", "PT0.0005S, 0.5ms", "PT0.25S, 250ms", "PT90S, 90s", "PT10M, 10min", "PT48H, 48h"})
    void durationIsWrittenInItsLargestUnitAndReadBack(Duration value, String text) throws Exception {
        assertThat(DurationType.text(value)).isEqualTo(text);
        assertThat(new DurationType().parse(text)).isEqualTo(value);
        assertThat(new DurationType().parse(new DurationType().format(value))).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "0", "11", "1.0", "99999999999", "9999999999999999999999", "+5", " 5"})
    void numberOutsideItsRangeIsRefused(String text) {
        assertRefused(new IntegerType(1, 10), text).contains("a whole number from 1 to 10");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "10"})
    void bothEndsOfTheRangeAreInIt(String text) throws Exception {
        assertThat(new IntegerType(1, 10).parse(text)).isEqualTo(Integer.parseInt(text));
    }

    @ParameterizedTest
    @CsvSource({"1, true", "0, false", "on, true", "OFF, false", "yes, true", "no, false", "True, true", "false, false"
    })
    void flagHasManySpellings(String text, boolean expected) throws Exception {
        assertThat(new FlagType().parse(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "2", "y", "enabled"})
    void everythingElseIsNoFlag(String text) {
        assertRefused(new FlagType(), text).contains("true or false");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"''|''", "a|a", "a,b|a,b", " b , a |b,a", "*|*"})
    void namesAreSeparatedByCommas(String text, String expected) throws Exception {
        NamesType type = new NamesType();
        assertThat(type.format(type.parse(text))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a,", ",a", "a,,b", "a,b,a"})
    void emptyAndDoubledNamesAreRefused(String text) {
        assertRefused(new NamesType(), text).contains("list");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "db",
                "db.example.com",
                "10.0.0.1",
                "::1",
                "2001:db8::1",
                "fe80::1%eth0",
                "/run/postgresql",
                "@name,b"
            })
    void hostIsANameOrAnAddress(String text) throws Exception {
        assertThat(new HostType().parse(text)).isEqualTo(text);
    }

    @Test
    void severalHostsAreKeptWithoutBlanks() throws Exception {
        assertThat(new HostType().parse("a , 10.0.0.1,::1")).isEqualTo("a,10.0.0.1,::1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/a b,/|directory",
                "a,,b|a host name",
                "a,b,a|twice",
                "''|a host name",
                "a b|a host name",
                "[::1]|without brackets"
            })
    void whatIsNoHostIsRefusedForAReason(String text, String reason) {
        assertRefused(new HostType(), text).contains(reason);
    }

    @Test
    void directoryMustLeaveRoomForTheSocketsName() throws Exception {
        String longest = "/".repeat(92);
        assertThat(new SocketDirType().parse(longest)).isEqualTo(longest);
        assertRefused(new SocketDirType(), longest + "x").contains("is 93 bytes long");
        assertRefused(new HostType(), longest + "x").contains("is 93 bytes long");
        assertRefused(new SocketDirType(), "tmp").contains("begins with /");
    }

    @Test
    void fileModeIsOctal() throws Exception {
        assertThat(new FileModeType().parse("770")).isEqualTo(0770);
        assertThat(new FileModeType().format(0070)).isEqualTo("0070");
        for (String bad : List.of("", "77", "0778", "1777", "0o770", "rwx")) {
            assertRefused(new FileModeType(), bad).contains("three octal digits");
        }
    }

    @ParameterizedTest
    @CsvSource({"any, ANY", "trust, TRUST", "plain, PLAIN", "md5, MD5", "scram-sha-256, SCRAM_SHA_256", "MD5, MD5"})
    void choiceIsAWordInAnyCase(String text, AuthType expected) throws Exception {
        assertThat(ChoiceType.of(AuthType.class, AuthType::spelling).parse(text))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"statements, not supported yet", "transactions, 'must be one of session, transaction, statement, not'"})
    void otherWordIsRefusedForAReason(String text, String reason) {
        assertRefused(ChoiceType.of(PoolMode.class, PoolMode::spelling, "statements"), text)
                .contains(reason);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "simple", "md5…", "with \" quotes"})
    void secretIsNeverWritten(String text) throws Exception {
        SecretType type = new SecretType();
        Secret secret = type.parse(text);
        assertThat(secret.reveal()).isEqualTo(text);
        assertThat(type.format(secret)).isEqualTo("***");
        assertThat(type.toml(secret)).isEqualTo("\"***\"");
    }

    private static org.assertj.core.api.AbstractStringAssert<?> assertRefused(SettingType<?> type, String text) {
        String[] message = new String[1];
        assertThatExceptionOfType(BadValueException.class)
                .isThrownBy(() -> type.parse(text))
                .satisfies(e -> message[0] = String.valueOf(e.getMessage()));
        return assertThat(message[0]);
    }
}
