package dev.spillway.server.ops;

import dev.spillway.server.configfile.FileProblem;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keys and certificates in a file as OpenSSL writes it: PEM, with keys in PKCS#8, PKCS#1 or SEC1. Immutable once read, which
 * blocks. It never prints what it holds.
 */
final class PemFile {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----\\s*(.*?)-----END \\1-----", Pattern.DOTALL);
    private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "EdDSA");
    private static final byte[] VERSION_0 = {0x02, 1, 0};
    private static final byte[] RSA = {
        0x30, 13, 6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 13, 1, 1, 1, 5, 0
    };
    private static final byte[] EC = {6, 7, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1};
    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;
    private static final int OBJECT_IDENTIFIER = 0x06;
    private static final int PARAMETERS = 0xa0;

    /** Why a file is not what it should be; its message follows the file's name. */
    static final class UnusableFileException extends Exception {
        private static final long serialVersionUID = 1L;

        UnusableFileException(String message) {
            super(message);
        }
    }

    private record Block(String kind, String body) {
        byte[] bytes() throws UnusableFileException {
            try {
                return Base64.getMimeDecoder().decode(body);
            } catch (IllegalArgumentException e) {
                throw new UnusableFileException("has a block that is no base64 text");
            }
        }
    }

    private final List<Block> blocks = new ArrayList<>();

    private PemFile(String text) {
        Matcher matcher = BLOCK.matcher(text);
        while (matcher.find()) {
            blocks.add(new Block(matcher.group(1), matcher.group(2)));
        }
    }

    static PemFile read(String file) throws UnusableFileException {
        String problem;
        try {
            // Comments between the blocks may be in any encoding.
            return new PemFile(Files.readString(Path.of(file), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            problem = FileProblem.of(e);
        } catch (InvalidPathException e) {
            problem = String.valueOf(e.getMessage());
        }
        throw new UnusableFileException("cannot be read: " + problem);
    }

    /** All certificates, at least one. */
    List<X509Certificate> certificates() throws UnusableFileException {
        List<X509Certificate> found = new ArrayList<>();
        for (Block block : blocks) {
            if (block.kind.equals("CERTIFICATE")
                    || block.kind.equals("X509 CERTIFICATE")
                    || block.kind.equals("TRUSTED CERTIFICATE")) {
                found.add(certificate(block.bytes()));
            }
        }
        if (found.isEmpty()) {
            throw new UnusableFileException("holds no certificate in PEM");
        }
        return found;
    }

    private static X509Certificate certificate(byte[] bytes) throws UnusableFileException {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(bytes));
        } catch (CertificateException e) {
            throw new UnusableFileException("holds a certificate that cannot be understood");
        }
    }

    /** The first private key. */
    PrivateKey key() throws UnusableFileException {
        for (Block block : blocks) {
            switch (block.kind) {
                case "PRIVATE KEY" -> {
                    return key(block.bytes());
                }
                case "RSA PRIVATE KEY" -> {
                    refuseEncryption(block.body);
                    return key(value(SEQUENCE, VERSION_0, RSA, value(OCTET_STRING, block.bytes())));
                }
                case "EC PRIVATE KEY" -> {
                    refuseEncryption(block.body);
                    byte[] key = block.bytes();
                    byte[] algorithm = value(SEQUENCE, EC, curve(key));
                    return key(value(SEQUENCE, VERSION_0, algorithm, value(OCTET_STRING, key)));
                }
                case "ENCRYPTED PRIVATE KEY" -> refuseEncryption("ENCRYPTED");
                default -> {
                    // something else, before or after the key
                }
            }
        }
        throw new UnusableFileException("holds no private key in PEM");
    }

    private static void refuseEncryption(String body) throws UnusableFileException {
        if (body.contains("ENCRYPTED")) {
            throw new UnusableFileException("is encrypted, and nobody is asked for a passphrase");
        }
    }

    private static PrivateKey key(byte[] pkcs8) throws UnusableFileException {
        for (String algorithm : KEY_ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (InvalidKeySpecException e) {
                // of another algorithm
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e); // every JDK has them
            }
        }
        throw new UnusableFileException("holds a private key that cannot be understood");
    }

    /** The name of the curve in a SEC1 key, or else of the block of parameters that OpenSSL writes before it. */
    private byte[] curve(byte[] sec1) throws UnusableFileException {
        int at = skipHeader(sec1, 0, SEQUENCE);
        while (at + 1 < sec1.length) {
            int tag = sec1[at] & 0xff;
            int body = skipHeader(sec1, at, tag);
            if (tag == PARAMETERS) {
                return identifier(sec1, body);
            }
            at = body + length(sec1, at);
        }
        for (Block block : blocks) {
            if (block.kind.equals("EC PARAMETERS")) {
                return identifier(block.bytes(), 0);
            }
        }
        throw new UnusableFileException("holds a private key that does not name its curve");
    }

    private static byte[] identifier(byte[] from, int at) throws UnusableFileException {
        int body = skipHeader(from, at, OBJECT_IDENTIFIER);
        byte[] found = new byte[body - at + length(from, at)];
        System.arraycopy(from, at, found, 0, found.length);
        return found;
    }

    // ---- DER -------------------------------------------------------------------------------------------------------

    private static int skipHeader(byte[] der, int at, int tag) throws UnusableFileException {
        int lengthBytes = at + 1 < der.length && (der[at + 1] & 0x80) != 0 ? der[at + 1] & 0x7f : 0;
        int body = at + 2 + lengthBytes;
        if (body > der.length || lengthBytes > 2 || (der[at] & 0xff) != tag || body + length(der, at) > der.length) {
            throw new UnusableFileException("holds a private key that cannot be understood");
        }
        return body;
    }

    private static int length(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        return switch (first) {
            case 0x81 -> der[at + 2] & 0xff;
            case 0x82 -> ((der[at + 2] & 0xff) << 8) | (der[at + 3] & 0xff);
            default -> first;
        };
    }

    private static byte[] value(int tag, byte[]... parts) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            body.writeBytes(part);
        }
        int length = body.size();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(tag);
        if (length >= 0x100) {
            all.write(0x82);
            all.write(length >> 8);
        } else if (length >= 0x80) {
            all.write(0x81);
        }
        all.write(length);
        all.writeBytes(body.toByteArray());
        return all.toByteArray();
    }

    /** Is {@code key} the private half of what {@code certificate} certifies? */
    static boolean isPair(PrivateKey key, X509Certificate certificate) {
        PublicKey other = certificate.getPublicKey();
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        byte[] text = "whose is it".getBytes(StandardCharsets.US_ASCII);
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(other);
            signature.update(text);
            return signature.verify(signed);
        } catch (InvalidKeyException | SignatureException e) {
            return false;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
