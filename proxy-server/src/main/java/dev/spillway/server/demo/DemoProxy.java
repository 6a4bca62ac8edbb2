package dev.spillway.server.demo;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.Totals;
import java.io.IOException;

/** A running Spillway, as the demo sees it; implemented by the composition root. Usable from any thread. */
public interface DemoProxy extends AutoCloseable {
    /** Starts one. */
    @FunctionalInterface
    interface Starter {
        /**
         * Opens the port.
         *
         * @throws IOException if that is not possible; the message is for the user
         */
        DemoProxy start(ProxyConfig config) throws IOException;
    }

    /** The port clients connect to. */
    int port();

    /** What its pools have done so far, counted together. */
    Totals totals();

    /** Connections that it has to PostgreSQL now. */
    int servers();

    /** Stops the proxy. */
    @Override
    void close();
}
