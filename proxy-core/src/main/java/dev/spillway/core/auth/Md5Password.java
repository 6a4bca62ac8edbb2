package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** PostgreSQL's MD5 authentication: "md5" || md5hex(md5hex(password || user) || salt), see "AuthenticationMD5Password". */
final class Md5Password {
    private static final String PREFIX = "md5";
    private static final int HASH_LENGTH = PREFIX.length() + 32;

    private Md5Password() {}

    /** Whether {@code text} has the form of a stored hash (PostgreSQL's crypt.c: lower-case digits only). */
    static boolean isHash(String text) {
        return text.length() == HASH_LENGTH
                && text.startsWith(PREFIX)
                && text.chars().skip(PREFIX.length()).allMatch(Md5Password::isLowerHex);
    }

    /** What PostgreSQL stores for this password of this user. */
    static String hash(byte[] password, String user) {
        return digest(password, user.getBytes(UTF_8));
    }

    /** What a client answers to a challenge, given the stored hash and the four bytes of salt. */
    static String response(String hash, byte[] salt) {
        return digest(hash.substring(PREFIX.length()).getBytes(US_ASCII), salt);
    }

    private static String digest(byte[] first, byte[] second) {
        try {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            md5.update(first);
            return PREFIX + HexFormat.of().formatHex(md5.digest(second));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime offers no MD5", e);
        }
    }

    private static boolean isLowerHex(int c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
}
