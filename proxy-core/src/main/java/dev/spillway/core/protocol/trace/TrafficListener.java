package dev.spillway.core.protocol.trace;

/** Hears which messages pass between a client and this process. Called on the client's event loop, wherever that is now. */
public interface TrafficListener {
    /**
     * A message, see {@link MessageMeter}.
     *
     * @param isFromClient else it goes to it
     * @param server the number of the server that the client has at that moment; 0: it has none
     */
    void onMessage(boolean isFromClient, int server, String name, long lengthBytes, String detail);

    /** The client has gone, or nobody watches any more. Called once. */
    void onEnd();
}
