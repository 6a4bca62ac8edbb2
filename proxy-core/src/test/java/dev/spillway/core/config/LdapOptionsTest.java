package dev.spillway.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.config.LdapOptions.Bind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LdapOptionsTest {
    private static LdapOptions parse(String text) throws LdapOptions.MalformedException {
        return LdapOptions.parse(text);
    }

    @Test
    void namesAreMadeOfPrefixAndSuffix() throws Exception {
        LdapOptions options =
                parse("ldapserver=ldap.example.net ldapprefix=\"cn=\" ldapsuffix=\", dc=example, dc=net\"");
        assertThat(options.servers()).containsExactly("ldap.example.net");
        assertThat(options.port()).isEqualTo(389);
        assertThat(options.isTlsFromStart() || options.startsTls()).isFalse();
        assertThat(options.bind()).isEqualTo(new Bind.Direct("cn=", ", dc=example, dc=net"));
    }

    @Test
    void namesAreSearchedFor() throws Exception {
        LdapOptions options = parse("ldapserver=\"a b\", ldaptls=1 ldapport=1389 ldapbasedn=\"dc=example, dc=net\""
                + " ldapbinddn=\"cn=looker\" ldapbindpasswd=\"a \"\"b\"\"\" ldapsearchattribute=mail");
        assertThat(options.servers()).containsExactly("a", "b");
        assertThat(options.port()).isEqualTo(1389);
        assertThat(options.startsTls()).isTrue();
        assertThat(options.bind())
                .isEqualTo(new Bind.Search(
                        "dc=example, dc=net", "cn=looker", Secret.of("a \"b\""), LdapScope.SUB, "(mail=$username)"));
    }

    @Test
    void urlSaysItAllInOne() throws Exception {
        LdapOptions options = parse("ldapurl=\"ldaps://[::1]:7/dc=ex%2c%20a,dc=net??one?(|(a=$username)(b=%25))\"");
        assertThat(options.servers()).containsExactly("::1");
        assertThat(options.port()).isEqualTo(7);
        assertThat(options.isTlsFromStart()).isTrue();
        assertThat(options.bind())
                .isEqualTo(new Bind.Search(
                        "dc=ex, a,dc=net", null, Secret.of(""), LdapScope.ONE, "(|(a=$username)(b=%))"));
    }

    /** As ldap_url_parse of OpenLDAP has it, which PostgreSQL's documentation calls of little use. */
    @Test
    void urlWithoutAScopeSearchesItsBaseAlone() throws Exception {
        LdapOptions options = parse("ldapurl=\"ldaps://h/dc=net?cn,mail\"");
        assertThat(options.port()).isEqualTo(636);
        assertThat(options.bind())
                .isEqualTo(new Bind.Search("dc=net", null, Secret.of(""), LdapScope.BASE, "(cn=$username)"));
    }

    @Test
    void whatComesLastCounts() throws Exception {
        LdapOptions options =
                parse("ldapserver=a ldapprefix=x ldapserver=b \"ldapprefix=u=\" ldapscheme=ldaps ldapscheme=ldap");
        assertThat(options.servers()).containsExactly("b");
        assertThat(options.isTlsFromStart()).isFalse();
        assertThat(options.bind()).isEqualTo(new Bind.Direct("u=", ""));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | needs ldapbasedn, ldapprefix or ldapsuffix",
                "ldapserver=h | needs ldapbasedn, ldapprefix or ldapsuffix",
                "ldapprefix=a | needs ldapserver",
                "ldapserver=\" \" ldapprefix=a | must have a host as ldapserver",
                "ldapserver=h ldapprefix=a ldapbasedn=b | cannot have ldapprefix or ldapsuffix together",
                "ldapserver=h ldapsuffix=a ldapbindpasswd=b | cannot have ldapprefix or ldapsuffix together",
                "ldapserver=h ldapbasedn=b ldapsearchattribute=c ldapsearchfilter=d | cannot have both",
                "ldapserver=h ldapbasedn=b ldapbinddn=c | needs ldapbindpasswd with ldapbinddn",
                "ldapserver=h ldapprefix=a ldapprot=1 | cannot have the option 'ldapprot'",
                "ldapserver=h ldapprefix=a ldapport=0 | port from 1 to 65535, not '0'",
                "ldapserver=h ldapprefix=a ldapport=65536 | port from 1 to 65535, not '65536'",
                "ldapserver=h ldapprefix=a ldapscheme=http | the scheme ldap or ldaps, not 'http'",
                "ldapserver=h ldapprefix=a ldapscheme=ldaps ldaptls=1 | cannot have ldaptls with ldaps",
                "ldapserver=h ldapprefix=\"a | has a quote that is not closed",
                "ldapurl=http://h/dc=net | the scheme ldap or ldaps, not 'http'",
                "ldapurl=h/dc=net | must have an ldapurl like",
                "ldapurl=ldap://h:x/dc=net | port from 1 to 65535, not 'x'",
                "ldapurl=ldap://h/dc=net??all | the scope base, one or sub, not 'all'",
                "ldapurl=ldap://h/dc=net????!x | cannot have extensions",
                "ldapurl=ldap://h/dc=%4 | two hexadecimal digits",
                "ldapurl=ldap://h/dc=%zz | two hexadecimal digits",
                "ldapurl=ldap:///dc=net | needs ldapserver"
            })
    void mistakesAreSaid(String text, String problem) {
        assertThatThrownBy(() -> parse(text))
                .isInstanceOf(LdapOptions.MalformedException.class)
                .hasMessageContaining(problem);
    }

    @Test
    void passwordsAreNeverPrinted() throws Exception {
        assertThat(parse("ldapserver=h ldapbasedn=b ldapbinddn=c ldapbindpasswd=hunter2")
                        .toString())
                .doesNotContain("hunter2");
        for (String unquoted : new String[] {"ldapbindpasswd=a hunter2", "ldapbindpasswd=a,hunter2=b", "hunter2"}) {
            assertThatThrownBy(() -> parse("ldapserver=h ldapbasedn=b " + unquoted))
                    .isInstanceOf(LdapOptions.MalformedException.class)
                    .hasMessageNotContaining("hunter2");
        }
    }
}
