package dev.spillway.testkit;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A TCP relay on loopback that splits, delays, holds, cuts, refuses, and alters single messages: what stands between the proxy and
 * PostgreSQL, or between a client and the proxy.
 *
 * <p>Thread-safe. Each connection has two virtual threads that copy; a connection's random choices depend on the plan's seed and its
 * number alone. The order of events between connections does not.
 */
public final class ChaosRelay implements Closeable {
    /** How a connection ends when it is cut. */
    public enum Cut {
        RESET,
        FIN
    }

    private final InetSocketAddress target;
    private final int port;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition resumed = lock.newCondition();
    private final Set<RelayedConnection> open = ConcurrentHashMap.newKeySet();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong cuts = new AtomicLong();
    private volatile ChaosPlan plan;
    private volatile @Nullable BackendEdit edit;
    private volatile boolean isPaused;
    private volatile boolean isClosed;
    private @Nullable Listener listener;

    private ChaosRelay(Endpoint target, ChaosPlan plan) throws IOException {
        this.target = new InetSocketAddress(target.host(), target.port());
        this.plan = plan;
        ServerSocket first = listen(0);
        this.port = first.getLocalPort();
        accept(first);
    }

    public static ChaosRelay before(Endpoint target, ChaosPlan plan) {
        try {
            return new ChaosRelay(target, plan);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return port;
    }

    /** Connections accepted since the start. */
    public long accepted() {
        return accepted.get();
    }

    public int openNow() {
        return open.size();
    }

    /** Bytes carried, both directions together. */
    public long bytes() {
        return bytes.get();
    }

    /** Connections cut so far; counted before the peers can notice. */
    public long cuts() {
        return cuts.get();
    }

    /** Applies to connections accepted from now on. */
    public void plan(ChaosPlan next) {
        plan = next;
    }

    /** Applies to every message from PostgreSQL from now on, on connections accepted from now on too; null ends it. */
    public void edit(@Nullable BackendEdit next) {
        edit = next;
    }

    /** Ends every open connection. */
    public void cutAll(Cut how) {
        open.forEach(connection -> connection.cut(how));
    }

    /** Ends one open connection, if there is one. */
    public void cutOne(Cut how) {
        open.stream().findAny().ifPresent(connection -> connection.cut(how));
    }

    /** Holds all traffic, connections stay open. */
    public void pause() {
        isPaused = true;
    }

    public void resume() {
        lock.lock();
        try {
            isPaused = false;
            resumed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** New connections get ECONNREFUSED until {@link #acceptAgain}. */
    public void refuse() throws IOException {
        Listener last;
        lock.lock();
        try {
            last = listener;
            listener = null;
        } finally {
            lock.unlock();
        }
        if (last != null) {
            last.end();
        }
    }

    public void acceptAgain() throws IOException {
        accept(listen(port));
    }

    @Override
    public void close() throws IOException {
        isClosed = true;
        refuse();
        resume();
        open.forEach(RelayedConnection::closeQuietly);
    }

    private static ServerSocket listen(int port) throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1024);
        return socket;
    }

    private void accept(ServerSocket from) {
        Thread acceptor = Thread.ofVirtual().name("chaos-accept").start(() -> acceptLoop(from));
        lock.lock();
        try {
            listener = new Listener(from, acceptor);
        } finally {
            lock.unlock();
        }
    }

    private void acceptLoop(ServerSocket from) {
        while (true) {
            Socket client;
            try {
                client = from.accept();
            } catch (IOException closed) {
                return;
            }
            long number = accepted.incrementAndGet();
            Thread.ofVirtual().name("chaos-connect").start(() -> connect(client, number));
        }
    }

    private void connect(Socket client, long number) {
        Socket server = new Socket();
        RelayedConnection connection = new RelayedConnection(this, client, server, plan, number);
        open.add(connection);
        try {
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            server.connect(target, 10_000);
            connection.start();
        } catch (IOException unreachable) {
            connection.closeQuietly();
        }
        if (isClosed) {
            connection.closeQuietly();
        }
    }

    // What follows is called by the connections.

    void ended(RelayedConnection connection) {
        open.remove(connection);
    }

    void countCut() {
        cuts.incrementAndGet();
    }

    void countBytes(int count) {
        bytes.addAndGet(count);
    }

    @Nullable
    BackendEdit edit() {
        return edit;
    }

    void awaitResumed() {
        if (!isPaused) {
            return;
        }
        lock.lock();
        try {
            while (isPaused) {
                resumed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    static Random random(ChaosPlan plan, long number, int direction) {
        return new Random(plan.seed() * 1_000_003 + number * 31 + direction);
    }

    /** A port that is open, and the thread that accepts on it. */
    private record Listener(ServerSocket socket, Thread acceptor) {
        /** Returns when the port is closed: the system keeps it open until the thread has come out of its accept too. */
        void end() throws IOException {
            socket.close();
            try {
                acceptor.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            }
        }
    }
}
