package dev.spillway.core.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.spillway.core.config.LdapOptions.MalformedException;
import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * {@code ldap://host:port/dn?attribute?scope?filter}, of which all but the scheme may be missing.
 *
 * @param attribute the first of them
 * @param scope {@code base} if none is given
 * @see <a href="https://www.rfc-editor.org/rfc/rfc4516">RFC 4516</a>
 */
record LdapUrl(
        boolean isTls,
        @Nullable String host,
        @Nullable String port,
        @Nullable String dn,
        @Nullable String attribute,
        LdapScope scope,
        @Nullable String filter) {
    private static final int SCOPE = 2;
    private static final int FILTER = 3;
    private static final int MOST_PARTS = 4;

    /** Whether {@code scheme} is that of a connection which begins with TLS. */
    static boolean isTls(String scheme) throws MalformedException {
        return switch (scheme) {
            case "ldap" -> false;
            case "ldaps" -> true;
            default -> throw new MalformedException("must have the scheme ldap or ldaps, not '" + scheme + "'");
        };
    }

    static LdapUrl parse(String text) throws MalformedException {
        int colon = text.indexOf("://");
        if (colon < 0) {
            throw new MalformedException(
                    "must have an ldapurl like ldap://host/dn?attribute?scope, not '" + text + "'");
        }
        boolean isTls = isTls(text.substring(0, colon));
        String rest = text.substring(colon + 3);
        int slash = rest.indexOf('/');
        String authority = slash < 0 ? rest : rest.substring(0, slash);
        String[] parts = (slash < 0 ? "" : rest.substring(slash + 1)).split("\\?", -1);
        if (parts.length > MOST_PARTS) {
            throw new MalformedException("cannot have extensions in an ldapurl");
        }
        int port = authority.lastIndexOf(':');
        boolean hasPort = port > authority.lastIndexOf(']');
        String attributes = part(parts, 1);
        return new LdapUrl(
                isTls,
                decoded(hasPort ? authority.substring(0, port) : authority),
                hasPort ? authority.substring(port + 1) : null,
                decoded(parts[0]),
                decoded(attributes.split(",", -1)[0]),
                scope(part(parts, SCOPE)),
                decoded(part(parts, FILTER)));
    }

    private static String part(String[] parts, int index) {
        return index < parts.length ? parts[index] : "";
    }

    private static LdapScope scope(String text) throws MalformedException {
        LdapScope scope = text.isEmpty() ? LdapScope.BASE : LdapScope.find(text);
        if (scope == null) {
            throw new MalformedException("must have the scope base, one or sub, not '" + text + "'");
        }
        return scope;
    }

    /** Null if it is empty. */
    private static @Nullable String decoded(String text) throws MalformedException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int at = 0;
        while (at < text.length()) {
            int percent = text.indexOf('%', at);
            int end = percent < 0 ? text.length() : percent;
            bytes.writeBytes(text.substring(at, end).getBytes(UTF_8));
            at = end;
            if (percent >= 0) {
                bytes.write(hexadecimal(text, percent));
                at += 3;
            }
        }
        return bytes.size() == 0 ? null : bytes.toString(UTF_8);
    }

    private static int hexadecimal(String text, int percent) throws MalformedException {
        if (percent + 3 > text.length()
                || !HexFormat.isHexDigit(text.charAt(percent + 1))
                || !HexFormat.isHexDigit(text.charAt(percent + 2))) {
            throw new MalformedException("must have two hexadecimal digits behind each percent sign of an ldapurl");
        }
        return HexFormat.fromHexDigits(text, percent + 1, percent + 3);
    }
}
