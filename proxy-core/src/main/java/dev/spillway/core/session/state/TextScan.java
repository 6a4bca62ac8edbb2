package dev.spillway.core.session.state;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks through the text of a statement, word by word, for what may change the state of its session. It knows nothing of
 * strings and comments: a word in one is a suspect too, and the price of that is a question.
 *
 * <p>What no word tells is told by the tags of commands ({@link StateTags}): the two go together. One per server, called by its
 * {@code Suspicion}; {@link #begin}, then {@link #read} for each piece. Borrows the buffers.
 */
// hot: once per statement text; an addition, a multiplication and a table look-up per byte
public final class TextScan {
    private static final int PIECE_BYTES = 1024;

    private Vocabulary vocabulary;
    private final byte[] bytes = new byte[PIECE_BYTES];
    private long word;
    private boolean isWhole;
    private int kinds;
    private boolean areSetsKnown;
    private boolean hasDeclare;
    private boolean hasUpdate;
    private boolean hasSettingsView;
    private boolean isSetDoubtful;
    private boolean hasUnlock;
    private boolean isOfLiterals;
    private boolean hasListen;
    private @Nullable List<String> names;

    public TextScan(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    /** From the next text on. */
    public void use(Vocabulary next) {
        vocabulary = next;
    }

    /** A text begins; {@code whole} says that it comes in one piece. */
    public void begin(boolean whole) {
        word = 0;
        isWhole = whole;
        kinds = 0;
        areSetsKnown = whole;
        hasDeclare = false;
        hasUpdate = false;
        hasSettingsView = false;
        isSetDoubtful = false;
        hasUnlock = false;
        isOfLiterals = false;
        hasListen = false;
        names = null;
    }

    /** Reads a piece of it. */
    public void read(ByteBuf text, int from, int to) {
        for (int at = from; at < to; at += PIECE_BYTES) {
            int length = Math.min(PIECE_BYTES, to - at);
            text.getBytes(at, bytes, 0, length);
            readBytes(text, from, to, at, length);
        }
    }

    /** Does one of the words that make {@link #isOfLiterals} stand in {@code [from, to)}? Nothing of a text may be half read. */
    public boolean areLiteralsIn(ByteBuf text, int from, int to) {
        begin(true);
        read(text, from, to);
        return isOfLiterals;
    }

    private void readBytes(ByteBuf text, int from, int to, int at, int length) {
        long hash = word;
        for (int i = 0; i < length; i++) {
            int code = Vocabulary.code(bytes[i]);
            if (code != 0) {
                hash = Vocabulary.hash(hash, code);
            } else if (hash != 0) {
                Vocabulary.Word found = vocabulary.find(hash);
                if (found != null) {
                    onWord(found, text, from, to, at + i);
                }
                hash = 0;
            }
        }
        word = hash;
    }

    private void onWord(Vocabulary.Word found, ByteBuf text, int from, int to, int end) {
        switch (found) {
            case SET -> onSet(text, from, to, end);
            case SET_CONFIG -> suspect(!isWhole || !SqlText.isLocalCall(text, end, to), StateKind.SETTINGS.bit);
            case CREATE -> suspect(!isWhole || mayMakeTable(text, end, to), StateKind.TEMPORARY_OBJECTS.bit);
            case INTO -> suspect(!isOfInsert(text, from, end - 4), StateKind.TEMPORARY_OBJECTS.bit);
            case DECLARE -> hasDeclare = true;
            case HOLD -> suspect(hasDeclare, StateKind.CURSORS.bit);
            case PREPARE -> suspect(true, StateKind.STATEMENTS.bit);
            case LISTEN -> {
                hasListen = true;
                suspect(true, StateKind.CHANNELS.bit);
            }
            case LOCK -> suspect(true, StateKind.LOCKS.bit);
            case UNLOCK -> hasUnlock = true;
            case UPDATE -> hasUpdate = true;
            case SETTINGS_VIEW -> hasSettingsView = true;
            case DO -> suspect(!isWhole || isDo(text, from, to, end), StateKind.ALL);
            case CALL -> suspect(!isWhole || !SqlText.isInsideStatement(text, from, end - 4), StateKind.ALL);
            case UNICODE -> suspect(end == to || text.getByte(end) == '&', StateKind.ALL);
            case LITERALS -> isOfLiterals = true;
            case SUSPECT -> suspect(true, StateKind.ALL);
        }
        suspect(hasUpdate && hasSettingsView, StateKind.SETTINGS.bit); // its rule calls set_config
    }

    private void suspect(boolean isSo, int what) {
        kinds |= isSo ? what : 0;
    }

    private void onSet(ByteBuf text, int from, int to, int end) {
        if (isWhole && SetStatement.isLocal(text, end, to)) {
            return;
        }
        List<String> made = SqlText.isStatementStart(text, from, end - 3) ? SetStatement.names(text, end, to) : null;
        if (made != null) {
            names = names == null ? new ArrayList<>() : names;
            names.addAll(made);
        } else {
            areSetsKnown = false;
            isSetDoubtful |= !hasUpdate && !SqlText.isInsideStatement(text, from, end - 3);
        }
    }

    /** All others that CREATE makes have a tag that says so; that of CREATE TABLE AS is SELECT. */
    private static boolean mayMakeTable(ByteBuf text, int end, int to) {
        int at = SqlText.skipSpace(text, end, to);
        return at == to
                || !SqlText.isWordStart(text.getByte(at))
                || SqlText.isWordAt(text, at, to, "table")
                || SqlText.isWordAt(text, at, to, "temp")
                || SqlText.isWordAt(text, at, to, "temporary")
                || SqlText.isWordAt(text, at, to, "local")
                || SqlText.isWordAt(text, at, to, "global")
                || SqlText.isWordAt(text, at, to, "unlogged");
    }

    private static boolean isOfInsert(ByteBuf text, int from, int start) {
        return SqlText.isWordBefore(text, from, start, "insert") || SqlText.isWordBefore(text, from, start, "merge");
    }

    /** Is it the statement DO, and not the end of ON CONFLICT or a rule? */
    private static boolean isDo(ByteBuf text, int from, int to, int end) {
        if (SqlText.isInsideStatement(text, from, end - 2)) {
            return false;
        }
        int at = SqlText.skipSpace(text, end, to);
        return !SqlText.isWordAt(text, at, to, "update") && !SqlText.isWordAt(text, at, to, "nothing");
    }

    /** The kinds of state that the text gives reason to ask about. A SET gives none: its tag does. */
    public int kinds() {
        return kinds;
    }

    /** Is it known of every SET in it that it ends with the transaction, or which settings it makes? */
    public boolean areSetsKnown() {
        return areSetsKnown && (kinds & StateKind.CURSORS.bit) == 0;
    }

    /** May it begin to listen, in whatever way? */
    public boolean hasListen() {
        return hasListen;
    }

    /** Does it end advisory locks? */
    public boolean hasUnlock() {
        return hasUnlock;
    }

    /** Is there what looks like a SET statement, of which nobody knows what it makes? */
    public boolean isSetDoubtful() {
        return isSetDoubtful;
    }

    /** Does it name a setting that nobody is told about, and under which the literals of other texts are read? */
    public boolean isOfLiterals() {
        return isOfLiterals;
    }

    /** The settings that its SETs make for the session. */
    public List<String> names() {
        return names == null ? List.of() : names;
    }
}
