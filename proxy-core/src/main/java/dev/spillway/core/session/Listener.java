package dev.spillway.core.session;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.Waiter;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.channels.ChannelBook;
import dev.spillway.core.session.channels.Notification;
import dev.spillway.core.session.state.Snapshot;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The connection that listens for all clients of a database, on one lane for all of them.
 *
 * <p>Lanes tell it what their clients want. It takes a server like any client of a pool, keeps it apart from the pool's size, has
 * it listen to what is wanted, and hands on what comes. A change is confirmed when one more round trip is done: by then all that
 * was sent before has been handed on. What is asked for meanwhile goes together into the next.
 *
 * <p>A server that is lost is replaced, and those who listened are told. When nobody wants anything for a while it is closed.
 *
 * <p>It never stops reading. It owns no buffer but the beginning of a message that has not come whole.
 */
public final class Listener implements LeaseHolder, Waiter<ServerSession> {
    /** What it needs of its lane. */
    public interface Outlet {
        /**
         * The pool that logs in as {@code user}.
         *
         * @throws Refused if there is none any more
         */
        ServerPool pool(String user);

        /** Hands {@code notifications}, messages as they came, to the clients of {@code lane} that listen to {@code channel}. */
        void hand(int lane, String channel, byte[] notifications);

        /** Tells the clients of {@code lane} that what was sent in the last so many milliseconds may be missing. */
        void tellOfGap(int lane, long missedMillis);
    }

    private static final String NAME = "spillway listener";

    /** The server is closed when nobody has listened for so long. */
    private static final long LINGER_NANOS = 10_000_000_000L;

    /** One that could not be had is asked for again so much later. */
    private static final long RETRY_NANOS = 1_000_000_000L;

    /** Neighbours of one channel are handed on together, for each hand-over costs something per client. */
    private static final int MOST_TOGETHER_BYTES = 8 * 1024;

    /** What it sends and receives is UTF-8, whatever the database has. */
    private static final Snapshot SETTINGS = Snapshot.of(Map.of("client_encoding", "UTF8", "application_name", NAME));

    /** It would be ended for being idle; PostgreSQL before 14 has no such limit. */
    private static final String STAY = "SELECT pg_catalog.set_config(name,'0',false) FROM pg_catalog.pg_settings"
            + " WHERE name OPERATOR(pg_catalog.=) 'idle_session_timeout';";

    private final SessionPorts ports;
    private final String database;
    private final Outlet outlet;
    private final ChannelBook book;
    /** Names to log in with, those of its clients; the first is tried next. */
    private final LinkedHashSet<String> users = new LinkedHashSet<>();

    private final List<SessionPorts.Moved> unconfirmed = new ArrayList<>();
    private @Nullable ServerPool pool;
    private @Nullable ServerSession server;
    private @Nullable FrameReader frames;
    /** What has come for the clients of one channel and is handed on together. */
    private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();

    private String gatheredChannel = "";
    private boolean isWaiting;
    private boolean isReady;
    private boolean isAsking;
    private boolean isStopped;
    private boolean isLost;
    private long lostNanos;
    private long retryNanos;
    private long unusedNanos;

    /** {@code lanes}: how many there are. */
    public Listener(SessionPorts ports, String database, int lanes, Outlet outlet) {
        this.ports = ports;
        this.database = database;
        this.outlet = outlet;
        this.book = new ChannelBook(lanes);
        this.retryNanos = ports.nowNanos();
        this.unusedNanos = retryNanos;
    }

    // ---- what lanes want -------------------------------------------------------------------------------------------

    /**
     * A client of {@code lane}, whose servers log in as {@code user}, comes to channels and leaves others: those when {@code done} is
     * told, for what was sent before is still for it.
     */
    public void change(int lane, String user, Set<String> added, Set<String> removed, SessionPorts.Moved done) {
        users.add(user);
        book.change(lane, added, Set.of());
        if (added.isEmpty() && !isReady) {
            leave(lane, removed);
            done.moved(null);
            return;
        }
        unconfirmed.add(error -> {
            done.moved(error);
            leave(lane, removed);
        });
        proceed();
    }

    /** A client of {@code lane} leaves channels at once. */
    public void leave(int lane, Set<String> removed) {
        unusedNanos = ports.nowNanos();
        book.change(lane, Set.of(), removed);
        proceed();
    }

    private void proceed() {
        if (isStopped || isAsking || isWaiting) {
            return;
        }
        ServerSession linked = server;
        if (linked != null && isReady && (book.isChanged() || !unconfirmed.isEmpty())) {
            ask(linked, "");
        } else if (linked == null && book.isEmpty()) {
            confirm(null);
        } else if (linked == null && ports.nowNanos() - retryNanos >= 0) {
            seek();
        }
    }

    private void ask(ServerSession linked, String first) {
        List<SessionPorts.Moved> asked = List.copyOf(unconfirmed);
        isAsking = true;
        linked.inject(first + book.nextSql(), (error, status) -> {
            isAsking = false;
            if (error != null) {
                fail("it cannot listen: " + error.message(), error);
                return;
            }
            onFirstAnswer();
            unconfirmed.subList(0, asked.size()).clear();
            asked.forEach(done -> done.moved(null));
            proceed();
        });
        linked.wire().flush();
    }

    private void onFirstAnswer() {
        if (isLost) {
            isLost = false;
            long missedMillis = (ports.nowNanos() - lostNanos) / 1_000_000;
            ports.log().listenerBack(database, missedMillis);
            book.forEachLane(lane -> outlet.tellOfGap(lane, missedMillis));
        }
    }

