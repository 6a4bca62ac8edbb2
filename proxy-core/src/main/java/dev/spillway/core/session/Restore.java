package dev.spillway.core.session;

import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.state.Snapshot;
import dev.spillway.core.session.state.StateKind;

/**
 * Puts a holder's settings into force on a server, ahead of what the holder sends. The holder hears how that ended; where
 * it failed, a failed transaction is left behind, in which nothing of the holder's can run.
 *
 * <p>Belongs to one {@link ServerSession}.
 */
final class Restore {
    private final ServerSession server;
    private final SettingsInForce settings;

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
        inject(settings.withBase(wanted).restoreSql(ended), () -> settings.become(wanted));
    }

    /** What a RESET or DISCARD took away of {@code wanted} and of the base. */
    void reapply(Snapshot wanted) {
        settings.becomeUnknown();
        inject(settings.withBase(wanted).reapplySql(), () -> {});
    }

    private void inject(String sql, Runnable succeeded) {
        server.inject(sql, (error, status) -> {
            LeaseHolder waiting = server.holder();
            if (error == null && status == 'I') {
                succeeded.run();
                server.session().onRestored();
                if (waiting != null) {
                    waiting.onRestored();
                }
            } else if (waiting != null) {
                waiting.onRestoreFailed(
                        error == null ? ErrorFields.of("ERROR", "25P02", "restore did not end") : error);
            }
        });
    }
}
