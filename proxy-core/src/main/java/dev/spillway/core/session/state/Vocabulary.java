package dev.spillway.core.session.state;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The words that make a statement's text a suspect, by hash of their bytes in lower case. Immutable.
 *
 * <p>A hash is of 64 bits: a word that is none of them and has the hash of one costs a question that was not needed, once in
 * some 10^17 words.
 */
public final class Vocabulary {
    /** What a word is a reason for. */
    enum Word {
        SET,
        SET_CONFIG,
        CREATE,
        INTO,
        DECLARE,
        HOLD,
        PREPARE,
        LISTEN,
        LOCK,
        UNLOCK,
        UPDATE,
        SETTINGS_VIEW,
        DO,
        CALL,
        /** What may stand before an identifier that is written in code points. */
        UNICODE,
        /** Of a setting that is not reported and that PostgreSQL reads literals under. */
        LITERALS,
        /** A function of which the operator says that it changes the session's state. */
        SUSPECT
    }

    private static final long FACTOR = 0x9E3779B97F4A7C15L;
    private static final byte[] CODES = codes();

    private final long[] hashes;
    private final @Nullable Word[] words;
    private final int shift;
    private final Set<String> suspectFunctions;

    /** {@code suspectFunctions}: names without schema. */
    public Vocabulary(Set<String> suspectFunctions) {
        this.suspectFunctions = Set.copyOf(suspectFunctions);
        int bits = 8;
        while (1 << bits < 8 * (40 + suspectFunctions.size())) {
            bits++;
        }
        hashes = new long[1 << bits];
        words = new @Nullable Word[1 << bits];
        shift = Long.SIZE - bits;
        suspectFunctions.forEach(name -> add(name.toLowerCase(Locale.ROOT), Word.SUSPECT));
        add("set", Word.SET);
        add("set_config", Word.SET_CONFIG);
        add("create", Word.CREATE);
        add("into", Word.INTO);
        add("declare", Word.DECLARE);
        add("hold", Word.HOLD);
        add("prepare", Word.PREPARE);
        add("listen", Word.LISTEN);
        add("pg_advisory_lock", Word.LOCK);
        add("pg_advisory_lock_shared", Word.LOCK);
        add("pg_try_advisory_lock", Word.LOCK);
        add("pg_try_advisory_lock_shared", Word.LOCK);
        add("pg_advisory_unlock", Word.UNLOCK);
        add("pg_advisory_unlock_shared", Word.UNLOCK);
        add("pg_advisory_unlock_all", Word.UNLOCK);
        add("update", Word.UPDATE);
        add("pg_settings", Word.SETTINGS_VIEW);
        add("do", Word.DO);
        add("call", Word.CALL);
        add("u", Word.UNICODE);
        add("backslash_quote", Word.LITERALS);
        add("array_nulls", Word.LITERALS);
        add("transform_null_equals", Word.LITERALS);
        add("xmloption", Word.LITERALS);
        add("option", Word.LITERALS); // of SET XML OPTION
    }

    private void add(String word, Word meaning) {
        long hash = 0;
        for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
            hash = hash(hash, code(b));
        }
        int at = (int) (hash >>> shift);
        while (hashes[at] != 0) {
            at = (at + 1) & (hashes.length - 1);
        }
        hashes[at] = hash;
        words[at] = meaning;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other == this
                || (other instanceof Vocabulary vocabulary && vocabulary.suspectFunctions.equals(suspectFunctions));
    }

    @Override
    public int hashCode() {
        return suspectFunctions.hashCode();
    }

    /** What {@code b} adds to a word; 0: it is no part of one. */
    static int code(byte b) {
        return CODES[b & 0xff] & 0xff;
    }

    /** The hash of a word of which {@code before} is the hash, and one byte more. */
    static long hash(long before, int code) {
        return (before + code) * FACTOR;
    }

    @Nullable
    Word find(long hash) {
        int at = (int) (hash >>> shift);
        while (hashes[at] != 0) {
            if (hashes[at] == hash) {
                return words[at];
            }
            at = (at + 1) & (hashes.length - 1);
        }
        return null;
    }

    /** As {@code identifier} in {@code src/backend/parser/scan.l}: letters, digits, underscores, dollars, all that is not ASCII. */
    private static byte[] codes() {
        byte[] codes = new byte[256];
        for (int b = 0; b < 256; b++) {
            boolean isWord = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');
            if (isWord || b == '_' || b == '$' || b >= 0x80) {
                codes[b] = (byte) (b >= 'A' && b <= 'Z' ? b + 32 : b);
            }
        }
        return codes;
    }
}
