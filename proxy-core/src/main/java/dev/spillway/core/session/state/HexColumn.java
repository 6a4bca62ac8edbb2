package dev.spillway.core.session.state;

import dev.spillway.core.protocol.MessageCursor;
import dev.spillway.core.protocol.ProtocolViolation;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** A column of an answer to a question of ours, which comes as hex of UTF-8: no encoding and no quoting changes it. Stateless. */
final class HexColumn {
    private HexColumn() {}

    /** The next column of {@code row}, an answer about the session's {@code what}. */
    static String read(MessageCursor row, String what) {
        byte[] digits = row.readBytes(row.readInt());
        try {
            byte[] text = HexFormat.of().parseHex(new String(digits, StandardCharsets.US_ASCII));
            return new String(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new ProtocolViolation("the answer to the question for the session's " + what + " is not hexadecimal");
        }
    }
}
