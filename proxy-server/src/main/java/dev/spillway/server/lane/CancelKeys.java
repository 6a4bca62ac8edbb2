package dev.spillway.server.lane;

import dev.spillway.core.auth.RandomBytes;
import dev.spillway.core.protocol.CancelKey;

/** Keys that clients get to cancel with. Stateless. */
final class CancelKeys {
    private CancelKeys() {}

    /** A new one, as long as the client's version of the protocol allows. */
    static CancelKey next(RandomBytes random, int minorVersion) {
        byte[] id = random.next(4);
        int processId = (id[0] & 0x7f) << 24 | (id[1] & 0xff) << 16 | (id[2] & 0xff) << 8 | (id[3] & 0xff);
        return new CancelKey(processId, random.next(minorVersion >= 2 ? 32 : 4));
    }
}
