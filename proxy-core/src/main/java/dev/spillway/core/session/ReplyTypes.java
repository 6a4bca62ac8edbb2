package dev.spillway.core.session;

import dev.spillway.core.protocol.backend.BackendType;

/** Which messages of a server answer which of a client. Stateless. ErrorResponse and what is asynchronous may always come. */
// hot: once per message from a server
final class ReplyTypes {
    private ReplyTypes() {}

    /** Can {@code type} be a part of the answer to {@code kind}? */
    static boolean isExpected(ReplyQueue.Kind kind, byte type) {
        return switch (kind) {
            case QUERY ->
                switch (type) {
                    case BackendType.PARSE_COMPLETE,
                            BackendType.BIND_COMPLETE,
                            BackendType.CLOSE_COMPLETE,
                            BackendType.NO_DATA,
                            BackendType.PARAMETER_DESCRIPTION,
                            BackendType.PORTAL_SUSPENDED,
                            BackendType.FUNCTION_CALL_RESPONSE -> false;
                    default -> true;
                };
            case FUNCTION_CALL -> type == BackendType.FUNCTION_CALL_RESPONSE;
            case PARSE -> type == BackendType.PARSE_COMPLETE;
            case BIND -> type == BackendType.BIND_COMPLETE;
            case CLOSE -> type == BackendType.CLOSE_COMPLETE;
            case DESCRIBE_STATEMENT ->
                type == BackendType.PARAMETER_DESCRIPTION
                        || type == BackendType.ROW_DESCRIPTION
                        || type == BackendType.NO_DATA;
            case DESCRIBE_PORTAL -> type == BackendType.ROW_DESCRIPTION || type == BackendType.NO_DATA;
            case EXECUTE ->
                switch (type) {
                    case BackendType.DATA_ROW,
                            BackendType.COMMAND_COMPLETE,
                            BackendType.PORTAL_SUSPENDED,
                            BackendType.EMPTY_QUERY_RESPONSE,
                            BackendType.COPY_IN_RESPONSE,
                            BackendType.COPY_OUT_RESPONSE,
                            BackendType.COPY_BOTH_RESPONSE,
                            BackendType.COPY_DATA,
                            BackendType.COPY_DONE -> true;
                    default -> false;
                };
            case SYNC, COPY_DATA, COPY_END -> false;
        };
    }

    /** Is the answer to {@code kind} complete with it? ReadyForQuery is not asked about. */
    static boolean completes(ReplyQueue.Kind kind, byte type) {
        return switch (kind) {
            case PARSE, BIND, CLOSE, DESCRIBE_PORTAL -> true;
            case DESCRIBE_STATEMENT -> type != BackendType.PARAMETER_DESCRIPTION;
            case EXECUTE ->
                type == BackendType.COMMAND_COMPLETE
                        || type == BackendType.PORTAL_SUSPENDED
                        || type == BackendType.EMPTY_QUERY_RESPONSE;
            case QUERY, FUNCTION_CALL, SYNC, COPY_DATA, COPY_END -> false;
        };
    }
}
