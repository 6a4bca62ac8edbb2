package dev.spillway.core.session;

import dev.spillway.core.fleet.Announcement;
import dev.spillway.core.fleet.Fleet;
import dev.spillway.core.fleet.FleetSql;
import dev.spillway.core.fleet.FleetView;
import dev.spillway.core.fleet.Member;
import dev.spillway.core.pool.HostBudget;
import dev.spillway.core.pool.Waiter;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.backend.TextRow;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import dev.spillway.core.session.state.Snapshot;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The connection by which an instance speaks with its fleet: it takes a server like any client of a pool, keeps it apart from the
 * pool's size, says what this instance wants and has, and asks about the others. What follows is {@link Fleet}'s to say, and the
 * outlet's to do.
 *
 * <p>Held only while there are servers or somebody waits for one. One that is lost is replaced; until then this instance opens no more
 * servers than it has.
 *
 * <p>One for each PostgreSQL, confined to its lane. It owns no buffer but the beginning of a message that has not come whole.
 */
public final class FleetLink implements LeaseHolder, Waiter<ServerSession> {
    /** What it needs of the proxy. */
    public interface Outlet {
        /**
         * The pool that its servers come from.
         *
         * @throws Refused if there is none now
         */
        ServerPool pool();

        /** What is shared. */
        HostBudget host();

        /** There may be more servers than before. */
        void onRoom();
    }

    /** It is closed when nothing has been wanted for so long. */
    private static final long LINGER_NANOS = 10_000_000_000L;

    private static final long RETRY_NANOS = 500_000_000L;

    /**
     * Clients that keep all servers for longer do not keep this instance from speaking: one more may be opened, which is among those that
     * stay free for whoever has not spoken yet.
     */
    private static final long CLIENT_PATIENCE_NANOS = 500_000_000L;

    /** An answer that takes longer is none. */
    private static final long ANSWER_NANOS = 3_000_000_000L;

    private enum Step {
        NONE,
        READ,
        LOOK,
        LOCK,
        UNLOCK,
        END
    }

    private final SessionPorts ports;
    private final Outlet outlet;
    private final HostBudget host;
    private final Fleet fleet;
    private final FleetSql sql;
    private final String name;
    private final Deque<Member> toEnd = new ArrayDeque<>();
    private @Nullable ServerPool pool;
    private @Nullable ServerSession server;
    private @Nullable FrameReader frames;
    private FleetView view = new FleetView();
    private @Nullable HostQuestion question;
    private Step step = Step.NONE;
    private @Nullable Announcement said;
    private @Nullable String problem;
    private String complaint = "";
    private boolean isAnswered;
    private boolean isWaiting;
    private boolean isStopped;
    private long askedNanos;
    private long retryNanos;
    private long wantedNanos;
    private long soughtNanos;
    private int reach;

    /** {@code fleet} is this one's alone. */
    public FleetLink(SessionPorts ports, String name, Fleet fleet, Outlet outlet) {
        this.ports = ports;
        this.outlet = outlet;
        this.host = outlet.host();
        this.fleet = fleet;
        this.sql = new FleetSql(name);
        this.name = name;
        this.retryNanos = ports.nowNanos();
        this.wantedNanos = retryNanos - LINGER_NANOS;
        limit(retryNanos);
    }

    // ---- time ------------------------------------------------------------------------------------------------------

    /** Time passes. */
    public void tick(long nowNanos) {
        if (isStopped) {
            return;
        }
        int own = server == null && !isWaiting ? 0 : 1;
        int beside = Math.max(host.wanted(), host.open()) - own;
        if (beside > 0) {
            wantedNanos = nowNanos;
        }
        fleet.want(Math.max(0, host.wanted() - own) + 1, nowNanos);
        limit(nowNanos);
        ServerPool from = pool;
        ServerSession linked = server;
        if (from != null && (from.pool().isRetired() || from.pool().isWithoutServers())) {
            close("its pool is paused or replaced");
        } else if (linked == null) {
            if (!isWaiting && wantedNanos == nowNanos && nowNanos - retryNanos >= 0) {
                seek(nowNanos);
            }
        } else if (step != Step.NONE) {
            if (nowNanos - askedNanos > ANSWER_NANOS) {
                close("it does not answer");
            }
        } else if (nowNanos - wantedNanos > LINGER_NANOS) {
            close("nobody wants a server");
        } else if (host.claimForFleet(nowNanos)) {
            question = new HostQuestion(host);
            read(linked);
        } else if (host.isKnown() && (nowNanos - fleet.nextLookNanos() >= 0 || isOutdated())) {
            look(linked);
        }
    }

