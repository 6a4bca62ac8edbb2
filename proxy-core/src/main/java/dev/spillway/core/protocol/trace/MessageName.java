package dev.spillway.core.protocol.trace;

import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.frontend.FrontendType;

/** What PostgreSQL's documentation calls a message, by its type. Stateless. */
final class MessageName {
    private MessageName() {}

    static String of(byte type, boolean isFrontend) {
        String name = isFrontend ? frontend(type) : backend(type);
        return name.isEmpty() ? "unknown type " + (type & 0xff) : name;
    }

    private static String frontend(byte type) {
        return switch (type) {
            case FrontendType.BIND -> "Bind";
            case FrontendType.CLOSE -> "Close";
            case FrontendType.COPY_DATA -> "CopyData";
            case FrontendType.COPY_DONE -> "CopyDone";
            case FrontendType.COPY_FAIL -> "CopyFail";
            case FrontendType.DESCRIBE -> "Describe";
            case FrontendType.EXECUTE -> "Execute";
            case FrontendType.FLUSH -> "Flush";
            case FrontendType.FUNCTION_CALL -> "FunctionCall";
            case FrontendType.PARSE -> "Parse";
            case FrontendType.PASSWORD -> "PasswordMessage";
            case FrontendType.QUERY -> "Query";
            case FrontendType.SYNC -> "Sync";
            case FrontendType.TERMINATE -> "Terminate";
            default -> "";
        };
    }

    private static String backend(byte type) {
        return switch (type) {
            case BackendType.AUTHENTICATION -> "Authentication";
            case BackendType.BACKEND_KEY_DATA -> "BackendKeyData";
            case BackendType.BIND_COMPLETE -> "BindComplete";
            case BackendType.CLOSE_COMPLETE -> "CloseComplete";
            case BackendType.COMMAND_COMPLETE -> "CommandComplete";
            case BackendType.COPY_BOTH_RESPONSE -> "CopyBothResponse";
            case BackendType.COPY_DATA -> "CopyData";
            case BackendType.COPY_DONE -> "CopyDone";
            case BackendType.COPY_IN_RESPONSE -> "CopyInResponse";
            case BackendType.COPY_OUT_RESPONSE -> "CopyOutResponse";
            case BackendType.DATA_ROW -> "DataRow";
            case BackendType.EMPTY_QUERY_RESPONSE -> "EmptyQueryResponse";
            case BackendType.ERROR_RESPONSE -> "ErrorResponse";
            case BackendType.FUNCTION_CALL_RESPONSE -> "FunctionCallResponse";
            case BackendType.NEGOTIATE_PROTOCOL_VERSION -> "NegotiateProtocolVersion";
            case BackendType.NO_DATA -> "NoData";
            case BackendType.NOTICE_RESPONSE -> "NoticeResponse";
            case BackendType.NOTIFICATION_RESPONSE -> "NotificationResponse";
            case BackendType.PARAMETER_DESCRIPTION -> "ParameterDescription";
            case BackendType.PARAMETER_STATUS -> "ParameterStatus";
            case BackendType.PARSE_COMPLETE -> "ParseComplete";
            case BackendType.PORTAL_SUSPENDED -> "PortalSuspended";
            case BackendType.READY_FOR_QUERY -> "ReadyForQuery";
            case BackendType.ROW_DESCRIPTION -> "RowDescription";
            default -> "";
        };
    }
}
