package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.session.state.CertainSet;
import dev.spillway.core.session.state.CustomNames;
import dev.spillway.core.session.state.StateKind;
import dev.spillway.core.session.state.StatePolicy;
import dev.spillway.core.session.state.StateTags;
import dev.spillway.core.session.state.TextFindings;
import dev.spillway.core.session.state.TextScan;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What kinds of session state may be on a server beyond what was put into force there: judged by the texts that are sent, by
 * the tags that come back and by what the server reports. One per server, told by its session.
 *
 * <p>A suspicion ends only when the server has been {@linkplain #clear cleaned}. One that nobody had an eye on, because its
 * client's mode or configuration did not ask for it, is suspected of everything.
 */
// hot: onSent once per message of a client, onTag once per command
final class Suspicion {
    private static final int MAX_STATEMENTS = 1000;
    private static final int MAX_NAMES = 200;

    /** FirstNormalObjectId in {@code src/include/access/transam.h}; the others are in {@code pg_proc.dat}. */
    private static final int FIRST_OWN_OID = 16384;

    private static final int SET_CONFIG_OID = 2078;
    private static final int FIRST_LOCK_OID = 2880;
    private static final int LAST_XML_OID = 2950;
    private static final int FIRST_TS_OID = 3684;
    private static final int LAST_TS_OID = 3690;

    private final TextScan scan;
    private final LoneSet lone = new LoneSet();
    private final PinTag pinTag = new PinTag();
    private boolean isWatching;
    private int kinds;
    /** Asked about, and not cleaned yet. */
    private int answered;
    /** Known to be there. */
    private int immovable;
    /** Does the client listen to any channel? */
    private boolean hasChannels;
    /** May what the client listens to have changed by a statement that says so? */
    private boolean mayListen;

    private boolean isUnnamedKnown;
    private boolean isPortalKnown;
    private boolean wantsParameters;
    private boolean areLiteralsDoubtful;
    private boolean isInText;
    private Map<String, String> reported = Map.of();

    /** Prepared on this server from texts that were suspect; running them is. */
    private final Map<String, Integer> statements = new HashMap<>(0);

    private final Set<String> names = new HashSet<>(0);
    private final Set<String> customNames = new HashSet<>(0);

    Suspicion(TextScan scan) {
        this.scan = scan;
    }

    /** A client gets the server, which reports these parameters. {@code watches}: somebody wants to know what it leaves. */
    void begin(boolean watches, StatePolicy policy, Map<String, String> reportedNow) {
        isWatching = watches;
        mayListen = false;
        kinds |= watches && !policy.isAlways() ? 0 : StateKind.ALL;
        isUnnamedKnown = false;
        isPortalKnown = false;
        isInText = false;
        areLiteralsDoubtful = false;
        reported = reportedNow;
        lone.begin();
        scan.use(policy.vocabulary());
    }

    /** Does the client listen to any channel, which it may end? */
    void expectChannels(boolean any) {
        hasChannels = any;
    }

    /** What was put into force for the client has brought these reports about. */
    void expectReported(Map<String, String> reportedNow) {
        reported = reportedNow;
    }

    /** It is as it was put into force, and nothing else. */
    void clear() {
        if ((toClean() & StateKind.STATEMENTS.bit) != 0) {
            statements.clear();
        }
        kinds = 0;
        answered = 0;
        immovable = 0;
        pinTag.clear();
        mayListen = false;
        wantsParameters = false;
        if (!names.isEmpty() || !customNames.isEmpty()) {
            names.clear();
            customNames.clear();
        }
    }

    // ---- what is sent --------------------------------------------------------------------------------------------

    /** A message of the client's is sent, whose current frame it borrows. Is its text known to make no setting but those named? */
    boolean onSent(ReplyQueue.Kind kind, FrameReader frames) {
        if (!isWatching) {
            return false;
        }
        boolean isTextKnown = read(kind, frames);
        lone.hear(kind, frames, scan);
        return isTextKnown;
    }

    private boolean read(ReplyQueue.Kind kind, FrameReader frames) {
        return switch (kind) {
            case QUERY -> onQuery(frames);
            case PARSE -> onParse(frames);
            case BIND -> onBind(frames);
            case EXECUTE -> isPortalKnown && isNulAt(frames, 0);
            case FUNCTION_CALL -> {
                kinds |= isHarmlessCall(frames) ? 0 : StateKind.ALL;
                yield false;
            }
            case SYNC, CLOSE, DESCRIBE_STATEMENT, DESCRIBE_PORTAL, COPY_DATA, COPY_END -> false;
        };
    }

    /** A function of PostgreSQL's own, and none that sets, locks or runs a query: so are those for large objects, which libpq calls so. */
    private static boolean isHarmlessCall(FrameReader frames) {
        int body = body(frames);
        int oid = frames.end() - body < Integer.BYTES ? 0 : frames.buffer().getInt(body);
        boolean mayBeMore =
                (oid >= FIRST_LOCK_OID && oid <= LAST_XML_OID) || (oid >= FIRST_TS_OID && oid <= LAST_TS_OID);
        return oid > 0 && oid < FIRST_OWN_OID && oid != SET_CONFIG_OID && !mayBeMore;
    }

    private boolean onQuery(FrameReader frames) {
        isUnnamedKnown = false; // a simple Query takes its place
        isPortalKnown = false;
        return read(frames, body(frames));
    }

    private boolean onParse(FrameReader frames) {
        int body = body(frames);
        ByteBuf buffer = frames.buffer();
        int nameLength = frames.isComplete() ? buffer.bytesBefore(body, frames.end() - body, (byte) 0) : -1;
        int before = kinds;
        kinds = 0;
        boolean isKnown = read(frames, body + nameLength + 1);
        int ofText = kinds | (scan.hasUnlock() ? StateKind.LOCKS.bit : 0);
        kinds |= before;
        if (nameLength == 0) {
            isUnnamedKnown = isKnown;
        } else if (ofText != 0 && nameLength > 0) {
            remember(buffer.toString(body, nameLength, StandardCharsets.ISO_8859_1), ofText);
        } else if (nameLength < 0) {
            remember("", StateKind.ALL); // a text of that length has a name that has not come yet
        }
        return false;
    }

    private void remember(String name, int ofText) {
        if (statements.size() < MAX_STATEMENTS) {
            statements.merge(name, ofText, (a, b) -> a | b);
        } else {
            statements.put("", StateKind.ALL);
        }
    }

    private boolean onBind(FrameReader frames) {
        boolean isUnnamedPortal = isNulAt(frames, 0);
        if (isUnnamedPortal) {
            isPortalKnown = isUnnamedKnown && isNulAt(frames, 1);
        }
        if (!statements.isEmpty()) {
            kinds |= ofStatement(frames);
        }
        collectParameters(frames);
        return false;
    }

    private int ofStatement(FrameReader frames) {
        int body = body(frames);
        ByteBuf buffer = frames.buffer();
        int portal = buffer.bytesBefore(body, frames.end() - body, (byte) 0);
        int from = body + portal + 1;
        int length = portal < 0 ? -1 : buffer.bytesBefore(from, frames.end() - from, (byte) 0);
        if (length == 0) {
            return 0; // its text was read in this lease
        }
        String name = length < 0 ? "" : buffer.toString(from, length, StandardCharsets.ISO_8859_1);
        int found = statements.getOrDefault(name, 0) | statements.getOrDefault("", 0);
        wantsParameters |= (found & StateKind.SETTINGS.bit) != 0;
        return found;
    }

    private boolean read(FrameReader frames, int from) {
        scan.begin(frames.isComplete());
        scan.read(frames.buffer(), from, frames.end());
        isInText = !frames.isComplete();
        note(frames, from);
        return scan.areSetsKnown();
    }

    /** A further piece of a message whose head was too long to come whole. */
    void onSentMore(FrameReader frames) {
        if (isWatching && isInText) {
            scan.read(frames.buffer(), frames.start(), frames.end());
            isInText = !frames.isComplete();
            note(frames, frames.start());
        }
    }

    /** A Bind of a statement in which this was found is sent, as the current frame, which it borrows. */
    void onUse(TextFindings found, FrameReader frames) {
        if (!isWatching) {
            return;
        }
        if (isNulAt(frames, 0)) {
            isPortalKnown = found.areSetsKnown();
        }
        apply(found);
        collectParameters(frames);
    }

    /** The client's statement without a name has been parsed again. */
    void onUnnamedAgain(TextFindings found) {
        if (isWatching) {
            isUnnamedKnown = found.areSetsKnown();
            apply(found);
        }
    }

    private void apply(TextFindings found) {
        lone.refute();
        add(found.kinds(), found.hasListen(), found.hasUnlock(), found.isOfLiterals(), found.names());
        if (!found.customNames().isEmpty() && customNames.size() < MAX_NAMES) {
            customNames.addAll(found.customNames());
        }
    }

    private void note(FrameReader frames, int from) {
        int found = scan.kinds();
        add(found, scan.hasListen(), scan.hasUnlock(), scan.isOfLiterals(), scan.names());
        boolean mayNameMore = (found & StateKind.SETTINGS.bit) != 0 || scan.isSetDoubtful();
        if (mayNameMore && !frames.isContinuation()) {
            collect(frames, from);
        }
    }

    private void add(int found, boolean hasListen, boolean hasUnlock, boolean isOfLiterals, List<String> made) {
        kinds |= found;
        mayListen |= hasListen;
        kinds |= hasUnlock ? immovable & StateKind.LOCKS.bit : 0;
        areLiteralsDoubtful |= isOfLiterals;
        wantsParameters |= (found & StateKind.SETTINGS.bit) != 0;
        if (!made.isEmpty()) {
            made.forEach(this::addName);
        }
    }

    private void addName(String name) {
        if (names.size() < MAX_NAMES) {
            names.add(name);
        } else {
            kinds |= StateKind.SETTINGS.bit;
        }
        if (name.indexOf('.') >= 0) {
            customNames.add(name);
        }
    }

    private void collect(FrameReader frames, int from) {
        CustomNames.collect(frames.buffer(), from, frames.end(), customNames, MAX_NAMES);
    }

    /** Of a Bind. */
    private void collectParameters(FrameReader frames) {
        if (wantsParameters) {
            int body = body(frames);
            collect(frames, body);
            areLiteralsDoubtful |= scan.areLiteralsIn(frames.buffer(), body, frames.end());
        }
    }

    private static int body(FrameReader frames) {
        return frames.start() + FrameReader.HEADER_BYTES;
    }

    private static boolean isNulAt(FrameReader frames, int offset) {
        int at = body(frames) + offset;
        return at < frames.end() && frames.buffer().getByte(at) == 0;
    }

    // ---- what comes back -----------------------------------------------------------------------------------------

    /** The server has answered: of these kinds, and no other that it was asked about, there is something that cannot move. */
    void onAnswer(int found) {
        answered |= kinds;
        immovable = found;
        kinds = 0;
        mayListen = false;
        names.clear();
    }

    /** A command of the client's has ended, with the current frame, which it borrows. */
    void onTag(FrameReader frames, boolean isTextKnown) {
        int found = StateTags.kinds(frames, isTextKnown);
        pinTag.hear(frames, found, kinds);
        if (immovable != 0 || hasChannels) {
            found |= StateTags.ended(frames);
        }
        if (found != 0) {
            mayListen |= (found & StateKind.CHANNELS.bit) != 0 && found != StateKind.ALL;
            kinds |= found == StateKind.NAMED_SETTINGS.bit && names.isEmpty() ? 0 : found;
        }
    }

    // ---- questions -----------------------------------------------------------------------------------------------

    /** Is there anything to be asked about, and cleaned? The server reports these parameters now. */
    @SuppressWarnings("ReferenceEquality") // hot: the same instance nearly always
    boolean isAny(Map<String, String> reportedNow) {
        if (reportedNow != reported && isWatching) {
            compare(reportedNow);
        }
        return kinds != 0;
    }

    /** Is there anything that the next client must not find? */
    boolean isDirty(Map<String, String> reportedNow) {
        return isAny(reportedNow) || answered != 0;
    }

    /**
     * The setting that the client has made, if it has certainly done nothing else and that is all that is suspected; null: that is not
     * certain. Once the client may let its server go.
     */
    @Nullable
    CertainSet certain() {
        CertainSet made = kinds == StateKind.NAMED_SETTINGS.bit && answered == 0 && immovable == 0 ? lone.made() : null;
        return made != null && names.size() == 1 && names.contains(made.name()) ? made : null;
    }

    private void compare(Map<String, String> reportedNow) {
        reportedNow.forEach((name, value) -> {
            if (!value.equals(reported.get(name))) {
                onOtherValue(name.toLowerCase(Locale.ROOT));
            }
        });
        reported = reportedNow;
    }

    /** A setting that was made where nobody could see it. What a server reports of itself is none. */
    private void onOtherValue(String name) {
        switch (name) {
            case "in_hot_standby", "server_version", "server_encoding", "integer_datetimes" -> {}
            case "session_authorization" -> kinds |= StateKind.SETTINGS.bit;
            default -> {
                kinds |= StateKind.NAMED_SETTINGS.bit;
                addName(name.equals("is_superuser") ? "role" : name);
            }
        }
    }

    /** The {@linkplain StateKind#bit bits} of what has to be cleaned. */
    int toClean() {
        return kinds | answered;
    }

    /** Those of what has to be asked about. A prepared statement may have made settings that nobody has seen. */
    int toAsk() {
        boolean mayRunUnseen = (immovable & StateKind.STATEMENTS.bit) != 0;
        return kinds | immovable | (mayRunUnseen ? StateKind.SETTINGS.bit : 0);
    }

    /** May a setting be in force that is not reported, that nobody has been told of, and under which literals are read? */
    boolean areLiteralsDoubtful() {
        return areLiteralsDoubtful || kinds == StateKind.ALL || !isWatching;
    }

    /** Those of what is known to be there and cannot move. */
    int immovable() {
        return immovable;
    }

    /** The tag of the command that has made what is known to be there, as far as that can be told. */
    String pinTag() {
        return pinTag.tag();
    }

    boolean isWatching() {
        return isWatching;
    }

    /** May what the client listens to have changed by a statement that says so? */
    boolean mayListen() {
        return mayListen;
    }

    /** Settings that were made by name. */
    Set<String> names() {
        return names;
    }

    /** What may be the names of custom settings that were made. */
    Set<String> customNames() {
        return customNames;
    }
}
