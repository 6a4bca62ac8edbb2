package dev.spillway.testkit;

import dev.spillway.core.protocol.trace.WireTrace;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A conversation written down as libpq's trace would, both directions, as it happens. What differs from run to run and from release
 * to release is masked, and parameters are in the order of their names: their order is nobody's promise.
 */
public final class Transcript implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final WireClient client;
    private final List<String> lines = new ArrayList<>();
    private final List<String> parameters = new ArrayList<>();

    private Transcript(WireClient client) {
        this.client = client;
    }

    /** Logged in. */
    public static Transcript of(Endpoint endpoint) throws IOException {
        Transcript transcript = new Transcript(WireClient.open(endpoint, LIMIT));
        Map<String, String> startup = new LinkedHashMap<>();
        startup.put("user", endpoint.user());
        startup.put("database", endpoint.database());
        byte[] packet = Messages.startup(Messages.PROTOCOL_3_0, startup);
        transcript.lines.add(WireTrace.startup(Unpooled.wrappedBuffer(packet), WireTrace.Style.REGRESS));
        transcript.client.send(packet);
        return transcript.until('Z');
    }

    /** The client sends these in one write. */
    public Transcript send(byte[]... messages) throws IOException {
        for (byte[] message : messages) {
            ByteBuf bytes = Unpooled.wrappedBuffer(message);
            lines.add(WireTrace.frontend(bytes, WireTrace.Style.REGRESS));
        }
        client.send(messages);
        return this;
    }

    /** The server speaks up to and with a message of this type. */
    public Transcript until(char type) throws IOException {
        BackendMessage message;
        do {
            message = client.readMessage();
            if (message.is('S')) {
                parameters.add("B\tNN\tParameterStatus\t \"%s\" NNNN"
                        .formatted(message.strings().getFirst()));
            } else {
                parameters.sort(null);
                lines.addAll(parameters);
                parameters.clear();
                lines.add(WireTrace.backend(Unpooled.wrappedBuffer(message.frame()), WireTrace.Style.REGRESS));
            }
        } while (!message.is(type));
        return this;
    }

    public String text() {
        return String.join("\n", lines) + "\n";
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
