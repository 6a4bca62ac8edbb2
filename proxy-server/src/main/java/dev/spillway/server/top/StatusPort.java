package dev.spillway.server.top;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.NoRouteToHostException;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;

/** An admin port that is asked for its status by HTTP. Blocks, for some seconds at most. One thread uses it at a time. */
final class StatusPort {
    private static final int TIMEOUT_MILLIS = 5_000;
    /** More than thousands of databases have to say. */
    private static final int LIMIT_BYTES = 64 << 20;

    private static final int NO_HTTP = -1;

    private final String host;
    private final int port;

    StatusPort(String host, int port) {
        this.host = host;
        this.port = port;
    }

    String name() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    /** What it says now. */
    Status ask() throws NoStatus {
        HttpURLConnection connection = null;
        try {
            connection = (HttpURLConnection)
                    URI.create("http://" + name() + "/status").toURL().openConnection(Proxy.NO_PROXY);
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            connection.setInstanceFollowRedirects(false);
            return read(connection);
        } catch (IOException e) {
            throw new NoStatus(words(e), e);
        } catch (IllegalArgumentException e) {
            throw new NoStatus("is no address", e);
        }
    }

    private static Status read(HttpURLConnection connection) throws IOException, NoStatus {
        int code = connection.getResponseCode();
        switch (code) {
            case HttpURLConnection.HTTP_OK -> {
                try (InputStream in = connection.getInputStream()) {
                    return StatusText.read(new String(in.readNBytes(LIMIT_BYTES), StandardCharsets.UTF_8));
                }
            }
            case NO_HTTP ->
                throw new NoStatus("speaks no HTTP: that is no admin port (admin_listen_port, usually 6433)");
            case HttpURLConnection.HTTP_UNAVAILABLE ->
                throw new NoStatus("has no time (503): it has too many connections, or an event loop is stuck");
            default -> throw new NoStatus("answers /status with " + code + ": that is no admin port of a Spillway");
        }
    }

    private static String words(IOException e) {
        return switch (e) {
            case ConnectException _ ->
                "cannot be reached: nothing listens there. Does Spillway run, and is that its admin_listen_port?";
            case UnknownHostException _ -> "is not known: there is no host of that name";
            case NoRouteToHostException _ -> "cannot be reached: there is no way to that host";
            case SocketTimeoutException _ -> "does not answer within " + TIMEOUT_MILLIS / 1000 + " s";
            case MalformedURLException _ -> "is no address";
            default -> "does not answer as an admin port does (" + e.getMessage() + "); is that its admin_listen_port?";
        };
    }
}
