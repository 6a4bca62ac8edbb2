package dev.spillway.core.protocol.startup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.protocol.ProtocolViolation;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineOptionsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                              | {}",
                "'   '                           | {}",
                "-c a=b                          | {a=b}",
                "-ca=b                           | {a=b}",
                "--a=b                           | {a=b}",
                "'  -c  a=b  '                   | {a=b}",
                "--statement-timeout=5s          | {statement_timeout=5s}",
                "-c statement-timeout=5s         | {statement_timeout=5s}",
                "-c Search_Path=X                | {search_path=X}",
                "--a=                            | {a=}",
                "--a=b=c                         | {a=b=c}",
                "--a=x-y                         | {a=x-y}",
                "-c a=b\\ c                      | {a=b c}",
                "-c a=b\\\\c                     | {a=b\\c}",
                "-c a=b\\                        | {a=b\\}",
                "-c app.tenant=7                 | {app.tenant=7}",
                "-c a=1 --b=2 -cc=3              | {a=1, b=2, c=3}",
                "-c a=1 -c A=2                   | {a=2}",
            })
    void optionsSetParameters(String options, String settings) {
        assertThat(CommandLineOptions.parse(options)).hasToString(settings);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-c", "-d 5", "a=b", "-", "-c a=b -B 3", "\\ "})
    void anyOtherSwitchIsAViolation(String options) {
        assertThatThrownBy(() -> CommandLineOptions.parse(options))
                .isInstanceOf(ProtocolViolation.class)
                .hasMessageContaining("unsupported options startup parameter");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--", "--a", "-c a", "-c =b", "--=b"})
    void soIsOneWithoutNameOrValue(String options) {
        assertThatThrownBy(() -> CommandLineOptions.parse(options))
                .isInstanceOf(ProtocolViolation.class)
                .hasMessageContaining("startup option \"")
                .hasMessageContaining("does not name a parameter and a value");
    }

    @Test
    void complaintNamesTheArgument() {
        assertThatThrownBy(() -> CommandLineOptions.parse("-c a=b -D /x")).hasMessageContaining("\"-D\"");
        assertThatThrownBy(() -> CommandLineOptions.parse("-c nothing")).hasMessageContaining("\"-c nothing\"");
    }

    @Test
    void randomTextIsAViolationOrSettingsThatCanBeWrittenAgain() {
        for (int seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(20); i > 0; i--) {
                text.append("-c= \\ab\t\0ü".charAt(random.nextInt(10)));
            }
            try {
                Map<String, String> settings = CommandLineOptions.parse(text.toString());
                assertThat(settings).doesNotContainKey("");
                assertThat(CommandLineOptions.parse(CommandLineOptions.write(settings)))
                        .isEqualTo(settings);
            } catch (ProtocolViolation violation) {
                assertThat(violation.text())
                        .containsAnyOf(
                                "unsupported options startup parameter", "does not name a parameter and a value");
            }
        }
    }
}
