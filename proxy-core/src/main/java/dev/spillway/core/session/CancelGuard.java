package dev.spillway.core.session;

/**
 * Knows whether a cancel may still hit a server, which then must not go to another client.
 *
 * <p>A cancel connection that has ended is not enough: the signal may have come and not been taken notice of yet. One more
 * round trip settles it.
 */
final class CancelGuard {
    private int inFlight;
    private boolean sinceRoundTrip;
    private boolean uncertain;

    void began() {
        inFlight++;
        sinceRoundTrip = true;
    }

    void ended(boolean isCertain) {
        inFlight--;
        uncertain |= !isCertain;
    }

    void noteRoundTrip() {
        sinceRoundTrip = false;
    }

    /** Cancel connections that have not ended yet. */
    int inFlight() {
        return inFlight;
    }

    /** Has a cancel connection not ended yet? */
    boolean isInFlight() {
        return inFlight > 0;
    }

    /** Has there been a cancel since the last round trip of ours? */
    boolean mayHit() {
        return inFlight > 0 || sinceRoundTrip;
    }

    /** Did a cancel connection end so that nobody knows whether the cancel will come? The server must be closed then. */
    boolean isUncertain() {
        return uncertain;
    }
}
