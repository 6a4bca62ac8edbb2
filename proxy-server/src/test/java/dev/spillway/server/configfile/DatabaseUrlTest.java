package dev.spillway.server.configfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.spillway.core.config.Secret;
import dev.spillway.server.configfile.DatabaseUrlParser.MalformedUrlException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        postgres://u:p@h:1/d               | u     | p     | h       | 1  | d
        postgresql://u:p@h/d               | u     | p     | h       | '' | d
        postgres://h/d                     | ''    |       | h       | '' | d
        postgres://u@h                     | u     |       | h       | '' | ''
        postgres://u:@h/d                  | u     |       | h       | '' | d
        postgres:///d                      | ''    |       | ''      | '' | d
        postgres://u:p@[::1]:5/d           | u     | p     | ::1     | 5  | d
        postgres://u:p@[fe80::1%25eth0]/d  | u     | p     | fe80::1%eth0 | '' | d
        postgres://a%40b:p%2F%3F%25@h/d%20e | a@b   | p/?%  | h       | '' | d e
        'postgres://u:p@a:5,[::1]:5/d'     | u     | p     | 'a,::1' | 5  | d
        'postgres://u:p@a,b/d'             | u     | p     | 'a,b'   | '' | d
        postgres://u:p+q@h/d               | u     | p+q   | h       | '' | d
        postgres://u:p@q@h/d               | u     | p@q   | h       | '' | d
        postgres://u:p:q@h/d               | u     | p:q   | h       | '' | d
        postgres://u:p%C3%A4@h/d           | u     | pä    | h       | '' | d
        postgres://u:p@h/d?a=b&c=d%26      | u     | p     | h       | '' | d
        """)
    void isTakenApart(String url, String user, String password, String host, String port, String dbname)
            throws Exception {
        DatabaseUrl parsed = DatabaseUrlParser.parse(url);

        assertThat(parsed.user()).isEqualTo(user);
        Secret secret = parsed.password();
        assertThat(secret == null ? null : secret.reveal()).isEqualTo(password);
        assertThat(parsed.host()).isEqualTo(host);
        assertThat(parsed.port()).isEqualTo(port);
        assertThat(parsed.dbname()).isEqualTo(dbname);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "hush",
                "mysql://u:hush@h/d",
                "postgres://u:hu/sh@h/d",
                "postgres://u:hu?sh@h/d",
                "postgres://u:hush@h/d@e",
                "postgres://u:hush@h:port/d",
                "postgres://u:hush@h:123456/d",
                "postgres://u:hush@::1/d",
                "postgres://u:hush@[::1/d",
                "postgres://u:hush%@h/d",
                "postgres://u:hush%4@h/d",
                "postgres://u:hush%zz@h/d",
                "postgres://u:hush@h:1,i:2/d",
                "postgres://u:hush%00@h/d",
                "postgres://u:hush%ff@h/d",
                "postgres://u:hush@h/d?x",
                "postgres://u:hush@h/d?x=1&x=2",
                "postgres://u:hush@h/d?hush@h/d=2"
            })
    void whatCannotBeTakenApartIsRefusedWithoutRepeatingIt(String url) {
        assertThatExceptionOfType(MalformedUrlException.class)
                .isThrownBy(() -> DatabaseUrlParser.parse(url))
                .satisfies(e -> assertThat(e.getMessage()).isNotBlank().doesNotContain("hu"));
    }

    @Test
    void passwordIsNotPrinted() throws Exception {
        assertThat(DatabaseUrlParser.parse("postgres://u:hush@h/d").toString()).doesNotContain("hush");
    }
}
