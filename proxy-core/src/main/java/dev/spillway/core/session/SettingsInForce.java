package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.session.state.Snapshot;
import org.jspecify.annotations.Nullable;

/** What is known of the settings that are in force on a server. One per server, which reports to it what it sees. */
final class SettingsInForce {
    private @Nullable Snapshot known = Snapshot.NEUTRAL;
    private boolean isChangeReported;
    private boolean wereReset;

    /** Are exactly these in force? */
    boolean are(Snapshot wanted) {
        return wanted.equals(known);
    }

    /** Null: nobody knows. */
    @Nullable
    Snapshot known() {
        return known;
    }

    /** They were put into force. */
    void become(Snapshot now) {
        known = now;
        isChangeReported = false;
        wereReset = false;
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

    /** Has a RESET or DISCARD run since they were put into force? */
    boolean wereReset() {
        return wereReset;
    }
}