    private void confirm(@Nullable ErrorFields error) {
        List<SessionPorts.Moved> all = List.copyOf(unconfirmed);
        unconfirmed.clear();
        all.forEach(done -> done.moved(error));
    }

    // ---- the server ------------------------------------------------------------------------------------------------

    private void seek() {
        try {
            ServerPool next = outlet.pool(users.getFirst());
            pool = next;
            isWaiting = true;
            next.seek(this, SETTINGS, ports.nowNanos());
        } catch (Refused e) {
            giveUp(e.error());
        }
    }

    private void leavePool() {
        ServerPool left = pool;
        pool = null;
        if (left != null) {
            left.leave(this);
        }
        isWaiting = false;
    }

    @Override
    public void onServed(ServerSession free) {
        ServerPool from = pool;
        isWaiting = false;
        if (from == null || !from.pool().pins.setApart(free)) {
            free.unlink(false, false, Snapshot.NEUTRAL);
            giveUp(ProxyError.NO_ROOM_TO_LISTEN.fields(database));
            return;
        }
        server = free;
        frames = new FrameReader(free.wire().allocator(), BackendType.READY_RULES);
        book.beginAnew();
        free.link(this, SETTINGS);
        free.wire().flush();
        from.pool().onRoom(ports.nowNanos());
    }

    @Override
    public void onRestored() {
        ServerSession linked = server;
        if (linked != null && !isReady) {
            isReady = true;
            ask(linked, STAY);
        }
    }

    @Override
    public void onRestoreFailed(ErrorFields error) {
        fail("its settings cannot be put into force: " + error.message(), error);
    }

    @Override
    public void onWaitFailed(ErrorFields error, boolean isFinal) {
        isWaiting = false;
        if (isFinal) {
            users.add(users.removeFirst()); // another user may be let in
        }
        giveUp(error);
    }

    /** There is no server to be had now: who waits for it is told, who listens already goes on when there is one. */
    private void giveUp(ErrorFields error) {
        leavePool();
        retryNanos = ports.nowNanos() + RETRY_NANOS;
        confirm(error);
    }

    /** The server is of no use: who waits for it is told. */
    private void fail(String why, ErrorFields error) {
        close(why);
        lose(why);
        retryNanos = ports.nowNanos() + RETRY_NANOS;
        confirm(error);
    }

    private void close(String why) {
        ServerSession linked = server;
        letGo();
        if (linked != null) {
            linked.close(why);
        }
    }

    private void letGo() {
        server = null;
        isReady = false;
        isAsking = false;
        FrameReader reader = frames;
        frames = null;
        if (reader != null) {
            reader.close();
        }
        leavePool();
    }

    private void lose(String why) {
        if (!book.isEmpty() && !isLost && !isStopped) {
            isLost = true;
            lostNanos = ports.nowNanos();
            ports.log().listenerLost(database, why);
        }
    }

    @Override
    public void onServerClosed(ErrorFields error, boolean isTold) {
        if (server != null) {
            letGo();
            lose(error.message());
            proceed();
        }
    }

    /** Time passes. */
    public void tick(long nowNanos) {
        ServerPool from = pool;
        if (from != null && from.pool().isRetired() && isWaiting) {
            leavePool();
        } else if (from != null && from.pool().isWithoutServers() && server != null) {
            close("it listens for a pool that is paused or replaced");
            lose("its pool is paused or replaced");
        } else if (book.isEmpty() && server != null && nowNanos - unusedNanos > LINGER_NANOS && !isAsking) {
            close("no client listens any more");
        }
        if (book.isEmpty()) {
            isLost = false; // nobody misses anything
        }
        proceed();
    }

    /** Has it neither a server nor anybody who wants one? Then nothing is lost with it. */
    public boolean isUnused() {
        return server == null && !isWaiting && book.isEmpty() && unconfirmed.isEmpty();
    }

    /** The proxy ends. */
    public void stop() {
        isStopped = true;
        close("shutting down");
        unconfirmed.clear();
    }

    // ---- what comes ------------------------------------------------------------------------------------------------

    @Override
    public void deliver(ByteBuf source, int from, int to) {
        FrameReader reader = frames;
        if (reader == null) {
            return;
        }
        reader.feed(Run.slice(source, from, to));
        try {
            while (reader.next()) {
                if (!reader.isContinuation() && reader.type() == BackendType.NOTIFICATION_RESPONSE) {
                    onNotification(reader);
                }
            }
        } finally {
            reader.finish();
            handOn();
        }
    }

    private void onNotification(FrameReader reader) {
        String channel = Notification.read(reader.body()).channel();
        int length = reader.end() - reader.start();
        if (!channel.equals(gatheredChannel) || gathered.size() + length > MOST_TOGETHER_BYTES) {
            handOn();
        }
        gatheredChannel = channel;
        gathered.writeBytes(ByteBufUtil.getBytes(reader.buffer(), reader.start(), length, true));
    }

    private void handOn() {
        if (gathered.size() > 0) {
            String channel = gatheredChannel;
            byte[] messages = gathered.toByteArray();
            gathered.reset();
            book.forEachLane(channel, lane -> outlet.hand(lane, channel, messages));
        }
    }

    // ---- figures ---------------------------------------------------------------------------------------------------

    /** For operators, who find the connection in PostgreSQL by the first part. */
    String name() {
        return NAME + ", channels: " + book.size();
    }

    /** Nobody else is to have it, and what it makes of the session stays. */
    @Override
    public boolean keepsServer() {
        return true;
    }
}
