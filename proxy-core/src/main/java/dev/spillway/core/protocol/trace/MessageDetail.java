package dev.spillway.core.protocol.trace;

import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.frontend.FrontendType;
import java.nio.charset.StandardCharsets;

/**
 * What is told of a message beside its type and length: which statement or portal, how it ended, in which state the transaction
 * is. Never a text of SQL, a value, or what an error says.
 *
 * <p>Made once per message; reads the head of one, which may end anywhere. A name that does not end in it is cut short.
 */
final class MessageDetail {
    private static final int BODY = 5;
    private static final int SQLSTATE_LENGTH = 5;
    /** PostgreSQL's own names are shorter. */
    private static final int LONGEST_NAME = 64;

    private final byte[] head;
    private final int length;
    private int at = BODY;

    private MessageDetail(byte[] head, int length) {
        this.head = head;
        this.length = length;
    }

    /** Of {@code head} the first {@code length} bytes are the message's. */
    static String of(byte[] head, int length, boolean isFrontend) {
        MessageDetail detail = new MessageDetail(head, length);
        return isFrontend ? detail.frontend() : detail.backend();
    }

    private String frontend() {
        return switch (head[0]) {
            case FrontendType.PARSE -> named("statement");
            case FrontendType.BIND -> named("portal") + ", " + named("statement");
            case FrontendType.EXECUTE -> named("portal");
            case FrontendType.DESCRIBE, FrontendType.CLOSE -> target();
            default -> "";
        };
    }

    private String backend() {
        return switch (head[0]) {
            case BackendType.COMMAND_COMPLETE, BackendType.PARAMETER_STATUS -> string();
            case BackendType.ERROR_RESPONSE, BackendType.NOTICE_RESPONSE -> sqlstate();
            case BackendType.READY_FOR_QUERY -> length > BODY ? printable((char) (head[BODY] & 0xff)) : "";
            default -> "";
        };
    }

    private String target() {
        if (length == BODY) {
            return "";
        }
        return named(head[at++] == 'S' ? "statement" : "portal");
    }

    private String named(String what) {
        return what + " \"" + string() + '"';
    }

    private String string() {
        int from = at;
        while (at < length && head[at] != 0) {
            at++;
        }
        String text = new String(head, from, at - from, StandardCharsets.UTF_8);
        at++; // the zero byte
        boolean isCut = text.length() > LONGEST_NAME;
        StringBuilder out = new StringBuilder();
        text.chars().limit(LONGEST_NAME).forEach(c -> out.append(printable((char) c)));
        return isCut ? out.append("...").toString() : out.toString();
    }

    /** Nobody's name breaks a line or moves a cursor. */
    private static String printable(char c) {
        return Character.isISOControl(c) ? "?" : String.valueOf(c);
    }

    /** Fields are a letter and a text each; texts may come before it, in any length. */
    private String sqlstate() {
        while (at < length && head[at] != 0) {
            byte field = head[at++];
            if (field == 'C') {
                String state = string();
                return state.length() == SQLSTATE_LENGTH ? state : "";
            }
            string();
        }
        return "";
    }
}
