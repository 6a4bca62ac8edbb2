package dev.spillway.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandWordsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "show pools|show|pools",
                "`\t SHOW \r\n Pools ; `|SHOW|Pools",
                "show|show|``",
                "show;|show|``",
                "\"show\" \"a\"\"b c\"|show|a\"b c",
                "\"\" x|``|x",
                "kill 7|kill|7"
            })
    void wordsAndQuotedWordsAreTaken(String sql, String command, String argument) {
        assertThat(CommandWords.parse(sql)).isEqualTo(new CommandWords(command, argument));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ";",
                "show pools x",
                "show pools;;",
                "show 'pools'",
                "show \"pools",
                "show-pools",
                "sh\u00f6w x"
            })
    void restIsNot(String sql) {
        assertThat(CommandWords.parse(sql)).isNull();
    }

    @Test
    void longQuotedTextCostsNoStack() {
        String quoted = "\"" + "\"\"".repeat(100_000) + "\"";
        assertThat(CommandWords.parse("show " + quoted)).isNotNull().matches(CommandWords::isTooLong);
        assertThat(CommandWords.parse("show " + quoted + "x")).isNull();
    }
}
