package dev.spillway.testkit;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What a client sends in one write, and every message that must come back, in order. */
final class Exchange {
    record Expectation(String what, Predicate<BackendMessage> isMet) {}

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<Expectation> expected = new ArrayList<>();

    Exchange send(byte[]... messages) {
        bytes.writeBytes(Messages.join(messages));
        return this;
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    List<Expectation> expected() {
        return expected;
    }

    Exchange expect(String what, Predicate<BackendMessage> isMet) {
        expected.add(new Expectation(what, isMet));
        return this;
    }

    Exchange expectTypes(String types) {
        for (int i = 0; i < types.length(); i++) {
            char type = types.charAt(i);
            expect("message " + type, message -> message.is(type));
        }
        return this;
    }

    Exchange expectRow(String... columns) {
        List<String> all = List.of(columns);
        return expect(
                "DataRow " + all,
                message -> message.is('D') && message.columns().equals(all));
    }

    Exchange expectTag(String tag) {
        return expect(
                "CommandComplete " + tag,
                message -> message.is('C') && message.tag().equals(tag));
    }

    Exchange expectReady(char status) {
        return expect("ReadyForQuery " + status, message -> message.is('Z') && message.status() == status);
    }

    Exchange expectError(String sqlState, String textPart) {
        return expect(
                "ErrorResponse " + sqlState + " with '" + textPart + "'",
                message -> message.is('E')
                        && message.sqlState().equals(sqlState)
                        && message.errorText().contains(textPart));
    }

    Exchange expectNotice(String text) {
        return expect(
                "NoticeResponse " + text,
                message -> message.is('N') && message.errorText().equals(text));
    }

    Exchange expectCopyData(String line) {
        return expect(
                "CopyData " + line, message -> message.is('d') && message.text().equals(line));
    }
}
