package dev.spillway.core.session;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.session.channels.Notification;
import dev.spillway.core.session.prepared.Statement;
import dev.spillway.core.session.state.CertainSet;
import dev.spillway.core.session.state.Snapshot;
import dev.spillway.core.session.state.StateKind;
import dev.spillway.core.session.state.TextFindings;
import dev.spillway.core.session.state.TextScan;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The session on a server: which settings are in force, what it reports, what its holder may have made of it, and how all that
 * is put into force, asked about and ended.
 *
 * <p>Belongs to one {@link ServerSession}. {@link #mustClean} is what stands between the state of one client and the next.
 */
final class ServerState {
    private final ReportedParameters parameters;
    private final SettingsInForce settings;
    private final Restore restore;
    private final Suspicion suspicion;
    private final StateAsk ask;
    private ServerPool home;
    private boolean isPinned;
    private long pinnedNanos;
    private Set<String> known = Set.of();
    private boolean isReadyWatched;
    private boolean isOwnHeard;

    /** {@code home}: the pool of {@code server}, which has just logged in. */
    ServerState(ServerSession server, ServerGreeting greeting, ServerPool home) {
        this.home = home;
        this.parameters = new ReportedParameters(home.shared(greeting.parameters()));
        this.settings = new SettingsInForce(greeting.base(), home.settingsAtLogin());
        this.restore = new Restore(server, settings);
        this.suspicion = new Suspicion(new TextScan(home.state().vocabulary()));
        this.ask = new StateAsk(server, suspicion, settings);
    }

    /** The server has come to another lane. */
    void settle(ServerPool pool) {
        home = pool;
        parameters.share(pool.shared(parameters.now()));
    }

    // ---- into force ----------------------------------------------------------------------------------------------

    /** Puts what {@code holder} wants into force, unless it is. */
    void link(LeaseHolder holder, Snapshot wanted) {
        boolean tracks = home.tracks() && !holder.keepsServer();
        int leftover = tracks ? suspicion.toClean() : 0; // of when nobody tracked
        suspicion.begin(tracks, home.state(), parameters.now());
        know(wanted.channels());
        isReadyWatched = false;
        isOwnHeard = false;
        if (leftover == 0 && settings.are(wanted)) {
            holder.onRestored();
        } else {
            home.pool().counters().restores++;
            restore.begin(wanted, leftover);
        }
    }

    /** They have come into force. */
    void onRestored() {
        suspicion.expectReported(parameters.now());
    }

    /** Has a RESET or DISCARD taken settings away from a holder who wants these? */
    boolean hasLost(Snapshot wanted) {
        return settings.wereLost(wanted) && !home.isOfOneClient();
    }

    /** Puts those of the holder's settings back into force that were lost. */
    void reapply(Snapshot wanted) {
        home.pool().counters().restores++;
        restore.reapply(wanted);
    }

    /** The last statement of a recovery has succeeded: by the reset query the session is what it began with. */
    void onLastQuery(String sql) {
        if (sql.equals(home.resetQuery())) {
            settings.becomeServers();
        }
    }

    /** What is certain to be in force, null: nobody knows; for the choice among idle servers. */
    SettingsInForce settings() {
        return settings;
    }

    // ---- what the holder makes of it -----------------------------------------------------------------------------

    /** A message of the holder's is sent. Is its text known to make no setting but those whose names are known? */
    boolean onSent(ReplyQueue.Kind kind, FrameReader frames) {
        boolean isTextKnown = suspicion.onSent(kind, frames);
        isReadyWatched |= suspicion.mayListen();
        return isTextKnown;
    }

    /** A Bind of a statement that is prepared under our name is sent: the current frame, which it borrows. */
    void onUse(Statement statement, FrameReader frames) {
        if (suspicion.isWatching()) {
            suspicion.onUse(statement.findings(home.state().vocabulary()), frames);
            isReadyWatched |= suspicion.mayListen();
        }
    }

    /** The holder's statement without a name has been parsed again; {@code body} is its text and what follows. */
    void onUnnamedAgain(byte[] body) {
        if (suspicion.isWatching()) {
            suspicion.onUnnamedAgain(TextFindings.of(body, home.state().vocabulary()));
            isReadyWatched |= suspicion.mayListen();
        }
    }

    /** Might literals be read under settings that neither the server reports nor the holder is known to want? */
    boolean areLiteralsDoubtful() {
        return suspicion.areLiteralsDoubtful() && home.tracks();
    }

    /** May there be statements that SQL has prepared? */
    boolean mayHaveStatements() {
        return !suspicion.isWatching() || (suspicion.toClean() & StateKind.STATEMENTS.bit) != 0;
    }

    /** The same message goes on. */
    void onSentMore(FrameReader frames) {
        suspicion.onSentMore(frames);
    }

    /** A command has ended; borrows the current frame, its CommandComplete. */
    void onTag(FrameReader frames, boolean isOurs, boolean isTextKnown) {
        if (!suspicion.isWatching()) {
            settings.onTag(frames);
        } else if (!isOurs) {
            suspicion.onTag(frames, isTextKnown);
            isReadyWatched |= suspicion.mayListen();
        }
    }

    void onReady() {
        settings.onReady();
    }

    /** Reads a ParameterStatus; borrows the current frame. Returns whether it says anything new. */
    boolean onReport(FrameReader frames, boolean isHolders) {
        if (!parameters.read(frames.body())) {
            return false;
        }
        parameters.share(home.shared(parameters.now()));
        if (isHolders && !suspicion.isWatching()) {
            settings.onReportedChange();
        }
        return true;
    }

    /** The parameters the server has reported, as they are now. Immutable; another instance after each change. */
    Map<String, String> parameters() {
        return parameters.now();
    }

    // ---- listening -----------------------------------------------------------------------------------------------

    /** The holder gets what it listens to, these channels, from the connection that listens for all. */
    void know(Set<String> channels) {
        known = channels;
        suspicion.expectChannels(!channels.isEmpty());
    }

    /** Does the holder have to know of the end of its transaction before the client does? */
    boolean isReadyWatched() {
        return isReadyWatched;
    }

    /** It has to, or need not any more. */
    void watchReady(boolean on) {
        isReadyWatched = on;
    }

    /** May the holder listen to other channels now, by a statement that says so? */
    boolean mayListen() {
        return suspicion.mayListen();
    }

    /**
     * A notification has come here, the current frame, which it borrows. Is it for the holder? Where session state is tracked it
     * has them from the connection that listens, but for its own on channels that are not listened to there yet.
     */
    boolean isForHolder(FrameReader frames, int ownProcessId) {
        if (!suspicion.isWatching()) {
            return true;
        }
        Notification heard = Notification.read(frames.body());
        boolean isOwn = heard.processId() == ownProcessId;
        boolean isKnown = known.contains(heard.channel());
        if (isOwn && isKnown) {
            isOwnHeard = true;
            isReadyWatched = true;
        }
        return isOwn && !isKnown;
    }

    /** Has a notification of the holder's own come here that it gets from where all others come from? Forgets it. */
    boolean takeOwnHeard() {
        boolean isHeard = isOwnHeard;
        isOwnHeard = false;
        return isHeard;
    }

    // ---- asking and cleaning -------------------------------------------------------------------------------------

    /** May the holder have made something that the server has to be asked about? */
    boolean isSuspect() {
        return suspicion.isWatching() && suspicion.isAny(parameters.now());
    }

    /** What the holder is known to have there that cannot move: the sum of {@linkplain StateKind#bit bits}. */
    int immovable() {
        return suspicion.immovable();
    }

    /** The holder keeps {@code self} for what cannot move; false if there is no room for one more such server. */
    boolean pin(ServerSession self, long nowNanos) {
        if (!isPinned && home.pool().pins.pin(self, home.state().maxPinned())) {
            isPinned = true;
            pinnedNanos = nowNanos;
            home.pool().onRoom(nowNanos);
        }
        return isPinned;
    }

    /** Does the holder keep the server, whether it has to by now or not? */
    boolean isPinned() {
        return isPinned;
    }

    /** What it is kept for, in words; empty: it is not. */
    String pin() {
        return isPinned ? StateKind.words(suspicion.immovable()) : "";
    }

    /** The tag of the command that it is kept for, as far as that can be told; empty: it is not. */
    String pinTag() {
        return isPinned ? suspicion.pinTag() : "";
    }

    /** Since when. */
    long pinnedNanos() {
        return pinnedNanos;
    }

    /** Does it keep it for something that is known to be there, or because it {@code wantsMore} and has not kept it so far? */
    boolean isKept(boolean wantsMore) {
        return isPinned ? suspicion.immovable() != 0 : wantsMore;
    }

    /**
     * What is in force for the holder, who had {@code before}, if all that it has made is a setting that need not be asked about: then the
     * server is as if that had been put into force, and nothing is suspected any more. Null: it has to be asked.
     */
    @Nullable
    Snapshot settle(Snapshot before) {
        CertainSet made = suspicion.certain();
        boolean isRestorable = made != null && (made.isOfAnyone() || home.areRestorable(Set.of(made.name())));
        if (made == null || !isRestorable || !settings.are(before)) {
            return null;
        }
        Snapshot with = before.withMade(made);
        Snapshot now = with == null ? null : home.shared(with);
        if (now != null) {
            settings.become(now);
            suspicion.clear();
            suspicion.expectReported(parameters.now());
        }
        return now;
    }

    /** Asks what the holder has made of its session, which it began with {@code startup}. The holder hears of the answer. */
    void ask(Snapshot startup, Snapshot before, long nowNanos) {
        home.pool().counters().asks++;
        ask.begin(startup, before, home, nowNanos);
    }

    StateAsk ask() {
        return ask;
    }

    /** A row of a statement of ours; borrows the current frame. */
    void onOwnRow(FrameReader frames) {
        ask.onRow(frames);
        restore.onRow(frames);
    }

    /** Would the next client find something of the last one's, or could what is in force do it harm? */
    boolean mustClean() {
        return (suspicion.isDirty(parameters.now()) || settings.areHarmful())
                && home.tracks()
                && (suspicion.isWatching() || home.mode() != PoolMode.SESSION);
    }

    /** One query string that ends whatever is suspected and puts {@code kept} into force. */
    String cleanSql(Snapshot kept) {
        int listens = settings.listens() ? StateKind.CHANNELS.bit : 0;
        return settings.withBase(kept).restoreSql(suspicion.toClean() | listens);
    }

    /** Does {@link #cleanSql} end prepared statements, ours included? */
    boolean endsStatements() {
        return (suspicion.toClean() & StateKind.STATEMENTS.bit) != 0;
    }

    void onCleaned(Snapshot kept) {
        home.pool().counters().cleans++;
        settings.become(home.shared(kept));
        settings.listen(false);
        suspicion.clear();
        isPinned = false;
    }
}
