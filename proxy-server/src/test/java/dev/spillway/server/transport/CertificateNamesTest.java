package dev.spillway.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CertificateNamesTest {
    /** {@code names} with blanks between, each with {@code dns:}, {@code ip:} or {@code mail:} before it. */
    private static X509Certificate certificate(String subject, String names) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        KeyPair pair = generator.generateKeyPair();
        X500Principal principal = new X500Principal(subject);
        Instant now = Instant.now();
        var builder = new JcaX509v3CertificateBuilder(
                principal,
                BigInteger.ONE,
                Date.from(now),
                Date.from(now.plusSeconds(100)),
                principal,
                pair.getPublic());
        if (!names.isEmpty()) {
            GeneralName[] all = java.util.stream.Stream.of(names.split(" ", -1))
                    .map(CertificateNamesTest::name)
                    .toArray(GeneralName[]::new);
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(all));
        }
        var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate());
        return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
    }

    private static GeneralName name(String text) {
        int colon = text.indexOf(':');
        int kind = switch (text.substring(0, colon)) {
            case "dns" -> GeneralName.dNSName;
            case "ip" -> GeneralName.iPAddress;
            default -> GeneralName.rfc822Name;
        };
        return new GeneralName(kind, text.substring(colon + 1));
    }

    @ParameterizedTest
    @CsvSource({
        // subject, names in the extension, host, is it for that host?
        "CN=db, '', db, true",
        "CN=db, '', DB, true",
        "CN=db, '', db2, false",
        "CN=other, dns:db, db, true",
        "CN=db, dns:other, db, false", // the extension counts, not the common name
        "CN=db, mail:a@b.c, db, true", // for it has no name of a host
        "CN=x, dns:a dns:b dns:c, c, true",
        "CN=x, dns:*.example.com, db.example.com, true",
        "CN=x, dns:*.example.com, a.db.example.com, false",
        "CN=x, dns:*.example.com, example.com, false",
        "CN=x, dns:*.example.com, .example.com, false",
        "CN=x, dns:d*.example.com, db.example.com, false",
        "CN=x, dns:*, db, false",
        "CN=*.example.com, '', db.example.com, true",
        "CN=x, ip:10.0.0.1, 10.0.0.1, true",
        "CN=x, ip:10.0.0.1, 10.0.0.2, false",
        "CN=x, ip:fe80::1, fe80:0:0:0:0:0:0:1, true",
        "CN=10.0.0.1, '', 10.0.0.1, true",
        "CN=10.0.0.1, ip:10.0.0.2, 10.0.0.1, false",
        "CN=x, dns:10.0.0.1, 10.0.0.1, true",
        "CN=*.0.0.1, '', 10.0.0.1, false",
        "O=x, '', db, false",
    })
    void certificateIsForTheHostsItNames(String subject, String names, String host, boolean isFor) throws Exception {
        String problem = CertificateNames.problem(certificate(subject, names), host);
        assertThat(problem == null).as(problem).isEqualTo(isFor);
    }

    @ParameterizedTest
    @CsvSource({
        "CN=alice, alice",
        "'CN=alice, O=x', alice",
        "'O=x, CN=alice, OU=y', alice",
        "'CN=last, CN=first', first", // the text has them backwards
        "'CN=\"a, b\"', 'a, b'",
        "O=x, ",
    })
    void commonNameIsTheFirst(String subject, String expected) throws Exception {
        assertThat(CertificateNames.commonName(certificate(subject, ""))).isEqualTo(expected);
    }
}
