package dev.spillway.server.configfile;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.spillway.core.config.Secret;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes a connection URI apart. Keeps no state. Its errors must never repeat a part of the URI: a password with an
 * unencoded {@code /} or {@code ?} would land in any of them.
 */
final class DatabaseUrlParser {
    private static final Pattern SCHEME = Pattern.compile("postgres(?:ql)?://(.*)", Pattern.DOTALL);
    private static final Pattern HOST_AND_PORT = Pattern.compile("(\\[[^\\[\\]]*]|[^:\\[\\]]*)(?::([0-9]{0,5}))?");
    private static final String ENCODE =
            "; write special characters of user and password as %XX (a slash is %2F, a question mark %3F)";

    private DatabaseUrlParser() {}

    /** What is wrong, to follow "DATABASE_URL". */
    static final class MalformedUrlException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedUrlException(String message) {
            super(message);
        }
    }

    static DatabaseUrl parse(String url) throws MalformedUrlException {
        Matcher scheme = SCHEME.matcher(url);
        if (!scheme.matches()) {
            throw new MalformedUrlException("must begin with postgres:// or postgresql://");
        }
        String[] beforeAndQuery = scheme.group(1).split("\\?", 2);
        String[] authorityAndPath = splitPath(beforeAndQuery[0]);
        String authority = authorityAndPath[0];
        // The last @, so that an unencoded one in the password does no harm: a host has none.
        int at = authority.lastIndexOf('@');
        String[] login = at < 0 ? new String[] {""} : authority.substring(0, at).split(":", 2);
        String[] addresses = authority.substring(at + 1).split(",", -1);
        return new DatabaseUrl(
                hosts(addresses),
                port(addresses),
                decode(authorityAndPath[1]),
                decode(login[0]),
                login.length < 2 || login[1].isEmpty() ? null : Secret.of(decode(login[1])),
                parameters(beforeAndQuery.length < 2 ? "" : beforeAndQuery[1]));
    }

    private static String[] splitPath(String text) throws MalformedUrlException {
        int slash = text.indexOf('/');
        // Either the login has a slash or the path has an @; to guess could send the password to the wrong host.
        if (slash >= 0 && slash < text.lastIndexOf('@')) {
            throw new MalformedUrlException("has a / before an @" + ENCODE + ", and @ in the database's name as %40");
        }
        return slash < 0 ? new String[] {text, ""} : new String[] {text.substring(0, slash), text.substring(slash + 1)};
    }

    private static String hosts(String[] addresses) throws MalformedUrlException {
        List<String> hosts = new ArrayList<>();
        for (String address : addresses) {
            hosts.add(withoutBrackets(decode(address(address).group(1))));
        }
        return String.join(",", hosts);
    }

    private static String port(String[] addresses) throws MalformedUrlException {
        Set<String> ports = new HashSet<>();
        for (String address : addresses) {
            ports.add(Objects.requireNonNullElse(address(address).group(2), ""));
        }
        if (ports.size() > 1) {
            throw new MalformedUrlException("has hosts with different ports, but a database has one for all of them");
        }
        return ports.iterator().next();
    }

    private static Matcher address(String text) throws MalformedUrlException {
        Matcher address = HOST_AND_PORT.matcher(text);
        if (!address.matches()) {
            throw new MalformedUrlException(
                    "has a host and port that are not HOST:PORT, with IPv6 as [ADDRESS]:PORT" + ENCODE);
        }
        return address;
    }

    private static String withoutBrackets(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static Map<String, String> parameters(String query) throws MalformedUrlException {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String part : query.isEmpty() ? new String[0] : query.split("&", -1)) {
            String[] nameAndValue = part.split("=", 2);
            if (nameAndValue.length < 2 || !nameAndValue[0].matches("[A-Za-z_]+")) {
                throw new MalformedUrlException(
                        "has something after its question mark that is not NAME=VALUE" + ENCODE);
            }
            if (parameters.put(nameAndValue[0], decode(nameAndValue[1])) != null) {
                throw new MalformedUrlException("has the same parameter twice");
            }
        }
        return parameters;
    }

    /** Percent-decoding as RFC 3986 has it: a plus sign is a plus sign. */
    static String decode(String text) throws MalformedUrlException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int done = 0;
        for (int percent = text.indexOf('%'); percent >= 0; percent = text.indexOf('%', done)) {
            bytes.writeBytes(text.substring(done, percent).getBytes(UTF_8));
            bytes.write(octet(text, percent + 1));
            done = percent + 3;
        }
        bytes.writeBytes(text.substring(done).getBytes(UTF_8));
        try {
            return UTF_8.newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedUrlException("has percent-encoded bytes that are not UTF-8");
        }
    }

    private static int octet(String text, int start) throws MalformedUrlException {
        @Nullable String digits = start + 2 <= text.length() ? text.substring(start, start + 2) : null;
        if (digits == null || !digits.matches("[0-9A-Fa-f]{2}") || digits.equals("00")) {
            throw new MalformedUrlException("has a % that is not followed by two hexadecimal digits; write % as %25");
        }
        return Integer.parseInt(digits, 16);
    }
}
