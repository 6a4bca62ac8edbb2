package dev.spillway.core.session;

import dev.spillway.core.protocol.backend.BackendMessages;
import io.netty.buffer.ByteBuf;
import java.util.Map;

/** The ParameterStatus values a client was last told, so that it is told only what is new. One per client. */
final class ToldParameters {
    private final Wire wire;
    private Map<String, String> told;

    /** {@code atLogin} are those of its greeting. */
    ToldParameters(Wire wire, Map<String, String> atLogin) {
        this.wire = wire;
        this.told = atLogin;
    }

    /** What it was told last. Immutable. */
    Map<String, String> now() {
        return told;
    }

    /** Tells the client in what {@code now}, an immutable map, differs. */
    @SuppressWarnings("ReferenceEquality") // hot: the same instance nearly always, compared by content only when not
    void update(Map<String, String> now) {
        if (now == told) {
            return;
        }
        if (!now.equals(told)) {
            now.forEach(this::tell);
        }
        told = now;
    }

    private void tell(String name, String value) {
        if (!value.equals(told.get(name))) {
            ByteBuf message = wire.allocator().buffer(64);
            BackendMessages.parameterStatus(message, name, value);
            wire.write(message);
        }
    }
}
