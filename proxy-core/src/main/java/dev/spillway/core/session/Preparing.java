package dev.spillway.core.session;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.protocol.FrameRules;
import dev.spillway.core.protocol.frontend.FrontendType;

/**
 * What is configured about statements that clients prepare by name. Immutable.
 *
 * @param perServer how many a server keeps prepared; 0: they are passed on like all else
 * @param perClient how many names a client may have
 * @param largestBytes up to which size a Parse is kept
 * @param rules what a logged-in client may send
 */
public record Preparing(int perServer, int perClient, int largestBytes, FrameRules rules) {
    /** As it is configured for every pool. */
    public static Preparing of(ProxyConfig config) {
        return of(config.maxPreparedStatements(), config.maxClientPreparedStatements(), config.maxInternedBytes());
    }

    public static Preparing of(int perServer, int perClient, int largestBytes) {
        FrameRules rules = perServer == 0 ? FrontendType.READY_RULES : FrontendType.readyRules(largestBytes);
        return new Preparing(perServer, perClient, largestBytes, rules);
    }

    boolean isOn() {
        return perServer > 0;
    }
}
