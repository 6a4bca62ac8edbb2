package dev.spillway.server.lane;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.stats.NameFigures;
import dev.spillway.server.transport.NettyTransport;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.resolver.NameResolver;
import io.netty.resolver.dns.DnsErrorCauseException;
import io.netty.resolver.dns.DnsNameResolverTimeoutException;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the addresses of servers' names for one lane and remembers them for dns_max_ttl, failures for dns_nxdomain_ttl.
 *
 * <p>Confined to its lane's event loop, which never waits: the hosts file is read on a thread of its own, name servers are
 * asked by datagrams, and whoever else wants the same name meanwhile waits for the same answer.
 */
final class HostLookup {
    /** A datagram may be lost. */
    private static final int ATTEMPTS = 2;

    private final EventLoop loop;
    private ProxyConfig config;
    private final NameSources sources;
    private final NameResolver<InetAddress> dns;
    private final Map<String, Known> known = new HashMap<>();
    private final Map<String, List<Consumer<Result>>> waiting = new HashMap<>();

    /**
     * How a look-up ended.
     *
     * @param addresses in the order in which they should be tried; none if it failed
     * @param problem why there is none
     * @param isCertain whether somebody knew, be it that there is no such name
     */
    record Result(List<InetAddress> addresses, String problem, boolean isCertain) {
        static Result found(List<InetAddress> addresses) {
            return new Result(List.copyOf(addresses), "", true);
        }
    }

    private record Known(Result result, long untilNanos) {}

    /** {@code opened} is told of each socket to a name server. */
    HostLookup(
            EventLoop loop,
            NettyTransport transport,
            ProxyConfig config,
            NameSources sources,
            Consumer<Channel> opened) {
        this.loop = loop;
        this.config = config;
        this.sources = sources;
        this.dns = transport.nameResolver(loop, sources.nameServers(), opened);
    }

    /** For what is looked up from now on. */
    void apply(ProxyConfig next) {
        config = next;
    }

    /** Hands the addresses of {@code host}, a name or an address, to {@code taker}: at once if they are known. */
    void find(String host, Consumer<Result> taker) {
        if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
            taker.accept(literal(host));
            return;
        }
        Known answer = known.get(host);
        if (answer != null && System.nanoTime() - answer.untilNanos() < 0) {
            taker.accept(answer.result());
            return;
        }
        List<Consumer<Result>> others = waiting.get(host);
        if (others != null) {
            others.add(taker);
            return;
        }
        waiting.put(host, new ArrayList<>(List.of(taker)));
        readHostsFile(host);
    }

    /** What is known of each name, and which are asked for now. */
    List<NameFigures> figures() {
        List<NameFigures> names = new ArrayList<>();
        known.forEach((name, answer) -> {
            long leftNanos = Math.max(0, answer.untilNanos() - System.nanoTime());
            List<String> addresses = answer.result().addresses().stream()
                    .map(InetAddress::getHostAddress)
                    .toList();
            long seconds = TimeUnit.NANOSECONDS.toSeconds(leftNanos);
            names.add(new NameFigures(name, seconds, addresses, waiting.containsKey(name)));
        });
        waiting.keySet().stream()
                .filter(name -> !known.containsKey(name))
                .forEach(name -> names.add(new NameFigures(name, 0, List.of(), true)));
        return names;
    }

    private static Result literal(String address) {
        try {
            return Result.found(List.of(InetAddress.ofLiteral(address)));
        } catch (IllegalArgumentException e) { // fe80::1%eth7 on a machine without eth7
            return new Result(List.of(), String.valueOf(e.getMessage()), true);
        }
    }

    private void readHostsFile(String host) {
        Thread.ofVirtual().name("hosts-file").start(() -> {
            List<InetAddress> listed = sources.listed(host);
            try {
                loop.execute(() -> onListed(host, listed));
            } catch (RejectedExecutionException stopping) {
                // nobody waits any more
            }
        });
    }

    private void onListed(String host, List<InetAddress> listed) {
        if (listed.isEmpty()) {
            ask(host, 1);
        } else {
            settle(host, Result.found(listed));
        }
    }

    private void ask(String host, int attempt) {
        dns.resolveAll(host).addListener((Future<List<InetAddress>> asked) -> {
            if (asked.isSuccess()) {
                settle(host, Result.found(asked.getNow()));
            } else if (attempt < ATTEMPTS && find(DnsNameResolverTimeoutException.class, asked.cause()) != null) {
                ask(host, attempt + 1);
            } else {
                settle(host, failure(asked.cause()));
            }
        });
    }

    /** A name that is gone is gone; where nobody answers, what was right a moment ago is the best guess. */
    private void settle(String host, Result result) {
        Known before = known.get(host);
        Result best = result.isCertain() || before == null ? result : before.result();
        Duration ttl = result.addresses().isEmpty() ? config.dnsNxdomainTtl() : config.dnsMaxTtl();
        known.put(host, new Known(best, System.nanoTime() + ttl.toNanos()));
        Objects.requireNonNull(waiting.remove(host)).forEach(taker -> taker.accept(best));
    }

    private static Result failure(Throwable cause) {
        DnsErrorCauseException answer = find(DnsErrorCauseException.class, cause);
        if (answer != null && answer.getCode().equals(DnsResponseCode.NXDOMAIN)) {
            return new Result(List.of(), "there is no such name (NXDOMAIN)", true);
        }
        return new Result(List.of(), problem(answer, cause), false);
    }

    private static String problem(@Nullable DnsErrorCauseException answer, Throwable cause) {
        if (answer != null) {
            return "the name server answers " + answer.getCode();
        }
        if (find(DnsNameResolverTimeoutException.class, cause) != null) {
            return "no name server answers";
        }
        Throwable root = cause.getCause() == null ? cause : cause.getCause();
        return String.valueOf(root.getMessage());
    }

    private static <T extends Throwable> @Nullable T find(Class<T> type, @Nullable Throwable cause) {
        Throwable next = cause;
        for (int depth = 0; next != null && depth < 10; depth++) {
            if (type.isInstance(next)) {
                return type.cast(next);
            }
            next = next.getCause();
        }
        return null;
    }
}
