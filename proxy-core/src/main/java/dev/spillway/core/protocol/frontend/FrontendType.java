package dev.spillway.core.protocol.frontend;

import dev.spillway.core.protocol.FrameRules;

/**
 * The type bytes of messages a frontend sends, with their limits.
 *
 * <p>Source: PostgreSQL documentation, "Message Formats"; limits: {@code SocketBackend()} in {@code
 * src/backend/tcop/postgres.c} and {@code src/include/libpq/libpq.h}.
 */
public final class FrontendType {
    public static final byte BIND = 'B';
    public static final byte CLOSE = 'C';
    public static final byte COPY_DATA = 'd';
    public static final byte COPY_DONE = 'c';
    public static final byte COPY_FAIL = 'f';
    public static final byte DESCRIBE = 'D';
    public static final byte EXECUTE = 'E';
    public static final byte FLUSH = 'H';
    public static final byte FUNCTION_CALL = 'F';
    public static final byte PARSE = 'P';
    /** PasswordMessage, SASLInitialResponse, SASLResponse and GSSResponse share it. */
    public static final byte PASSWORD = 'p';

    public static final byte QUERY = 'Q';
    public static final byte SYNC = 'S';
    public static final byte TERMINATE = 'X';

    /** PQ_SMALL_MESSAGE_LIMIT. */
    public static final int SMALL_LIMIT_BYTES = 10_000;

    /** PQ_LARGE_MESSAGE_LIMIT: MaxAllocSize - 1. */
    public static final int LARGE_LIMIT_BYTES = 0x3fffffff - 1;

    /**
     * A length field alone. PostgreSQL answers a Flush that has a body with an error after which it discards everything up
     * to Sync, and a Flush has no place in the reply queue. A Sync that has one is answered by an error as well, unless a COPY
     * swallows it: then nobody could tell its error from that of what follows. Both are better refused.
     */
    private static final int BARE_BYTES = 4;

    /** PG_MAX_AUTH_TOKEN_LENGTH. */
    public static final int PASSWORD_LIMIT_BYTES = 65_535;

    /**
     * Frames up to this size are forwarded only when whole, so that a client that is cut off inside one leaves nothing
     * half-sent on its server.
     */
    public static final int WHOLE_UP_TO_BYTES = 16 * 1024;

    /** What a client may send before it is authenticated (after its startup packet): answers, and nothing else. */
    public static final FrameRules LOGIN_RULES =
            FrameRules.forbidAll("frontend").allow(PASSWORD, PASSWORD_LIMIT_BYTES, PASSWORD_LIMIT_BYTES + 1);

    /** What a client may send while its login waits for a server: it may leave. */
    public static final FrameRules WELCOME_RULES =
            FrameRules.forbidAll("frontend").allow(TERMINATE, SMALL_LIMIT_BYTES, SMALL_LIMIT_BYTES + 1);

    /** What a logged-in client may send. */
    public static final FrameRules READY_RULES = FrameRules.forbidAll("frontend")
            .allow(BIND, LARGE_LIMIT_BYTES, WHOLE_UP_TO_BYTES)
            .allow(CLOSE, SMALL_LIMIT_BYTES, WHOLE_UP_TO_BYTES)
            .allow(COPY_DATA, LARGE_LIMIT_BYTES, WHOLE_UP_TO_BYTES)
            .allow(COPY_DONE, SMALL_LIMIT_BYTES, WHOLE_UP_TO_BYTES)
            .allow(COPY_FAIL, SMALL_LIMIT_BYTES, WHOLE_UP_TO_BYTES)
            .allow(DESCRIBE, SMALL_LIMIT_BYTES, WHOLE_UP_TO_BYTES)
            .allow(EXECUTE, SMALL_LIMIT_BYTES, WHOLE_UP_TO_BYTES)
            .allow(FLUSH, BARE_BYTES, WHOLE_UP_TO_BYTES)
            .allow(FUNCTION_CALL, LARGE_LIMIT_BYTES, WHOLE_UP_TO_BYTES)
            .allow(PARSE, LARGE_LIMIT_BYTES, WHOLE_UP_TO_BYTES)
            .allow(QUERY, LARGE_LIMIT_BYTES, WHOLE_UP_TO_BYTES)
            .allow(SYNC, BARE_BYTES, WHOLE_UP_TO_BYTES)
            .allow(TERMINATE, SMALL_LIMIT_BYTES, WHOLE_UP_TO_BYTES);

    /** The same, where a Parse is only seen whole up to so many bytes. */
    public static FrameRules readyRules(int parseWholeUpToBytes) {
        return READY_RULES.allow(PARSE, LARGE_LIMIT_BYTES, parseWholeUpToBytes);
    }

    private FrontendType() {}
}
