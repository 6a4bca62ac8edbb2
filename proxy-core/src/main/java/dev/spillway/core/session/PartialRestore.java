package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.state.Snapshot;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts into force what it can of a holder's settings, after not all of them could be: one by one, so that what fails is known, then again
 * without that. Nothing of the holder's is sent meanwhile, and what it had sent is refused.
 *
 * <p>Belongs to the {@link Restore} that has failed. It gives up where something fails that nothing may run without.
 */
final class PartialRestore {
    /** Each costs a round trip. */
    private static final int MAX_DROPPED = 20;

    private final ServerSession server;
    private final SettingsInForce settings;
    private final int endedKinds;
    private final RestoreRefusal refusal;
    private final Set<String> dropped = new LinkedHashSet<>();
    private Snapshot rest;
    private ErrorFields problem;
    private int rows;

    /** Of {@code wanted}, which has failed by {@code problem} in what is still a failed transaction. */
    PartialRestore(
            ServerSession server,
            SettingsInForce settings,
            Snapshot wanted,
            int endedKinds,
            RestoreRefusal refusal,
            ErrorFields problem) {
        this.server = server;
        this.settings = settings;
        this.endedKinds = endedKinds;
        this.refusal = refusal;
        this.rest = wanted;
        this.problem = problem;
    }

    void attempt() {
        rows = 0;
        server.changeRules(StateAsk.WHOLE_ROWS);
        server.inject("ROLLBACK;" + settings.withBase(rest).restoreApartSql(endedKinds), this::ended);
        server.wire().flush();
    }

    /** A row of a statement of ours; borrows the current frame. */
    void onRow(FrameReader frames) {
        rows += frames.body().readShort() == 2 ? 1 : 0;
    }

    private void ended(@Nullable ErrorFields error, byte status) {
        server.changeRules(BackendType.READY_RULES);
        LeaseHolder holder = server.holder();
        if (holder == null) {
            return; // it has left, and the transaction is rolled back
        }
        String failed = error == null ? null : settings.withBase(rest).nameAt(rows - 1);
        if (Restore.hasSucceeded(error, status)) {
            settings.become(rest);
            server.session().onRestored();
            refusal.end(dropped, problem);
        } else if (error != null && failed != null && mayDrop(failed)) {
            problem = dropped.isEmpty() ? error : problem;
            dropped.add(failed);
            rest = rest.with(Map.of(failed, Optional.empty()));
            attempt();
        } else {
            holder.onRestoreFailed(error == null ? problem : error);
        }
    }

    private boolean mayDrop(String name) {
        return rest.has(name) && !Snapshot.isVital(name) && dropped.size() < MAX_DROPPED;
    }
}
