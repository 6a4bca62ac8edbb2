package dev.spillway.core.session.state;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a {@link TextScan} finds in a text that is run again and again. Immutable, usable from any thread.
 *
 * @param vocabulary what it was looked for with
 * @param kinds of state that the text gives reason to ask about: the sum of their {@linkplain StateKind#bit bits}
 * @param areSetsKnown whether it is known of every SET in it that it ends with the transaction, or which settings it makes
 * @param hasUnlock whether it ends advisory locks
 * @param hasListen whether it may begin to listen, in whatever way
 * @param isOfLiterals whether it names a setting that is not reported and that literals are read under
 * @param names of the settings that its SETs make for the session
 * @param customNames what may be names of custom settings that it makes
 */
public record TextFindings(
        Vocabulary vocabulary,
        int kinds,
        boolean areSetsKnown,
        boolean hasUnlock,
        boolean hasListen,
        boolean isOfLiterals,
        List<String> names,
        Set<String> customNames) {
    /** Names of custom settings in one text; one that has more is cleaned like any other. */
    private static final int MAX_NAMES = 200;

    /** What {@code body} says: the text and whatever follows it. */
    public static TextFindings of(byte[] body, Vocabulary vocabulary) {
        ByteBuf text = Unpooled.wrappedBuffer(body);
        TextScan scan = new TextScan(vocabulary);
        scan.begin(true);
        scan.read(text, 0, body.length);
        Set<String> custom = new HashSet<>();
        if ((scan.kinds() & StateKind.SETTINGS.bit) != 0 || scan.isSetDoubtful()) {
            CustomNames.collect(text, 0, body.length, custom, MAX_NAMES);
        }
        return new TextFindings(
                vocabulary,
                scan.kinds(),
                scan.areSetsKnown(),
                scan.hasUnlock(),
                scan.hasListen(),
                scan.isOfLiterals(),
                List.copyOf(scan.names()),
                Set.copyOf(custom));
    }

    /** Of a text that nobody has seen whole. */
    public static TextFindings unknown(Vocabulary vocabulary) {
        return new TextFindings(vocabulary, StateKind.ALL, false, true, true, true, List.of(), Set.of());
    }
}
