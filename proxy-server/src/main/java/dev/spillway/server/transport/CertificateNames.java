package dev.spillway.server.transport;

import io.netty.util.NetUtil;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.naming.InvalidNameException;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * Whose a certificate is. Stateless.
 *
 * <p>Names are compared as libpq does it ({@code pq_verify_peer_name_matches_certificate()} in {@code
 * src/interfaces/libpq/fe-secure-common.c}): the names in the certificate's extension, and the common name only where that
 * extension has none of the kind.
 */
public final class CertificateNames {
    private static final int DNS = 2;
    private static final int IP = 7;

    private CertificateNames() {}

    /** The first common name of the subject; null if there is none. */
    public static @Nullable String commonName(X509Certificate certificate) {
        try {
            LdapName subject =
                    new LdapName(certificate.getSubjectX500Principal().getName(X500Principal.RFC2253));
            for (Rdn part : subject.getRdns()) { // in the order of the certificate
                Attribute name = part.toAttributes().get("CN");
                if (name != null && name.get() instanceof String text && text.indexOf('\0') < 0) {
                    return text;
                }
            }
        } catch (InvalidNameException e) {
            return null;
        } catch (NamingException e) {
            return null;
        }
        return null;
    }

    /** What is wrong when {@code host}, a name or an address, shows this certificate; null: nothing. */
    public static @Nullable String problem(X509Certificate certificate, String host) {
        byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
        List<String> seen = new ArrayList<>();
        boolean isNamed = false;
        for (List<?> name : alternatives(certificate)) {
            int kind = (Integer) name.getFirst();
            if ((kind != DNS && kind != IP) || !(name.get(1) instanceof String text)) {
                continue;
            }
            isNamed |= kind == DNS || address != null;
            seen.add(text);
            if (kind == DNS ? matches(text, host) : isAddress(text, address)) {
                return null;
            }
        }
        String common = isNamed ? null : commonName(certificate);
        if (common != null) {
            seen.add(common);
        }
        boolean isFor = common != null && matches(common, host);
        return isFor
                ? null
                : "the server's certificate is for " + (seen.isEmpty() ? "nobody" : String.join(", ", seen))
                        + ", not for \"" + host + "\"";
    }

    private static Collection<List<?>> alternatives(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            return names == null ? List.of() : names;
        } catch (CertificateParsingException e) {
            return List.of();
        }
    }

    private static boolean isAddress(String text, byte @Nullable [] address) {
        return address != null && Arrays.equals(NetUtil.createByteArrayFromIpAddressString(text), address);
    }

    /** A star stands for the first label and nothing else; an address has no labels. */
    private static boolean matches(String pattern, String host) {
        String name = host.toLowerCase(Locale.ROOT);
        String wanted = pattern.toLowerCase(Locale.ROOT);
        if (wanted.indexOf('\0') >= 0) {
            return false;
        }
        if (name.equals(wanted)) {
            return true;
        }
        int dot = name.indexOf('.');
        return wanted.startsWith("*.")
                && dot > 0
                && wanted.length() > 2
                && !NetUtil.isValidIpV4Address(name)
                && wanted.substring(1).equals(name.substring(dot));
    }
}
