package dev.spillway.server.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import dev.spillway.core.config.LogFormat;
import dev.spillway.core.config.ProcessSettings;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.SyslogFacility;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a daemon of the system's log gets, and that nobody waits for one that is not there. */
@EnabledOnOs(OS.LINUX)
@SuppressWarnings("FutureReturnValueIgnored") // they are done when it is asked for
class SyslogTest {
    private static final EventLoopGroup LOOP = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private static final String HEAD = "[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d ";
    private static final String PID = "\\[" + ProcessHandle.current().pid() + "]: ";

    private final Queue<String> received = new ConcurrentLinkedQueue<>();
    private final LoggerContext logs = new LoggerContext();

    @TempDir
    private Path directory = Path.of("");

    @BeforeEach
    void begin() throws Exception {
        InstalledLog.configure(logs);
    }

    @AfterEach
    void end() {
        logs.stop();
    }

    @AfterAll
    static void endLoop() {
        var _ = LOOP.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private String place() {
        return directory.resolve("log").toString();
    }

    /** A daemon that reads what comes, or does not. */
    private Channel daemon(boolean isReading) throws Exception {
        Files.deleteIfExists(Path.of(place()));
        Channel channel = new Bootstrap()
                .group(LOOP)
                .channel(EpollDomainDatagramChannel.class)
                .handler(new SimpleChannelInboundHandler<DomainDatagramPacket>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext from, DomainDatagramPacket packet) {
                        received.add(packet.content().toString(UTF_8));
                    }
                })
                .option(ChannelOption.AUTO_READ, isReading)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(1 << 14))
                .bind(new DomainSocketAddress(place()))
                .sync()
                .channel();
        return channel;
    }

    private static ProxyConfig config(LogFormat format) {
        return ProxyConfig.defaults()
                .with(ProcessSettings.LOG_FORMAT, format)
                .with(ProcessSettings.SYSLOG, true)
                .with(ProcessSettings.SYSLOG_IDENT, "shop")
                .with(ProcessSettings.SYSLOG_FACILITY, SyslogFacility.LOCAL3);
    }

    private void say(Level level, String text) {
        var logger = logs.getLogger("dev.spillway.x");
        logger.atLevel(org.slf4j.event.Level.valueOf(level.toString())).log(text);
    }

    private LoggingEvent event(String text) {
        return new LoggingEvent("x", logs.getLogger("dev.spillway.x"), Level.INFO, text, null, null);
    }

    private Syslog syslog(AtomicLong clock) {
        Syslog made = new Syslog(place(), new SyslogLayout(SyslogFacility.DAEMON, "spillway", null), clock::get);
        made.setContext(logs);
        made.start();
        return made;
    }

    @Test
    void aLineIsADatagramAsTheSystemHasThem() throws Exception {
        Channel daemon = daemon(true);
        LogSetup setup = new LogSetup(logs, true, place());
        setup.open(config(LogFormat.PGBOUNCER));
        say(Level.INFO, "one\n<0>forged");
        say(Level.WARN, "two");
        say(Level.ERROR, "ä".repeat(5000));
        await().until(() -> received.size() == 3);
        assertThat(received.poll()).matches("<158>" + HEAD + "shop" + PID + "one\n\t<0>forged");
        assertThat(received.poll()).matches("<156>" + HEAD + "shop" + PID + "two");
        String cut = received.remove();
        assertThat(cut).matches("<155>" + HEAD + "shop" + PID + "ä{3900,4000}.?");

        setup.open(config(LogFormat.PGBOUNCER)
                .with(ProcessSettings.SYSLOG_IDENT, "other")
                .with(ProcessSettings.SYSLOG_FACILITY, SyslogFacility.DAEMON));
        say(Level.INFO, "three");
        await().until(() -> received.size() == 1);
        assertThat(received.poll()).matches("<30>" + HEAD + "other" + PID + "three");
        setup.open(config(LogFormat.PGBOUNCER).with(ProcessSettings.SYSLOG, false));
        say(Level.INFO, "four");
        logs.stop();
        assertThat(received).isEmpty();
        daemon.close().sync();
    }

    @Test
    void jsonStaysJson() throws Exception {
        Channel daemon = daemon(true);
        new LogSetup(logs, true, place()).open(config(LogFormat.JSON));
        say(Level.INFO, "one");
        await().until(() -> received.size() == 1);
        assertThat(received.poll()).matches("<158>" + HEAD + "shop" + PID + "\\{\"timestamp\":.*\"message\":\"one\"}");
        daemon.close().sync();
    }

    @Test
    void whatADaemonMissesIsCountedUntilItIsBack() throws Exception {
        AtomicLong clock = new AtomicLong();
        Syslog syslog = syslog(clock);
        assertThat(syslog.open()).isNotNull();
        syslog.doAppend(event("lost"));
        clock.addAndGet(TimeUnit.SECONDS.toNanos(1));
        syslog.doAppend(event("lost"));

        Channel daemon = daemon(true);
        syslog.doAppend(event("before its time"));
        clock.addAndGet(TimeUnit.SECONDS.toNanos(1));
        syslog.doAppend(event("one"));
        await().until(() -> received.size() == 2);
        assertThat(received.poll()).endsWith("lines lost on the way here: 3");
        assertThat(received.poll()).endsWith("one");

        daemon.close().sync();
        Channel next = daemon(true);
        await().until(() -> {
            clock.addAndGet(TimeUnit.SECONDS.toNanos(1));
            syslog.doAppend(event("again"));
            return received.size() > 1;
        });
        assertThat(received.poll()).contains("lines lost on the way here: ");
        next.close().sync();
        syslog.stop();
    }

    @Test
    void aDaemonThatDoesNotReadHoldsNobodyUp() throws Exception {
        Channel daemon = daemon(false);
        Syslog syslog = syslog(new AtomicLong());
        assertThat(syslog.open()).isNull();
        String text = "x".repeat(1000);
        for (int i = 0; i < 5000; i++) {
            syslog.doAppend(event(text));
        }
        assertThat(received).isEmpty();
        daemon.config().setAutoRead(true);
        await().until(() -> {
            syslog.doAppend(event("later"));
            return received.stream().anyMatch(line -> line.endsWith("later"));
        });
        assertThat(received).anyMatch(line -> line.matches(".*lines lost on the way here: [1-9]\\d{3}"));
        syslog.stop();
        daemon.close().sync();
    }
}
