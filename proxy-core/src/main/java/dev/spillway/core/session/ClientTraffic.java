package dev.spillway.core.session;

import dev.spillway.core.protocol.trace.MessageMeter;

/** The traffic of a client, for whoever begins to watch it in the middle. Called on the lane of the client, between two reads. */
public final class ClientTraffic {
    private ClientTraffic() {}

    /** Brings both meters to where the client is: it may be inside a message, in either direction. */
    public static void align(ClientSession client, MessageMeter fromClient, MessageMeter toClient) {
        client.input().align(fromClient);
        ServerSession server = client.server();
        if (server != null) {
            toClient.skip(server.halfToCome());
        }
    }

    /** The number of the server that {@code client} has now; 0: it has none. */
    public static int server(ClientSession client) {
        ServerSession server = client.server();
        return server == null ? 0 : server.wire().id();
    }
}
