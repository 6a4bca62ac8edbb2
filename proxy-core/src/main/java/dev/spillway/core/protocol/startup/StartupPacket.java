package dev.spillway.core.protocol.startup;

import dev.spillway.core.protocol.CancelKey;
import java.util.Map;

/**
 * The packets that may open a connection: they have a length and a code, but no type byte.
 *
 * <p>Source: PostgreSQL documentation, "Message Formats", and {@code ProcessStartupPacket()} in {@code
 * src/backend/tcop/backend_startup.c}.
 */
public sealed interface StartupPacket {
    /** Asks for TLS; answered by one byte. */
    record SslRequest() implements StartupPacket {}

    /** Asks for GSSAPI encryption; answered by one byte. */
    record GssEncRequest() implements StartupPacket {}

    /** Asks that another connection's query be cancelled. */
    record CancelRequest(CancelKey key) implements StartupPacket {}

    /** Asks for a session; {@code parameters} are in the order they were sent, a name sent twice has its last value. */
    record StartupMessage(int majorVersion, int minorVersion, Map<String, String> parameters)
            implements StartupPacket {}
}
