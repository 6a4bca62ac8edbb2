package dev.spillway.core.protocol.backend;

import dev.spillway.core.protocol.FrameRules;

/**
 * The type bytes of messages a backend sends, with the limits Spillway sets on them.
 *
 * <p>Source: PostgreSQL documentation, "Message Formats". A backend may send up to 1 GiB in one message ({@code
 * MaxAllocSize} in {@code src/include/utils/memutils.h}); rows, copy data and all whose content is none of our business
 * are seen piece by piece.
 */
public final class BackendType {
    public static final byte AUTHENTICATION = 'R';
    public static final byte BACKEND_KEY_DATA = 'K';
    public static final byte BIND_COMPLETE = '2';
    public static final byte CLOSE_COMPLETE = '3';
    public static final byte COMMAND_COMPLETE = 'C';
    public static final byte COPY_BOTH_RESPONSE = 'W';
    public static final byte COPY_DATA = 'd';
    public static final byte COPY_DONE = 'c';
    public static final byte COPY_IN_RESPONSE = 'G';
    public static final byte COPY_OUT_RESPONSE = 'H';
    public static final byte DATA_ROW = 'D';
    public static final byte EMPTY_QUERY_RESPONSE = 'I';
    public static final byte ERROR_RESPONSE = 'E';
    public static final byte FUNCTION_CALL_RESPONSE = 'V';
    public static final byte NEGOTIATE_PROTOCOL_VERSION = 'v';
    public static final byte NO_DATA = 'n';
    public static final byte NOTICE_RESPONSE = 'N';
    public static final byte NOTIFICATION_RESPONSE = 'A';
    public static final byte PARAMETER_DESCRIPTION = 't';
    public static final byte PARAMETER_STATUS = 'S';
    public static final byte PARSE_COMPLETE = '1';
    public static final byte PORTAL_SUSPENDED = 's';
    public static final byte READY_FOR_QUERY = 'Z';
    public static final byte ROW_DESCRIPTION = 'T';

    private static final int LARGE = 0x3fffffff;

    /** Control messages are looked into when they are no longer than this; longer ones pass piece by piece. */
    public static final int WHOLE_UP_TO_BYTES = 16 * 1024;

    /** Error and notice texts, parameter values: 1 MiB is far beyond any real one. */
    private static final int SMALL = 1 << 20;

    /** What a server may send before its first ReadyForQuery. */
    public static final FrameRules LOGIN_RULES = FrameRules.forbidAll("backend")
            .allow(AUTHENTICATION, WHOLE_UP_TO_BYTES - 1, WHOLE_UP_TO_BYTES)
            .allow(BACKEND_KEY_DATA, 4 + 4 + 256, WHOLE_UP_TO_BYTES)
            .allow(ERROR_RESPONSE, 64 * 1024, 64 * 1024 + 1)
            .allow(NOTICE_RESPONSE, 64 * 1024, 64 * 1024 + 1)
            .allow(PARAMETER_STATUS, 64 * 1024, 64 * 1024 + 1)
            .allow(READY_FOR_QUERY, 5, 6);

    /** What a logged-in server may send. */
    public static final FrameRules READY_RULES = FrameRules.forbidAll("backend")
            .allow(BIND_COMPLETE, 4, 5)
            .allow(CLOSE_COMPLETE, 4, 5)
            .allow(COMMAND_COMPLETE, SMALL, WHOLE_UP_TO_BYTES)
            .allow(COPY_BOTH_RESPONSE, LARGE, 0)
            .allow(COPY_DATA, LARGE, 0)
            .allow(COPY_DONE, 4, 5)
            .allow(COPY_IN_RESPONSE, LARGE, 0)
            .allow(COPY_OUT_RESPONSE, LARGE, 0)
            .allow(DATA_ROW, LARGE, 0)
            .allow(EMPTY_QUERY_RESPONSE, 4, 5)
            .allow(ERROR_RESPONSE, LARGE, WHOLE_UP_TO_BYTES)
            .allow(FUNCTION_CALL_RESPONSE, LARGE, 0)
            .allow(NO_DATA, 4, 5)
            .allow(NOTICE_RESPONSE, LARGE, 0)
            .allow(NOTIFICATION_RESPONSE, SMALL, SMALL + 1)
            .allow(PARAMETER_DESCRIPTION, LARGE, 0)
            .allow(PARAMETER_STATUS, SMALL, SMALL + 1)
            .allow(PARSE_COMPLETE, 4, 5)
            .allow(PORTAL_SUSPENDED, 4, 5)
            .allow(READY_FOR_QUERY, 5, 6)
            .allow(ROW_DESCRIPTION, LARGE, 0);

    private BackendType() {}
}
