package dev.spillway.core.config;

import dev.spillway.core.config.LdapOptions.Bind;
import dev.spillway.core.config.LdapOptions.MalformedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Understands {@link LdapOptions}, by PostgreSQL's rules of what goes with what. Used once. */
final class LdapOptionReader {
    private static final int PORT = 389;
    private static final int TLS_PORT = 636;
    private static final String USUAL_ATTRIBUTE = "uid";

    private final String text;
    private int at;

    private boolean isTlsFromStart;
    private boolean startsTls;
    private int port;
    private LdapScope scope = LdapScope.SUB;
    private @Nullable String server;
    private @Nullable String prefix;
    private @Nullable String suffix;
    private @Nullable String base;
    private @Nullable String dn;
    private @Nullable String password;
    private @Nullable String attribute;
    private @Nullable String filter;

    LdapOptionReader(String text) {
        this.text = text;
    }

    LdapOptions read() throws MalformedException {
        for (String option = next(); option != null; option = next()) {
            int equals = option.indexOf('=');
            if (equals < 0) {
                throw new MalformedException("has a word that is no name=value");
            }
            String value = option.substring(equals + 1);
            set(option.substring(0, equals), value.isEmpty() ? null : value);
        }
        return options();
    }

    /** The next option without its quotes; null: there is no more. */
    private @Nullable String next() throws MalformedException {
        while (at < text.length() && isBetween(text.charAt(at))) {
            at++;
        }
        if (at == text.length()) {
            return null;
        }
        StringBuilder option = new StringBuilder();
        boolean isQuoted = false;
        while (at < text.length() && (isQuoted || !isBetween(text.charAt(at)))) {
            char c = text.charAt(at++);
            if (c != '"') {
                option.append(c);
            } else if (isQuoted && text.startsWith("\"", at)) {
                option.append(c);
                at++;
            } else {
                isQuoted = !isQuoted;
            }
        }
        if (isQuoted) {
            throw new MalformedException("has a quote that is not closed");
        }
        return option.toString();
    }

    private static boolean isBetween(char c) {
        return c == ',' || Character.isWhitespace(c);
    }

    private void set(String name, @Nullable String value) throws MalformedException {
        switch (name) {
            case "ldapurl" -> setUrl(value);
            case "ldapserver" -> server = value;
            case "ldapport" -> port = value == null ? 0 : port(value);
            case "ldapscheme" -> isTlsFromStart = value != null && LdapUrl.isTls(value);
            case "ldaptls" -> startsTls = "1".equals(value);
            case "ldapprefix" -> prefix = value;
            case "ldapsuffix" -> suffix = value;
            case "ldapbasedn" -> base = value;
            case "ldapbinddn" -> dn = value;
            case "ldapbindpasswd" -> password = value;
            case "ldapsearchattribute" -> attribute = value;
            case "ldapsearchfilter" -> filter = value;
            default -> throw unknown(name);
        }
    }

    /** What is no name of ours may be a part of a password that ought to have been quoted. */
    private static MalformedException unknown(String name) {
        return new MalformedException(
                name.matches("ldap[a-z]*")
                        ? "cannot have the option '" + name + "'"
                        : "has an option of an unknown name");
    }

    private static int port(String text) throws MalformedException {
        int port = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
        if (port < 1 || port > 0xffff) {
            throw new MalformedException("must have a port from 1 to 65535, not '" + text + "'");
        }
        return port;
    }

    private void setUrl(@Nullable String value) throws MalformedException {
        if (value == null) {
            return;
        }
        LdapUrl url = LdapUrl.parse(value);
        isTlsFromStart = url.isTls();
        port = url.port() == null ? 0 : port(url.port());
        scope = url.scope();
        server = url.host() == null ? server : url.host();
        base = url.dn() == null ? base : url.dn();
        attribute = url.attribute() == null ? attribute : url.attribute();
        filter = url.filter() == null ? filter : url.filter();
    }

    // ---- what they come to -----------------------------------------------------------------------------------------

    private LdapOptions options() throws MalformedException {
        Bind bind = bind();
        if (server == null) {
            throw new MalformedException("needs ldapserver: the domain's servers are not looked up");
        }
        if (isTlsFromStart && startsTls) {
            throw new MalformedException("cannot have ldaptls with ldaps, which is TLS from the start");
        }
        int usual = isTlsFromStart ? TLS_PORT : PORT;
        return new LdapOptions(
                Secret.of(text), isTlsFromStart, startsTls, hosts(server), port == 0 ? usual : port, bind);
    }

    private static List<String> hosts(String server) throws MalformedException {
        List<String> hosts = new ArrayList<>();
        for (String host : server.split(" ", -1)) {
            if (!host.isEmpty()) {
                hosts.add(host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host);
            }
        }
        if (hosts.isEmpty()) {
            throw new MalformedException("must have a host as ldapserver, not '" + server + "'");
        }
        return hosts;
    }

    private Bind bind() throws MalformedException {
        if (attribute != null && filter != null) {
            throw new MalformedException("cannot have both ldapsearchattribute and ldapsearchfilter");
        }
        boolean isOfSearch = base != null || dn != null || password != null || attribute != null || filter != null;
        if (prefix != null || suffix != null) {
            if (isOfSearch) {
                throw new MalformedException("cannot have ldapprefix or ldapsuffix together with options of a search");
            }
            return new Bind.Direct(Objects.requireNonNullElse(prefix, ""), Objects.requireNonNullElse(suffix, ""));
        }
        if (base == null) {
            throw new MalformedException("needs ldapbasedn, ldapprefix or ldapsuffix");
        }
        if (dn != null && password == null) {
            throw new MalformedException("needs ldapbindpasswd with ldapbinddn");
        }
        String sought =
                filter != null ? filter : "(" + Objects.requireNonNullElse(attribute, USUAL_ATTRIBUTE) + "=$username)";
        return new Bind.Search(base, dn, Secret.of(Objects.requireNonNullElse(password, "")), scope, sought);
    }
}
