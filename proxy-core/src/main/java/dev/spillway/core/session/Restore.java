package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.state.Snapshot;
import dev.spillway.core.session.state.StateKind;
import org.jspecify.annotations.Nullable;

/**
 * Puts a holder's settings into force on a server, ahead of what the holder sends. The holder hears how that ended; where
 * it failed, a failed transaction is left behind, in which nothing of the holder's can run. Where that is for a setting which the holder
 * can be told to do without, {@link PartialRestore} goes on.
 *
 * <p>Belongs to one {@link ServerSession}.
 */
final class Restore {
    private final ServerSession server;
    private final SettingsInForce settings;
    /** The last one; null: there was none. */
    private @Nullable PartialRestore partial;

    Restore(ServerSession server, SettingsInForce settings) {
        this.server = server;
        this.settings = settings;
    }

    /** Exactly {@code wanted} and the server's base, whatever there was; what there is of other kinds is ended. */
    void begin(Snapshot wanted, int endedKinds) {
        settings.becomeUnknown();
        int ended = endedKinds | (settings.listens() ? StateKind.CHANNELS.bit : 0);
        if ((ended & StateKind.STATEMENTS.bit) != 0) {
            server.statements().onForgetSent();
        }
        settings.listen(!wanted.channels().isEmpty());
        server.inject(settings.withBase(wanted).restoreSql(ended), (error, status) -> {
            if (hasSucceeded(error, status)) {
                succeed(() -> settings.become(wanted));
            } else if (!goesOnWithout(wanted, ended, error)) {
                fail(error);
            }
        });
    }

    /** What a RESET or DISCARD took away of {@code wanted} and of the base. */
    void reapply(Snapshot wanted) {
        settings.becomeUnknown();
        server.inject(settings.withBase(wanted).reapplySql(), (error, status) -> {
            if (hasSucceeded(error, status)) {
                succeed(() -> {});
            } else {
                fail(error);
            }
        });
    }

    static boolean hasSucceeded(@Nullable ErrorFields error, byte status) {
        return error == null && status == 'I';
    }

    private void succeed(Runnable note) {
        note.run();
        server.session().onRestored();
        LeaseHolder waiting = server.holder();
        if (waiting != null) {
            waiting.onRestored();
        }
    }

    private void fail(@Nullable ErrorFields error) {
        LeaseHolder waiting = server.holder();
        if (waiting != null) {
            waiting.onRestoreFailed(error == null ? ErrorFields.of("ERROR", "25P02", "restore did not end") : error);
        }
    }

    private boolean goesOnWithout(Snapshot wanted, int ended, @Nullable ErrorFields error) {
        LeaseHolder waiting = server.holder();
        RestoreRefusal refusal =
                error == null || waiting == null || !wanted.hasOther() ? null : waiting.refuseRestore();
        if (error != null && refusal != null) {
            PartialRestore next = new PartialRestore(server, settings, wanted, ended, refusal, error);
            partial = next;
            next.attempt();
        }
        return refusal != null;
    }

    /** A row of a statement of ours; borrows the current frame. */
    void onRow(FrameReader frames) {
        PartialRestore running = partial;
        if (running != null) {
            running.onRow(frames);
        }
    }
}
