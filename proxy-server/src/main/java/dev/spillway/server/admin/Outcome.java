package dev.spillway.server.admin;

import dev.spillway.core.protocol.backend.ErrorFields;
import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;

/** What a request has come to. Immutable. */
sealed interface Outcome {
    record Failed(ErrorFields error) implements Outcome {}

    record Rows(RowSource source) implements Outcome {}

    /** Rows that are copied to the client. */
    record Copied(RowSource source) implements Outcome {}

    /** Messages up to CommandComplete, or what stands in its place; there are no rows. */
    record Told(Consumer<ByteBuf> writer) implements Outcome {}
}
