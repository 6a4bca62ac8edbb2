package dev.spillway.core.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.spillway.core.config.Secret;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class UserListTest {
    @Test
    void linesAreReadAsPgbouncerReadsThem() {
        UserList list = UserList.parse("""
            ; a comment
            "alice" "secret"
              "bob"\t"md5c0b351e0b2184bb20d26f0e104356cd3" and the rest is ignored "

            "quo""ted" "pass""word"
            "carol" = ""
            ; "mallory" "x"
            """);
        assertThat(list.problems()).isEmpty();
        assertThat(list.users().keySet()).containsExactly("alice", "bob", "quo\"ted", "carol");
        assertThat(list.users())
                .containsEntry("alice", plain("secret"))
                .containsEntry("bob", new StoredSecret.Md5("md5c0b351e0b2184bb20d26f0e104356cd3"))
                .containsEntry("quo\"ted", plain("pass\"word"))
                .containsEntry("carol", plain(""));
    }

    @Test
    void laterLineForAUserCounts() {
        assertThat(UserList.parse("\"a\" \"1\"\r\n\"a\" \"2\"\r\n").users()).containsExactly(entry("a", "2"));
    }

    @Test
    void allProblemsAreReportedWithTheirLinesAndTheRestIsRead() {
        UserList list = UserList.parse(String.join(
                "\n",
                "alice secret",
                "\"alice",
                "\"alice\"",
                "\"alice\" \"sec",
                "\"alice\" \"sec\"\"",
                "\"\" \"x\"",
                "\"" + "n".repeat(128) + "\" \"x\"",
                "\"long\" \"" + "p".repeat(65_531) + "\"",
                "\"typo\" \"SCRAM-SHA-256$4096:oops\"",
                "# not a comment",
                "\"good\" \"x\""));
        assertThat(list.problems()).extracting(UserList.Problem::line).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        assertThat(list.users().keySet()).containsExactly("typo", "good");
        assertThat(list.problems().toString()).doesNotContain("oops").doesNotContain("sec\"");
    }

    @Test
    void longestNameAndSecretAreTaken() {
        String name = "n".repeat(127);
        String password = "p".repeat(65_530);
        assertThat(UserList.parse("\"" + name + "\" \"" + password + "\"").users())
                .containsExactly(entry(name, password));
        assertThat(UserList.parse("\"" + "\u00e9".repeat(64) + "\" \"x\"").problems())
                .hasSize(1);
    }

    @Property
    void anyNameAndSecretSurviveQuoting(
            @ForAll @NotEmpty @StringLength(max = 40) String name, @ForAll @StringLength(max = 200) String secret) {
        String line = quote(name) + ' ' + quote(secret);
        if (line.contains("\n")) {
            return;
        }
        assertThat(UserList.parse(line).users()).containsExactly(entry(name, secret));
    }

    @Property
    void noTextThrows(@ForAll String text) {
        assertThatCode(() -> UserList.parse(text)).doesNotThrowAnyException();
        assertThatCode(() -> UserList.parse("\"" + text)).doesNotThrowAnyException();
    }

    private static String quote(String text) {
        return '"' + text.replace("\"", "\"\"") + '"';
    }

    private static Map.Entry<String, StoredSecret> entry(String user, String password) {
        return Map.entry(user, plain(password));
    }

    private static StoredSecret plain(String password) {
        return new StoredSecret.Plain(Secret.of(password));
    }
}
