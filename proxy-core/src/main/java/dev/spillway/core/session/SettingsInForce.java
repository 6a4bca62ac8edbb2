package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.session.state.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the settings that are in force on a server: always its base, and whose of the clients' above it. One per
 * server, which reports to it what it sees.
 */
final class SettingsInForce {
    private final Snapshot base;
    private @Nullable Snapshot known;
    private boolean isChangeReported;
    private boolean wereReset;
    private boolean listens;

    /** Of a server that logged in with {@code atLogin}; {@code base} is what connect_query has set. */
    SettingsInForce(Snapshot base, Snapshot atLogin) {
        this.base = base;
        this.known = atLogin;
    }

    /** What connect_query has set. */
    Snapshot base() {
        return base;
    }

    /** What has to be in force for a client that wants {@code wanted}. */
    Snapshot withBase(Snapshot wanted) {
        return wanted.over(base);
    }

    /** Are exactly these in force, and the base? Keeps the instance it is asked for, which it will be asked for again. */
    boolean are(Snapshot wanted) {
        boolean are = wanted.equals(known);
        if (are) {
            known = wanted;
        }
        return are;
    }

    /** Null: nobody knows. */
    @Nullable
    Snapshot known() {
        return known;
    }

    /** Could they do harm to others while the server waits? */
    boolean areHarmful() {
        Snapshot now = known;
        return listens || (now != null && !now.mayStay());
    }

    /** Channels are put into force, or none are any more. */
    void listen(boolean on) {
        listens = on;
    }

    /** Were channels put into force? */
    boolean listens() {
        return listens;
    }

    /** They were put into force. */
    void become(Snapshot now) {
        known = now;
        isChangeReported = false;
        wereReset = false;
    }

    /** The session was reset to what the server began with. */
    void becomeServers() {
        if (base.settings().isEmpty()) {
            become(Snapshot.NEUTRAL);
        } else {
            becomeUnknown();
        }
    }

    void becomeUnknown() {
        known = null;
        wereReset = false;
    }

    /** A statement has ended, of whomever. Borrows the current frame, its CommandComplete. */
    void onTag(FrameReader frames) {
        if (SettingTags.mayChangeSettings(frames)) {
            known = null;
            wereReset |= SettingTags.mayResetSettings(frames);
        }
    }

    /** A ParameterStatus has come that no statement of ours brought about. */
    void onReportedChange() {
        isChangeReported = true;
    }

    void onReady() {
        if (isChangeReported) {
            known = null;
        }
    }

    /** Has a RESET or DISCARD run since {@code wanted} was put into force, and something been lost by it? */
    boolean wereLost(Snapshot wanted) {
        return wereReset && !withBase(wanted).settings().isEmpty();
    }
}