    /** What others count with is to be known at once; what is wanted changes all the time. */
    private boolean isOutdated() {
        Announcement now = fleet.announcement(host.open());
        Announcement then = said;
        return then == null || now.open() != then.open() || now.held() != then.held();
    }

    /** While it is not certain, what is said holds until the next tick. */
    private void limit(long nowNanos) {
        long untilNanos = fleet.isCertain(nowNanos) ? fleet.certainUntilNanos() : nowNanos + RETRY_NANOS;
        int most = fleet.ceiling(host.open(), nowNanos);
        if (isWaiting && nowNanos - soughtNanos > CLIENT_PATIENCE_NANOS) {
            reach = reach > 0 ? reach : host.open() + 1;
            most = Math.max(most, reach);
        }
        if (host.limit(most, untilNanos)) {
            outlet.onRoom();
        }
    }

    /** The proxy ends. */
    public void stop() {
        isStopped = true;
        close("shutting down");
    }

    // ---- what is said ----------------------------------------------------------------------------------------------

    private void look(ServerSession linked) {
        Announcement now = fleet.announcement(host.open());
        said = now;
        ask(linked, Step.LOOK, sql.look(now, host.processes()));
    }

    /** What this PostgreSQL has is asked here too: it is to be known before there is a server for it. */
    private void read(ServerSession linked) {
        HostQuestion asked = question;
        String text = asked == null ? null : asked.next(ports.nowNanos());
        if (text == null) {
            question = null;
        } else {
            ask(linked, Step.READ, sql.with(text, host.processes()));
        }
    }

    private void ask(ServerSession linked, Step next, String text) {
        step = next;
        askedNanos = ports.nowNanos();
        view = new FleetView();
        problem = null;
        isAnswered = false;
        linked.replies().add(ReplyQueue.Kind.QUERY, ReplyQueue.Disposition.FORWARD);
        ByteBuf message = linked.wire().allocator().buffer(text.length() + 16);
        FrontendMessages.query(message, text);
        linked.wire().write(message);
        linked.wire().flush();
    }

    private void onAnswer(ServerSession linked) {
        Step answered = step;
        step = Step.NONE;
        String wrong = problem;
        if (answered == Step.READ) {
            read(linked);
            return;
        }
        if (wrong != null && answered != Step.END) {
            complain(wrong);
            close(wrong);
            retryNanos = ports.nowNanos() + RETRY_NANOS;
            return;
        }
        switch (answered) {
            case LOOK -> onLook(linked);
            case LOCK -> onLock(linked);
            case UNLOCK, END -> endNext(linked);
            case NONE, READ -> {}
        }
        limit(ports.nowNanos());
    }

    private void onLook(ServerSession linked) {
        List<Integer> forged = view.dropForged(host.processes());
        if (forged.isEmpty()) {
            complaint = "";
        } else {
            complain("the application_name of process " + forged.getFirst()
                    + " says that it is an instance, and it is a server of one: a client has set it. It does"
                    + " not count");
        }
        fleet.look(view.members(), budget(), askedNanos);
        toEnd.clear();
        toEnd.addAll(fleet.dead());
        if (fleet.isShort()) {
            ask(linked, Step.LOCK, sql.lockAndLook(host.processes()));
        } else {
            endNext(linked);
        }
    }

    private void onLock(ServerSession linked) {
        var _ = view.dropForged(host.processes()); // said with each look
        if (view.isLocked()) {
            fleet.grow(view.members(), budget(), askedNanos); // an answer may lie here while this process is stopped
        }
        Announcement now = fleet.announcement(host.open());
        said = now;
        ask(linked, Step.UNLOCK, sql.sayAndUnlock(now, host.processes()));
    }

    /** One that is another's may be counted as ours for the moment between its login and its announcement, not the reverse. */
    private int budget() {
        int foreign = Math.max(0, view.connections() - view.open() - host.open());
        return host.forFleet(view.members().size(), view.open(), foreign, ports.nowNanos());
    }

