package dev.spillway.core.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.LdapOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessRulesTest {
    private final List<AccessProblem> problems = new ArrayList<>();
    private final Map<String, String> files = new HashMap<>();

    private final class Beside implements NameFiles {
        @Override
        public String resolve(String file, String name) {
            return name.startsWith("/") ? name : file.substring(0, file.lastIndexOf('/') + 1) + name;
        }

        @Override
        public String read(String file) throws IOException {
            String text = files.get(file);
            if (text == null) {
                throw new IOException("there is no such file");
            }
            return text;
        }
    }

    private AccessRules rules(String text) {
        return rules(text, IdentMaps.NONE);
    }

    private AccessRules rules(String text, IdentMaps maps) {
        return AccessRules.parse("/etc/hba", text, maps, new Beside(), problems::add);
    }

    private static AccessRequest from(@Nullable String address, String database, String user) {
        InetAddress parsed = address == null || address.equals("unix") ? null : InetAddress.ofLiteral(address);
        return new AccessRequest(parsed, false, false, database, user);
    }

    /** The number of the line that decides; 0: none does. */
    private static int line(AccessRules rules, AccessRequest request) {
        AccessRule rule = rules.find(request);
        return rule == null ? 0 : rule.line();
    }

    @ParameterizedTest
    @CsvSource({
        "unix, shop, ann, 3",
        "unix, stock, ann, 4",
        "10.1.2.3, shop, bob, 5",
        "11.1.2.3, shop, bob, 11",
        "192.168.7.9, stock, ann, 6",
        "192.168.8.9, stock, ann, 11",
        "172.16.0.1, ann, ann, 7",
        "172.16.0.1, shop, ann, 11",
        "172.17.0.1, 'all', 'a, \"b\"', 8",
        "172.17.0.1, other, 'a, \"b\"', 11",
        "2001:db8::7, shop, ann, 9",
        "2001:db9::7, shop, ann, 11",
        "::1, shop, ann, 10",
        "::2, shop, ann, 11",
        "127.0.0.1, shop, ann, 11",
        "::ffff:10.1.2.3, shop, ann, 5"
    })
    void firstLineThatFitsDecides(String address, String database, String user, int expected) throws Exception {
        AccessRules rules = rules("""
            # who may come
            \t
            local   shop            all                     peer
            local   all             ann, bob                md5  # by password
            host    shop            all     10.0.0.0/8      scram-sha-256
            host    all             ann     192.168.7.0 255.255.255.0 password
            host    sameuser        all     172.16.0.0/16   trust
            host    "all"           "a, ""b""\" 172.17.0.0/16 md5
            host    shop,stock      ann     2001:db8::/32   md5
            host    all             all     ::1/128         trust
            host    all             all     all             reject
            """);
        assertThat(problems).isEmpty();
        assertThat(line(rules, from(address, database, user))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"true, 1", "false, 2"})
    void tlsTellsConnectionsApart(boolean isSecure, int expected) {
        AccessRules rules = rules("hostssl all all all cert\nhostnossl all all all md5");
        InetAddress address = InetAddress.ofLiteral("10.0.0.1");
        AccessRequest request = new AccessRequest(address, isSecure, false, "db", "u");
        assertThat(line(rules, request)).isEqualTo(expected);
        AccessRules turned = rules("hostnossl all all all md5\nhostssl all all all cert");
        assertThat(line(turned, request)).isEqualTo(3 - expected);
        assertThat(rules.find(from("unix", "db", "u"))).isNull();
    }

    @Test
    void replicationOfTheClusterIsNoDatabase() {
        AccessRules rules = rules("""
            host all,sameuser,rep all all trust
            host "replication" all all md5
            host other,replication rep all scram-sha-256
            """);
        InetAddress address = InetAddress.ofLiteral("10.0.0.1");
        assertThat(line(rules, new AccessRequest(address, false, true, "rep", "rep")))
                .isEqualTo(3);
        assertThat(rules.find(new AccessRequest(address, false, true, "other", "ann")))
                .isNull();
        assertThat(line(rules, new AccessRequest(address, false, false, "replication", "rep")))
                .isOne();
    }

    @Test
    void consoleHasTheSameRulesByBothOfItsNames() {
        AccessRules rules = rules("host pgbouncer all all reject\nhost spillway all all md5\nhost all all all trust");
        assertThat(line(rules, from("10.0.0.1", "pgbouncer", "u"))).isOne();
        assertThat(line(rules, from("10.0.0.1", "spillway", "u"))).isOne();
        assertThat(line(rules, from("10.0.0.1", "shop", "u"))).isEqualTo(3);
    }

    @Test
    void namesMayStandInFilesOfTheirOwn() {
        files.put("/etc/dbs", "shop, \"a b\"\n\n# no more\nstock @more");
        files.put("/etc/more", "attic\n@dbs\n");
        files.put("/users", "bob");
        AccessRules rules = rules("host @dbs ann,@/users all md5\nhost \"@dbs\" all all trust");
        assertThat(problems).isEmpty();
        for (String database : List.of("shop", "a b", "stock", "attic")) {
            assertThat(line(rules, from("10.0.0.1", database, "bob"))).isOne();
        }
        assertThat(line(rules, from("10.0.0.1", "@dbs", "bob"))).isEqualTo(2);
        assertThat(rules.find(from("10.0.0.1", "cellar", "bob"))).isNull();
        files.put("/users", "bob\n+admins");
        rules("host @dbs @/users all md5");
        assertThat(problems).singleElement().asString().startsWith("/users:2: \"+admins\" is not supported");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "hots all all all md5 | a line must begin with local, host, hostssl or hostnossl, not \"hots\"",
                "\"host\" all all all md5 | a line must begin with",
                "hostgssenc all all all md5 | a line must begin with",
                "host | the database is missing",
                "host , all all md5 | the database is missing",
                "host all, all | the user is missing",
                "host all all | the address is missing",
                "local all all | the method is missing",
                "host all all 10.0.0.0/8 | the method is missing",
                "host all all 10.0.0.0 md5 | \"md5\" is no mask of that address",
                "host all all 10.0.0.0 ffff:: md5 | \"ffff::\" is no mask",
                "host all all 10.0.0.0/33 md5 | \"/33\" is no mask",
                "host all all 10.0.0.0/-1 md5 | \"/-1\" is no mask",
                "host all all 10.0.0.0/ md5 | \"/\" is no mask",
                "host all all ::/129 md5 | \"/129\" is no mask",
                "host all all 10.0.0.7/8 md5 | address 10.0.0.7 has bits that its mask has not",
                "host all all 10.0.1/24 md5 | \"10.0.1\" is no IP address",
                "host all all 10.0.0.256/32 md5 | \"10.0.0.256\" is no IP address",
                "host all all fe80::1%eth0/128 md5 | is no IP address",
                "host all all localhost md5 | \"localhost\" is no IP address",
                "host all all .example.com md5 | is no IP address",
                "host all all samenet md5 | is no IP address",
                "host samerole all all md5 | \"samerole\" is not supported",
                "host samegroup all all md5 | \"samegroup\" is not supported",
                "host all +admins all md5 | \"+admins\" is not supported",
                "host /^shop all all md5 | regular expressions are not supported",
                "host all all all ldap | ldap needs ldapbasedn, ldapprefix or ldapsuffix",
                "host all all all ldap map=m | ldap has an option of an unknown name",
                "host all all all ldap ldapserver=h ldapprefix=\"a | a quote is not closed",
                "host all all all pam pamservice=x | option \"pamservice=x\" is not supported",
                "host all all all gss | method \"gss\" is not supported",
                "host all all all any | method \"any\" is not supported",
                "host all all all \"md5\" | method \"md5\" is not supported",
                "host all all all peer | peer is for local alone",
                "host all all all md5 map=m | map= is for cert and peer alone",
                "local all all peer map=m | there is no map \"m\" in auth_ident_file",
                "hostssl all all all cert clientcert=verify-full | option \"clientcert=verify-full\" is not supported",
                "host all all all md5 , | the option is missing",
                "host all all all trust md5 | option \"md5\" is not supported",
                "host \"all all all md5 | a quote is not closed",
                "host @none all all md5 | @/etc/none cannot be read: there is no such file"
            })
    void mistakesAreReportedWithTheirLine(String line, String text) {
        AccessRules rules = rules("# first\n" + line + "\nhost all all all reject");
        assertThat(problems).hasSize(1);
        AccessProblem problem = problems.getFirst();
        assertThat(problem.toString()).startsWith("/etc/hba:2: ");
        assertThat(problem.text()).contains(text);
        assertThat(rules.rules()).extracting(AccessRule::line).containsExactly(3);
    }

    @Test
    void directoryIsAskedAsItsLineSays() {
        AccessRules rules = rules("""
            host all a all ldap ldapserver="h, i" , ldapprefix="uid=#", # ldapport=7
            host all b all ldap "ldapserver=h" ldapbasedn="dc=example, dc=net"
            host all c all pam
            """);
        assertThat(problems).isEmpty();
        LdapOptions first = Objects.requireNonNull(rules.rules().get(0).ldap());
        assertThat(first.servers()).containsExactly("h,", "i");
        assertThat(first.port()).isEqualTo(389);
        assertThat(first.bind()).isEqualTo(new LdapOptions.Bind.Direct("uid=#", ""));
        assertThat(Objects.requireNonNull(rules.rules().get(1).ldap()).bind())
                .isInstanceOf(LdapOptions.Bind.Search.class);
        assertThat(rules.rules().get(2).method()).isEqualTo(AccessMethod.PAM);
        assertThat(rules.directories()).hasSize(2);
    }

    @Test
    void mapsLetInWhomTheyName() {
        IdentMaps maps = IdentMaps.parse("/etc/ident", """
            # map   system      user
            staff   ann         app
            staff   "b, ob"     "all"
            staff   root        all
            other   ann         ann
            """, problems::add);
        AccessRules rules = rules("local all all peer map=staff\nhostssl all all all cert map=other", maps);
        assertThat(problems).isEmpty();
        IdentMap staff = Objects.requireNonNull(
                Objects.requireNonNull(rules.find(from("unix", "db", "x"))).map());
        assertThat(staff.allows("ann", "app")).isTrue();
        assertThat(staff.allows("ann", "ann")).isFalse();
        assertThat(staff.allows("b, ob", "all")).isTrue();
        assertThat(staff.allows("b, ob", "app")).isFalse();
        assertThat(staff.allows("root", "whoever")).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "m | the system's name is missing",
                "m ann | the user's name is missing",
                "m ann app x | \"x\" is too much",
                "m ann,bob app | the user's name is missing",
                "m /^a(.*)$ \\1 | regular expressions are not supported",
                "m ann +staff | names of groups are not supported",
                "include other file | include is not supported",
                "m \"ann app | a quote is not closed"
            })
    void mistakesInMapsAreReportedWithTheirLine(String line, String text) {
        IdentMaps.parse("/etc/ident", "\n" + line + "\n", problems::add);
        assertThat(problems).singleElement().asString().startsWith("/etc/ident:2: " + text);
    }

    @Test
    void namedClientsHaveToBeKnownAndNamedSo() {
        IdentMap map = new IdentMap("staff", List.of(new IdentMap.Entry("ann", "app")));
        assertThat(peer("app", true, map, "ann")).isEqualTo("done");
        assertThat(peer("app", false, map, "ann")).isEqualTo("the user is not known");
        assertThat(peer("app", true, map, "bob")).contains("\"bob\"", "map \"staff\"");
        assertThat(peer("ann", true, null, "ann")).isEqualTo("done");
        assertThat(peer("app", true, null, "ann")).isEqualTo("the client is \"ann\"");
        assertThat(peer("ann", true, null, null)).contains("no Unix socket");
    }

    private static String peer(String user, boolean isKnown, @Nullable IdentMap map, @Nullable String name) {
        return switch (NamedClientAuth.byPeer(user, isKnown, map, name).start()) {
            case AuthStep.Done _ -> "done";
            case AuthStep.Failed(String detail, var _) -> detail;
            case AuthStep.Send _, AuthStep.NeedsDerivation _, AuthStep.NeedsJudgement _ -> "?";
        };
    }

    @Property(tries = 2000)
    void noTextDoesMoreThanHaveProblems(@ForAll String text) {
        problems.clear();
        files.put("/etc/", text);
        AccessRules rules = rules(text, IdentMaps.parse("/etc/ident", text, problems::add));
        assertThat(rules.find(from("unix", "db", "u"))).isNull();
    }

    @Property(tries = 2000)
    void noWordsInAnyOrderDoMoreThanHaveProblems(@ForAll long seed) {
        problems.clear();
        Random random = new Random(seed);
        List<String> words = List.of(
                "host",
                "hostssl",
                "local",
                "all",
                "sameuser",
                "replication",
                "\"a\"\"b\"",
                "\"",
                "@names",
                ",",
                "#",
                "10.0.0.0/8",
                "::/0",
                "255.0.0.0",
                "trust",
                "md5",
                "cert",
                "peer",
                "map=",
                "map=m",
                "\n",
                "\n",
                " ",
                "\u0000",
                "\u2028",
                "/",
                "=",
                "+x");
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(40); i > 0; i--) {
            text.append(words.get(random.nextInt(words.size()))).append(random.nextInt(4) == 0 ? "" : " ");
        }
        files.put("/etc/names", text.toString());
        AccessRules rules = rules(text.toString(), IdentMaps.parse("/etc/ident", text.toString(), problems::add));
        rules.find(from("10.1.1.1", "db", "u"));
        assertThat(problems).allSatisfy(problem -> assertThat(problem.line()).isPositive());
    }
}
