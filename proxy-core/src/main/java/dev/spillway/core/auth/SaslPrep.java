package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.text.Normalizer;
import org.jspecify.annotations.Nullable;

/**
 * SASLprep (RFC 4013) of passwords, exactly as PostgreSQL does it, because a verifier made there must match here.
 *
 * <p>Two differences to the RFC are PostgreSQL's (saslprep.c): a password that is not UTF-8 or holds something prohibited
 * is used as it is, and the tables are consulted before normalisation rather than after it.
 */
final class SaslPrep {
    private SaslPrep() {}

    /** The bytes to derive keys from; {@code password} itself where SASLprep does not apply. */
    static byte[] prepare(byte[] password) {
        String text = isAscii(password) ? null : decode(password);
        if (text == null) {
            return password;
        }
        int[] mapped = map(text);
        if (mapped.length == 0 || isProhibited(mapped) || violatesBidi(mapped)) {
            return password;
        }
        String normalized = Normalizer.normalize(new String(mapped, 0, mapped.length), Normalizer.Form.NFKC);
        return normalized.getBytes(UTF_8);
    }

    private static boolean isAscii(byte[] bytes) {
        for (byte b : bytes) {
            if (b < 0) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable String decode(byte[] bytes) {
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException notUtf8) {
            return null;
        }
    }

    private static int[] map(String text) {
        return text.codePoints()
                .map(c -> StringprepTable.NON_ASCII_SPACE.contains(c) ? ' ' : c)
                .filter(c -> !StringprepTable.MAPPED_TO_NOTHING.contains(c))
                .toArray();
    }

    private static boolean isProhibited(int[] codePoints) {
        for (int c : codePoints) {
            if (StringprepTable.PROHIBITED.contains(c) || StringprepTable.UNASSIGNED.contains(c)) {
                return true;
            }
        }
        return false;
    }

    /** RFC 3454 section 6: right-to-left text begins and ends right-to-left and holds nothing left-to-right. */
    private static boolean violatesBidi(int[] codePoints) {
        boolean hasRightToLeft = false;
        boolean hasLeftToRight = false;
        for (int c : codePoints) {
            hasRightToLeft |= StringprepTable.RIGHT_TO_LEFT.contains(c);
            hasLeftToRight |= StringprepTable.LEFT_TO_RIGHT.contains(c);
        }
        return hasRightToLeft
                && (hasLeftToRight
                        || !StringprepTable.RIGHT_TO_LEFT.contains(codePoints[0])
                        || !StringprepTable.RIGHT_TO_LEFT.contains(codePoints[codePoints.length - 1]));
    }
}
