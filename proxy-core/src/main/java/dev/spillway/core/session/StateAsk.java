package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.FrameRules;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.state.Snapshot;
import dev.spillway.core.session.state.StateKind;
import dev.spillway.core.session.state.StateQuestion;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server, between two transactions of its holder's, what the holder has made of its session. Nothing of the holder's is
 * sent meanwhile. The holder hears of the answer; if it has left by then, the {@link Recovery} goes on.
 *
 * <p>Belongs to one {@link ServerSession}.
 */
final class StateAsk {
    /** The answer must be seen whole. */
    static final FrameRules WHOLE_ROWS =
            BackendType.READY_RULES.allow(BackendType.DATA_ROW, Integer.MAX_VALUE - 1, 1 << 21);

    /** The first time the session's own time limits may be in the way. */
    private static final int MAX_TRIES = 4;

    private final ServerSession server;
    private final Suspicion suspicion;
    private final SettingsInForce settings;
    private @Nullable StateQuestion question;
    private Snapshot startup = Snapshot.NEUTRAL;
    private Snapshot before = Snapshot.NEUTRAL;
    private int release;
    private long sinceNanos;
    private int tries;
    private @Nullable ErrorFields problem;

    StateAsk(ServerSession server, Suspicion suspicion, SettingsInForce settings) {
        this.server = server;
        this.suspicion = suspicion;
        this.settings = settings;
    }

    boolean isRunning() {
        return question != null;
    }

    /** Asks; {@code before} was put into force for the holder, who began with {@code atStart}, on a server of {@code pool}. */
    void begin(Snapshot atStart, Snapshot beforeLease, ServerPool pool, long nowNanos) {
        startup = atStart;
        before = beforeLease;
        release = releaseOf(server.session().parameters().getOrDefault("server_version", ""));
        sinceNanos = nowNanos;
        tries = 0;
        server.changeRules(WHOLE_ROWS);
        send(pool, areNamesEnough() ? named(pool) : whole(pool), "");
    }

    /** Such as 18 of {@code 18beta1}; 0: it has none. */
    private static int releaseOf(String version) {
        int end = 0;
        while (end < Math.min(version.length(), 4) && version.charAt(end) >= '0' && version.charAt(end) <= '9') {
            end++;
        }
        return end == 0 ? 0 : Integer.parseInt(version, 0, end, 10);
    }

    /** Of settings that the client began with nobody could tell whether it has taken them back. */
    private boolean areNamesEnough() {
        Snapshot under = startup.over(settings.base());
        return (suspicion.toAsk() & StateKind.SETTINGS.bit) == 0
                && suspicion.names().stream().noneMatch(under::has);
    }

    /** What is known to be the user's to make need not be asked about again. */
    private StateQuestion named(ServerPool pool) {
        Set<String> names = suspicion.names();
        int rights = pool.areRestorable(names) ? 0 : StateKind.FORBIDDEN_SETTINGS.bit;
        return StateQuestion.named(release, names, suspicion.toAsk() | rights);
    }

    private StateQuestion whole(ServerPool pool) {
        Set<String> names = new HashSet<>(pool.state().customSettings());
        names.addAll(suspicion.customNames());
        names.addAll(before.customNames());
        return StateQuestion.whole(release, names, suspicion.toAsk());
    }

    private void send(ServerPool pool, StateQuestion next, String first) {
        question = next;
        problem = null;
        tries++;
        server.inject(first + next.sql(), (error, status) -> ended(pool, next, error, status));
    }

    /** A row of the answer; borrows the current frame. */
    void onRow(FrameReader frames) {
        StateQuestion asked = question;
        if (asked == null || problem != null) {
            return;
        }
        if (frames.isComplete()) {
            asked.read(frames.body());
        }
        if (!frames.isComplete() || asked.isTooLarge()) {
            problem = ErrorFields.of("ERROR", "54000", "it is too much to be kept");
        }
    }

    private void ended(ServerPool pool, StateQuestion asked, @Nullable ErrorFields error, byte status) {
        ErrorFields failure = error == null ? problem : error;
        LeaseHolder holder = server.holder();
        if (failure != null && problem == null && tries < MAX_TRIES && holder != null) {
            send(pool, whole(pool), status == 'I' ? "" : "ROLLBACK;");
            server.wire().flush();
            return;
        }
        question = null;
        server.changeRules(BackendType.READY_RULES);
        if (holder == null) {
            return; // it has left, and what it has left is cleaned away
        }
        if (failure == null) {
            Snapshot under = startup.over(settings.base());
            boolean isInForce =
                    !asked.isWhole() || under.settings().isEmpty(); // a RESET may have taken away what lies under
            suspicion.onAnswer(asked.immovable());
            pool.learnRestorable(asked.restorable());
            holder.onStateKnown(asked.answer(startup, before, settings.base()), isInForce);
        } else {
            holder.onStateUnknown(failure);
        }
    }

    /** Time passes; a server that does not answer within {@code limitNanos} is closed. */
    void tick(long nowNanos, long limitNanos) {
        if (question != null && nowNanos - sinceNanos > limitNanos) {
            server.breakOff("it did not answer what the session's state is");
        }
    }
}
