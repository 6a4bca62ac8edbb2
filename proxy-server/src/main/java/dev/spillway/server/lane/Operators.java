package dev.spillway.server.lane;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.startup.StartupPacket;
import dev.spillway.core.session.ClientLogin;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.Proof;
import dev.spillway.core.session.Refused;
import dev.spillway.core.session.StartupRequest;
import dev.spillway.core.session.Wire;
import dev.spillway.core.stats.ClientReading;
import dev.spillway.core.stats.Incidents;
import dev.spillway.core.stats.LaneView;
import dev.spillway.server.pipeline.ConnectionHandler;
import dev.spillway.server.pipeline.TrafficTap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.ssl.SslHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a lane has for operators: a way in from the admin port, and what there is to show. Confined to that lane. */
public final class Operators {
    private static final long TURN_MICROS = 200;

    /** 5,000 clients, 50 at a time, are told in less than 100 ms. */
    private static final long PAUSE_MICROS = 500;

    private final Lane lane;
    private final int number;
    private final Incidents incidents;
    private final LanePools pools;
    private final LaneClients clients;
    private final Arrivals arrivals;
    private final ServerConnector connector;
    private final ConsoleDoor door;
    private final Admission admission;
    private final StatsPeriod period;
    private final ChannelGroup channels;
    private final EventLoop loop;
    private final Suspension suspension;

    Operators(
            Lane lane,
            int number,
            Incidents incidents,
            LanePools pools,
            LaneClients clients,
            Arrivals arrivals,
            ServerConnector connector,
            ConsoleDoor door,
            Admission admission,
            StatsPeriod period,
            ChannelGroup channels,
            EventLoop loop,
            Runnable whenQuiet) {
        this.lane = lane;
        this.number = number;
        this.incidents = incidents;
        this.pools = pools;
        this.clients = clients;
        this.arrivals = arrivals;
        this.connector = connector;
        this.door = door;
        this.admission = admission;
        this.period = period;
        this.channels = channels;
        this.loop = loop;
        this.suspension = new Suspension(clients, pools, whenQuiet);
    }

    /**
     * Makes a connection to the admin port, whose client speaks PostgreSQL's protocol, one that may log in to the console.
     *
     * @param most how many connections there may be, if there are more; else 0
     */
    public void accept(Channel channel, int most) {
        channels.add(channel);
        arrivals.add(channel, most > 0, lane.nowNanos());
        ConnectionHandler handler = new ConnectionHandler(wire -> logIn(wire, most));
        if (most == 0) {
            admission.openDoor(handler, channel.pipeline());
        }
        channel.pipeline().addLast("connection", handler);
    }

    private ClientLogin logIn(Wire wire, int most) {
        ClientLogin login = new ClientLogin(wire, lane, new ConsoleOnly(admission));
        if (most > 0) {
            login.turnAway(ProxyError.TOO_MANY_OPERATORS.fields(most));
        }
        return login;
    }

    /** For a connection to the admin port that begins with TLS; null: there is none. */
    public @Nullable SslHandler tls(ByteBufAllocator allocator) {
        return admission.tls(allocator);
    }

    /** Lets nobody in but to the console. */
    private record ConsoleOnly(Admission admission) implements ClientLogin.Reception {
        @Override
        public boolean offersTls(Wire wire) {
            return admission.offersTls(wire);
        }

        @Override
        public void secure(Wire wire) {
            admission.secure(wire);
        }

        @Override
        public Proof authentication(Wire wire, StartupRequest request) {
            if (!ConsoleDoor.isFor(request)) {
                throw new Refused(ProxyError.ADMIN_PORT_HAS_NO_DATABASES.fields(request.database()));
            }
            return admission.authentication(wire, request);
        }

        @Override
        public void admit(Wire wire, StartupRequest request, ClientLogin login) {
            admission.admit(wire, request, login);
        }

        @Override
        public void cancel(StartupPacket.CancelRequest request, Runnable ended) {
            admission.cancel(request, ended);
        }
    }

    /** A client of the console on this lane has sent a command. */
    public void onConsoleCommand() {
        door.onCommand();
    }

    /** Has {@code tap} watch the client whose connection has that number; false if it is not here. */
    boolean trace(long id, TrafficTap tap) {
        ClientSession client = clients.find(id);
        if (client != null) {
            tap.begin(client);
        }
        return client != null;
    }

    /** Ends the client whose connection has that number; false if it is not here. */
    boolean kill(long id) {
        List<Consumer<ErrorFields>> found = new ArrayList<>();
        clients.all().stream().filter(client -> client.wire().id() == id).forEach(client -> found.add(client::close));
        arrivals.forEachProbe(probe -> {
            if (probe.wire().id() == id) {
                found.add(probe::end);
            }
        });
        found.forEach(end -> end.accept(ProxyError.CLIENT_KILLED.fields()));
        return !found.isEmpty();
    }

    Suspension suspension() {
        return suspension;
    }

    /**
     * What {@code look} finds when it has seen all clients: some at a time, and in between the lane has a moment for its sockets. Callable
     * from any thread; completed on the lane.
     */
    <T> CompletableFuture<T> look(ClientReading.Look<T> look) {
        return inTurn(view -> new ClientReading<>(view, look)).thenCompose(this::readAll);
    }

    private <T> CompletableFuture<T> readAll(ClientReading<T> reading) {
        return inTurn(reading::readMore).thenCompose(areMore -> areMore ? readAll(reading) : inTurn(reading::end));
    }

    /**
     * What {@code read} finds on the lane, when that has read its sockets: a task that is only executed could run before. Callable from
     * any thread; completed on the lane.
     */
    <T> CompletableFuture<T> inTurn(Function<LaneView, T> read) {
        return after(TURN_MICROS, read);
    }

    /** The same, a while later: what is done with what the lane has told takes a core from its clients, so they have it between. */
    <T> CompletableFuture<T> afterPause(Function<LaneView, T> read) {
        return after(PAUSE_MICROS, read);
    }

    private <T> CompletableFuture<T> after(long micros, Function<LaneView, T> read) {
        CompletableFuture<T> done = new CompletableFuture<>();
        try {
            var _ = loop.schedule(() -> complete(done, read), micros, TimeUnit.MICROSECONDS);
        } catch (RejectedExecutionException e) { // it has ended
            done.completeExceptionally(e);
        }
        return done;
    }

    private <T> void complete(CompletableFuture<T> done, Function<LaneView, T> read) {
        try {
            done.complete(read.apply(view()));
        } catch (RuntimeException e) {
            done.completeExceptionally(e);
        }
    }

    /** What the lane holds now, to be read at once. */
    LaneView view() {
        long now = lane.nowNanos();
        return new LaneFigures(
                number,
                incidents,
                pools,
                clients,
                arrivals,
                connector,
                door,
                admission,
                period.windowNanos(now),
                now,
                lane.nowMillis());
    }
}
