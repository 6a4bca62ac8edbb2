package dev.spillway.server;

import dev.spillway.core.config.LogFormat;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.Totals;
import dev.spillway.core.session.Ending;
import dev.spillway.core.session.LogSubject;
import dev.spillway.core.session.Refused;
import dev.spillway.server.admin.ConsoleSession;
import dev.spillway.server.cli.SpillwayVersion;
import dev.spillway.server.configfile.ConfigSource;
import dev.spillway.server.http.Pages;
import dev.spillway.server.lane.Credentials;
import dev.spillway.server.lane.Lane;
import dev.spillway.server.lane.Lanes;
import dev.spillway.server.lane.LoginFiles;
import dev.spillway.server.lane.LoginWork;
import dev.spillway.server.lane.NameSources;
import dev.spillway.server.ops.AuthFiles;
import dev.spillway.server.ops.LaneOperations;
import dev.spillway.server.ops.OwnPlaces;
import dev.spillway.server.ops.Reload;
import dev.spillway.server.ops.TlsFiles;
import dev.spillway.server.transport.NettyTransport;
import dev.spillway.server.transport.TlsContexts;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The composition root: a running proxy, from {@link #start} to {@link #stop}.
 *
 * <p>Usable from any thread.
 */
public final class Proxy {
    private static final Logger LOG = LoggerFactory.getLogger(Proxy.class);
    private static final long CLOSE_LIMIT_MILLIS = 5000;

    private final Reload reload;
    private final NettyTransport transport;
    private final EventLoopGroup loops;
    private final ExecutorService slowWork = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("slow-work").daemon().factory());
    private final ExecutorService tlsWork;
    private final LoginWork loginWork = new LoginWork(slowWork, new JudgeThreads()::of);

    private final Executor lookWork = RestingThreads.executor("looks", 1);
    private final Lanes lanes;
    private final Listeners listeners;
    private final Recorder recorder;
    private final AdminPort adminPort;
    private final OwnPlaces places = new OwnPlaces();
    private final LaneOperations operations;
    /** No client is left that is worth waiting for. */
    private final CompletableFuture<Void> drained = new CompletableFuture<>();

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Ending ending;
    private volatile boolean isOpen;

    private Proxy(
            ProxyConfig config,
            ConfigSource source,
            NettyTransport transport,
            int count,
            TlsContexts tls,
            ExecutorService tlsWork) {
        this.transport = transport;
        this.tlsWork = tlsWork;
        this.lanes = new Lanes(count, config.lanes() == 0, config.scramIterations());
        this.loops = transport.newGroup(count, "lane", lanes::laneForArrival);
        this.listeners = new Listeners(transport, config, loops, acceptor(lanes));
        this.recorder = new Recorder(lanes);
        EventLoop first = (EventLoop) loops.iterator().next();
        this.adminPort = new AdminPort(
                transport,
                config,
                first,
                lanes,
                () -> new Pages(
                        new PageSource(lanes, lookWork, recorder.history(), this::config, () -> ending != null)));
        this.reload = new Reload(source, config, tls, lanes, slowWork, tlsWork, places);
        this.operations = new LaneOperations(lanes, reload, listeners::accept, this::end, () -> ending != null);
    }

    /** With a configuration that is the same after each reload. */
    public static Proxy start(ProxyConfig config) throws IOException {
        return start(config, () -> config);
    }

    /**
     * Opens the port.
     *
     * @param source where {@code config} came from, for reloading it
     * @throws IOException if it cannot be opened, a file cannot be used or this system lacks the transport; the message is for the user
     */
    public static Proxy start(ProxyConfig config, ConfigSource source) throws IOException {
        return start(config, source, NameSources.ofSystem());
    }

    /** With other sources of addresses than this machine's. */
    static Proxy start(ProxyConfig config, ConfigSource source, NameSources names) throws IOException {
        LoginFiles files = AuthFiles.read(config);
        NettyTransport transport = transport(config);
        int count = config.lanes() == 0 ? Runtime.getRuntime().availableProcessors() : config.lanes();
        ExecutorService tlsWork = Executors.newFixedThreadPool(
                count, Thread.ofPlatform().name("tls-work-", 0).daemon().factory());
        TlsContexts tls = TlsFiles.read(config, tlsWork);
        Proxy proxy = new Proxy(config, source, transport, count, tls, tlsWork);
        Credentials credentials = new Credentials(config, files, proxy.lanes.learned());
        for (EventExecutor loop : proxy.loops) {
            proxy.addLane((EventLoop) loop, config, transport, credentials, tls, names);
        }
        try {
            proxy.listeners.open();
            proxy.adminPort.open();
            proxy.places.opened(Stream.concat(proxy.listeners.addresses(), proxy.adminPort.addresses())
                    .toList());
            proxy.places.requireOthers(config);
        } catch (IOException e) {
            proxy.stop();
            throw e;
        }
        if (proxy.adminPort.place() != null) {
            proxy.recorder.start((EventLoop) proxy.loops.iterator().next());
        }
        proxy.isOpen = true;
        return proxy;
    }

    /** Tells the log that clients can connect. */
    public void announce() {
        if (reload.current().log().logFormat() == LogFormat.PGBOUNCER) {
            listeners.eachPlace().forEach(place -> LOG.info("listening on {}", place));
            LOG.info("process up: Spillway {}, {}, lanes {}", SpillwayVersion.number(), transport.name(), count());
        } else {
            LOG.info("listening on {}, transport {}, lanes {}", listeners.places(), transport.name(), count());
        }
        String admin = adminPort.place();
        if (admin != null) {
            LOG.info("admin port on {}", admin);
        }
    }

    private int count() {
        return lanes.all().size();
    }

    private static ChannelHandler acceptor(Lanes lanes) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                lanes.of(channel.eventLoop()).accept(channel);
            }
        };
    }

    private void addLane(
            EventLoop loop,
            ProxyConfig config,
            NettyTransport transport,
            Credentials credentials,
            TlsContexts tls,
            NameSources names) {
        String version = "Spillway " + SpillwayVersion.number();
        lanes.add(new Lane(
                loop,
                transport,
                config,
                lanes,
                lanes.all().size(),
                credentials,
                tls,
                names,
                loginWork,
                (wire, lane, client, isAdmin) -> new ConsoleSession(wire, source(lane, client), isAdmin, version)));
    }

    private ProxyConfig config() {
        return reload.current();
    }

    private ConsoleSession.Source source(Lane asker, LogSubject client) {
        return new ConsoleSource(lanes, this::config, operations, lookWork, () -> ending != null, asker, client);
    }

    private static NettyTransport transport(ProxyConfig config) throws IOException {
        try {
            return NettyTransport.choose(config.transport());
        } catch (IllegalStateException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** The port clients connect to; of interest where {@code listen_port} is 0. */
    public int port() {
        return listeners.port();
    }

    Lanes lanes() {
        return lanes;
    }

    /** What all pools have done so far, counted together. */
    Totals totals() {
        return lanes.figures().join().totals();
    }

    /** Reloads the configuration; what is wrong with it is logged. Returns at once. */
    public void reload() {
        var _ = operations.reload();
    }

    /** As PAUSE on the console. Returns at once. */
    public void pause() {
        heed(operations.pause(null));
    }

    /** As RESUME on the console. Returns at once. */
    public void resume() {
        heed(operations.resume(null));
    }

    /** Nobody waits for the answer to a signal. */
    private static void heed(CompletableFuture<Void> order) {
        var _ = order.whenComplete((done, failure) -> {
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            if (cause instanceof Refused refused) {
                LOG.warn("{}", refused.error().message());
            }
        });
    }

    /** A signal to end: as {@code first} says, but at once if it is ending already. Returns at once. */
    public void onSignal(Ending first) {
        end(ending == null ? first : Ending.IMMEDIATE);
    }

    /** Begins to end, or goes on in a stricter way than it began. Returns at once. */
    public synchronized void end(Ending how) {
        if (ended.getCount() == 0) {
            return;
        }
        Ending before = ending;
        Ending next = lanes.orders().isSuspended() ? Ending.IMMEDIATE : how; // nobody could finish anything
        ending = before == null ? next : before.orStricter(next);
        if (isOpen && !Objects.equals(before, ending)) {
            LOG.info("shutting down: {}", ending);
        }
        if (ending == Ending.IMMEDIATE) {
            drained.complete(null);
        } else if (!Objects.equals(before, ending)) {
            lanes.drain(next, drained);
        }
        if (before == null) {
            Thread.ofPlatform().name("shutdown").start(this::end);
        }
    }

    /** Ends as after SIGTERM, unless it is ending already, and blocks until it has. */
    public void stop() {
        end(Ending.WAIT_FOR_CLIENTS);
        awaitStop();
    }

    private void end() {
        try {
            awaitClients();
            listeners.close();
            adminPort.close();
            lanes.onEach(Lane::endAll).join();
            // Netty's io_uring loops never end when a connection's request to the kernel is still under way.
            List<Future<?>> closings = new ArrayList<>();
            lanes.all().forEach(lane -> closings.add(on(lane, lane::closeAll)));
            closings.add(adminPort.closeAll());
            closings.forEach(closing -> closing.awaitUninterruptibly(CLOSE_LIMIT_MILLIS));
            if (!loops.shutdownGracefully(50, 2000, TimeUnit.MILLISECONDS).awaitUninterruptibly(CLOSE_LIMIT_MILLIS)) {
                LOG.warn("the event loops did not end within {} ms", CLOSE_LIMIT_MILLIS);
            }
            slowWork.shutdownNow();
            reload.tls().release();
            tlsWork.shutdown();
            if (isOpen) {
                LOG.info("stopped");
            }
        } finally {
            ended.countDown();
        }
    }

    /** The port stays open: who comes now is told why it is refused, cancel requests pass, and the console answers. */
    private void awaitClients() {
        CompletableFuture<Void> timeout = new CompletableFuture<Void>()
                .completeOnTimeout(null, reload.current().shutdownTimeout().toNanos(), TimeUnit.NANOSECONDS);
        CompletableFuture.anyOf(drained, timeout).join();
    }

    private static <T> T on(Lane lane, Supplier<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        lane.execute(() -> result.complete(action.get()));
        return result.join();
    }

    /** Blocks until it has ended. */
    public void awaitStop() {
        boolean isInterrupted = false;
        while (ended.getCount() > 0) {
            try {
                ended.await();
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
