package dev.spillway.server;

import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.auth.UserList;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.Totals;
import dev.spillway.core.stats.PoolFigures;
import dev.spillway.core.stats.ProxyFigures;
import dev.spillway.server.admin.ConsoleSession;
import dev.spillway.server.cli.SpillwayVersion;
import dev.spillway.server.lane.Credentials;
import dev.spillway.server.lane.Lane;
import dev.spillway.server.lane.Lanes;
import dev.spillway.server.lane.NameSources;
import dev.spillway.server.transport.NettyTransport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The composition root: a running proxy, from {@link #start} to {@link #stop}.
 *
 * <p>Usable from any thread.
 */
public final class Proxy {
    private static final Logger LOG = LoggerFactory.getLogger(Proxy.class);
    private static final long DRAIN_PAUSE_MILLIS = 50;
    private static final long CLOSE_LIMIT_MILLIS = 5000;

    private final ProxyConfig config;
    private final EventLoopGroup loops;
    private final ExecutorService slowWork;
    private final Lanes lanes;
    private final Listeners listeners;

    private Proxy(
            ProxyConfig config, EventLoopGroup loops, ExecutorService slowWork, Lanes lanes, Listeners listeners) {
        this.config = config;
        this.loops = loops;
        this.slowWork = slowWork;
        this.lanes = lanes;
        this.listeners = listeners;
    }

    /**
     * Opens the port.
     *
     * @throws IOException if it cannot be opened, auth_file cannot be read or this system lacks the transport; the message is for the user
     */
    public static Proxy start(ProxyConfig config) throws IOException {
        return start(config, NameSources.ofSystem());
    }

    /** With other sources of addresses than this machine's. */
    static Proxy start(ProxyConfig config, NameSources names) throws IOException {
        Map<String, StoredSecret> secrets = secrets(config);
        NettyTransport transport = transport(config);
        int count = config.lanes() == 0 ? Runtime.getRuntime().availableProcessors() : config.lanes();
        EventLoopGroup loops = transport.newGroup(count, "lane");
        ExecutorService slowWork = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("slow-work").daemon().factory());
        Lanes lanes = lanes(config, transport, loops, count, slowWork, new Credentials(config, secrets), names);
        Listeners listeners = new Listeners(transport, config, loops, acceptor(lanes));
        Proxy proxy = new Proxy(config, loops, slowWork, lanes, listeners);
        try {
            listeners.open();
        } catch (IOException e) {
            proxy.stop();
            throw e;
        }
        LOG.info("listening on {}, transport {}, lanes {}", listeners.places(), transport.name(), count);
        return proxy;
    }

    private static ChannelHandler acceptor(Lanes lanes) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                lanes.of(channel.eventLoop()).accept(channel);
            }
        };
    }

    private static Lanes lanes(
            ProxyConfig config,
            NettyTransport transport,
            EventLoopGroup loops,
            int count,
            ExecutorService slowWork,
            Credentials credentials,
            NameSources names) {
        Lanes lanes = new Lanes(config, count);
        String version = "Spillway " + SpillwayVersion.number();
        for (int number = 0; number < count; number++) {
            lanes.add(new Lane(
                    loops.next(),
                    transport,
                    config,
                    lanes,
                    number,
                    credentials,
                    names,
                    slowWork,
                    (wire, lane) -> new ConsoleSession(wire, source(config, lanes, lane), version)));
        }
        return lanes;
    }

    private static ConsoleSession.Source source(ProxyConfig config, Lanes lanes, Lane asker) {
        return new ConsoleSession.Source() {
            @Override
            public ProxyConfig config() {
                return config;
            }

            @Override
            public void figures(Consumer<ProxyFigures> taker) {
                lanes.figures(asker, taker);
            }
        };
    }

    private static NettyTransport transport(ProxyConfig config) throws IOException {
        try {
            return NettyTransport.choose(config.transport());
        } catch (IllegalStateException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static Map<String, StoredSecret> secrets(ProxyConfig config) throws IOException {
        String file = config.authFile();
        if (file == null) {
            return Map.of();
        }
        UserList users = UserList.parse(read(file));
        users.problems().forEach(problem -> LOG.warn("{}:{}: {}", file, problem.line(), problem.text()));
        return users.users();
    }

    private static String read(String authFile) throws IOException {
        String problem;
        try {
            return Files.readString(Path.of(authFile));
        } catch (NoSuchFileException e) {
            problem = "there is no such file";
        } catch (CharacterCodingException e) {
            problem = "it is not UTF-8 text";
        } catch (IOException | InvalidPathException e) {
            problem = String.valueOf(e.getMessage());
        }
        throw new IOException("auth_file " + authFile + " cannot be read: " + problem);
    }

    /** The port clients connect to; of interest where {@code listen_port} is 0. */
    public int port() {
        return listeners.port();
    }

    /** What all pools have done so far, counted together. */
    Totals totals() {
        CompletableFuture<ProxyFigures> figures = new CompletableFuture<>();
        lanes.figures(lanes.all().getFirst(), figures::complete);
        return figures.join().pools().stream().map(PoolFigures::totals).reduce(Totals.NONE, Totals::plus);
    }

    /**
     * Lets no new client in, waits up to shutdown_timeout for transactions to end, then closes everything. Blocks;
     * repeating it does nothing.
     */
    public void stop() {
        if (loops.isShuttingDown()) {
            return;
        }
        listeners.close();
        long deadline = System.nanoTime() + config.shutdownTimeout().toNanos();
        while (drain() && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(DRAIN_PAUSE_MILLIS));
        }
        // Netty's io_uring loops never end when a connection's request to the kernel is still under way.
        List<Future<?>> closings = new ArrayList<>();
        lanes.all().forEach(lane -> closings.add(on(lane, lane::closeAll)));
        closings.forEach(closing -> closing.awaitUninterruptibly(CLOSE_LIMIT_MILLIS));
        if (!loops.shutdownGracefully(50, 2000, TimeUnit.MILLISECONDS).awaitUninterruptibly(CLOSE_LIMIT_MILLIS)) {
            LOG.warn("the event loops did not end within {} ms", CLOSE_LIMIT_MILLIS);
        }
        slowWork.shutdownNow();
        LOG.info("stopped");
    }

    /** Are clients left? */
    private boolean drain() {
        boolean isBusy = false;
        for (Lane lane : lanes.all()) {
            isBusy |= on(lane, lane::drain);
        }
        return isBusy;
    }

    private static <T> T on(Lane lane, Supplier<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        lane.execute(() -> result.complete(action.get()));
        return result.join();
    }

    /** Blocks until {@link #stop} has ended. */
    public void awaitStop() {
        loops.terminationFuture().awaitUninterruptibly();
    }
}
