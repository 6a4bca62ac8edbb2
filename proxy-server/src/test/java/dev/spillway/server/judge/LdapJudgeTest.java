package dev.spillway.server.judge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.config.LdapOptions;
import dev.spillway.testkit.TestCertificates;
import dev.spillway.testkit.TestDirectory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LdapJudgeTest {
    private static final String DIRECT = " ldapprefix=uid= ldapsuffix=\"," + TestDirectory.BASE + '"';
    private static final String SEARCH = " ldapbasedn=\"" + TestDirectory.BASE + '"';
    private static final Map<String, String> TRUSTING =
            Map.of("LDAPTLS_CACERT", TestCertificates.authority(), "LDAPTLS_REQCERT", "demand");

    @TempDir
    private Path files = Path.of("");

    private static @Nullable String ask(String options, Map<String, String> environment, String user, String password)
            throws Exception {
        LdapOptions parsed = LdapOptions.parse(options);
        return Judges.of(List.of(parsed), false, environment)
                .directory(parsed)
                .refusal(user, password.getBytes(UTF_8), "127.0.0.1");
    }

    private static @Nullable String ask(String options, String user, String password) throws Exception {
        return ask(options, Map.of("LDAPNOINIT", "1"), user, password);
    }

    private static String at(TestDirectory directory) {
        return "ldapserver=127.0.0.1 ldapport=" + directory.port();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                DIRECT,
                SEARCH,
                SEARCH + " ldapsearchattribute=uid",
                SEARCH + " ldapsearchfilter=uid=$username",
                SEARCH + " ldapsearchfilter=\"(|(uid=$username)(mail=$username))\"",
                SEARCH + " ldapbinddn=\"" + TestDirectory.LOOKER + "\" ldapbindpasswd=\"wonder land\"\"\u00e9\""
            })
    void directorySaysWhoseAPasswordIs(String how) throws Exception {
        try (TestDirectory directory = TestDirectory.plain(null)) {
            String options = at(directory) + how;
            assertThat(ask(options, "alice", TestDirectory.PASSWORD)).isNull();
            assertThat(ask(options, "alice", "wonder")).contains("uid=alice", "invalid credentials");
            assertThat(ask(options, "mallory", TestDirectory.PASSWORD)).isNotNull();
        }
    }

    @Test
    void urlIsEnough() throws Exception {
        try (TestDirectory directory = TestDirectory.plain(null)) {
            String options = "ldapurl=ldap://127.0.0.1:" + directory.port() + "/dc=example%2Cdc=net?mail?sub";
            options = options.replace("%2C", "\",\"");
            assertThat(ask(options, "alice@example.net", TestDirectory.PASSWORD))
                    .isNull();
            assertThat(directory.binds()).containsExactly("", "uid=alice," + TestDirectory.BASE);
        }
    }

    @Test
    void nobodyIsFoundOrSeveralAre() throws Exception {
        try (TestDirectory directory = TestDirectory.plain(null)) {
            assertThat(ask(at(directory) + SEARCH, "mallory", "x"))
                    .isEqualTo("LDAP user \"mallory\" does not exist: nothing fits (uid=mallory) on server 127.0.0.1");
            assertThat(ask(at(directory) + SEARCH + " ldapsearchattribute=mail", "all@example.net", "x"))
                    .startsWith("LDAP user \"all@example.net\" is not unique");
            assertThat(ask(
                            at(directory) + SEARCH + " ldapsearchfilter=(objectClass=person)",
                            "alice",
                            TestDirectory.PASSWORD))
                    .startsWith("LDAP user \"alice\" is not unique");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "al*", "x)(uid=*", "alice)", "(alice", "al\\69ce", "a/b"})
    void nameCannotBeAFilter(String user) throws Exception {
        try (TestDirectory directory = TestDirectory.plain(null)) {
            assertThat(ask(at(directory) + SEARCH, user, TestDirectory.PASSWORD))
                    .isEqualTo("invalid character in user name for LDAP authentication");
            assertThat(directory.binds()).isEmpty();
        }
    }

    @Test
    void searcherHasToBeKnown() throws Exception {
        try (TestDirectory directory = TestDirectory.plain(null)) {
            String options = at(directory) + SEARCH + " ldapbinddn=\"cn=nobody\" ldapbindpasswd=hunter2";
            assertThat(ask(options, "alice", TestDirectory.PASSWORD))
                    .startsWith("could not perform initial LDAP bind for ldapbinddn \"cn=nobody\"")
                    .doesNotContain("hunter2");
        }
    }

    @Test
    void nextServerIsAskedWhereOneIsDown() throws Exception {
        try (TestDirectory directory = TestDirectory.plain(null)) {
            String options = "ldapserver=\"127.0.0.2 127.0.0.1\" ldapport=" + directory.port() + DIRECT;
            String first = "ldapserver=127.0.0.2 ldapport=" + directory.port() + DIRECT;
            assertThat(ask(first, "alice", TestDirectory.PASSWORD)).contains("cannot be asked");
            assertThat(ask(options, "alice", TestDirectory.PASSWORD)).isNull();
        }
    }

    @Test
    @Timeout(20)
    void directoryThatSaysNothingIsNotWaitedForForEver() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
            String options = "ldapserver=localhost ldapscheme=ldaps ldapport=" + silent.getLocalPort() + DIRECT;
            assertThat(ask(options, TRUSTING, "alice", TestDirectory.PASSWORD)).contains("cannot be asked");
        }
    }

    @Test
    void nobodyIsThere() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        assertThat(ask("ldapserver=127.0.0.1 ldapport=" + port + DIRECT, "alice", TestDirectory.PASSWORD))
                .startsWith("LDAP server 127.0.0.1 cannot be asked: connect error");
    }

    @Test
    void filterThatIsNoneIsSaidAtOnce() {
        assertThatThrownBy(() -> ask("ldapserver=h" + SEARCH + " ldapsearchfilter=\"(uid=$username\"", "alice", "x"))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("'(uid=$username' is no filter of LDAP");
    }

    // ---- TLS -------------------------------------------------------------------------------------------------------

    @Test
    void directoryIsTrustedByItsCertificateAndName() throws Exception {
        try (TestDirectory directory = TestDirectory.secure(TestCertificates.server("localhost"))) {
            String options = "ldapscheme=ldaps ldapport=" + directory.port() + DIRECT;
            assertThat(ask("ldapserver=localhost " + options, TRUSTING, "alice", TestDirectory.PASSWORD))
                    .isNull();
            assertThat(ask("ldapserver=localhost " + options, "alice", TestDirectory.PASSWORD))
                    .as("by an authority that is not trusted")
                    .contains("cannot be asked");
            assertThat(directory.binds()).containsExactly("uid=alice," + TestDirectory.BASE);
        }
    }

    @Test
    void tlsIsBegunBeforeAnythingIsAsked() throws Exception {
        try (TestDirectory directory = TestDirectory.plain(TestCertificates.server("localhost"))) {
            String options = "ldaptls=1 ldapport=" + directory.port() + DIRECT;
            assertThat(ask("ldapserver=localhost " + options, TRUSTING, "alice", TestDirectory.PASSWORD))
                    .isNull();
            assertThat(ask("ldapserver=localhost " + options, "alice", TestDirectory.PASSWORD))
                    .as("by an authority that is not trusted")
                    .contains("cannot be asked");
            assertThat(directory.binds()).containsExactly("uid=alice," + TestDirectory.BASE);
        }
    }

    @Test
    void directoryOfAnotherNameIsNotAsked() throws Exception {
        SSLContext other = TestCertificates.server("ldap.example.net");
        try (TestDirectory secure = TestDirectory.secure(other);
                TestDirectory plain = TestDirectory.plain(other)) {
            for (String options : new String[] {
                "ldapscheme=ldaps ldapport=" + secure.port() + DIRECT, "ldaptls=1 ldapport=" + plain.port() + DIRECT
            }) {
                assertThat(ask("ldapserver=localhost " + options, TRUSTING, "alice", TestDirectory.PASSWORD))
                        .contains("cannot be asked", "ldap.example.net");
            }
            assertThat(secure.binds()).isEmpty();
            assertThat(plain.binds()).isEmpty();
        }
    }

    @Test
    void passwordIsNotSentWhereTlsIsRefused() throws Exception {
        try (TestDirectory directory = TestDirectory.plain(null)) {
            assertThat(ask(at(directory) + " ldaptls=1" + DIRECT, TRUSTING, "alice", TestDirectory.PASSWORD))
                    .contains("cannot be asked");
            assertThat(directory.binds()).isEmpty();
        }
    }

    @Test
    void whatOpenldapIsSetUpWithCounts() throws Exception {
        Path file = Files.writeString(files.resolve("ldap.conf"), """
            # how we do it
            tls_cacert\t%s
            TLS_REQCERT demand
            """.formatted(TestCertificates.authority()));
        try (TestDirectory directory = TestDirectory.secure(TestCertificates.server("localhost"))) {
            String options = "ldapscheme=ldaps ldapserver=localhost ldapport=" + directory.port() + DIRECT;
            String password = TestDirectory.PASSWORD;
            assertThat(ask(options, Map.of("LDAPCONF", file.toString()), "alice", password))
                    .isNull();
            assertThat(ask(
                            options,
                            Map.of("LDAPCONF", file.toString(), "LDAPTLS_CACERT", TestCertificates.stranger()),
                            "alice",
                            password))
                    .contains("cannot be asked");
            assertThat(ask(options, Map.of("LDAPTLS_REQCERT", "never"), "alice", password))
                    .isNull();
        }
    }

    @Test
    void badSetUpIsSaidAtOnce() {
        String options = "ldapscheme=ldaps ldapserver=localhost" + DIRECT;
        assertThatThrownBy(() -> ask(options, Map.of("LDAPCONF", "/nowhere/ldap.conf"), "alice", "x"))
                .isInstanceOf(IOException.class)
                .hasMessage("/nowhere/ldap.conf cannot be read: there is no such file");
        assertThatThrownBy(() -> ask(options, Map.of("LDAPTLS_REQCERT", "maybe"), "alice", "x"))
                .isInstanceOf(IOException.class)
                .hasMessage("TLS_REQCERT of ldap.conf must be never, allow, try, demand or hard, not 'maybe'");
        Path file = files.resolve("empty");
        assertThatThrownBy(() -> ask(
                        options,
                        Map.of(
                                "LDAPTLS_CACERT",
                                Files.writeString(file, "nothing").toString()),
                        "alice",
                        "x"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString());
    }
}
