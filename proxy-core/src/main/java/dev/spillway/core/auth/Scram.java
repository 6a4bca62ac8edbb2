package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The arithmetic of SCRAM-SHA-256 (RFC 5802 section 3, RFC 7677) and the two value forms its messages are made of.
 *
 * <p>Messages are handled as ISO 8859-1 strings: one char is one byte, so signatures are made over exactly what was sent.
 */
final class Scram {
    /** The only mechanism we offer and accept: without TLS there is no channel to bind to, hence no -PLUS. */
    static final String MECHANISM = "SCRAM-SHA-256";

    /** Length of every key, proof and signature. */
    static final int KEY_BYTES = 32;

    /** Digits of 2^31 - 1, PostgreSQL's largest {@code scram_iterations}. */
    private static final int MAX_ITERATION_DIGITS = 10;

    private static final String HMAC = "HmacSHA256";

    private Scram() {}

    /** Hi(password, salt, iterations). Slow: see {@link KeyDerivation}. */
    static byte[] saltedPassword(byte[] password, byte[] salt, int iterations) {
        try {
            Mac mac = mac(password);
            mac.update(salt);
            byte[] u = mac.doFinal(new byte[] {0, 0, 0, 1});
            byte[] result = u.clone();
            for (int i = 1; i < iterations; i++) {
                mac.update(u);
                mac.doFinal(u, 0);
                xorInto(result, u);
            }
            return result;
        } catch (GeneralSecurityException e) {
            throw missing(e);
        }
    }

    static byte[] clientKey(byte[] saltedPassword) {
        return hmac(saltedPassword, "Client Key");
    }

    static byte[] storedKey(byte[] clientKey) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(clientKey);
        } catch (GeneralSecurityException e) {
            throw missing(e);
        }
    }

    static byte[] serverKey(byte[] saltedPassword) {
        return hmac(saltedPassword, "Server Key");
    }

    /** ClientKey XOR ClientSignature: makes the proof of a key, and the key of a proof. */
    static byte[] proofOrKey(byte[] keyOrProof, byte[] storedKey, String authMessage) {
        byte[] result = hmac(storedKey, authMessage);
        xorInto(result, keyOrProof);
        return result;
    }

    static byte[] serverSignature(byte[] serverKey, String authMessage) {
        return hmac(serverKey, authMessage);
    }

    /** What both sides sign. */
    static String authMessage(ClientFirst clientFirst, ServerFirst serverFirst, String clientFinalWithoutProof) {
        return clientFirst.bare() + ',' + serverFirst.text() + ',' + clientFinalWithoutProof;
    }

    static byte[] hmac(byte[] key, String message) {
        try {
            return mac(key).doFinal(message.getBytes(ISO_8859_1));
        } catch (GeneralSecurityException e) {
            throw missing(e);
        }
    }

    static String encodeBase64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /**
     * Null if {@code text} is not exactly what an encoder would have written. Java's decoder ignores stray low bits and
     * missing padding, by which two different texts would pass for one proof.
     */
    static byte @Nullable [] decodeBase64(String text) {
        try {
            byte[] bytes = Base64.getDecoder().decode(text);
            return encodeBase64(bytes).equals(text) ? bytes : null;
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }

    /** The number in {@code text}, any {@code int} from 0 on; -1 if there is anything but digits. */
    static int parseIterations(String text) {
        boolean isNumber = !text.isEmpty()
                && text.length() <= MAX_ITERATION_DIGITS
                && text.chars().allMatch(c -> c >= '0' && c <= '9');
        return isNumber ? (int) Math.min(Long.parseLong(text), Integer.MAX_VALUE) : -1;
    }

    /** RFC 5802's {@code printable}: ASCII without controls, space and comma; at least one character. */
    static boolean isPrintable(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= 0x21 && c <= 0x7E && c != ',');
    }

    /** The bytes of a message as text, one char per byte. */
    static String text(byte[] message) {
        return new String(message, ISO_8859_1);
    }

    /** The bytes of a message that we made, which is ASCII. */
    static byte[] bytes(String message) {
        return message.getBytes(US_ASCII);
    }

    private static Mac mac(byte[] key) throws GeneralSecurityException {
        Mac mac = Mac.getInstance(HMAC);
        // HMAC pads keys with zeros, so a zero byte is the empty key, which SecretKeySpec refuses.
        mac.init(new SecretKeySpec(key.length == 0 ? new byte[1] : key, HMAC));
        return mac;
    }

    private static void xorInto(byte[] target, byte[] other) {
        for (int i = 0; i < target.length; i++) {
            target[i] ^= other[i];
        }
    }

    private static IllegalStateException missing(GeneralSecurityException e) {
        return new IllegalStateException("this Java runtime offers no SHA-256 or HMAC", e);
    }
}