    private void endNext(ServerSession linked) {
        Member dead = toEnd.poll();
        if (dead != null) {
            ports.log()
                    .fleetMemberDead(
                            name,
                            dead.says().id(),
                            dead.silentMillis(),
                            dead.says().open());
            ask(linked, Step.END, sql.with(sql.end(dead), host.processes()));
        }
    }

    // ---- the server ------------------------------------------------------------------------------------------------

    private void seek(long nowNanos) {
        retryNanos = nowNanos + RETRY_NANOS;
        soughtNanos = nowNanos;
        reach = 0;
        try {
            ServerPool next = outlet.pool();
            pool = next;
            isWaiting = true;
            next.seek(this, settings(), nowNanos);
        } catch (Refused e) {
            complain(e.error().message());
        }
    }

    /** It is never given back, so nobody inherits them. */
    private Snapshot settings() {
        Announcement first = fleet.announcement(host.open());
        return Snapshot.of(Map.of(
                "client_encoding",
                "UTF8",
                "application_name",
                first.text(),
                "idle_in_transaction_session_timeout",
                FleetSql.PATIENCE_MILLIS));
    }

    @Override
    public void onServed(ServerSession free) {
        ServerPool from = pool;
        isWaiting = false;
        if (from == null || !from.pool().pins.setApart(free)) {
            free.unlink(false, false, Snapshot.NEUTRAL);
            complain("a limit of one connection leaves no room to speak with it");
            leavePool();
            return;
        }
        server = free;
        frames = new FrameReader(free.wire().allocator(), ConnectQuery.RULES);
        free.link(this, settings());
        free.wire().flush();
        from.pool().onRoom(ports.nowNanos());
    }

    /** All others wait for what it finds out. */
    @Override
    public boolean goesFirst() {
        return true;
    }

    @Override
    public void onRestored() {
        ServerSession linked = server;
        if (linked != null) {
            tick(ports.nowNanos());
        }
    }

    @Override
    public void onRestoreFailed(ErrorFields error) {
        complain(error.message());
        close(error.message());
    }

    @Override
    public void onWaitFailed(ErrorFields error, boolean isFinal) {
        complain(error.message());
        leavePool();
    }

    @Override
    public void onServerClosed(ErrorFields error, boolean isTold) {
        if (server != null) {
            complain(error.message());
            letGo();
        }
    }

    /** Says the same only once, until it has gone well again. */
    private void complain(String why) {
        if (!why.equals(complaint)) {
            complaint = why;
            ports.log().fleetProblem(name, why);
        }
    }

    private void close(String why) {
        ServerSession linked = server;
        letGo();
        if (linked != null) {
            linked.close(why);
        }
    }

    private void letGo() {
        boolean hadServer = server != null;
        server = null;
        step = Step.NONE;
        said = null;
        toEnd.clear();
        HostQuestion asked = question;
        question = null;
        if (asked != null) {
            asked.leave();
        }
        FrameReader reader = frames;
        frames = null;
        if (reader != null) {
            reader.close();
        }
        leavePool();
        if (hadServer) {
            fleet.onLost(host.open());
            host.onFleetLost();
            limit(ports.nowNanos());
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
                if (!reader.isContinuation()) {
                    onMessage(reader);
                }
            }
        } finally {
            reader.finish();
        }
    }

    private void onMessage(FrameReader reader) {
        HostQuestion asked = question;
        if (reader.type() == BackendType.READY_FOR_QUERY) {
            isAnswered = true;
        } else if (step == Step.READ && asked != null) {
            asked.onMessage(reader);
        } else if (reader.type() == BackendType.ERROR_RESPONSE) {
            problem = ErrorFields.read(reader).message();
        } else if (reader.type() == BackendType.DATA_ROW) {
            onRow(reader);
        }
    }

    private void onRow(FrameReader reader) {
        try {
            if (reader.isComplete()) {
                view.add(TextRow.read(reader.body()));
            }
        } catch (ProtocolViolation | NumberFormatException e) {
            problem = "it does not answer what it is asked";
        }
    }

    @Override
    public void onQuiet() {
        ServerSession linked = server;
        if (linked != null && isAnswered && step != Step.NONE) {
            isAnswered = false;
            onAnswer(linked);
        }
    }

    /** Nobody else is to have it. */
    @Override
    public boolean keepsServer() {
        return true;
    }
}
